"""AKShare as a source: free quotes without a token, gathered from public pages.

An optional extra, `pip install 'stockcast[akshare]'`: AKShare follows the pages it reads, so its
releases come weekly and none is pinned. Frames are those of `stock_zh_a_hist` and
`stock_zh_index_daily` (https://akshare.akfamily.xyz/data/stock/stock.html): prices as traded, lots
of 100, yuan, and the day's change in yuan, which gives the exchange's reference price.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pandas as pd

from stockcast.data import columns, files
from stockcast.data.codes import canonical
from stockcast.data.sources.source import Order, Source, Tables
from stockcast.errors import InputError, StockcastError
from stockcast.market import policy

CHANGE = "涨跌额"


def _tables(order: Order) -> Tables:
    if not order.stocks:
        raise InputError(
            "stocks", "must name the stocks when source is akshare",
            hint="it asks a public page once for each; for the whole market take tushare or qlib",
        )  # fmt: skip
    library = _library()
    span = {name: getattr(order, name).replace("-", "") for name in ("start", "end")}
    quotes = pd.concat([_quotes(library, code, span) for code in order.stocks], ignore_index=True)
    return Tables(quotes, _index(library, order), events=policy.real_events())


def _quotes(library: ModuleType, code: str, span: dict[str, str]) -> pd.DataFrame:
    frame = _asked(
        library.stock_zh_a_hist, code, symbol=code[:6], period="daily",
        start_date=span["start"], end_date=span["end"], adjust="",
    )  # fmt: skip
    if CHANGE not in frame:
        have = ", ".join(map(str, frame.columns))
        raise InputError(f"akshare, {code}", f"must have a column {CHANGE}", have)
    frame = frame.assign(股票代码=code, pre_close=(frame["收盘"] - frame[CHANGE]).round(2))
    return columns.translated(frame, {}, f"akshare, {code}")


def _index(library: ModuleType, order: Order) -> pd.DataFrame:
    code = order.benchmark_code
    frame = _asked(library.stock_zh_index_daily, code, symbol=f"{code[-2:]}{code[:6]}".lower())
    return pd.DataFrame({"date": pd.to_datetime(frame.date), "close": frame.close.astype(float)})


def _asked(call: Callable[..., pd.DataFrame], what: str, **parameters: str) -> pd.DataFrame:
    """A frame with rows, or one line that says what went wrong."""
    try:
        frame = call(**parameters)
    except Exception as error:  # AKShare raises whatever the page's change brings about
        raise StockcastError(f"akshare, {what}: {type(error).__name__}: {error}") from None
    if not isinstance(frame, pd.DataFrame) or frame.empty:
        raise InputError(f"akshare, {what}", "must have rows", parameters, "is the code right?")
    return frame


def _library() -> ModuleType:
    try:
        import akshare
    except ImportError:
        raise InputError(
            "source akshare", "needs a package that is left out by default",
            hint="install it: .venv/bin/pip install akshare",
        ) from None  # fmt: skip
    return akshare


def _codes(**_: object) -> list[str]:
    frame = _asked(_library().stock_info_a_code_name, "list of stocks")
    return files.a_shares(canonical(frame.code, "akshare"))


akshare = Source(_tables, _codes, from_files=False)
