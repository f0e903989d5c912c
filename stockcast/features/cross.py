"""Across the stocks of a day: means, shares and ranks over that day's rows.

These see all rows of the panel, so a module's `prepare` calls them, never a feature's `make`. Sums
run over a day's rows in order of code, one after another: a stock that is listed later adds nothing
and moves no bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from stockcast.features.rows import Rows


def counted(rows: Rows) -> np.ndarray:
    """Bool per row: a member of the universe that day, and it traded."""
    return rows["in_universe"] & rows["traded"]


def mean(
    rows: Rows, of: np.ndarray, among: np.ndarray | None = None, by: np.ndarray | None = None
) -> np.ndarray:
    """Mean of the day, or of the day's group, at every row.

    Parameters
    ----------
    rows
        All rows of the panel.
    of
        Values (n_rows,); NaN are left out.
    among
        Bool: rows that count; None: all.
    by
        Group of each row as whole numbers from 0; below 0: no group, NaN. None: the whole day.

    Returns
    -------
    ndarray of shape (n_rows,)
        At members of `among` and others alike; NaN where nothing counts.
    """
    total, count = _sums(rows, of, among, by)
    return np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)


def total(
    rows: Rows, of: np.ndarray, among: np.ndarray | None = None, by: np.ndarray | None = None
) -> np.ndarray:
    """Sum of the day, or of the day's group, at every row; NaN where nothing counts."""
    sums, count = _sums(rows, of, among, by)
    return np.where(count > 0, sums, np.nan)


def spread(rows: Rows, of: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """Standard deviation (n) over the day's rows, at every row."""
    away = of - mean(rows, of, among)
    return np.sqrt(mean(rows, away * away, among))


def rank(
    rows: Rows, of: np.ndarray, among: np.ndarray | None = None, by: np.ndarray | None = None
) -> np.ndarray:
    """Share of the day's (or group's) counted rows that are lower, ties counted half.

    Every row is ranked among those of `among`, whether it belongs to them or not. Values within
    1e-9 of each other are ties: equal moves of differently adjusted stocks differ in the last bits.
    """
    group, groups = _groups(rows, by)
    use = np.isfinite(of) & (group >= 0)
    if among is not None:
        use &= among
    return _midrank(np.round(of, 9), group, groups, use)


def of_day(rows: Rows, of: np.ndarray) -> np.ndarray:
    """One value a day, shape (n_days,), of a column that is the same for all rows of a day."""
    out = np.full(len(rows.dates), np.nan)
    out[rows.day] = of
    return out


def market_return(rows: Rows) -> np.ndarray:
    """Mean return of the day's traded members, at every row, kept as column `market`.

    The universe of that day: nobody who joins the index later.
    """
    if "market" not in rows.columns:
        rows.columns["market"] = mean(rows, rows["return"], counted(rows))
    return rows.columns["market"]


def _groups(rows: Rows, by: np.ndarray | None) -> tuple[np.ndarray, int]:
    """Number of each row's group, below 0 for none, and how many there are."""
    if by is None:
        return rows.day, len(rows.dates)
    kinds = int(by.max(initial=0)) + 1
    return np.where(by >= 0, rows.day * kinds + by, -1), len(rows.dates) * kinds


def _sums(
    rows: Rows, of: np.ndarray, among: np.ndarray | None, by: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    group, groups = _groups(rows, by)
    use = np.isfinite(of) & (group >= 0)
    if among is not None:
        use &= among
    sums = _in_order(np.asarray(of, float), group, groups, use)
    counts = np.bincount(group[use], minlength=groups).astype(float)
    there = group >= 0
    place = np.where(there, group, 0)
    return np.where(there, sums[place], np.nan), np.where(there, counts[place], 0.0)


@njit(cache=True, nogil=True)
def _in_order(of, group, groups, use):
    """Sum of each group, row after row."""
    out = np.zeros(groups)
    for row in range(len(of)):
        if use[row]:
            out[group[row]] += of[row]
    return out


@njit(cache=True, nogil=True)
def _midrank(of, group, groups, use):
    """Share of the used rows of the same group that are lower, ties counted half."""
    start = np.zeros(groups + 1, np.int64)
    for row in range(len(of)):
        if use[row]:
            start[group[row] + 1] += 1
    for number in range(groups):
        start[number + 1] += start[number]
    held = np.empty(start[-1])
    at = start[:-1].copy()
    for row in range(len(of)):
        if use[row]:
            held[at[group[row]]] = of[row]
            at[group[row]] += 1
    for number in range(groups):
        held[start[number] : start[number + 1]].sort()
    out = np.full(len(of), np.nan)
    for row in range(len(of)):
        if group[row] < 0 or np.isnan(of[row]):
            continue
        peers = held[start[group[row]] : start[group[row] + 1]]
        if len(peers):
            lower = np.searchsorted(peers, of[row], side="left")
            upto = np.searchsorted(peers, of[row], side="right")
            out[row] = 0.5 * (lower + upto) / len(peers)
    return out
