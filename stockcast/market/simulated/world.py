"""The simulated market as arrays: what all its tables are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.simulated.accounts import Accounts
from stockcast.market.simulated.draws import Stocks
from stockcast.market.simulated.news import Headlines
from stockcast.market.simulated.payouts import Payouts
from stockcast.market.simulated.prices import Path


@dataclass(frozen=True)
class World:
    """Arrays over days and stocks, (n_days, n_stocks) unless said otherwise.

    Attributes
    ----------
    days
        Trading days.
    stocks
        What each stock is born with.
    listed, special, member
        Listed that day, under special treatment, in the index.
    path
        Closes, reference prices, limits, factors, float, what traded.
    payouts
        Dividends and bonus shares whose notice appeared by the last day, one entry each.
    open, high, low, volume, amount
        The bars; yuan, shares, yuan.
    volatility
        Standard deviation the day's return was drawn with; `market_volatility` (n_days,) the
        market factor's.
    accounts, headlines
        The companies' books and the news, drawn before there were prices.
    orders
        Large orders beyond what the day's return explains, in standard deviations.
    """

    days: pd.DatetimeIndex
    stocks: Stocks
    listed: np.ndarray
    special: np.ndarray
    member: np.ndarray
    path: Path
    payouts: Payouts
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    volume: np.ndarray
    amount: np.ndarray
    volatility: np.ndarray
    market_volatility: np.ndarray
    accounts: Accounts
    headlines: Headlines
    orders: np.ndarray
