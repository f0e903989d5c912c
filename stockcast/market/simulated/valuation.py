"""Daily valuation of the simulated stocks, from what was published by each close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.market.simulated import statements
from stockcast.market.simulated.accounts import Accounts
from stockcast.market.simulated.ledger import Lines
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

FREE_SHARE = 0.7
"""Part of the float that is not in firm hands, the same for every stock."""
VOLUME_DAYS = 5
"""Trading days whose mean volume `volume_ratio` compares with."""
YEAR, LAST_PAID = np.timedelta64(365, "D"), np.timedelta64(730, "D")
"""How far back `dividend_yield_ttm` and `dividend_yield` look."""
_DECIMALS = {
    "close": 2, "turnover": 6, "turnover_free": 6, "volume_ratio": 2,
    "pe": 4, "pe_ttm": 4, "pb": 4, "ps": 4, "ps_ttm": 4,
    "dividend_yield": 6, "dividend_yield_ttm": 6,
    "total_shares": 0, "float_shares": 0, "free_shares": 0, "market_cap": 0, "float_cap": 0,
}  # fmt: skip


def valuation(world: World) -> pd.DataFrame:
    """A row for each day a stock traded; the definitions are those of Tushare's `daily_basic`.

    market_cap, float_cap: close times all shares, or those that float. pe: market_cap over the
    parent's profit of the last year published; pe_ttm: over that of the last four quarters
    published; NaN for a loss. ps, ps_ttm: the same of revenue. pb: over the parent's equity last
    published. dividend_yield: cash of the last ex-day, within 730 days, over market_cap;
    dividend_yield_ttm: that of all ex-days within 365 days. turnover, turnover_free: volume
    over the shares that float, or over those of them in free hands. volume_ratio: volume over its
    mean of the five trading days before (the stock's own; suspended days do not count).

    NaN where a number is not public yet. Row t depends on days up to t.
    """
    at = np.nonzero(world.path.trading)
    shares = world.path.shares
    total = world.stocks.total_shares * (shares / world.stocks.shares)
    value = world.path.close * total
    columns = {
        "close": world.path.close,
        "turnover": world.volume / shares,
        "turnover_free": world.volume / (FREE_SHARE * shares),
        "volume_ratio": _volume_ratio(world.volume, world.path.trading),
        **{name: value / amount for name, amount in _published(world).items()},
        **{name: amount / value for name, amount in _dividends(world, total).items()},
        "total_shares": total,
        "float_shares": shares,
        "free_shares": FREE_SHARE * shares,
        "market_cap": value,
        "float_cap": world.path.close * shares,
    }
    table = pd.DataFrame({name: np.round(v[at], _DECIMALS[name]) for name, v in columns.items()})
    codes = pd.array(world.stocks.codes, dtype="str").take(at[1])
    return TABLES["valuation"].typed(table.assign(date=world.days[at[0]], code=codes))


def _published(world: World) -> Lines:
    """What market value is divided by, as known at each close; NaN where unknown or negative."""
    accounts, shape = world.accounts, world.volume.shape
    first, corrected = statements.versions(world)
    today = np.arange(shape[0])[:, None]
    stock = np.broadcast_to(np.arange(shape[1]), shape)

    def known(name: str, quarter: np.ndarray) -> np.ndarray:
        """A line of the given quarters, corrected if the correction was out."""
        row = np.maximum(quarter, 0)
        again = accounts.restated_day[row, stock] <= today
        values = np.where(again, corrected[name][row, stock], first[name][row, stock])
        return np.where(quarter >= 0, values, np.nan)

    latest = last_quarter(accounts, shape[0])
    year = np.where(latest >= 0, (latest + 1) // 4 * 4 - 1, -1)  # the last fourth quarter

    def trailing(name: str) -> np.ndarray:
        """Four quarters' sum: the last year, and this year's so far less last year's as far."""
        ends = latest == year
        more = known(name, latest) - known(name, np.where(ends, latest, latest - 4))
        return known(name, year) + more

    profit, sales = "net_profit_parent", "revenue"
    amounts = {
        "pe": known(profit, year), "pe_ttm": trailing(profit), "pb": known("equity_parent", latest),
        "ps": known(sales, year), "ps_ttm": trailing(sales),
    }  # fmt: skip
    return {name: np.where(amount > 0, amount, np.nan) for name, amount in amounts.items()}


def last_quarter(accounts: Accounts, n_days: int) -> np.ndarray:
    """Row of the last quarter published by each close, (n_days, n_stocks); -1 where there is none.

    Quarters are published in order, two at times on one day.
    """
    latest = np.full((n_days, accounts.day.shape[1]), -1)
    for quarter, day in enumerate(accounts.day):
        stock = np.flatnonzero(day < n_days)
        latest[np.maximum(day[stock], 0), stock] = quarter
    return np.maximum.accumulate(latest, axis=0)


def _volume_ratio(volume: np.ndarray, trading: np.ndarray) -> np.ndarray:
    """Volume over the mean of the five days before on which the stock traded."""
    ratio = np.full(volume.shape, np.nan)
    for stock in range(volume.shape[1]):
        at = np.flatnonzero(trading[:, stock])
        if len(at) > VOLUME_DAYS:
            own = volume[at, stock]
            windows = np.lib.stride_tricks.sliding_window_view(own, VOLUME_DAYS)
            ratio[at[VOLUME_DAYS:], stock] = own[VOLUME_DAYS:] / windows[:-1].mean(axis=1)
    return ratio


def _dividends(world: World, total: np.ndarray) -> Lines:
    """Yuan that companies paid, by the definitions of the two yields; NaN where none."""
    payouts, n_days = world.payouts, len(world.days)
    there = payouts.ex < n_days
    ex, stock = payouts.ex[there], payouts.stock[there]
    paid = np.zeros(total.shape)
    paid[ex, stock] = payouts.cash[there] * total[ex - 1, stock]  # held on the eve, the record day
    today = np.arange(n_days)[:, None]
    last = np.maximum.accumulate(np.where(paid > 0, today, -1), axis=0)
    recent = last >= np.maximum(_since(world.days, LAST_PAID), 0)[:, None]
    latest = np.take_along_axis(paid, np.maximum(last, 0), axis=0)
    sums = np.concatenate([np.zeros((1, total.shape[1])), paid.cumsum(axis=0)])
    trailing = sums[1:] - sums[_since(world.days, YEAR)]
    return {
        "dividend_yield": np.where(recent, latest, np.nan),
        "dividend_yield_ttm": np.where(trailing > 0, trailing, np.nan),
    }


def _since(days: pd.DatetimeIndex, span: np.timedelta64) -> np.ndarray:
    """Position of the first trading day within `span` before each day, (n_days,)."""
    return np.searchsorted(days.to_numpy(), days.to_numpy() - span, side="right")
