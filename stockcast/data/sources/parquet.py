"""A Parquet file of our own columns as a source."""

from __future__ import annotations

from stockcast.data import files
from stockcast.data.sources.source import Order, Source, Tables
from stockcast.market import policy


def _tables(order: Order) -> Tables:
    index = files.index(order.benchmark, order.benchmark_code) if order.benchmark else None
    table = files.read(files.find(order.panel, "panel"), "parquet")
    return Tables(table, index, events=policy.real_events())


def _codes(panel: str, **_: object) -> list[str]:
    return files.a_shares(files.read(files.find(panel, "panel"), "parquet", ["code"]).code)


parquet = Source(_tables, _codes)
