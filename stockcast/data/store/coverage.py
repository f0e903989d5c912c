"""Which days of a table are wholly there, kept beside its rows and written after them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pandas as pd

from stockcast import paths
from stockcast.data.store import layout, parts, read
from stockcast.errors import InputError
from stockcast.market import calendar

_NONE = pd.DatetimeIndex([], dtype="datetime64[us]")


@dataclass(frozen=True)
class Coverage:
    """Days of a table that need no fetching any more, and when it was last brought up to date.

    Attributes
    ----------
    table
        Its name.
    days
        Covered days.
    updated
        Shanghai time; None when it was never fetched.
    stocks
        Of a table that is fetched stock by stock, each one's first and last covered day; `days`
        are then those that all of them have.
    indexes
        Of a table that is fetched index by index, those that every covered day was asked of.
    lost
        Days that were covered until someone removed a file of their rows.
    known
        The table `calendar` of the store, which goes before the built-in calendar; None without.
    """

    table: str
    days: pd.DatetimeIndex = field(default_factory=lambda: _NONE)
    updated: pd.Timestamp | None = None
    stocks: dict[str, tuple[pd.Timestamp, pd.Timestamp]] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()
    lost: pd.DatetimeIndex = field(default_factory=lambda: _NONE)
    known: pd.DataFrame | None = field(default=None, repr=False)

    def with_days(self, days: pd.DatetimeIndex, now: pd.Timestamp) -> Coverage:
        """Also `days`, as of `now`."""
        return replace(self, days=self.days.union(days), updated=now)

    def with_stocks(
        self, stocks: list[str], days: tuple[pd.Timestamp, pd.Timestamp], now: pd.Timestamp
    ) -> Coverage:
        """Also these stocks from the first to the last of `days`, as of `now`."""
        spans = dict(self.stocks)
        for stock in stocks:
            first, last = spans.get(stock, days)
            spans[stock] = min(first, days[0]), max(last, days[1])
        latest_first = max(first for first, _ in spans.values())
        earliest_last = min(last for _, last in spans.values())
        shared = pd.date_range(latest_first, earliest_last).as_unit("us")
        return replace(self, stocks=spans, days=shared, updated=now)

    def with_indexes(self, indexes: Collection[str]) -> Coverage:
        """Also these indexes: with one that is new, no day is covered any more."""
        both = tuple(sorted({*self.indexes, *indexes}))
        return self if both == self.indexes else replace(self, indexes=both, days=_NONE)

    def expected(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
        """Days from `start` to `end` on which the table can have rows."""
        if start > end:
            return _NONE
        if layout.by_session(self.table):
            return calendar.sessions(start, end, self.known)
        return pd.date_range(start, end).as_unit("us")

    def missing(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
        """Those of them that are not covered."""
        return self.expected(start, end).difference(self.days)


def load(store: Path, table: str) -> Coverage:
    """What is covered; nothing when the table was never fetched.

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    path = layout.folder(store, table) / layout.COVERAGE
    nothing = Coverage(table, known=_known(store))
    if not path.is_file():
        return nothing
    try:
        told = json.loads(path.read_text("utf-8"))
        spans = [pd.date_range(first, last).as_unit("us") for first, last in told["covered"]]
        updated = pd.Timestamp(told["updated"])
        stocks = {
            stock: (pd.Timestamp(first), pd.Timestamp(last))
            for stock, (first, last) in told.get("stocks", {}).items()
        }
        indexes = tuple(told.get("indexes", ()))
        gone = set(told.get("years", ())) - set(_years(store, table))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"store, {paths.shown(path)}", "must be a file that an update wrote", str(error),
            "remove it: the next update fetches the table's days again and doubles nothing",
        ) from None  # fmt: skip
    days = _NONE.append(spans)
    if gone and not layout.by_session(table):
        # The rows' days are not those that a request names: any covered day may have lost rows.
        return replace(nothing, lost=days)
    lost = days[days.year.isin(gone)]
    return replace(
        nothing, days=days.difference(lost), updated=updated, stocks=stocks, indexes=indexes,
        lost=lost,
    )  # fmt: skip


def save(store: Path, coverage: Coverage) -> None:
    """Write what is covered."""
    told: dict[str, object] = {
        "covered": _spans(coverage), "updated": str(coverage.updated),
        "years": _years(store, coverage.table),
    }  # fmt: skip
    if coverage.indexes:
        told["indexes"] = coverage.indexes
    if coverage.stocks:
        told["stocks"] = {
            stock: (f"{first:%F}", f"{last:%F}")
            for stock, (first, last) in sorted(coverage.stocks.items())
        }
    path = layout.folder(store, coverage.table) / layout.COVERAGE
    written = (json.dumps(told, indent=1) + "\n").encode()
    if not path.is_file() or path.read_bytes() != written:
        parts.replace(path, written)


def _known(store: Path) -> pd.DataFrame | None:
    days = read.read(store, "calendar")
    return None if days.empty else days


def _years(store: Path, table: str) -> list[int]:
    """Years with a file; a file that is there no more, although named, was removed by someone."""
    files = layout.parts(store, table)
    if table in layout.WHOLE:
        return [0] if files else []
    return [int(path.parent.name[5:]) for path in files]


def _spans(coverage: Coverage) -> list[tuple[str, str]]:
    """First and last day of each run of days with none left out that can have rows."""
    if not len(coverage.days):
        return []
    expected = coverage.expected(coverage.days[0], coverage.days[-1])
    there = expected[expected.isin(coverage.days)]
    place = expected.get_indexer(there)
    breaks = [i + 1 for i, (a, b) in enumerate(pairwise(place)) if b - a > 1]
    edges = pairwise([0, *breaks, len(there)])
    return [(f"{there[first]:%F}", f"{there[after - 1]:%F}") for first, after in edges]
