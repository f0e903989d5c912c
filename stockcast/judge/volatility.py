"""How volatility moves: GARCH(1,1) with Student-t shocks, fitted to one series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from arch import arch_model


@dataclass(frozen=True)
class Garch:
    """A fitted GARCH(1,1): variance = omega + alpha x last shock^2 + beta x last variance.

    Attributes
    ----------
    alpha, beta, freedom
        Estimates; `errors` are their standard errors, by the same names.
    persistence
        alpha + beta: the share of a day's excess variance that is left a day later.
    half_life
        Trading days until half of an excess is gone.
    volatility
        Fitted daily standard deviation, fractions, on the days of the series.
    """

    alpha: float
    beta: float
    freedom: float
    errors: dict[str, float]
    persistence: float
    half_life: float
    volatility: pd.Series


def garch(returns: pd.Series) -> Garch:
    """Fit a GARCH(1,1) with a constant mean and Student-t shocks.

    Parameters
    ----------
    returns : Series of shape (n_days,), indexed by date
        Fractions; NaN days are left out.

    Notes
    -----
    Bollerslev (1986, 1987). Robust standard errors (Bollerslev and Wooldridge 1992). The estimate
    uses the whole series: it describes, and is no forecast.
    """
    kept = returns.dropna()
    # The optimiser wants numbers around 1.
    fit = arch_model(100 * kept, mean="Constant", vol="GARCH", p=1, q=1, dist="t").fit(disp="off")
    alpha, beta = fit.params["alpha[1]"], fit.params["beta[1]"]
    names = {"alpha": "alpha[1]", "beta": "beta[1]", "freedom": "nu"}
    persistence = float(alpha + beta)
    half_life = np.log(0.5) / np.log(persistence) if 0 < persistence < 1 else np.inf
    return Garch(
        float(alpha), float(beta), float(fit.params["nu"]),
        {ours: float(fit.std_err[theirs]) for ours, theirs in names.items()},
        persistence, float(half_life), fit.conditional_volatility / 100,
    )  # fmt: skip
