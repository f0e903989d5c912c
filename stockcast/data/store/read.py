"""Rows of a table: polars over the year files, pruned by year, by stock and by day.

polars reads a stock of 300 over 10 years in 9 ms and a day in 9 ms; pyarrow's dataset took 18 and
21 ms on the same files, DuckDB 13 and 11 ms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import polars as pl

from stockcast.data.store import layout, parts
from stockcast.errors import InputError
from stockcast.market.tables import TABLES

_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}")


def read(
    store: Path,
    table: str,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    codes: Sequence[str] | None = None,
    as_of: pd.Timestamp | None = None,
    revisions: bool = False,
) -> pd.DataFrame:
    """`Store.read` on a folder."""
    rows = scan(store, table, start, end, as_of, every=revisions)
    if codes is not None:
        rows = rows.filter(_is(_code_column(table), codes))
    columns = list(parts.schema(table)) if revisions else list(TABLES[table].columns)
    with parts.reading(table):
        found = rows.select(columns).collect()
    return parts.to_pandas(table, found)


def scan(
    store: Path,
    table: str,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    as_of: pd.Timestamp | None = None,
    every: bool = False,
) -> pl.LazyFrame:
    """Rows from `start` to `end`: those in force now, those in force at `as_of`, or `every` one."""
    files = layout.parts(store, layout.check(table), start, end)
    if not files:
        return parts.empty(table).lazy()
    rows = pl.scan_parquet(files, hive_partitioning=False)
    if as_of is not None:
        rows = rows.filter(pl.col("seen") <= as_of)
    if not every:
        later = False if as_of is None else pl.col("superseded") > as_of
        rows = rows.filter(pl.col("superseded").is_null() | later)
    dated = TABLES[table].dated
    if dated and start is not None:
        rows = rows.filter(pl.col(dated) >= start)
    if dated and end is not None:
        rows = rows.filter(pl.col(dated) < end + pd.Timedelta(days=1))
    return rows


def moment(value: object, what: str) -> pd.Timestamp | None:
    """A day or a moment, by a Shanghai clock and without zone; None stays None.

    Raises
    ------
    InputError
        When it is neither.
    """
    if value is None:
        return None
    try:
        # pandas takes "May" for a date, too.
        written = not isinstance(value, str) or _ISO.match(value)
        found = pd.Timestamp(value) if written else pd.NaT
    except (TypeError, ValueError):
        found = pd.NaT
    if found is pd.NaT:
        raise InputError(what, "must be a date", value, "write it as 2015-01-05")
    return found if found.tz is None else found.tz_convert("Asia/Shanghai").tz_localize(None)


def last_moment(value: object, what: str) -> pd.Timestamp | None:
    """As `moment`, but a day without a time means its end; a `Timestamp` is always a moment."""
    found = moment(value, what)
    if isinstance(value, str):
        whole_day = _ISO.fullmatch(value) is not None
    else:
        whole_day = isinstance(value, date) and not isinstance(value, datetime)
    return found + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1) if whole_day else found


def unknown(store: Path, table: str, codes: Sequence[str]) -> list[str]:
    """Those of `codes` that neither the table nor the store's stocks have."""
    column = _code_column(table)
    with parts.reading(table):
        there = scan(store, table, every=True).select(pl.col(column).unique()).collect()[column]
    wanted = {codes} if isinstance(codes, str) else set(codes)
    return sorted(wanted - set(there) - set(read(store, "stocks").code))


def _code_column(table: str) -> str:
    """The column that names a row's stock, index or contract."""
    for name in ("code", "contract", "index", "underlying", "series", "rate", "sector_code"):
        if name in TABLES[table].key:
            return name
    raise InputError("codes", f"cannot be asked of the table {table}: its rows name no stock")


def _is(column: str, codes: Sequence[str]) -> pl.Expr:
    # An equality prunes row groups by their least and greatest value; a membership may not.
    wanted = sorted({codes} if isinstance(codes, str) else set(codes))
    if len(wanted) == 1:
        return pl.col(column) == wanted[0]
    return pl.col(column).is_in(wanted)
