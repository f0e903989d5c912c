"""One file of rows: read, and replaced in one step.

A file holds every revision of its rows, sorted by code and day, in groups small enough that one
stock's rows are found without reading the others'. Beside a table's own columns it has

    revision     0 as first fetched, 1 after the first change, ...
    seen         when this revision was fetched, Shanghai time
    superseded   when another took its place or the vendor withdrew it; null: still in force
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import polars as pl

from stockcast import paths
from stockcast.errors import InputError, StockcastError
from stockcast.market.tables import DAY, FLAG, NUMBER, TABLES, TEXT, TIME, WHOLE

REVISION = {
    "revision": pl.Int16,
    "seen": pl.Datetime("us"),
    "superseded": pl.Datetime("us"),
}
_TYPES = {
    DAY: pl.Datetime("us"), TIME: pl.Datetime("us"), TEXT: pl.String, NUMBER: pl.Float64,
    WHOLE: pl.Int64, FLAG: pl.Boolean,
}  # fmt: skip

ROW_GROUP = 5_000
"""Rows in a group. Over 300 stocks and 10 years, one stock and one day took 9 and 9 ms so; groups
of 10,000 took 13 and 7 ms, of 20,000 30 and 13 ms, and of 2,500 11 and 10 ms."""


class StoreFull(StockcastError):
    """No room was left to write; what was there before is untouched."""


def schema(table: str) -> dict[str, pl.DataType]:
    """Columns of the table's files and their types."""
    own = {name: _TYPES[kind] for name, kind in TABLES[table].columns.items()}
    return own | REVISION


def order(table: str) -> list[str]:
    """Columns by which rows are sorted in a file: the key, days last."""
    columns = TABLES[table].columns
    return sorted(TABLES[table].key, key=lambda name: columns[name] in (DAY, TIME))


def from_pandas(table: str, frame: pd.DataFrame) -> pl.DataFrame:
    """Canonical rows as the files hold them: NaN and NaT are null, text is never missing."""
    own = {name: kind for name, kind in schema(table).items() if name not in REVISION}
    rows = pl.from_pandas(frame[list(own)], schema_overrides=own, nan_to_null=True)
    return rows.cast(own).with_columns(pl.col(pl.String).fill_null(""))


def to_pandas(table: str, rows: pl.DataFrame) -> pd.DataFrame:
    """The reverse: the columns that `rows` has, as `Table.typed` gives them, sorted by key."""
    return rows.sort(TABLES[table].key, maintain_order=True).to_pandas()


def empty(table: str) -> pl.DataFrame:
    """No rows."""
    return pl.DataFrame(schema=schema(table))


def read(table: str, path: Path) -> pl.DataFrame:
    """Every revision in a file; no rows when there is no such file."""
    if not path.is_file():
        return empty(table)
    with reading(table):
        return pl.read_parquet(path, hive_partitioning=False)


@contextmanager
def reading(table: str) -> Iterator[None]:
    """Name the table when a file of it is no Parquet file or lacks a column.

    Raises
    ------
    InputError
        Instead of the library's error.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"store, table {table}", "must hold only files that an update wrote",
            str(error).splitlines()[0], "remove the table's folder and update again",
        ) from None  # fmt: skip


def write(table: str, path: Path, rows: pl.DataFrame) -> None:
    """Replace a file by `rows` in one step.

    Raises
    ------
    StoreFull
        When the disk has no room left.
    """
    packed = io.BytesIO()
    rows.select(list(schema(table))).sort([*order(table), "revision"]).write_parquet(
        packed, compression="zstd", row_group_size=ROW_GROUP, statistics=True
    )
    replace(path, packed.getbuffer())


def replace(path: Path, content: bytes | memoryview) -> None:
    """Put `content` in the place of a file so that a crash leaves the old one or the new one."""
    try:
        with paths.replacing(path) as scratch, scratch.open("wb") as file:
            file.write(content)
            file.flush()
            # A renamed file may reach the disk before its bytes do; coverage must not outrun rows.
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StoreFull(
            f"store, {paths.shown(path)}: {error.strerror}; every file is whole, "
            "free some room and give the same command again"
        ) from None
