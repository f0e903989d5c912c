"""A long-only portfolio that puts more where the forecasts are surer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.trading.strategy import Day, Orders, total

if TYPE_CHECKING:
    from skfolio.optimization import BaseOptimization

_OPTIMISERS = (
    "black_litterman", "minimum_variance", "hierarchical_risk_parity", "inverse_volatility",
)  # fmt: skip
_UNKNOWN = 0.25  # the middle of what sigma_prob can be


@dataclass(frozen=True)
class Weighted:
    """The `k` stocks of the best scores, weighted by an optimiser, evened out every `every` days.

    Attributes
    ----------
    k
        Stocks wanted. Only those that trade today and did on the last `lookback` days count.
    every
        Trading days from one evening out to the next.
    optimiser
        black_litterman: largest ratio of mean to risk, where each forecast's `mu` is a view with
        the confidence 1 - 2 `sigma_prob`, so that a sure forecast moves its stock's mean further
        from what the market implies than a doubtful one. The others use the forecasts to choose
        the stocks and not to weigh them.
    lookback
        Days of returns from which risk is estimated, with Ledoit and Wolf's shrinkage.
    horizon
        Trading days that `mu` covers.
    most
        Largest weight of a stock, or equal weight if that is more.
    band
        Changes smaller than this fraction of the account are not traded.

    Notes
    -----
    Black and Litterman (1992), "Global portfolio optimization", Financial Analysts Journal 48, with
    the confidences of Idzorek (2005); Lopez de Prado (2016), "Building diversified portfolios that
    outperform out of sample", Journal of Portfolio Management 42. All by skfolio. Where the solver
    finds nothing, for instance because no mean is above zero, the least variance is taken.
    """

    k: int
    every: int = 5
    optimiser: Literal[
        "black_litterman", "minimum_variance", "hierarchical_risk_parity", "inverse_volatility"
    ] = "black_litterman"
    lookback: int = 120
    horizon: int = 5
    most: float = 0.2
    band: float = 0.005

    def __post_init__(self) -> None:
        if self.optimiser not in _OPTIMISERS:
            raise InputError(
                "optimiser", f"must be one of {', '.join(_OPTIMISERS)}", self.optimiser
            )
        for name, least in (("k", 1), ("every", 1), ("lookback", 20), ("horizon", 1)):
            if getattr(self, name) < least:
                raise InputError(name, f"must be at least {least}", getattr(self, name))

    def decide(self, day: Day) -> Orders:
        """Orders for the next trading day; none between the days of evening out."""
        if day.number % self.every:
            return Orders()
        past = day.past[-self.lookback :]
        tradable = np.isfinite(day.score) & ~day.suspended
        if len(past) == self.lookback:
            tradable &= np.isfinite(past).all(axis=0)
        else:
            tradable[:] = False
        chosen = np.sort(
            np.argsort(np.where(tradable, -day.score, np.inf), kind="stable")[: self.k]
        )
        chosen = chosen[tradable[chosen]]
        if not len(chosen):
            return Orders()
        movable = ~day.suspended | ~day.held
        free = day.cash + total(np.where(movable, day.value, 0.0))
        target = np.zeros(len(day.value))
        target[chosen] = free * self._weights(day, chosen, past[:, chosen])
        return self._towards(target, day, free)

    def _towards(self, target: np.ndarray, day: Day, free: float) -> Orders:
        """Orders from what is held to `target` yuan; what is not wanted goes whole."""
        gap = target - day.value
        dropped = day.held & ~day.suspended & (target == 0)
        moved = (np.abs(gap) > self.band * free) & ~day.suspended
        sell = np.flatnonzero(dropped | (moved & (gap < 0) & day.held))
        buy = np.flatnonzero(moved & (gap > 0))
        return Orders(sell, buy, np.where(dropped[sell], np.inf, -gap[sell]), gap[buy])

    def _weights(self, day: Day, chosen: np.ndarray, past: np.ndarray) -> np.ndarray:
        """Weights of the chosen stocks, adding up to one."""
        if len(chosen) == 1:
            return np.ones(1)
        names = [f"s{place}" for place in range(len(chosen))]
        most = max(self.most, 1.0 / len(chosen))
        found = self._optimiser(day, chosen, names, most).fit(pd.DataFrame(past, columns=names))
        weights = np.maximum(np.asarray(found.weights_, dtype=float), 0.0)
        return weights / weights.sum()

    def _optimiser(
        self, day: Day, chosen: np.ndarray, names: list[str], most: float
    ) -> BaseOptimization:
        from skfolio.moments import EquilibriumMu, LedoitWolf
        from skfolio.optimization import (
            HierarchicalRiskParity,
            InverseVolatility,
            MeanRisk,
            ObjectiveFunction,
        )
        from skfolio.prior import BlackLitterman, EmpiricalPrior

        shrunk = EmpiricalPrior(covariance_estimator=LedoitWolf())
        if self.optimiser == "inverse_volatility":
            return InverseVolatility(prior_estimator=shrunk)
        if self.optimiser == "hierarchical_risk_parity":
            return HierarchicalRiskParity(prior_estimator=shrunk, max_weights=most)
        calm = MeanRisk(prior_estimator=shrunk, max_weights=most)
        if self.optimiser == "minimum_variance":
            return calm
        implied = EmpiricalPrior(
            mu_estimator=EquilibriumMu(covariance_estimator=LedoitWolf()),
            covariance_estimator=LedoitWolf(),
        )
        means = day.mu[chosen] / self.horizon
        if not np.isfinite(means).all():
            raise InputError(
                "signals", "must have mu of every stock with a score", hint="for views"
            )
        doubt = np.nan_to_num(day.sigma_prob[chosen], nan=_UNKNOWN)
        views = BlackLitterman(
            [f"{name} == {mean!r}" for name, mean in zip(names, means.tolist(), strict=True)],
            view_confidences=np.clip(1 - 2 * doubt, 0.01, 0.99).tolist(),
            prior_estimator=implied,
        )
        return MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_RATIO,
            prior_estimator=views,
            max_weights=most,
            fallback=calm,
        )
