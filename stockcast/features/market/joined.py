"""Other tables and the market's own series, brought to the rows of a panel.

A table's row stands at its own date here. What became public in the evening or later must then be
taken one trading day later, by `Rows.lag`: of the stock's rows, or of the market's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.rows import Rows

STALE = 10
"""Trading days after which a table's last row says nothing any more."""


def of_stocks(rows: Rows, table: pd.DataFrame, columns: Sequence[str]) -> list[np.ndarray]:
    """Columns of a table with `date` and `code`, at the panel's row of that date and code.

    Returns
    -------
    list of ndarray of shape (n_rows,)
        NaN where the table has no row; its rows that the panel has not are left out.
    """
    day = rows.dates.get_indexer(table["date"])
    stock = pd.Index(rows.codes).get_indexer(table["code"])
    there = np.flatnonzero((day >= 0) & (stock >= 0))
    width = len(rows.dates)
    mine = rows.stock() * width + rows.day
    theirs = stock[there] * width + day[there]
    place = np.searchsorted(mine, theirs)
    found = place < len(mine)
    found[found] = mine[place[found]] == theirs[found]
    out = []
    for name in columns:
        column = np.full(len(rows), np.nan)
        column[place[found]] = table[name].to_numpy(float)[there[found]]
        out.append(column)
    return out


def of_days(rows: Rows, dates: pd.Series, values: np.ndarray, *, same_day: bool) -> np.ndarray:
    """The latest value known on each day of the panel.

    Parameters
    ----------
    dates, values
        One value a date, dates ascending.
    same_day
        Whether a date's value was public by its close; otherwise it counts from the next day.

    Returns
    -------
    ndarray of shape (n_days,)
        NaN before the first, and where the latest is `STALE` of the panel's days old or older.
    """
    out = np.full(len(rows.dates), np.nan)
    at = dates.searchsorted(rows.dates, side="right" if same_day else "left") - 1
    known = np.flatnonzero(at >= 0)
    own = rows.dates.searchsorted(dates)[at[known]]
    fresh = known - own < STALE
    out[known[fresh]] = values[at[known[fresh]]]
    return out


def of_market(rows: Rows, **columns: np.ndarray) -> Rows:
    """The market's days as the rows of one stock, for rolling over them.

    Parameters
    ----------
    columns
        Arrays of shape (n_days,), or (n_rows,) with one value a day.
    """
    days = len(rows.dates)
    by_day = {
        name: np.asarray(of, float) if len(of) == days else cross.of_day(rows, of)
        for name, of in columns.items()
    }
    bounds = np.array([0, days], np.int64)
    return Rows(by_day, bounds, np.arange(days), rows.dates, ["market"])


def spread_out(rows: Rows, prefix: str, **series: np.ndarray) -> dict[str, np.ndarray]:
    """Columns `prefix.name` with each day's value at all its rows.

    In single precision, as features are given out: there is one for every row of the panel.
    """
    return {
        f"{prefix}.{name}": values.astype(np.float32)[rows.day] for name, values in series.items()
    }
