"""How sure a mean of daily figures is.

Forecasts of h-day returns made on neighbouring days share h - 1 days of their outcome, so daily
figures are correlated and their plain standard error is too small. Two ways to allow for it stand
side by side, one analytic and one by resampling; every fifth day is the plain check on both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from arch.bootstrap import StationaryBootstrap
from scipy import stats
from statsmodels.regression.linear_model import OLS


@dataclass(frozen=True)
class Interval:
    """Mean of a daily series with its confidence interval.

    Attributes
    ----------
    mean, low, high
        In the unit of the series; NaN where there are too few days.
    t
        Mean divided by its standard error; NaN where that is zero or unknown.
    n
        Days used.
    dropped
        Days left out because their figure is NaN.
    """

    mean: float
    low: float
    high: float
    t: float
    n: int
    dropped: int = 0


def newey_west(series: pd.Series, lag: int = 10, level: float = 0.95) -> Interval:
    """Mean with a heteroscedasticity- and autocorrelation-consistent interval.

    Parameters
    ----------
    series : Series of shape (n_days,)
        Daily figures in time order. NaN days are dropped and counted; the days around a gap then
        count as neighbours.
    lag
        Fewest lags of the Bartlett kernel, at least the horizon; `lags` says how many are taken.
        0: none, days are taken as independent.
    level
        Confidence level of the interval.

    Notes
    -----
    Newey and West (1987), "A simple, positive semi-definite, heteroskedasticity and
    autocorrelation consistent covariance matrix", Econometrica 55; with the factor n / (n - 1).
    The kernel gives far lags too little weight and its estimate scatters, so a normal quantile
    makes the interval too short; the quantile is that of Kiefer and Vogelsang (2005), "A new
    asymptotic theory for heteroskedasticity-autocorrelation robust tests", Econometric Theory 21.
    """
    kept, dropped = _finite(series)
    n = len(kept)
    if n < 2:
        return Interval(_mean(kept), np.nan, np.nan, np.nan, n, dropped)
    taken = lags(n, lag)
    fitted = OLS(kept, np.ones(n)).fit(
        cov_type="HAC", cov_kwds={"maxlags": taken, "kernel": "bartlett", "use_correction": True}
    )
    error, mean = float(fitted.bse[0]), _mean(kept)
    reach = error * _quantile(n, taken, level)
    return Interval(mean, mean - reach, mean + reach, _t(kept, error), n, dropped)


def lags(n_days: int, lag: int = 10) -> int:
    """Lags that `newey_west` takes: `lag`, or 1.3 times the root of the days if that is more.

    Notes
    -----
    Lazarus, Lewis, Stock and Watson (2018), "HAR inference: recommendations for practice", Journal
    of Business & Economic Statistics 36.
    """
    wanted = max(lag, int(np.ceil(1.3 * np.sqrt(n_days)))) if lag else 0
    return min(wanted, n_days - 1)


def _quantile(n: int, lag: int, level: float) -> float:
    """Two-sided quantile of mean / error: Kiefer and Vogelsang's at 95 %, scaled at other levels.

    Never below Student's with n - 1 degrees of freedom, which it must be without lags.
    """
    student = stats.t.ppf((1 + level) / 2, n - 1)
    if not lag:
        return float(student)
    b = (lag + 1) / n
    wide = 1.96 + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3  # their table 1, Bartlett, .975
    return float(max(student, stats.norm.ppf((1 + level) / 2) * wide / 1.96))


def stationary_bootstrap(
    series: pd.Series,
    rng: np.random.Generator,
    block: int = 10,
    n: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Mean with a percentile interval over resampled blocks of random length.

    Parameters
    ----------
    series : Series of shape (n_days,)
        Daily figures in time order. NaN days are dropped and counted.
    rng
        Source of the resamples.
    block
        Mean length of a block, in days.
    n
        Resamples.
    level
        Share of the resampled means between `low` and `high`.

    Notes
    -----
    Politis and Romano (1994), "The stationary bootstrap", Journal of the American Statistical
    Association 89.
    """
    kept, dropped = _finite(series)
    if len(kept) < 2:
        return Interval(_mean(kept), np.nan, np.nan, np.nan, len(kept), dropped)
    means = resampled_days(len(kept), rng, block, n) @ kept / len(kept)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    error = float(means.std(ddof=1))
    return Interval(_mean(kept), float(low), float(high), _t(kept, error), len(kept), dropped)


def resampled_days(
    days: int, rng: np.random.Generator, block: int = 10, n: int = 2000
) -> np.ndarray:
    """How often each day is in each resample of a stationary bootstrap.

    Returns
    -------
    ndarray of shape (n, days)
        Counts as float64; each row sums to `days`. Multiplied with sums by day it resamples whole
        days, so that stocks of one day stay together.
    """
    bootstrap = StationaryBootstrap(block, np.arange(days), seed=rng)
    draws = (positions[0] for positions, _ in bootstrap.bootstrap(n))
    return np.stack([np.bincount(drawn, minlength=days) for drawn in draws]).astype(float)


def over_seeds(figures: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Mean over seeds of each column, with its Student-t interval.

    Parameters
    ----------
    figures : DataFrame of shape (n_seeds, n_variants)
        One figure a seed and variant; NaN counts as missing.
    level
        Confidence level.

    Returns
    -------
    DataFrame, index of the columns of `figures`
        `mean`, `low`, `high`, `n`. The interval covers the luck of the seed, not that of the days
        on which the figures were taken; NaN ends where there are fewer than two seeds.
    """
    n = figures.count()
    reach = stats.t.ppf((1 + level) / 2, n - 1) * figures.std(ddof=1) / np.sqrt(n)
    mean = figures.mean()
    return pd.DataFrame({"mean": mean, "low": mean - reach, "high": mean + reach, "n": n})


def every(series: pd.Series, n: int = 5) -> pd.Series:
    """Every `n`-th day of a series in time order, from its first day.

    With `n` equal to the horizon the labels of the days kept do not overlap.
    """
    return series.iloc[::n]


def paired_difference(a: pd.Series, b: pd.Series) -> pd.Series:
    """`a` minus `b` on the dates that both have; NaN where either is.

    What both series owe to the day itself cancels, so the interval of the difference is narrower
    than the two intervals suggest.
    """
    a, b = a.align(b, join="inner")
    return a - b


def _finite(series: pd.Series) -> tuple[np.ndarray, int]:
    values = series.to_numpy(dtype=float)
    kept = values[np.isfinite(values)]
    return kept, len(values) - len(kept)


def _mean(kept: np.ndarray) -> float:
    return float(kept.mean()) if len(kept) else np.nan


def _t(kept: np.ndarray, error: float) -> float:
    """t value, or NaN for a series that is constant up to rounding."""
    size = np.abs(kept).max()
    return float(kept.mean() / error) if error > 1e-12 * size else np.nan
