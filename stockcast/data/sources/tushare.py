"""Tushare Pro as a source, by way of the store: what is missing is fetched, the rest is there.

A run whose days are all in the store needs neither token nor network. Other tables than the
panel's are not fetched for a run; those the store has come along (`stockcast data update`).
"""

from __future__ import annotations

import pandas as pd

from stockcast.data.sources.source import Lazy, Order, Source, Tables
from stockcast.data.store import Store, coverage, layout, plan
from stockcast.data.store.store import shanghai_now
from stockcast.data.tushare import panel
from stockcast.errors import InputError
from stockcast.market import policy
from stockcast.market.tables import IN_PANEL

NEEDED = ("stocks", "names", *IN_PANEL, "index_bars", "index_weights")
"""Tables that the panel and the benchmark are made of."""
MEMBERS_BEFORE = pd.Timedelta(days=45)
"""How long before a run its index weights begin: the snapshot in force on its first day may be a
month old."""
DAILY = ("bars", "factors")
"""Tables without which a day is no part of the panel, or is a wrong one."""


def _tables(order: Order) -> Tables:
    store = Store()
    _fill(store, order)
    _check_whole(store, order)
    codes = list(order.stocks) or None
    tables = {}
    for name in NEEDED:
        # A suspension carries the last close, however old: bars begin where the store's do.
        of_stocks = None if name.startswith("index") else codes
        found = store.read(name, end=order.end, codes=of_stocks)
        if len(found):
            tables[name] = found
    made = panel.panel(tables, order.benchmark_code)
    made = made[made.date >= order.start]
    index = panel.benchmark(tables, order.benchmark_code)
    others = [name for name in store.tables() if name not in IN_PANEL]
    return Tables(made, index, events=policy.real_events(), side=Lazy(others, store.read))


def _fill(store: Store, order: Order) -> None:
    """Fetch the needed tables for the run's days if any is missing.

    Raises
    ------
    InputError
        The account may not fetch one of them: the panel without it would mean something else.
    """
    start, end = pd.Timestamp(order.start), pd.Timestamp(order.end)
    spans = dict.fromkeys(NEEDED, start) | {"index_weights": start - MEMBERS_BEFORE}
    index = order.benchmark_code
    missing = [name for name, first in spans.items() if _lacks(store, name, index, first, end)]
    if not missing:
        return
    from stockcast.data.tushare.client import Client
    from stockcast.data.tushare.watch import settle

    client, refused = Client(), []
    for first in sorted({spans[name] for name in missing}):
        wanted = [name for name in missing if spans[name] == first]
        outcomes = store.update(client, first, end, wanted, recheck=0, indexes=[index])
        refused += [outcome.refused for outcome in outcomes if outcome.refused]
    settle(store)
    if refused:
        rule = "needs tables the account may not fetch"
        raise InputError("source tushare", rule, hint="; ".join(refused))


def _lacks(store: Store, name: str, index: str, start: pd.Timestamp, end: pd.Timestamp) -> bool:
    """Whether the store has less of a table than there can be."""
    held, now = coverage.load(store.folder, name), shanghai_now()
    if name in layout.WHOLE:
        return held.updated is None or held.updated < min(end, now.normalize())
    if plan.index_column(name):
        held = held.with_indexes([index])
    return len(held.missing(start, min(end, layout.complete_until(name, now)))) > 0


def _check_whole(store: Store, order: Order) -> None:
    """Refuse a run of which the vendor lacks days: it would be shorter than it says."""
    start, end = pd.Timestamp(order.start), pd.Timestamp(order.end)
    for name in DAILY:
        last = min(end, layout.complete_until(name, shanghai_now()))
        missing = coverage.load(store.folder, name).missing(start, last)
        if len(missing):
            raise InputError(
                f"source tushare, table {name}", "must have rows of each trading day of the run",
                f"{len(missing)} days without, {missing[0]:%F} to {missing[-1]:%F}",
                "the vendor does not have them (yet): choose another start or end, or try later",
            )  # fmt: skip


def _codes(**_: object) -> list[str]:
    found = Store().read("stocks")
    if found.empty:
        raise InputError(
            "store, table stocks", "must have rows", hint="fill it with: stockcast data update"
        )
    return list(found.code)


tushare = Source(_tables, _codes, from_files=False)
