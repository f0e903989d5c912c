"""Figures that compare the stocks of one day, a day at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

FEWEST = 5


def ic(table: pd.DataFrame, score: str = "score") -> pd.Series:
    return _by_day(table, [score, "label"], _correlation)


def rank_ic(table: pd.DataFrame, score: str = "score") -> pd.Series:
    return _by_day(table, [score, "label"], lambda day: _correlation(day, stats.rankdata))


def relative_accuracy(table: pd.DataFrame) -> pd.Series:
    """Share of stocks on the same side of the day's median in score and outcome, ties half."""

    def one(day: np.ndarray) -> float:
        day = _complete(day)
        if len(day) < FEWEST:
            return math.nan
        score, label = np.sign(day - np.median(day, axis=0)).T
        return (1 + (score * label).mean()) / 2

    return _by_day(table, ["score", "label"], one)


def precision(table: pd.DataFrame, k: int) -> pd.Series:
    """Share of the first `k` that beat the median of all outcomes; no outcome, no vote."""

    def one(day: np.ndarray) -> float:
        first = np.argsort(-day[:, 0], kind="stable")[:k]
        listed = day[first, 1][~np.isnan(day[first, 1])]
        return (listed > np.nanmedian(day[:, 1])).mean() if len(listed) else math.nan

    return _by_day(table, ["score", "label"], one)


def spread(table: pd.DataFrame, q: int) -> pd.Series:
    """Mean outcome of the top of `q` groups by score minus that of the bottom."""

    def one(day: np.ndarray) -> float:
        if len(day) < q:
            return math.nan
        place, label = stats.rankdata(day[:, 0]) / len(day), pd.Series(day[:, 1])
        return label[place > (q - 1) / q + 1e-9].mean() - label[place <= 1 / q + 1e-9].mean()

    return _by_day(table, ["score", "label"], one)


def by_period(daily: pd.Series, pattern: str) -> dict[str, pd.Series]:
    return dict(iter(daily.groupby(daily.index.strftime(pattern))))


def persistence(table: pd.DataFrame) -> float:
    """Mean correlation of the order of a day with that of the day before, on the stocks of both.

    Ranks are those within each day's whole list.
    """
    days = [day.set_index("code")["score"].rank() for _, day in table.groupby("date", sort=True)]
    found = []
    for before, today in pairwise(days):
        both = pd.concat([before, today], axis=1, join="inner").to_numpy()
        if len(both) > 1 and (np.ptp(both, axis=0) > 0).all():
            found.append(np.corrcoef(both.T)[0, 1])
    return float(np.mean(found))


def _correlation(day: np.ndarray, unit: Callable | None = None) -> float:
    day = _complete(day)
    if len(day) < FEWEST or (np.ptp(day, axis=0) == 0).any():
        return math.nan
    day = day if unit is None else unit(day, axis=0)
    return np.corrcoef(day.T)[0, 1]


def _complete(day: np.ndarray) -> np.ndarray:
    return day[~np.isnan(day).any(axis=1)]


def _by_day(
    table: pd.DataFrame, columns: list[str], one: Callable[[np.ndarray], float]
) -> pd.Series:
    """`one` of the rows of each day, in the table's order."""
    table = table.sort_values("date", kind="stable")
    dates, starts = np.unique(table["date"].to_numpy(), return_index=True)
    days = np.split(table[columns].to_numpy(float), starts[1:])
    return pd.Series([one(day) for day in days], index=pd.DatetimeIndex(dates), dtype=float)
