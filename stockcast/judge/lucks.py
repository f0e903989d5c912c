"""Figures of several networks over many days: how much is the luck of the seed, how much the days'.

Another training would draw other seeds, another year other days. Each luck has a reach of its own;
the interval here adds the two as squares, as `stockcast.judge.ablation` does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.intervals import Interval, resampled_days

Figure = Callable[[np.ndarray], np.ndarray]

KEYS = ["seed", "date"]


def counts(forecasts: pd.DataFrame, days: pd.DatetimeIndex | None = None) -> np.ndarray:
    """Rises and falls, and how many of each were called, by seed and day.

    Parameters
    ----------
    forecasts
        seed, date, prob_up, label; rows with a NaN are left out. A probability above one half calls
        a rise, anything else a fall; a return of exactly 0 is a fall.
    days
        Days to count, in order; None: those of the forecasts. Days without rows count 0.

    Returns
    -------
    ndarray of shape (n_seeds, n_days, 4)
        Rises called, rises, falls called, falls.

    Raises
    ------
    InputError
        When no row is left.
    """
    known = forecasts[np.isfinite(forecasts[["prob_up", "label"]].to_numpy(float)).all(axis=1)]
    if known.empty:
        raise InputError("forecasts", "must have a row with a forecast and an outcome")
    rose, said = known["label"] > 0, known["prob_up"] > 0.5
    columns = {"up": rose & said, "ups": rose, "down": ~rose & ~said, "downs": ~rose}
    table = known[KEYS].assign(**columns).groupby(KEYS).sum()
    if days is None:
        days = pd.DatetimeIndex(np.sort(known["date"].unique()))
    seeds = np.sort(known["seed"].unique())
    whole = pd.MultiIndex.from_product([seeds, days], names=KEYS)
    return table.reindex(whole, fill_value=0).to_numpy(float).reshape(len(seeds), len(days), 4)


def accuracy(sums: np.ndarray) -> np.ndarray:
    """Share called rightly, of sums (..., 4) of `counts`."""
    return (sums[..., 0] + sums[..., 2]) / (sums[..., 1] + sums[..., 3])


def recall_up(sums: np.ndarray) -> np.ndarray:
    """Share of the rises that were called."""
    return sums[..., 0] / sums[..., 1]


def recall_down(sums: np.ndarray) -> np.ndarray:
    """Share of the falls that were called."""
    return sums[..., 2] / sums[..., 3]


def up_minus_down(sums: np.ndarray) -> np.ndarray:
    """Recall of rises less recall of falls."""
    return recall_up(sums) - recall_down(sums)


def over_always_up(sums: np.ndarray) -> np.ndarray:
    """Accuracy less that of calling every row a rise."""
    return accuracy(sums) - sums[..., 1] / (sums[..., 1] + sums[..., 3])


def gained(figure: Figure) -> Figure:
    """That figure of the first four columns less that of the last four: two networks, paired."""
    return lambda sums: figure(sums[..., :4]) - figure(sums[..., 4:])


def seeds_and_days(
    by_day: np.ndarray,
    figure: Figure,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Mean over seeds of a figure of sums over days, with both lucks in its interval.

    Parameters
    ----------
    by_day : ndarray of shape (n_seeds, n_days, n_columns)
        Counts in time order.
    figure
        Turns sums (..., n_columns) into figures (...).
    rng, block, n, level
        Of the stationary bootstrap: whole days are drawn, the same for every seed.

    Returns
    -------
    Interval
        Low and high are the mean less and plus the roots of two reaches' squares: the bootstrap's
        over days, and Student's t over seeds, none with a single seed; figures are shares or
        differences of shares, so an end beyond -1 or 1 is put there. `t` is NaN, `n` the days. All
        NaN where the figure is not defined on the days as they are.
    """
    seeds, days, _ = by_day.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        own = figure(by_day.sum(axis=1))
        drawn = np.einsum("nd,sdk->snk", resampled_days(days, rng, block, n), by_day)
        means = figure(drawn).mean(axis=0)
    mean = float(np.mean(own))
    if days < 2 or not np.isfinite(mean):
        return Interval(mean, np.nan, np.nan, np.nan, days)
    tail = (1 - level) / 2
    low, high = np.nanquantile(means, [tail, 1 - tail])
    reach = 0.0
    if seeds > 1:
        reach = stats.t.ppf(1 - tail, seeds - 1) * np.std(own, ddof=1) / np.sqrt(seeds)
    down, up = (float(np.hypot(reach, max(0.0, gap))) for gap in (mean - low, high - mean))
    return Interval(mean, max(-1.0, mean - down), min(1.0, mean + up), np.nan, days)


def share_right(
    right: pd.Series, rng: np.random.Generator, *, block: int = 10, level: float = 0.95
) -> Interval:
    """How often some calls were right: the wider of an exact and a bootstrap interval.

    Parameters
    ----------
    right : Series of bool, indexed by date
        One entry a call, in time order; a day may have several, and most days have none.

    Returns
    -------
    Interval
        Clopper and Pearson's interval takes calls for independent, which calls of one day or of
        overlapping spans are not; the bootstrap of whole days knows better but is sure of itself
        where all of a few calls agree. `n` counts calls; without any all is NaN.
    """
    if not len(right):
        return Interval(np.nan, np.nan, np.nan, np.nan, 0)
    hits, calls = int(right.sum()), len(right)
    exact = stats.binomtest(hits, calls).proportion_ci(level, "exact")
    by_day = right.astype(float).groupby(level=0).agg(["sum", "size"]).to_numpy(float)[None]
    boot = seeds_and_days(by_day, lambda s: s[..., 0] / s[..., 1], rng, block=block, level=level)
    low, high = np.fmin(exact.low, boot.low), np.fmax(exact.high, boot.high)
    return Interval(hits / calls, float(low), float(high), np.nan, calls)
