"""Fetch what is missing, merge it by key, and only then say that it is there.

The order of writing is what makes an update safe to kill: a year's file is replaced in one step,
then the coverage. Whoever dies between the two fetches those days again, finds equal rows and
changes nothing. Rows are gathered for a year of days, or until there are many, before they are
written, so that a file is rewritten a few times and not with every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from stockcast.data.store import coverage, layout, lock, plan
from stockcast.data.store.by_day import DayFeed
from stockcast.data.store.by_stock import StockFeed
from stockcast.data.store.feed import Client, Feed, Outcome, Progress, Request, WholeFeed
from stockcast.data.tushare.errors import PermissionNeeded

RECHECKED = 5
"""Covered days that an update fetches again unless told otherwise: vendors correct late."""


def update(
    store: Path,
    client: Client,
    tables: Sequence[str],
    request: Request,
    progress: Progress | None = None,
) -> list[Outcome]:
    """`Store.update` on a folder."""
    outcomes = []
    with lock.writing(store):
        began = _began(store)
        if not layout.WHOLE.issuperset(tables):
            request.first(began)  # a refusal must come before anything is written
        for table in tables:
            feed = _kind(table)(store, table, client, request)
            try:
                feed.run(began, progress or (lambda *_: None))
            except PermissionNeeded as error:
                feed.outcome = replace(feed.outcome, refused=str(error))
            outcomes.append(feed.outcome)
    return outcomes


def _kind(table: str) -> type[Feed]:
    if table in layout.WHOLE:
        return WholeFeed
    return StockFeed if plan.by_stock(table) else DayFeed


def _began(store: Path) -> pd.Timestamp | None:
    """First day that any table of days covers."""
    tables = [table for table in layout.tables(store) if not plan.by_stock(table)]
    held = [coverage.load(store, table).days for table in tables]
    return min((days[0] for days in held if len(days)), default=None)
