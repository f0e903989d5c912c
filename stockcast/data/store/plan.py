"""Which calls bring which days of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data.store import layout, read
from stockcast.errors import InputError
from stockcast.market.interfaces import INTERFACES, Interface
from stockcast.market.tables import TABLES

_NOT_STORED = frozenset({"rt_k"})
"""Interfaces whose rows are provisional: the store holds closing data only."""
NEWS = ("sina", "wallstreetcn", "10jqka", "eastmoney", "yuncaijing", "fenghuang", "jinrongjie")
"""Values of `src`, https://tushare.pro/document/2?doc_id=143."""
_UNKNOWN, _MOST, _FILLED, _GAP = 21, 366, 0.9, 15


def tables() -> list[str]:
    """Tables that some interface gives, in the order of `TABLES`."""
    given = {made.table for name, made in INTERFACES.items() if name not in _NOT_STORED}
    return [name for name in TABLES if name in given]


def check(table: str) -> str:
    """`table`, when an update can fetch it.

    Raises
    ------
    InputError
        When it is no table, or no interface gives it.
    """
    if layout.check(table) not in tables():
        raise InputError("table", "cannot be fetched: no interface gives it", table)
    return table


def asked_column(table: str) -> str:
    """The column that the day in a request is compared with."""
    made = _interfaces(table)[0]
    day = made.matches.get(made.dated, made.range_field)
    return {field.name: field.column for field in made.fields}.get(day) or TABLES[table].dated


def stocks(store: Path) -> tuple[str, ...]:
    """Codes of every stock that the store knows, delisted ones included."""
    return tuple(read.read(store, "stocks").code)


def by_stock(table: str) -> bool:
    """Whether each stock needs a call of its own, which then brings all days at once."""
    return table not in layout.WHOLE and any(
        "ts_code" in made.needs and made.table != "index_bars" for made in _interfaces(table)
    )


def index_column(table: str) -> str:
    """Of a table that needs a call for each index, the column with its code; else nothing."""
    made = _interfaces(table)[0]
    if table == "index_bars":
        return "code"
    fields = {field.name: field.column for field in made.fields}
    return (fields["index_code"] or "") if "index_code" in made.needs else ""


def first_chunk(
    table: str, days: pd.DatetimeIndex, rows_a_day: float, stocks: int
) -> pd.DatetimeIndex:
    """The first of `days` that go into one request: a page full, within a year, without a gap.

    `rows_a_day` is an estimate; 0 stands for unknown, and then about a month is asked for. Pages
    make up for an estimate that is too low. Of a table asked day by day all days come at once
    where asking each of so many `stocks` takes fewer calls.
    """
    if _rather_by_stock(_interfaces(table)[0], len(days), stocks):
        return days
    cap = min(made.cap for made in _interfaces(table))
    size = int(_FILLED * cap / rows_a_day) if rows_a_day else _UNKNOWN
    days = days[: min(max(size, 1), _MOST)]
    cut = (np.diff(days) > pd.Timedelta(days=_GAP)) | (np.diff(days.year) != 0)
    return days[: int(cut.argmax()) + 1] if cut.any() else days


def calls(
    table: str, days: pd.DatetimeIndex, indexes: Sequence[str], stocks: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Interfaces and parameters that together bring every row of `days`, or of a whole table."""
    for made in _interfaces(table):
        parts = _parts(made, indexes, stocks, len(days))
        for each in product(*parts, _spans(made, table, days, len(stocks))):
            yield made.name, {name: value for part in each for name, value in part.items()}


def _interfaces(table: str) -> list[Interface]:
    return [
        made for name, made in INTERFACES.items() if made.table == table and name not in _NOT_STORED
    ]


def _rather_by_stock(made: Interface, days: int, stocks: int) -> bool:
    """Whether asking each stock, although days can be asked, takes fewer calls."""
    asks_days = not made.ranged and made.dated and made.dated not in made.needs
    return bool(asks_days and "ts_code" in made.takes and 0 < stocks < days)


def _parts(
    made: Interface, indexes: Sequence[str], stocks: Sequence[str], days: int
) -> list[list[Mapping[str, str]]]:
    """For each parameter that takes one value after the other, its values."""
    values: dict[str, Sequence[str]] = dict(made.parts)
    if "index_code" in made.needs or made.table == "index_bars":
        values |= {name: indexes for name in ("index_code", "ts_code") if name in made.needs}
    elif "ts_code" in made.needs or _rather_by_stock(made, days, len(stocks)):
        values["ts_code"] = stocks
    if "src" in made.needs:
        values["src"] = NEWS
    return [[{name: value} for value in several] for name, several in values.items()]


def _spans(
    made: Interface, table: str, days: pd.DatetimeIndex, stocks: int
) -> list[dict[str, str]]:
    """The days of a request: none, a range, or one request a day."""
    if table in layout.WHOLE or _rather_by_stock(made, len(days), stocks):
        return [{}]
    if made.ranged and made.range_field == made.matches.get(made.dated, made.range_field):
        first, last = made.range_params
        return [{first: f"{days[0]:%Y%m%d}", last: f"{days[-1]:%Y%m%d}"}]
    if by_stock(table):
        return [{}]
    return [{made.dated: f"{day:%Y%m%d}"} for day in days]
