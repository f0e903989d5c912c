"""A Parquet file of our own columns as a source, with the public collections beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from stockcast.data import files, public_files
from stockcast.data.public_headers import INDICATOR_FILES, MACRO_FILES, RATE_FILES
from stockcast.data.sources.source import Lazy, Order, Source, Tables
from stockcast.market import policy


def beside(folder: Path) -> Lazy:
    """The canonical tables that a folder of public collections holds, read when asked for.

    Parameters
    ----------
    folder
        Where `macro/*.csv` (macro, rates), `fund_KIND_*.parquet` (indicators),
        `valuation_*.parquet`, `news_*.csv` (news, and the names in it) and `stock_basic_*.csv`
        (stocks) are looked for. Of several files of headlines or companies the last by name.

    Returns
    -------
    Lazy
        Tables of `stockcast.market.tables.TABLES`; those without a file are not there. Sectors of
        the list of companies are those of the day it was made, and no day before may know them:
        they stay out of the panel, and there is no `sector_members`.
    """
    read: dict[str, Callable[[], pd.DataFrame]] = {}
    if any((folder / "macro" / name).is_file() for name in MACRO_FILES):
        read["macro"] = partial(public_files.macro, folder / "macro")
    if any((folder / "macro" / name).is_file() for name in RATE_FILES):
        read["rates"] = partial(public_files.rates, folder / "macro")
    if any(any(folder.glob(f"fund_{kind}_*.parquet")) for kind in INDICATOR_FILES):
        read["indicators"] = partial(public_files.indicators, folder)
    if any(folder.glob("valuation_*.parquet")):
        read["valuation"] = partial(public_files.valuation, folder)
    if headlines := sorted(folder.glob("news_*.csv")):
        read["news"] = partial(public_files.news, headlines[-1])
        if {"company", "code"} <= set(pd.read_csv(headlines[-1], nrows=0)):
            read["names"] = partial(public_files.names, headlines[-1])
    if companies := sorted(folder.glob("stock_basic_*.csv")):
        read["stocks"] = partial(public_files.stocks, companies[-1])
    return Lazy(read, lambda name: read[name]())


def _tables(order: Order) -> Tables:
    index = files.index(order.benchmark, order.benchmark_code) if order.benchmark else None
    path = files.find(order.panel, "panel")
    events, side = policy.real_events(), beside(path.resolve().parent)
    return Tables(files.read(path, "parquet"), index, events=events, side=side)


def _codes(panel: str, **_: object) -> list[str]:
    return files.a_shares(files.read(files.find(panel, "panel"), "parquet", ["code"]).code)


parquet = Source(_tables, _codes)
