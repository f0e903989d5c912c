"""Where quotes come from: one file per source, all giving the same tables."""

from stockcast.data.sources.load import SOURCES, check, codes, load
from stockcast.data.sources.source import Order, Source, Tables

__all__ = ["SOURCES", "Order", "Source", "Tables", "check", "codes", "load"]
