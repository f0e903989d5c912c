"""Two forecasts compared under a named loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.intervals import paired_difference


@dataclass(frozen=True)
class Compared:
    """Result of the test.

    Attributes
    ----------
    difference
        Mean loss of the first less that of the second; negative: the first is better.
    t, p
        Statistic, and its two-sided p-value. NaN where the variance is estimated as zero or less,
        which the rectangular kernel can do: take the other one.
    n
        Days on which both are known.
    """

    difference: float
    t: float
    p: float
    n: int


def diebold_mariano(
    first: pd.Series,
    second: pd.Series,
    steps: int,
    kernel: Literal["rectangular", "bartlett"] = "rectangular",
) -> Compared:
    """Test that two forecasts lose the same on average.

    Parameters
    ----------
    first, second : Series by date
        Daily losses, as `stockcast.judge.losses.daily_losses` makes them; days that either lacks,
        or has as NaN, are left out.
    steps
        Steps ahead that is forecast. The label of h trading days ends h + 1 days after the
        forecast, so h + 1 of a forecast made every day: its errors are correlated up to h days
        apart.
    kernel
        Of the variance, over `steps` - 1 lags: "rectangular", as published, or "bartlett", which
        is never negative.

    Raises
    ------
    InputError
        For fewer than two steps' worth of days, or an unknown kernel.

    Notes
    -----
    Diebold and Mariano (1995), "Comparing predictive accuracy", Journal of Business & Economic
    Statistics 13, with the factor and Student's distribution of Harvey, Leybourne and Newbold
    (1997), "Testing the equality of prediction mean squared errors", International Journal of
    Forecasting 13. It compares forecasts, not models; Diebold (2015), same journal as the first,
    33.
    """
    if steps < 1:
        raise InputError("steps", "must be at least 1", steps)
    if kernel not in ("rectangular", "bartlett"):
        raise InputError("kernel", "must be rectangular or bartlett", kernel)
    lead = paired_difference(first, second).to_numpy(dtype=float)
    lead = lead[np.isfinite(lead)]
    n = len(lead)
    if n < 2 * steps:
        raise InputError("losses", f"must be known on {2 * steps} days at least", n)
    mean = float(lead.mean())
    variance = _long_run(lead - mean, steps - 1, kernel) / n
    if variance <= 1e-24 * max(1e-300, float(np.abs(lead).max()) ** 2):
        return Compared(mean, np.nan, np.nan, n)
    factor = np.sqrt((n + 1 - 2 * steps + steps * (steps - 1) / n) / n)
    t = float(factor * mean / np.sqrt(variance))
    return Compared(mean, t, float(2 * stats.t.sf(abs(t), n - 1)), n)


def _long_run(centred: np.ndarray, lags: int, kernel: str) -> float:
    """Variance of the mean times n: autocovariances up to `lags`, weighted by the kernel."""
    n = len(centred)
    total = centred @ centred
    for lag in range(1, lags + 1):
        weight = 1.0 if kernel == "rectangular" else 1 - lag / (lags + 1)
        total += 2 * weight * (centred[lag:] @ centred[:-lag])
    return float(total / n)
