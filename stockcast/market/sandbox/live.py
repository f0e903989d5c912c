"""Today's bars while they form: what `rt_k` gives at a moment of the trading day."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.market.interfaces import Interface
from stockcast.market.sandbox.known import known
from stockcast.market.sandbox.shelf import Coded, Shelf
from stockcast.market.simulated.intraday import bar_at, session_share

if TYPE_CHECKING:
    from stockcast.market.sandbox.desk import Tables

CLOSE = pd.Timedelta("15h")


def quotes(market: Tables, interface: Interface, now: pd.Timestamp, codes: str) -> Shelf:
    """Bars of the day at `now`, of the last trading day before when it has not opened yet.

    Parameters
    ----------
    market
        Has the table `bars`; a simulated market also has the `world` that its bars form in.
        Without one, the day's rows are there from the close on.
    interface
        `rt_k`.
    now
        The sandbox's now.
    codes
        Codes or patterns such as `6*.SH`, separated by commas.

    Returns
    -------
    Shelf
        One row a stock, by code; `trade_time` is `now`, or the close of a day that is over.
    """
    bars, moment = _at(market, now)
    patterns = [word.strip() for word in codes.split(",")]
    chosen = [any(fnmatchcase(code, pattern) for pattern in patterns) for code in bars["code"]]
    bars = bars[np.array(chosen, dtype=bool)].sort_values("code", ignore_index=True)
    bars = bars.assign(date=moment)
    shelf = Shelf.of(interface, bars)
    names = market.table("names")
    current = known("names", names, names, now).groupby("code")["name"].last()
    named = bars["code"].map(current).astype(object)
    coded = Coded(np.arange(len(bars)), np.array([*named.where(named.notna(), None), None], object))
    always = np.full(len(bars), np.datetime64("NaT", "us"))
    return Shelf(interface, {**shelf.columns, "name": coded}, always)


def _at(market: Tables, now: pd.Timestamp) -> tuple[pd.DataFrame, pd.Timestamp]:
    """The bars at `now`, and the moment they are from."""
    bars = market.table("bars")
    days = pd.DatetimeIndex(bars["date"].unique())
    today, share, world = now.normalize(), session_share(now), getattr(market, "world", None)
    if world is not None and today in days and 0 < share < 1:
        forming = bar_at(world, world.days.get_loc(today), share)
        return forming.rename(columns={"last": "close"}), now
    over = days[days + CLOSE <= now]
    if not len(over):
        return bars.iloc[:0], now
    return bars[bars["date"] == over.max()], over.max() + CLOSE
