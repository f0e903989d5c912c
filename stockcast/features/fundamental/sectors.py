"""Each row's sector, by the membership in force that day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.features.fundamental.known import NONE
from stockcast.features.rows import Rows


def sector_of(rows: Rows, members: pd.DataFrame) -> np.ndarray:
    """Number of each row's sector, (n_rows,), int64; `NONE` without one.

    Parameters
    ----------
    rows
        All rows of the panel.
    members
        Canonical `sector_members`: each counts from its start, until the next one of the stock or
        its end, which is the first day out.
    """
    return rows.memo(("sector_of", id(members)), lambda: _sector_of(rows, members))


def _sector_of(rows: Rows, members: pd.DataFrame) -> np.ndarray:
    number = pd.factorize(members["sector_code"], sort=True)[0].astype(np.int64)
    stock = pd.Index(rows.codes, dtype="str").get_indexer(members["code"])
    start = members["start"].fillna(pd.Timestamp.min).to_numpy("datetime64[us]")
    end = members["end"].to_numpy("datetime64[us]")
    dates, days = rows.dates.to_numpy().astype("datetime64[us]"), len(rows.dates)
    there = np.flatnonzero((stock >= 0) & (start <= dates[-1]))
    there = there[np.lexsort([start[there], stock[there]])]
    key = stock[there].astype(np.int64) * days + dates.searchsorted(start[there])
    row_stock = rows.stock()
    # Of memberships that begin before the panel the latest holds: its place is the rightmost.
    place = np.searchsorted(key, row_stock * days + rows.day, side="right") - 1
    held = np.append(there, NONE)[place]
    found = (place >= 0) & (np.append(stock, NONE)[held] == row_stock)
    until = np.append(end, np.datetime64("NaT"))[held]
    found &= np.isnat(until) | (dates[rows.day] < until)
    return np.where(found, np.append(number, NONE)[held], NONE)
