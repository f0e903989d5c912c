"""One table during one update: fetching, and merging what came into the files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import pandas as pd
import polars as pl

from stockcast.data.store import coverage, layout, parts, plan, revisions
from stockcast.data.store.revisions import Counts, Window
from stockcast.errors import InputError
from stockcast.market.tables import TABLES

NO_DAYS = pd.DatetimeIndex([], dtype="datetime64[us]")
Progress = Callable[[str, int, int], None]


class Client(Protocol):
    """Whatever fetches: `stockcast.data.tushare.client.Client`, or a test's."""

    def fetch(self, name: str, **params: str) -> pd.DataFrame:
        """All rows of a request to the interface `name`, in canonical columns."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What an update did to one table.

    Attributes
    ----------
    calls, fetched
        Requests made, and rows they brought.
    counts
        What the rows changed.
    late
        Trading days that must have rows and had none: the vendor does not have them yet.
    refused
        Why nothing could be fetched; empty unless the account's permission does not reach.
    """

    table: str
    calls: int = 0
    fetched: int = 0
    counts: Counts = field(default_factory=Counts)
    late: pd.DatetimeIndex = field(default_factory=lambda: NO_DAYS)
    refused: str = ""


@dataclass(frozen=True)
class Request:
    """What an update was asked; `Store.update` documents the fields."""

    start: pd.Timestamp | None
    end: pd.Timestamp | None
    recheck: int
    refresh: bool
    indexes: Sequence[str]
    now: pd.Timestamp

    def first(self, began: pd.Timestamp | None) -> pd.Timestamp:
        """First day wanted; `began` is the store's first covered day.

        Raises
        ------
        InputError
            When neither tells.
        """
        start = self.start or began
        if start is None:
            hint = "such as --start 2015-01-05"
            raise InputError("start", "must be given the first time", hint=hint)
        return start


class Feed:
    """What feeds of every kind share."""

    def __init__(self, store: Path, table: str, client: Client, request: Request) -> None:
        self.store, self.table, self.request = store, table, request
        self.coverage = coverage.load(store, table)
        self.outcome = Outcome(table)
        self._client = client

    def run(self, began: pd.Timestamp | None, progress: Progress) -> None:
        """Fetch and write all that is wanted; `began` is the store's first covered day."""
        raise NotImplementedError

    def span(self, began: pd.Timestamp | None) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day wanted; none that is not complete yet."""
        start = self.request.first(began)
        complete = layout.complete_until(self.table, self.request.now)
        return start, min(self.request.end or complete, complete)

    def fetch(self, days: pd.DatetimeIndex, stocks: Sequence[str] = ()) -> pl.DataFrame:
        """Rows of every call that these days and stocks need, one a key."""
        frames = [parts.empty(self.table).select(list(TABLES[self.table].columns))]
        for interface, params in plan.calls(self.table, days, self.request.indexes, stocks):
            frames.append(parts.from_pandas(self.table, self._client.fetch(interface, **params)))
        if len(frames) == 1:
            raise InputError(f"table {self.table}", "cannot be fetched: no request brings its rows")
        rows, doubled = revisions.single(self.table, pl.concat(frames))
        before = self.outcome
        self.outcome = replace(
            before, calls=before.calls + len(frames) - 1, fetched=before.fetched + len(rows),
            counts=before.counts + Counts(doubled=doubled),
        )  # fmt: skip
        return rows

    def write(self, rows: pl.DataFrame, window: Window) -> None:
        """Merge rows into the files of their years, leaving alone those that nothing changed."""
        for year, new in self._by_year(rows, window.days).items():
            path = layout.part(self.store, self.table, year)
            old = parts.read(self.table, path)
            merged, counts = revisions.merge(self.table, old, new, window, self.request.now)
            if counts != Counts():
                parts.write(self.table, path, merged)
            self.outcome = replace(self.outcome, counts=self.outcome.counts + counts)

    def _by_year(
        self, rows: pl.DataFrame, days: Collection[pd.Timestamp]
    ) -> dict[int, pl.DataFrame]:
        if self.table in layout.WHOLE:
            return {0: rows}
        years = pl.col(TABLES[self.table].dated).dt.year().fill_null(0).alias("year")
        found = rows.with_columns(years).partition_by("year", as_dict=True, include_key=False)
        named = {int(year): frame for (year,), frame in found.items()}
        return {year: rows.clear() for year in sorted({day.year for day in days})} | named


class WholeFeed(Feed):
    """A table that is fetched in one piece, once a day."""

    def run(self, began: pd.Timestamp | None, progress: Progress) -> None:
        """As `Feed.run`."""
        updated, today = self.coverage.updated, self.request.now.normalize()
        if updated is not None and updated >= today and not self.request.refresh:
            return
        progress(self.table, 0, 1)
        rows = self.fetch(NO_DAYS)
        if len(rows) or not layout.parts(self.store, self.table):
            self.write(rows, Window())
            self.coverage = replace(self.coverage, updated=self.request.now)
            coverage.save(self.store, self.coverage)
        progress(self.table, 1, 1)
