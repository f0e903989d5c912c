"""What the store holds, table by table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl

from stockcast.data.store import coverage, layout, parts
from stockcast.market.tables import TABLES

COLUMNS = [
    "table", "rows", "first", "last", "missing", "behind", "revisions", "megabytes", "updated",
]  # fmt: skip


def status(store: Path, now: pd.Timestamp) -> pd.DataFrame:
    """`Store.status` on a folder."""
    lines = [_line(store, table, now) for table in layout.tables(store)]
    frame = pd.DataFrame(lines, columns=COLUMNS)
    days = dict.fromkeys(["first", "last", "updated"], "datetime64[us]")
    return frame.astype({"table": "str", **days})


def missing(store: Path, table: str, now: pd.Timestamp) -> pd.DatetimeIndex:
    """Days from the first covered one to the last complete one that are not covered."""
    known = coverage.load(store, table)
    began = known.days.union(known.lost)
    if table in layout.WHOLE or not len(began):
        return began[:0]
    return known.missing(began[0], layout.complete_until(table, now))


def _line(store: Path, table: str, now: pd.Timestamp) -> tuple[object, ...]:
    files = layout.parts(store, table)
    known = coverage.load(store, table)
    rows, revisions, first, last = 0, 0, None, None
    if files:
        held, in_force = pl.scan_parquet(files, hive_partitioning=False), pl.col("superseded")
        dated = pl.col(TABLES[table].dated or "seen")
        told = held.select(
            rows=in_force.null_count(), revisions=in_force.count(), first=dated.min(),
            last=dated.max(),
        )  # fmt: skip
        with parts.reading(table):
            rows, revisions, first, last = told.collect().row(0)
        if not TABLES[table].dated:
            first = last = None
    size = sum(path.stat().st_size for path in files) / 1e6
    absent = missing(store, table, now)
    behind = int((absent > known.days[-1]).sum()) if len(known.days) else 0
    holes = len(absent) - behind
    return table, rows, first, last, holes, behind, revisions, round(size, 2), known.updated
