"""What was known of each stock on each day of the panel, looked up in a few searches.

Figures change only when something is published. So they are computed on `Events`, the days on which
something became known of a stock, a few hundred per stock, and spread over the panel's rows by one
take at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.features.rows import Rows

NONE = -1
"""Place, or number of a quarter, that there is not."""
_NUMBERS = 1 << 14
"""Quarters are numbered 4 x year + quarter, below this up to the year 4095."""


@dataclass(frozen=True)
class Events:
    """Days on which something became known of a stock.

    Attributes
    ----------
    stock, day : ndarray of shape (n_events,), int64
        Places in `Rows.codes` and `Rows.dates`, in ascending order, each pair once. What was known
        before the panel's first day is known on day 0.
    at : ndarray of shape (n_rows,), int64
        The latest event of each row's stock up to the row's day; `NONE` before the first.
    """

    stock: np.ndarray
    day: np.ndarray
    at: np.ndarray

    @classmethod
    def of(cls, rows: Rows, all_figures: Iterable[Figures]) -> Events:
        """The days on which any of the figures changed."""
        days = len(rows.dates)
        keys = [figures.stock * days + figures.day for figures in all_figures]
        key = np.unique(np.concatenate([np.empty(0, np.int64), *keys]))
        stock, day = np.divmod(key, days)
        row_stock = rows.stock()
        place = np.searchsorted(key, row_stock * days + rows.day, side="right") - 1
        found = (place >= 0) & (np.append(stock, NONE)[place] == row_stock)
        return cls(stock, day, np.where(found, place, NONE))

    def __len__(self) -> int:
        return len(self.stock)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values (n_events,) at every row (n_rows,); NaN before a stock's first event."""
        return take(values, self.at)


class Figures:
    """Versions of a table's figures, found by stock, quarter and day.

    Parameters
    ----------
    rows
        All rows of the panel: their stocks and days count, versions of others are left out.
    versions
        `code`, `period`, `known` (the first trading day on which it was known) and figures, as
        `stockcast.data.point_in_time.versions` or `trailing` gives them. Of the versions of a
        period that became known by the same day of the panel the last holds.

    Attributes
    ----------
    table : DataFrame
        The versions kept, sorted by stock, quarter and day.
    stock, number, day : ndarray of shape (n_versions,), int64
        Their stocks, quarters (4 x year + quarter) and days.
    """

    def __init__(self, rows: Rows, versions: pd.DataFrame) -> None:
        stock = pd.Index(rows.codes, dtype="str").get_indexer(versions["code"])
        known = versions["known"].to_numpy("datetime64[us]")
        days = len(rows.dates)
        there = (stock >= 0) & ~np.isnat(known) & versions["period"].notna().to_numpy()
        there &= np.where(np.isnat(known), rows.dates[-1].to_datetime64(), known) <= rows.dates[-1]
        kept = versions[there]
        stock, known = stock[there].astype(np.int64), known[there]
        day = rows.dates.to_numpy().astype("datetime64[us]").searchsorted(known).astype(np.int64)
        number = quarter_number(kept["period"])
        order = np.lexsort([known, number, stock])  # stable: the last of a day stays last
        key = ((stock * _NUMBERS + number) * days + day)[order]
        last = np.append(key[1:] != key[:-1], True) if len(key) else np.empty(0, bool)
        order = order[last]
        self.table = kept.iloc[order].reset_index(drop=True)
        self.stock, self.number, self.day = stock[order], number[order], day[order]
        self._key, self._days = key[last], days

    def latest(self, events: Events) -> np.ndarray:
        """The latest quarter known at each event, (n_events,); `NONE` where there is none."""
        key = self.stock * self._days + self.day
        order = np.argsort(key, kind="stable")
        # The running latest: a later stock's number is above all of the stocks before it.
        running = np.maximum.accumulate((self.stock * _NUMBERS + self.number)[order])
        place = np.searchsorted(key[order], events.stock * self._days + events.day, "right") - 1
        stock, number = np.divmod(np.append(running, NONE)[place], _NUMBERS)
        return np.where((place >= 0) & (stock == events.stock), number, NONE)

    def find(self, events: Events, number: np.ndarray, *, first: bool = False) -> np.ndarray:
        """Place in `table` of each event's version of a quarter; `NONE` where there is none.

        Parameters
        ----------
        events
            When, and of which stock.
        number : ndarray of shape (n_events,)
            Quarters asked for.
        first
            The first version known, instead of the latest known by the event.
        """
        base = (events.stock * _NUMBERS + number) * self._days
        latest = np.searchsorted(self._key, base + events.day, side="right") - 1
        found = (latest >= 0) & (number > 0)
        found &= np.append(self._key, NONE)[latest] >= base
        place = np.searchsorted(self._key, base) if first else latest
        return np.where(found, place, NONE)

    def value(self, name: str, place: np.ndarray) -> np.ndarray:
        """A figure at places in `table`; NaN at `NONE`."""
        return take(self.table[name].to_numpy(float), place)


def take(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Values at places, in their own type if that is a float; NaN at `NONE`."""
    if values.dtype != np.float32:
        values = values.astype(float)
    return np.append(values, values.dtype.type(np.nan))[place]


def days_since_1970(dates: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    """Whole days as floats, (n,); NaN for a missing date."""
    days = dates.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64))


def quarter_ends(number: np.ndarray) -> np.ndarray:
    """Last days of quarters of these numbers, days since 1970 as floats; NaN at `NONE`."""
    months = (3 * number - 1970 * 12).astype("datetime64[M]")  # quarter q of the year 0 ends in 3 q
    ends = (months.astype("datetime64[D]") - np.timedelta64(1, "D")).astype(np.int64)
    return np.where(number == NONE, np.nan, ends)


def quarter_number(period: pd.Series) -> np.ndarray:
    """4 x year + quarter of the last days of quarters, (n,)."""
    months = period.to_numpy().astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return months // 12 * 4 + months % 12 // 3 + 1


def on_days(rows: Rows, table: pd.DataFrame) -> np.ndarray:
    """Place in a daily table of each row's own stock and day, carried over suspended days.

    Parameters
    ----------
    rows
        All rows of the panel.
    table
        `date` and `code`, each pair once, such as canonical `valuation`; public by the close.

    Returns
    -------
    ndarray of shape (n_rows,), int64
        `NONE` where the table has no row, and on suspended days before its first. A day that
        traded without a row in the table has none: only standing still is carried.
    """
    days = len(rows.dates)
    stock = pd.Index(rows.codes, dtype="str").get_indexer(table["code"])
    day = rows.dates.get_indexer(pd.DatetimeIndex(table["date"]))
    there = np.flatnonzero((stock >= 0) & (day >= 0))
    key = stock[there].astype(np.int64) * days + day[there]
    order = np.argsort(key, kind="stable")
    key, there = key[order], there[order]
    wanted = rows.stock() * days + rows.day
    place = np.searchsorted(key, wanted)
    found = np.append(key, NONE)[place] == wanted
    own = np.where(found, np.append(there, NONE)[place], NONE)
    carried = rows.filled(np.where(own == NONE, np.nan, own))
    carried = np.where(np.isnan(carried), NONE, carried).astype(np.int64)
    return np.where((own == NONE) & rows["suspended"], carried, own)
