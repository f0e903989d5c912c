"""The simulated market as a source."""

from __future__ import annotations

from stockcast import determinism
from stockcast.data.sources.source import Lazy, Order, Source, Tables
from stockcast.market import calendar
from stockcast.market.simulated import codes, simulate
from stockcast.market.tables import IN_PANEL, TABLES


def _tables(order: Order) -> Tables:
    market = simulate(
        calendar.sessions(order.start, order.end), order.simulated_stocks, order.strengths,
        determinism.stream(order.seed, "market"),
    )  # fmt: skip
    oracle = market.truth(order.horizon).table
    side = Lazy([name for name in TABLES if name not in IN_PANEL], market.table)
    return Tables(market.panel, market.benchmark, market.links, market.events, oracle, side)


def _codes(simulated_stocks: int, **_: object) -> list[str]:
    return codes(simulated_stocks)


simulated = Source(_tables, _codes, from_files=False)
