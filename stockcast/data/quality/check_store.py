"""The report on a store: its tables joined to a panel, and checked with all that lies beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import pandas as pd

from stockcast.data import completion
from stockcast.data.quality.check import FAIL, Finding, line
from stockcast.data.quality.report import COLUMNS, report
from stockcast.data.quality.timeliness import last_close
from stockcast.data.store import layout, read
from stockcast.data.tushare import panel
from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.market.tables import TABLES

STATEMENTS = ("income", "balance", "cash_flow", "indicators")

_JOINED = (
    "stocks", "bars", "factors", "limits", "suspensions", "names", "index_weights", "index_bars",
    "dividends", *STATEMENTS,
)  # fmt: skip
EVENING = pd.Timedelta(hours=17)
"""When an update of the evening runs; what is published later need not be there."""


class Readable(Protocol):
    """What is asked of a store."""

    def tables(self) -> list[str]:
        """Names of the tables it has."""

    def read(self, table: str) -> pd.DataFrame:
        """Rows of one of them."""

    def missing(self, table: str, now: pd.Timestamp) -> pd.DatetimeIndex:
        """Days from the first covered one on that are complete at `now` and not covered."""


def check_store(
    store: Readable,
    *,
    index: str = "000300.SH",
    members: int | None = None,
    today: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Check what a store holds.

    Parameters
    ----------
    store
        A `stockcast.data.store.Store`.
    index
        The index whose members are the universe.
    members
        How many members it has by its rules; None leaves that check out.
    today
        Day by whose evening the store should be up to date; the last session closed by the
        Shanghai clock unless given.

    Returns
    -------
    DataFrame
        See `stockcast.data.quality.report`; then, for every table of days that is held, `TABLE
        behind the bars` (trading days after its last, where each has rows) and `TABLE: days
        missing` (days never fetched, although others before them were).

    Raises
    ------
    InputError
        The store lacks stocks, bars or factors; the line says how to fetch them. It has index
        weights, but none of `index`. `today` is no day.
    """
    today = _day(today)
    tables = {name: store.read(name) for name in _JOINED if name in store.tables()}
    tables = {name: table for name, table in tables.items() if len(table)}
    weights = tables.get("index_weights")
    if weights is not None and not weights["index"].eq(index).any():
        hint = f"fetch them with: stockcast data update --index {index}"
        raise InputError("index", "has no weights in the store", index, hint)
    quotes = completion.complete(panel.panel(tables, index))
    found = report(
        quotes,
        calendar.sessions(quotes.date.min(), quotes.date.max()),
        today=today,
        members=members,
        index=panel.benchmark(tables, index),
        index_weights=None if weights is None else weights[weights["index"] == index],
        dividends=tables.get("dividends"),
        tables={name: tables[name] for name in STATEMENTS if name in tables},
    )
    lines = pd.DataFrame(list(_freshness(store, tables, today + EVENING)), columns=list(COLUMNS))
    return pd.concat([found, lines], ignore_index=True)


def _day(today: str | pd.Timestamp | None) -> pd.Timestamp:
    day = read.moment(today, "today")
    if day is None:
        return last_close(pd.Timestamp.now("Asia/Shanghai").tz_localize(None))
    return day.normalize()


def _freshness(
    store: Readable, tables: Mapping[str, pd.DataFrame], now: pd.Timestamp
) -> Iterator[tuple]:
    """Lines that say how far each table of days reaches, and what it leaves out."""
    days = pd.DatetimeIndex(tables["bars"].date.unique())
    for name in store.tables():
        if name in layout.WHOLE:
            continue
        if layout.every_session(name) and name != "bars":
            held = tables[name] if name in tables else store.read(name)
            due = days[days <= layout.complete_until(name, now)]
            late = due if held.empty else due[due > held[TABLES[name].dated].max()]
            said = "trading days that the bars reach and it does not"
            yield line(f"{name} behind the bars", FAIL, 0.0, said, Finding.days(late, len(due)))
        absent = store.missing(name, now)
        said = "days that no update fetched, or that the vendor did not have"
        found = Finding.days(absent, len(days) + len(absent))
        yield line(f"{name}: days missing", FAIL, 0.0, said, found)
