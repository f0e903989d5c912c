"""How each of many features, alone, would have ranked the stocks of every day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numba import njit

from stockcast.judge._cross_section import FEWEST


def rank_ics(frame: pd.DataFrame, names: Sequence[str], label: str = "label") -> pd.DataFrame:
    """Daily Rank IC of many columns at once.

    Parameters
    ----------
    frame
        `date`, `label` and the columns `names`. For each column, rows where it or the label is NaN
        are left out.
    names
        Columns judged, each by itself.

    Returns
    -------
    DataFrame of shape (n_days, n_names), indexed by date, sorted
        What `stockcast.judge.metrics.daily_ic` gives with `method="spearman"`, some ten times as
        fast: NaN where fewer than five stocks remain or either side is constant.
    """
    day, days = pd.factorize(frame["date"], sort=True)
    order = np.argsort(day, kind="stable")
    bounds = np.searchsorted(day[order], np.arange(len(days) + 1))
    outcome = frame[label].to_numpy(np.float64)[order]
    found = np.empty((len(days), len(names)))
    for place, name in enumerate(names):
        values = frame[name].to_numpy(np.float64)[order]
        found[:, place] = _rank_correlations(values, outcome, bounds, FEWEST)
    return pd.DataFrame(found, pd.DatetimeIndex(days, name="date"), list(names))


@njit(cache=True, nogil=True)
def _rank_correlations(x, y, bounds, fewest):
    """Spearman's correlation of each span's rows that have both."""
    out = np.full(len(bounds) - 1, np.nan)
    for span in range(len(out)):
        inside = slice(bounds[span], bounds[span + 1])
        known = np.isfinite(x[inside]) & np.isfinite(y[inside])
        if known.sum() < fewest:
            continue
        a, b = _midranks(x[inside][known]), _midranks(y[inside][known])
        a -= a.mean()
        b -= b.mean()
        spread = np.sqrt((a * a).sum() * (b * b).sum())
        if spread > 0:
            out[span] = (a * b).sum() / spread
    return out


@njit(cache=True, nogil=True)
def _midranks(values):
    """Ranks, equal values sharing their mean."""
    order = np.argsort(values)
    ranks = np.empty(len(values))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and values[order[stop]] == values[order[start]]:
            stop += 1
        for place in range(start, stop):
            ranks[order[place]] = 0.5 * (start + stop - 1)
        start = stop
    return ranks
