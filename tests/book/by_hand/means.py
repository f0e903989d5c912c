"""Means of daily figures with their intervals, written out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from arch.bootstrap import StationaryBootstrap
from scipy import stats

Means = dict[str, float]


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The generator of one purpose: the seed, then the purpose's words as bytes."""
    words = [seed]
    for part in purpose:
        words += list(part.encode()) if isinstance(part, str) else [part]
    return np.random.default_rng(np.random.SeedSequence(words))


def newey_west(series: pd.Series, lag: int = 10, level: float = 0.95) -> Means:
    """mean, low, high, t, days: Bartlett weights, n / (n - 1), Kiefer and Vogelsang's quantiles."""
    x = series.dropna().to_numpy(float)
    n = len(x)
    mean = x.sum() / n if n else math.nan
    if n < 2:
        return {"mean": mean, "low": math.nan, "high": math.nan, "t": math.nan, "days": n}
    taken = lags(n, lag)
    off = x - mean
    total = (off * off).sum()
    for k in range(1, taken + 1):
        total += 2 * (1 - k / (taken + 1)) * (off[k:] * off[:-k]).sum()
    error = math.sqrt(total / n**2 * n / (n - 1))
    reach = error * quantile(n, taken, level)
    t = mean / error if error > 1e-12 * np.abs(x).max() else math.nan
    return {"mean": mean, "low": mean - reach, "high": mean + reach, "t": t, "days": n}


def lags(n: int, lag: int) -> int:
    return min(max(lag, math.ceil(1.3 * math.sqrt(n))), n - 1) if lag else 0


def quantile(n: int, taken: int, level: float) -> float:
    """Kiefer and Vogelsang (2005), table 1, Bartlett; never below Student's."""
    student = stats.t(n - 1).ppf((1 + level) / 2)
    if taken == 0:
        return student
    b = (taken + 1) / n
    critical = 1.96 + 2.9694 * b + 0.4160 * b * b - 0.5324 * b * b * b
    return max(student, critical / 1.96 * stats.norm.ppf((1 + level) / 2))


def resampled(series: pd.Series, rng: np.random.Generator, block: int, n: int) -> tuple:
    """Ends of the middle 95 % of the means of a stationary bootstrap."""
    means = StationaryBootstrap(block, series.dropna().to_numpy(), seed=rng).apply(np.mean, n)
    return tuple(np.quantile(means[:, 0], [0.025, 0.975]))


def drawn_days(days: int, rng: np.random.Generator, block: int, n: int) -> list[np.ndarray]:
    """The places of the days of each resample, a day as often as it was drawn."""
    drawn = StationaryBootstrap(block, np.arange(days), seed=rng).bootstrap(n)
    return [positions[0] for positions, _ in drawn]


def ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def ends(values: list[float]) -> tuple[float, float]:
    """Ends of the middle 95 % of what is not NaN."""
    kept = [value for value in values if not math.isnan(value)]
    return tuple(np.quantile(kept, [0.025, 0.975])) if kept else (math.nan, math.nan)


def share(
    part: pd.Series, whole: pd.Series, rng: np.random.Generator, block: int = 10, n: int = 2000
) -> Means:
    """Mean of one daily series over that of another, days drawn together."""
    both = pd.concat([part, whole], axis=1, join="inner").dropna().to_numpy()
    a, b = both.sum(axis=0) if len(both) else (0.0, 0.0)
    if len(both) < 2 or b <= 0:
        return {"mean": math.nan, "low": math.nan, "high": math.nan}
    sums = [both[drawn].sum(axis=0) for drawn in drawn_days(len(both), rng, block, n)]
    low, high = ends([ratio(top, bottom) for top, bottom in sums])
    return {"mean": a / b, "low": low, "high": high}
