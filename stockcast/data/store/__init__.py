"""The store: what was fetched, kept in partitioned Parquet with every revision."""

from stockcast.data.store.feed import Outcome
from stockcast.data.store.parts import StoreFull
from stockcast.data.store.store import Store

__all__ = ["Outcome", "Store", "StoreFull"]
