"""Do stated chances and intervals hold: on all days, by year, and when markets are calm or wild."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import Interval, newey_west, resampled_days
from stockcast.judge.scorecard import interval_table

REGIMES = ("calm", "usual", "wild")


def daily_coverage(frame: pd.DataFrame, label: str = "label") -> pd.Series:
    """Share of the day's outcomes that lie in their intervals, ends included.

    Parameters
    ----------
    frame : DataFrame with the columns date, interval_low, interval_high and `label`
        Rows with any NaN are left out.

    Returns
    -------
    Series of shape (n_days,), indexed by date, sorted
        NaN on days without a known outcome.
    """
    low, high, seen = (frame[name] for name in ("interval_low", "interval_high", label))
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(seen)
    inside = ((low <= seen) & (seen <= high)).astype(float).where(known)
    return inside.groupby(frame["date"]).mean().rename("coverage")


def daily_brier(frame: pd.DataFrame, prob: str = "prob_up", label: str = "label") -> pd.Series:
    """Mean squared distance, by day, of the chance of a rise from what happened, 1 or 0.

    A proper score: the true chance alone makes it least. Rows with either NaN are left out.

    Notes
    -----
    Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather
    Review 78.
    """
    known = np.isfinite(frame[prob]) & np.isfinite(frame[label])
    distance = (frame[prob] - (frame[label] > 0)) ** 2
    return distance.where(known).groupby(frame["date"]).mean().rename("brier")


def by_group(series: pd.Series, group: pd.Series, lag: int = 10) -> pd.DataFrame:
    """Mean of a daily figure within each group of days, with Newey-West intervals.

    Parameters
    ----------
    series : Series by date
    group : Series by date
        Name of each day's group, for example its year or its regime; days without one are left
        out. The days of a group count as neighbours even where others lie between them.
    lag
        Of `stockcast.judge.intervals.newey_west`.

    Returns
    -------
    DataFrame, one row a group in the order of the group's categories, or sorted
        mean, low, high, t, days.
    """
    series, group = series.align(group.dropna(), join="inner")
    groups = series.groupby(group, observed=True)
    return interval_table({str(name): newey_west(days, lag) for name, days in groups})


def volatility_regime(samples: pd.DataFrame, days: pd.DatetimeIndex | np.ndarray) -> pd.Series:
    """Whether the members' median trailing volatility is calm, usual or wild, by date.

    Parameters
    ----------
    samples : DataFrame with the columns date, scale and member
    days
        The days that are sorted into thirds. Cut among the days that are judged, the regimes
        describe; a rule to trade by would need cuts known before.

    Returns
    -------
    Series of ordered categories (`REGIMES`), indexed by date
        Days without a known volatility are missing.

    Raises
    ------
    InputError
        When the volatility takes fewer than three values on these days.
    """
    known = samples["date"].isin(days) & samples["member"].astype(bool)
    members = samples[known & np.isfinite(samples["scale"])]
    middle = members.groupby("date")["scale"].median()
    if middle.nunique() < len(REGIMES):
        raise InputError("volatility", "must vary between days", hint="take more days")
    cuts = [-np.inf, *middle.quantile([1 / 3, 2 / 3]), np.inf]
    return pd.cut(middle, cuts, labels=REGIMES, duplicates="raise").rename("regime")


def reliability(
    prob: pd.Series | np.ndarray,
    label: pd.Series | np.ndarray,
    date: pd.Series | np.ndarray,
    rng: np.random.Generator,
    *,
    bins: int = 10,
    block: int = 10,
    n: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Said probability against observed share of rises, in bins of equally many forecasts.

    Parameters
    ----------
    prob, label, date : array of shape (n_rows,)
        Probability of a rise, outcome (above zero is a rise) and day; rows with either NaN are
        left out.
    rng, block, n, level
        Of the stationary bootstrap that resamples whole days.
    bins
        At most so many; equal probabilities stay together.

    Returns
    -------
    DataFrame with columns said, seen, low, high, n
        The interval is that of `seen`: stocks of one day rise together, and the share in a bin is
        far less sure than its n suggests.

    Notes
    -----
    Murphy and Winkler (1977), "Reliability of subjective probability forecasts of precipitation
    and temperature", Applied Statistics 26.
    """
    prob, label = np.asarray(prob, dtype=float), np.asarray(label, dtype=float)
    known = np.isfinite(prob) & np.isfinite(label)
    if not known.any():
        raise InputError("prob, label", "must hold rows where both are known")
    prob, up = prob[known], label[known] > 0
    day, days = pd.factorize(np.asarray(date)[known], sort=True)
    bin_ = pd.qcut(prob, bins, labels=False, duplicates="drop") if np.ptp(prob) else 0 * day
    weights = resampled_days(len(days), rng, block, n)
    rows = []
    for number in np.unique(bin_):
        here = bin_ == number
        size = np.bincount(day[here], minlength=len(days))
        rose = np.bincount(day[here], up[here], minlength=len(days))
        drawn = weights @ size
        shares = np.divide(weights @ rose, drawn, out=np.full(n, np.nan), where=drawn > 0)
        low, high = np.nanquantile(shares, [(1 - level) / 2, (1 + level) / 2])
        seen = rose.sum() / size.sum()
        rows.append((prob[here].mean(), seen, low, high, int(here.sum())))
    return pd.DataFrame(rows, columns=["said", "seen", "low", "high", "n"])


def gain_of_keeping(
    correct: pd.Series | np.ndarray,
    kept: pd.Series | np.ndarray,
    date: pd.Series | np.ndarray,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Accuracy of the forecasts kept less that of all, with an interval by resampled days.

    Parameters
    ----------
    correct : array of shape (n_rows,)
        1 where the forecast was right, 0 where wrong, NaN where unknown (left out).
    kept : array of shape (n_rows,), bool
        Forecasts that a brake lets through.
    date : array of shape (n_rows,)
    rng, block, n, level
        Of the stationary bootstrap. Both accuracies are taken on the same resampled days, so that
        what they owe to the same outcomes cancels.

    Returns
    -------
    Interval
        `t` is NaN. Resamples in which nothing is kept are left out.

    Raises
    ------
    InputError
        When no known forecast is kept.
    """
    correct, kept = np.asarray(correct, dtype=float), np.asarray(kept, dtype=bool)
    known = np.isfinite(correct)
    if not (kept & known).any():
        raise InputError("kept", "must hold a forecast whose outcome is known")
    day, days = pd.factorize(np.asarray(date)[known], sort=True)
    weights = np.vstack([np.ones(len(days)), resampled_days(len(days), rng, block, n)])
    shares = []
    for among in (kept[known], np.ones(len(day), bool)):
        size = weights @ np.bincount(day, among, minlength=len(days))
        sums = weights @ np.bincount(day, among * correct[known], minlength=len(days))
        shares.append(np.divide(sums, size, out=np.full(len(weights), np.nan), where=size > 0))
    gain = shares[0] - shares[1]
    low, high = np.nanquantile(gain[1:], [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(gain[0]), float(low), float(high), np.nan, len(days))
