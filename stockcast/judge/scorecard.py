"""Many daily figures in one table, what they are held against, and what was promised of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.judge.intervals import (
    Interval,
    every,
    newey_west,
    paired_difference,
    resampled_days,
    stationary_bootstrap,
)


def scorecard(
    figures: Mapping[str, pd.Series],
    rng: np.random.Generator,
    *,
    horizon: int,
    blind: Mapping[str, float] | None = None,
    lag: int = 10,
    block: int = 10,
) -> pd.DataFrame:
    """Mean of each daily figure with three intervals that should agree.

    Parameters
    ----------
    figures : mapping from name to Series by date
        NaN days are left out.
    horizon
        Trading days a label covers; the third interval takes every `horizon`-th day, with no lags.
    blind
        What a forecast without knowledge has, by name; 0 where not given.
    lag, block
        Of `newey_west` and `stationary_bootstrap`; neither is taken below `horizon`.

    Returns
    -------
    DataFrame, one row a figure
        mean, low, high (Newey-West); blind, and t, the distance from it in standard errors;
        boot_low, boot_high; spaced, spaced_low, spaced_high (on every `horizon`-th day); days.
    """
    lag, block = max(lag, horizon), max(block, horizon)
    rows = {}
    for name, series in figures.items():
        none = (blind or {}).get(name, 0.0)
        sure = newey_west(series, lag)
        boot = stationary_bootstrap(series, rng, block)
        spaced = newey_west(every(series, horizon), lag=0)
        rows[name] = {
            "mean": sure.mean,
            "low": sure.low,
            "high": sure.high,
            "blind": none,
            "t": newey_west(series - none, lag).t,
            "boot_low": boot.low,
            "boot_high": boot.high,
            "spaced": spaced.mean,
            "spaced_low": spaced.low,
            "spaced_high": spaced.high,
            "days": sure.n,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def against(own: pd.Series, others: Mapping[str, pd.Series], lag: int = 10) -> pd.DataFrame:
    """`own` minus each of the others, paired by day.

    Returns
    -------
    DataFrame, one row a rival
        mean, low, high and t of the difference (Newey-West); days.
    """
    rows = {name: newey_west(paired_difference(own, other), lag) for name, other in others.items()}
    return interval_table(rows)


def interval_table(intervals: Mapping[str, Interval]) -> pd.DataFrame:
    """Intervals as a table, one named row each: mean, low, high, t, days."""
    rows = {name: (i.mean, i.low, i.high, i.t, i.n) for name, i in intervals.items()}
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["mean", "low", "high", "t", "days"]
    )


def by_period(series: pd.Series, frequency: str, lag: int = 10) -> pd.DataFrame:
    """`newey_west` within each calendar year ("Y"), quarter ("Q") or month ("M").

    Returns
    -------
    DataFrame indexed by the periods as text, such as 2017 or 2017-06
        mean, low, high, t, days; the ends are NaN where a period has one day only.
    """
    periods = series.groupby(series.index.to_period(frequency))
    return interval_table({str(period): newey_west(days, lag) for period, days in periods})


def share(
    part: pd.Series,
    whole: pd.Series,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Mean of `part` over mean of `whole`, both on the days that both have.

    Days are resampled together (stationary bootstrap), so that the interval knows how the two
    vary together. All NaN where the whole's mean is not above zero; resamples in which it is not
    are left out, which makes the interval too narrow where the whole is hardly above zero.

    Returns
    -------
    Interval
        `t` is NaN: a ratio has no useful one.
    """
    part, whole = part.align(whole, join="inner")
    kept = np.isfinite(part) & np.isfinite(whole)
    a, b = part[kept].to_numpy(dtype=float), whole[kept].to_numpy(dtype=float)
    dropped = int((~kept).sum())
    if len(a) < 2 or b.mean() <= 0:
        return Interval(np.nan, np.nan, np.nan, np.nan, len(a), dropped)
    draws = resampled_days(len(a), rng, block, n)
    below = draws @ b
    ratio = np.divide(draws @ a, below, out=np.full(n, np.nan), where=below > 0)
    low, high = np.nanquantile(ratio, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(a.mean() / b.mean()), float(low), float(high), np.nan, len(a), dropped)


def verdict(low: float, high: float, promised: float) -> str:
    """What an interval says about a promise of at least so much.

    Returns
    -------
    str
        "kept": all of it reaches the promise; "broken": all of it lies below; "open": the promise
        lies inside; "unknown": an end is NaN.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return "unknown"
    if low >= promised:
        return "kept"
    return "broken" if high < promised else "open"


def widest(curve: pd.DataFrame, promised: float, column: str = "accuracy") -> pd.Series | None:
    """The row of largest coverage where `column` reaches `promised`, or None.

    Parameters
    ----------
    curve : DataFrame with the columns coverage and `column`
        As `stockcast.judge.metrics.coverage_curve` makes it.

    Notes
    -----
    The row is chosen after the outcomes were seen: its accuracy flatters. `column="low"` asks for
    more, that the interval lie above the promise.
    """
    reached = curve[curve[column] >= promised]
    return None if reached.empty else reached.loc[reached["coverage"].idxmax()]


def relative_rank(frame: pd.DataFrame, column: str = "score") -> pd.Series:
    """Place of each row in its day's order of `column`, from 0 (lowest) to 1; NaN stays NaN.

    The middle is 0.5, so that it can stand for the probability of lying above the day's median.
    """
    by_day = frame.groupby("date")[column]
    return (by_day.rank() - 0.5) / by_day.transform("count")
