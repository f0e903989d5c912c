"""Where the store's files lie, how each table is cut into them, and when its days are complete.

    STORE/bars/year=2017/data.parquet    one file a year of the table's dated column
    STORE/bars/coverage.json             the days that are wholly there
    STORE/stocks/data.parquet            a table that is always read whole
    STORE/.lock  STORE/writer.json       one writer at a time, and who it is

A row that has no day lies in `year=0`. A killed update can leave a half-written file under a name
of its own, which nobody reads and the next update removes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from stockcast.errors import InputError, nearest
from stockcast.market.tables import TABLES

DATA, COVERAGE, LOCK, WRITER = "data.parquet", "coverage.json", ".lock", "writer.json"
_HALF_WRITTEN = re.compile(r"\.(data|coverage|writer)-[0-9a-f]{8}\.(parquet|json)")

WHOLE = frozenset(
    {name for name, table in TABLES.items() if not table.dated} | {"calendar", "macro"}
)
"""Tables small enough to be fetched and kept in one piece."""

_MORNING, _CLOSE, _EVENING, _NEXT_MORNING, _MIDNIGHT = 9.5, 17.0, 21.0, 33.5, 24.0
_HOURS = {
    "the morning of its date": _MORNING,
    "the close of its date": _CLOSE,
    "the evening of its date, before the next open": _EVENING,
    "the evening of its date": _EVENING,
    "the morning after its date": _NEXT_MORNING,
    "11:00 of its date": _CLOSE,
}
"""When a row became public (`Table.public`) -> hours after the midnight that begins a day.

An exchange closes at 15:00; vendors have its figures within two hours, see the update times in
Tushare Pro's documentation of `daily`, `moneyflow` and `margin_detail`. Whatever is announced can
come until midnight.
"""
_LATER = {"suspensions": _CLOSE}
"""Tables that go on growing after their rows are first public: a stock can be halted at noon."""

_EVERY_SESSION = frozenset(
    {"bars", "factors", "limits", "valuation", "index_bars", "money_flow", "margin", "option_bars"}
)
FROM_LISTING = frozenset({"bars", "factors", "limits", "valuation"})
"""Tables with rows of every stock from its listing on."""
_SESSIONS = _EVERY_SESSION | {
    "suspensions", "index_weights", "northbound", "northbound_holdings", "top_list", "top_seats",
}  # fmt: skip


def check(table: str) -> str:
    """`table`, when it is one of the canonical tables.

    Raises
    ------
    InputError
        With the nearest name when it is none.
    """
    if table not in TABLES:
        raise InputError("table", "is not known", table, nearest(table, TABLES))
    return table


def by_session(table: str) -> bool:
    """Whether rows belong to trading days; those of other tables can come on any day."""
    return table in _SESSIONS


def every_session(table: str) -> bool:
    """Whether each trading day must have rows once the table has begun."""
    return table in _EVERY_SESSION


def complete_until(table: str, now: pd.Timestamp) -> pd.Timestamp:
    """Last day whose rows are all public at `now`, a Shanghai time without zone."""
    hours = _LATER.get(table, _HOURS.get(TABLES[table].public, _MIDNIGHT))
    return (now - pd.Timedelta(hours=hours)).normalize()


def folder(store: Path, table: str) -> Path:
    """Folder of one table."""
    return Path(store) / check(table)


def part(store: Path, table: str, year: int) -> Path:
    """File with the rows of one year; of a whole table its only file, whatever the year."""
    if table in WHOLE:
        return folder(store, table) / DATA
    return folder(store, table) / f"year={year}" / DATA


def parts(
    store: Path, table: str, start: pd.Timestamp | None = None, end: pd.Timestamp | None = None
) -> list[Path]:
    """Files there are with rows from `start` to `end`, in the order of years."""
    if table in WHOLE:
        only = folder(store, table) / DATA
        return [only] if only.is_file() else []
    found = {
        int(path.parent.name[5:]): path for path in folder(store, table).glob(f"year=*/{DATA}")
    }
    first, last = (start.year if start else 0), (end.year if end else 9999)
    return [found[year] for year in sorted(found) if first <= year <= last]


def tables(store: Path) -> list[str]:
    """Tables that the store has anything of, in the order of `TABLES`."""
    return [name for name in TABLES if (Path(store) / name).is_dir()]


def sweep(store: Path) -> None:
    """Remove what killed updates left half-written; only for whoever holds the lock."""
    for path in Path(store).rglob(".*"):
        if _HALF_WRITTEN.fullmatch(path.name):
            path.unlink()
