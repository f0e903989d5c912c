"""How sure a Sharpe ratio is, when it is the best of many and returns are not normal.

All ratios here are those of one period (a day, or whatever a row is), never annual: dividing an
annual one by the root of the periods a year gives it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from stockcast.errors import InputError

ALIKE = 0.5
"""Correlation from which two trials count as one; see `effective_trials`."""


@dataclass(frozen=True)
class Moments:
    """What the error of a Sharpe ratio depends on.

    Attributes
    ----------
    sharpe
        Mean over standard deviation (n - 1) of one period.
    skew, kurtosis
        Of the returns; the normal distribution has 0 and 3.
    n
        Periods.
    """

    sharpe: float
    skew: float
    kurtosis: float
    n: int

    @classmethod
    def of(cls, returns: pd.Series) -> Moments:
        """From returns; NaN are left out.

        Labels of neighbouring days overlap, and the formulas below take periods as independent:
        give every h-th day of returns over h days.
        """
        values = returns.to_numpy(dtype=float)
        values = values[np.isfinite(values)]
        if len(values) < 3 or np.ptp(values) == 0:
            raise InputError("returns", "must be three at least, and vary", len(values))
        ratio = float(values.mean() / values.std(ddof=1))
        return cls(ratio, float(stats.skew(values)), _kurtosis(values), len(values))

    @property
    def spread(self) -> float:
        """Standard error of the Sharpe ratio, times the root of n - 1."""
        factor = 1 - self.skew * self.sharpe + (self.kurtosis - 1) / 4 * self.sharpe**2
        return float(np.sqrt(factor))


def probabilistic(moments: Moments, hurdle: float = 0.0) -> float:
    """Probability that the true Sharpe ratio lies above `hurdle`, for one strategy never chosen.

    Notes
    -----
    Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier", Journal of Risk 15,
    with the error of Mertens (2002) for returns that are independent but not normal.
    """
    distance = (moments.sharpe - hurdle) * np.sqrt(moments.n - 1)
    return float(stats.norm.cdf(distance / moments.spread))


def track_record(moments: Moments, hurdle: float = 0.0, level: float = 0.95) -> float:
    """Periods needed before `probabilistic` reaches `level`; infinite for a ratio below the hurdle.

    Notes
    -----
    The minimum track record length of Bailey and López de Prado (2012).
    """
    if moments.sharpe <= hurdle:
        return np.inf
    distance = stats.norm.ppf(level) / (moments.sharpe - hurdle)
    return float(1 + (moments.spread * distance) ** 2)


def expected_best(variance: float, trials: float) -> float:
    """Sharpe ratio that the best of `trials` independent trials without skill is expected to show.

    Parameters
    ----------
    variance
        Of the trials' Sharpe ratios.
    trials
        How many; effective numbers need not be whole. One trial is not chosen: 0.

    Notes
    -----
    Bailey and López de Prado (2014), "The deflated Sharpe ratio: correcting for selection bias,
    backtest overfitting, and non-normality", Journal of Portfolio Management 40.
    """
    if trials < 1:
        raise InputError("trials", "must be at least 1", trials)
    if trials == 1:
        return 0.0
    gamma = np.euler_gamma
    first, second = stats.norm.ppf([1 - 1 / trials, 1 - 1 / (trials * np.e)])
    # The approximation is one for many trials; it falls below the mean for fewer than two.
    return float(np.sqrt(variance) * max(0.0, (1 - gamma) * first + gamma * second))


def effective_trials(returns: pd.DataFrame) -> dict[str, float]:
    """How many independent trials tell as much as these correlated ones.

    Parameters
    ----------
    returns : DataFrame of shape (n_periods, n_trials)
        Periods with NaN in any trial are left out.

    Returns
    -------
    dict
        Three answers, each 1 for trials that are all alike. "average correlation": r + (1 - r) n,
        r the mean correlation of two trials, Bailey and López de Prado (2014); a negative r counts
        as 0. "eigenvalues": n² / Σλ², λ those of the correlation matrix, the participation ratio;
        it stays below the number of periods. "groups": groups
        of trials whose mean correlation is above one half (average linkage), after the idea of
        López de Prado and Lewis (2019), "Detection of false investment strategies using
        unsupervised learning methods", Quantitative Finance 19. They let silhouettes choose the
        number of groups, which is arbitrary where there are none.
    """
    correlation = _correlation(returns)
    n = len(correlation)
    if n == 1:
        return {"average correlation": 1.0, "eigenvalues": 1.0, "groups": 1.0}
    mean = max(0.0, float((correlation.sum() - n) / (n * (n - 1))))
    return {
        "average correlation": mean + (1 - mean) * n,
        "eigenvalues": float(n**2 / (correlation**2).sum()),
        "groups": float(groups(correlation).max()),
    }


def groups(correlation: np.ndarray) -> np.ndarray:
    """Group of each trial, counted from 1; see `effective_trials`.

    Parameters
    ----------
    correlation : ndarray of shape (n_trials, n_trials)
        Two trials are sqrt((1 - r) / 2) apart, so that a correlation of `ALIKE` is one half.
    """
    apart = np.sqrt(np.clip((1 - correlation) / 2, 0, 1))
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), "average")
    return fcluster(tree, np.sqrt((1 - ALIKE) / 2), "distance")


def deflated(
    returns: pd.DataFrame, chosen: str | int | None = None, counted: int | None = None
) -> pd.DataFrame:
    """Probability that the best of many trials has skill, by how many trials one counts.

    Parameters
    ----------
    returns : DataFrame of shape (n_periods, n_trials)
        As `Moments.of` wants them. Periods with NaN in any trial are left out.
    chosen
        Column that was chosen; None: that of the highest Sharpe ratio.
    counted
        Trials made in all, those whose returns were not kept included. Effective numbers are
        raised in proportion. None: the columns.

    Returns
    -------
    DataFrame, index "one", "counted", "average correlation", "eigenvalues", "groups"
        trials; hurdle, the expected best of so many without skill; probability, the deflated Sharpe
        ratio: that the true ratio lies above the hurdle. "one" is the undeflated probability above
        zero, "counted" takes every trial as independent and so is too strict.

    Raises
    ------
    InputError
        For fewer than two trials, fewer than three periods, or `counted` below the columns.
    """
    returns = returns.dropna()
    kept = returns.shape[1]
    counted = kept if counted is None else counted
    if kept < 2:
        raise InputError("returns", "must be those of two trials at least", kept)
    if counted < kept:
        raise InputError("counted", f"must be at least the {kept} trials kept", counted)
    trials = {"one": 1.0, "counted": float(counted)}
    trials |= {
        name: max(1.0, number * counted / kept)
        for name, number in effective_trials(returns).items()
    }
    ratios = returns.mean() / returns.std(ddof=1)
    winner = Moments.of(returns[ratios.idxmax() if chosen is None else chosen])
    variance = float(ratios.var(ddof=1))
    hurdles = {name: expected_best(variance, number) for name, number in trials.items()}
    sure = {name: probabilistic(winner, hurdle) for name, hurdle in hurdles.items()}
    return pd.DataFrame({"trials": trials, "hurdle": hurdles, "probability": sure})


def _correlation(returns: pd.DataFrame) -> np.ndarray:
    values = returns.dropna().to_numpy(dtype=float)
    if len(values) < 3:
        raise InputError("returns", "must be known on three periods at least", len(values))
    constant = np.ptp(values, axis=0) == 0
    if constant.any():
        raise InputError("returns", "must vary in every trial", returns.columns[constant].tolist())
    return np.atleast_2d(np.corrcoef(values, rowvar=False))


def _kurtosis(values: np.ndarray) -> float:
    return float(stats.kurtosis(values, fisher=False))
