"""What an update does to rows that are there: nothing, another revision, or a withdrawal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import polars as pl

from stockcast.data.store import parts
from stockcast.market.tables import TABLES


@dataclass(frozen=True)
class Counts:
    """How many rows were new, changed, no longer given, and told twice in one reply."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    doubled: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.withdrawn + other.withdrawn,
            self.doubled + other.doubled,
        )


class Window(NamedTuple):
    """Which rows a fetch asked for: those whose `column` is one of `days`, of some stocks or all.

    Without a column it asked for every row. `codes` is the column that `stocks` are looked up in.
    """

    column: str = ""
    days: Collection[pd.Timestamp] = ()
    stocks: Collection[str] | None = None
    codes: str = "code"


def single(table: str, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """One row a key, and how many were left out.

    Pages that overlap repeat rows. Of rows that differ under one key the greatest in the order of
    all columns stays, whatever order they came in, so that fetching again finds nothing changed.
    """
    key = list(TABLES[table].key)
    if len(rows.unique(key, keep="any")) == len(rows):
        return rows, 0
    kept = rows.sort(rows.columns).unique(key, keep="last", maintain_order=True)
    return kept, len(rows) - len(kept)


def merge(
    table: str, old: pl.DataFrame, new: pl.DataFrame, window: Window, seen: pd.Timestamp
) -> tuple[pl.DataFrame, Counts]:
    """Every revision after a fetch, and what it changed.

    Parameters
    ----------
    old
        Every revision in a file.
    new
        Rows fetched, one a key.
    window
        What was asked for: rows in force there that did not come are withdrawn.
    seen
        When they were fetched.

    Notes
    -----
    No revision is ever removed or rewritten; only `superseded` is set, once. A row whose values
    came again bit for bit is left as it is, so that merging twice is merging once.
    """
    key = list(TABLES[table].key)
    new = new.with_columns(at=pl.lit(True))
    held = old.filter(pl.col("superseded").is_null())
    both = new.join(held, on=key, how="left", suffix="_held", nulls_equal=True)
    values = [name for name in TABLES[table].columns if name not in key]
    differs = pl.any_horizontal(
        pl.lit(False), *(pl.col(name).ne_missing(pl.col(f"{name}_held")) for name in values)
    )
    known = pl.col("revision").is_not_null()
    added, changed = both.filter(~known), both.filter(known & differs)
    gone = held.filter(_asked(window)).join(new, on=key, how="anti", nulls_equal=True)
    ended = pl.concat([changed.select(key), gone.select(key)]).with_columns(ended=pl.lit(True))
    kept = old.join(ended, on=key, how="left", nulls_equal=True).with_columns(
        superseded=pl.when(pl.col("ended") & pl.col("superseded").is_null())
        .then(pl.lit(seen.to_pydatetime(), pl.Datetime("us")))
        .otherwise(pl.col("superseded"))
    )
    came = _numbered(pl.concat([added, changed]).select(new.columns), old, key, seen)
    shape = list(parts.schema(table))
    merged = pl.concat([kept.select(shape), came.select(shape)])
    return merged, Counts(len(added), len(changed), len(gone))


def _asked(window: Window) -> pl.Expr:
    if not window.column:
        return pl.lit(True)
    days = pl.Series([day.to_pydatetime() for day in window.days], dtype=pl.Datetime("us"))
    asked = pl.col(window.column).dt.truncate("1d").is_in(days.implode())
    if window.stocks is None:
        return asked
    return asked & pl.col(window.codes).is_in(list(window.stocks))


def _numbered(
    rows: pl.DataFrame, old: pl.DataFrame, key: list[str], seen: pd.Timestamp
) -> pl.DataFrame:
    """`rows` with the revision that follows the last one of their key, also of withdrawn rows."""
    last = old.group_by(key).agg(last=pl.col("revision").max())
    return rows.join(last, on=key, how="left", nulls_equal=True).with_columns(
        revision=(pl.col("last") + 1).fill_null(0).cast(pl.Int16),
        seen=pl.lit(seen.to_pydatetime(), pl.Datetime("us")),
        superseded=pl.lit(None, pl.Datetime("us")),
    )
