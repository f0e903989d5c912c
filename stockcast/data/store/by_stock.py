"""Tables of which one request brings all days' rows of one stock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pandas as pd
import polars as pl

from stockcast.data.store import coverage, plan, revisions
from stockcast.data.store.feed import Feed, Progress
from stockcast.data.store.revisions import Window
from stockcast.errors import InputError

LEAD = pd.DateOffset(years=3)
"""How far before the start statements are fetched: a request brings them at no further cost, and a
figure known on the first day may have been announced long before, and is compared with years
before that."""
WRITTEN = 100
"""Stocks fetched before they are written."""


class StockFeed(Feed):
    """Fetches each stock's missing days; a stock that is new gets all days that others have."""

    def run(self, began: pd.Timestamp | None, progress: Progress) -> None:
        """As `Feed.run`."""
        stocks = plan.stocks(self.store)
        if not stocks:
            raise InputError(
                f"table {self.table}", "is fetched stock by stock, and the store has none yet",
                hint="fetch the table stocks, too",
            )  # fmt: skip
        start, end = self.span(began)
        wanted = sorted(self._wanted(stocks, start - LEAD, end))
        done, total = 0, len(wanted)
        progress(self.table, done, total)
        for days, some in _batches(wanted):
            rows, came = [], []
            try:
                for stock in some:
                    rows.append(self.fetch(pd.date_range(*days).as_unit("us"), [stock]))
                    came.append(stock)
                    progress(self.table, done + len(came), total)
            finally:
                self._flush(rows, came, days)
            done += len(some)

    def _wanted(
        self, stocks: tuple[str, ...], start: pd.Timestamp, end: pd.Timestamp
    ) -> Iterator[tuple[pd.Timestamp, pd.Timestamp, str]]:
        """First and last day to fetch of each stock that lacks any, or has some to recheck."""
        for stock in stocks:
            first, last = self.coverage.stocks.get(stock, (None, None))
            if first is None:
                days = start, end
            elif start < first:
                days = start, max(end, last)
            else:
                after = min(last, end) + pd.Timedelta(days=1)
                days = max(first, after - pd.Timedelta(days=self.request.recheck)), end
            if days[0] <= days[1]:
                yield *days, stock

    def _flush(
        self, rows: list[pl.DataFrame], came: list[str], days: tuple[pd.Timestamp, pd.Timestamp]
    ) -> None:
        """Write the stocks' rows, then that they are there."""
        if not came:
            return
        with_rows = [stock for stock, frame in zip(came, rows, strict=True) if len(frame)]
        asked = tuple(pd.date_range(*days))
        window = Window(plan.asked_column(self.table), asked, tuple(with_rows))
        self.write(revisions.single(self.table, pl.concat(rows))[0], window)
        self.coverage = self.coverage.with_stocks(came, days, self.request.now)
        coverage.save(self.store, self.coverage)


def _batches(
    wanted: list[tuple[pd.Timestamp, pd.Timestamp, str]],
) -> Iterator[tuple[tuple[pd.Timestamp, pd.Timestamp], list[str]]]:
    """Stocks of which the same days are wanted, a few at a time."""
    for days, group in groupby(wanted, key=lambda each: each[:2]):
        stocks = [stock for *_, stock in group]
        for i in range(0, len(stocks), WRITTEN):
            yield days, stocks[i : i + WRITTEN]
