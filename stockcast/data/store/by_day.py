"""Tables of which one request brings all stocks' rows of some days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import polars as pl

from stockcast.data.store import coverage, layout, plan, read, revisions
from stockcast.data.store.feed import NO_DAYS, Client, Feed, Progress, Request
from stockcast.data.store.revisions import Window
from stockcast.market.tables import TABLES

GATHERED = 500_000
"""Rows held in memory before they are written; about 50 MB of quotes."""


class DayFeed(Feed):
    """Fetches missing days, a page full at a time, and writes them a year at a time.

    What came and is not yet written is written, too, when fetching fails.
    """

    def __init__(self, store: Path, table: str, client: Client, request: Request) -> None:
        super().__init__(store, table, client, request)
        self._index_column = plan.index_column(table)
        self._held = self.coverage.days
        if self._index_column:
            self.coverage = self.coverage.with_indexes(request.indexes)
            self.request = replace(request, indexes=self.coverage.indexes)
        self._stocks = plan.stocks(store)
        self._rows: list[pl.DataFrame] = []
        self._asked, self._covered = NO_DAYS, NO_DAYS
        self._densest = 0.0

    def run(self, began: pd.Timestamp | None, progress: Progress) -> None:
        """As `Feed.run`."""
        wanted = self._wanted(*self.span(began))
        total = len(wanted)
        progress(self.table, 0, total)
        while len(wanted):
            days = plan.first_chunk(self.table, wanted, self._rows_a_day(), len(self._stocks))
            wanted = wanted[len(days) :]
            try:
                self._take(days)
            except BaseException:
                self._flush()
                raise
            progress(self.table, total - len(wanted), total)
            if not len(wanted):
                self._settle()
            year_ends = not len(wanted) or wanted[0].year != days[0].year
            if year_ends or sum(map(len, self._rows)) > GATHERED:
                self._flush()

    def _wanted(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
        """Missing days, those covered until an index was added, and the last covered ones."""
        missing = self.coverage.missing(start, end).union(self._held.difference(self.coverage.days))
        known = self.coverage.expected(start, end).intersection(self.coverage.days)
        return missing.union(known[max(len(known) - self.request.recheck, 0) :])

    def _rows_a_day(self) -> float:
        """Rows that a day is likely to have: as the days last fetched, or as there are stocks."""
        if self._densest or self.table == "index_bars":
            return self._densest
        return float(len(self._stocks)) if layout.every_session(self.table) else 0.0

    def _take(self, days: pd.DatetimeIndex) -> None:
        """Fetch some days and keep them until the next flush."""
        rows = self.fetch(days, self._stocks)
        self._rows.append(rows)
        self._densest = max(self._densest, len(rows) / len(days))
        came = rows[plan.asked_column(self.table)].dt.truncate("1d").unique().to_list()
        with_rows = days.intersection(pd.DatetimeIndex(came, dtype="datetime64[us]"))
        empty = days.difference(with_rows)
        late = empty if layout.every_session(self.table) else NO_DAYS
        # An empty day says nothing about rows that are held: a vendor's gap is no withdrawal.
        asked = with_rows if layout.by_session(self.table) or not len(rows) else days
        self._asked = self._asked.union(asked)
        self._covered = self._covered.union(days.difference(late))
        self.outcome = replace(self.outcome, late=self.outcome.late.union(late))

    def _settle(self) -> None:
        """Cover the days without rows that lie before the table's first: it had not begun.

        Stocks have quotes from their listing on: without rows after that, a vendor's are missing.
        """
        first = self._first_day() if len(self.outcome.late) else None
        if first is not None and self.table in layout.FROM_LISTING:
            listed = read.read(self.store, "stocks").list_date.min()
            first = None if listed is pd.NaT else min(first, listed)
        if first is not None:
            late = self.outcome.late
            self._covered = self._covered.union(late[late < first])
            self.outcome = replace(self.outcome, late=late[late >= first])

    def _first_day(self) -> pd.Timestamp | None:
        """First day with rows, among those written and those gathered."""
        dated = TABLES[self.table].dated
        held = [
            pl.scan_parquet(path, hive_partitioning=False).select(pl.col(dated).min()).collect()
            for path in layout.parts(self.store, self.table)[:1]
        ]
        days = [frame[dated].min() for frame in (*held, *self._rows) if len(frame)]
        return min((pd.Timestamp(day) for day in days if day is not None), default=None)

    def _flush(self) -> None:
        """Write the rows, then that they are there."""
        rows, asked, covered = self._rows, self._asked, self._covered
        self._rows, self._asked, self._covered = [], NO_DAYS, NO_DAYS
        if not len(covered) and not any(map(len, rows)):
            return
        came = revisions.single(self.table, pl.concat(rows))[0]
        window = Window(plan.asked_column(self.table), tuple(asked))
        if self._index_column:
            # An index of which nothing came is a vendor's gap, no withdrawal.
            some = came[self._index_column].unique().to_list()
            window = window._replace(stocks=some, codes=self._index_column)
        self.write(came, window)
        self.coverage = self.coverage.with_days(covered, self.request.now)
        coverage.save(self.store, self.coverage)
