"""The report on a store: its tables joined to a panel, and checked with all that lies beside."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from stockcast.data import completion
from stockcast.data.quality.report import report
from stockcast.data.quality.timeliness import last_close
from stockcast.data.tushare import panel
from stockcast.market import calendar

STATEMENTS = ("income", "balance", "cash_flow", "indicators")

_JOINED = (
    "stocks", "bars", "factors", "limits", "suspensions", "names", "index_weights", "index_bars",
    "dividends", *STATEMENTS,
)  # fmt: skip


class Readable(Protocol):
    """What is asked of a store."""

    def tables(self) -> list[str]:
        """Names of the tables it has."""

    def read(self, table: str) -> pd.DataFrame:
        """Rows of one of them."""


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
        See `stockcast.data.quality.report`.

    Raises
    ------
    InputError
        The store lacks stocks, bars or factors; the line says how to fetch them.
    """
    tables = {name: store.read(name) for name in _JOINED if name in store.tables()}
    tables = {name: table for name, table in tables.items() if len(table)}
    quotes = completion.complete(panel.panel(tables, index))
    weights = tables.get("index_weights")
    if today is None:
        today = last_close(pd.Timestamp.now("Asia/Shanghai").tz_localize(None))
    return report(
        quotes,
        calendar.sessions(quotes.date.min(), quotes.date.max()),
        today=today,
        members=members,
        index=panel.benchmark(tables, index),
        index_weights=None if weights is None else weights[weights["index"] == index],
        dividends=tables.get("dividends"),
        tables={name: tables[name] for name in STATEMENTS if name in tables},
    )
