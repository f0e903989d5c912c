"""The simulated market's closes: shocks and drift, day by day, under the exchange's rules.

`step` is one day. The market's own path takes it once a day; Monte Carlo takes it from any close
on, with a row for each draw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stockcast.market import rules
from stockcast.market.simulated import drift
from stockcast.market.simulated.accounts import Accounts
from stockcast.market.simulated.chance import Chance
from stockcast.market.simulated.draws import Stocks
from stockcast.market.simulated.drift import MOMENTUM_DAYS, Lagged, Strengths, Web
from stockcast.market.simulated.payouts import BONUS_FROM, Payouts

MAGNET = 0.8
"""Traders hurry before a limit stops them: a return beyond this share of it reaches it (the magnet
effect: Cho, Russell, Tiao and Tsay, Journal of Empirical Finance 10, 2003). It works alike on
both sides, so that it plants nothing."""


@dataclass(frozen=True)
class Conditions:
    """What days bring whatever the prices; each (n_days, n_stocks), or one day of it.

    Attributes
    ----------
    trading, counts
        Whether a stock trades, and whether its return is one of the market's: the rise over the
        issue price is not, nobody could hold the stock before.
    up, down
        Price limits, fractions.
    unforeseen, planted
        Shocks, and the drift that does not depend on prices.
    """

    trading: np.ndarray
    counts: np.ndarray
    up: np.ndarray
    down: np.ndarray
    unforeseen: np.ndarray
    planted: np.ndarray

    def on(self, day: int) -> Conditions:
        """One day's."""
        return Conditions(*(getattr(self, name)[day] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Path:
    """Closes and what follows from them, (n_days, n_stocks); NaN before and after a listing.

    Attributes
    ----------
    close, reference, limit_up, limit_down
        Yuan; `reference` is the exchange's reference price (`pre_close`).
    factor, shares
        Cumulative adjustment factor, and the float.
    moves
        The market-adjusted returns that drift is made of; 0 where a stock did not trade.
    trading
        Whether the stock traded.
    standing, since
        Standing by the last statement, and trading days since; see `drift.value`.
    """

    close: np.ndarray
    reference: np.ndarray
    limit_up: np.ndarray
    limit_down: np.ndarray
    factor: np.ndarray
    shares: np.ndarray
    moves: np.ndarray
    trading: np.ndarray
    standing: np.ndarray
    since: np.ndarray


def step(
    reference: np.ndarray, lagged: Lagged, day: Conditions, web: Web, strengths: Strengths
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One day's closes (..., n_stocks) from its reference prices and the days before.

    What a limit or the tick cuts off is discarded: carried into the next day it would plant
    momentum of its own.

    Returns
    -------
    close, limit_up, limit_down, moves
        A suspended stock's close is its reference price, and its move 0.
    """
    expected = drift.own_past(lagged, strengths.reversal)
    expected = expected + drift.partners(lagged, web, strengths.lead_lag) + day.planted
    up, down = rules.limit_prices(reference, day.up, day.down)
    change = day.unforeseen + expected
    change = np.where(np.abs(change) > MAGNET * day.up, change / MAGNET, change)
    moved = np.round(reference * (1 + change), 2)
    moved = np.fmax(np.fmin(np.fmax(moved, down), up), rules.TICK)
    close = np.where(day.trading, moved, reference)
    return close, up, down, adjusted(close / reference - 1, day.counts)


def adjusted(returns: np.ndarray, trading: np.ndarray) -> np.ndarray:
    """Returns less the day's mean over the stocks that trade; 0 for those that do not."""
    returns = np.where(trading, returns, 0.0)
    mean = returns.sum(axis=-1, keepdims=True) / np.maximum(trading.sum(-1, keepdims=True), 1)
    return np.where(trading, returns - mean, 0.0)


def simulate_path(
    made: Chance, conditions: Conditions, strengths: Strengths
) -> tuple[Path, Payouts]:
    """Closes from shocks and drift, and the payouts with what they give per share."""
    stocks, listed = made.stocks, made.listed
    n_days, n_stocks = listed.shape
    past = np.zeros((MOMENTUM_DAYS + n_days, n_stocks))  # moves, after days without any
    close, shares = np.full(n_stocks, np.nan), stocks.shares
    factor = np.ones(n_stocks)
    statements, paid = _Statements(made.accounts, stocks), _Payments(made.payouts)
    rows = []
    for day in range(n_days):
        cash, bonus = paid.ex(day, n_stocks)
        reference = np.where(cash > 0, np.round((close - cash) / (1 + bonus), 2), close)
        factor, shares = (
            np.where(cash > 0, factor * close / reference, factor),
            shares * (1 + bonus),
        )
        reference = np.where(np.isnan(close), stocks.first_price, reference)
        reference = np.where(listed[day], reference, np.nan)
        today = conditions.on(day)
        value = drift.value(statements.standing, statements.since, 1, strengths.value)
        today = replace(today, planted=today.planted + value)
        close, up, down, move = step(reference, _lagged(past, day), today, made.web, strengths)
        past[MOMENTUM_DAYS + day] = move
        total = stocks.total_shares * (shares / stocks.shares)
        statements.read(day, close * total)
        paid.notice(day, close, total)
        rows.append((close, reference, up, down, factor, shares, *statements.now()))
    *columns, standing, since = (np.array(column) for column in zip(*rows, strict=True))
    path = Path(*columns, past[MOMENTUM_DAYS:], conditions.trading, standing, since)
    return path, paid.told()


def _lagged(past: np.ndarray, day: int) -> Lagged:
    return lambda j: past[MOMENTUM_DAYS + day - j]


class _Statements:
    """Standings, held from one statement to the next."""

    def __init__(self, accounts: Accounts, stocks: Stocks) -> None:
        self._accounts = accounts
        n_stocks = len(stocks.codes)
        self.standing = np.zeros(n_stocks)
        self.since = np.full(n_stocks, drift.VALUE_DAYS)
        # Sorted by day, then by quarter: of two statements on a day the later quarter's counts.
        day = accounts.day.ravel()
        self._order = np.argsort(day, kind="stable")
        self._day = day[self._order]
        first_value = stocks.first_price * stocks.total_shares
        for day in range(-drift.VALUE_DAYS, 0):
            self.read(day, first_value)

    def read(self, day: int, market_value: np.ndarray) -> None:
        """Take in the statements of a day, at its close."""
        self.since = self.since + 1
        begin, end = np.searchsorted(self._day, [day, day + 1])
        if begin == end:
            return
        quarter, stock = np.divmod(self._order[begin:end], len(self.standing))
        found = drift.standing(
            np.nan_to_num(self._accounts.surprise[quarter, stock]),
            self._accounts.book[quarter, stock],
            market_value[stock],
        )
        there = np.isfinite(found)  # a stock may be gone, or not yet listed
        self.standing = self.standing.copy()
        self.standing[stock[there]] = found[there]
        self.since[stock[there]] = 0

    def now(self) -> tuple[np.ndarray, np.ndarray]:
        """Standings and trading days since the statements, at the last close read."""
        return self.standing, self.since


class _Payments:
    """Payouts as the days reach their notices and ex-days."""

    def __init__(self, payouts: Payouts) -> None:
        self._payouts = payouts
        self._cash, self._bonus = np.zeros(len(payouts.stock)), np.zeros(len(payouts.stock))

    def _at(self, days: np.ndarray, day: int) -> slice:
        return slice(*np.searchsorted(days, [day, day + 1]))

    def ex(self, day: int, n_stocks: int) -> tuple[np.ndarray, np.ndarray]:
        """Cash and bonus per share that leave the price today, (n_stocks,)."""
        at = self._at(self._payouts.ex, day)
        stock = self._payouts.stock[at]
        cash, bonus = np.zeros(n_stocks), np.zeros(n_stocks)
        cash[stock], bonus[stock] = self._cash[at], self._bonus[at]
        return cash, bonus

    def notice(self, day: int, close: np.ndarray, total_shares: np.ndarray) -> None:
        """Settle what today's notices give per share."""
        at = self._at(self._payouts.notice, day)
        stock = self._payouts.stock[at]
        cash = np.round(self._payouts.cash[at] / total_shares[stock], 3)
        self._cash[at] = np.clip(cash, 0.001, np.round(close[stock] / 4, 3))
        self._bonus[at] = np.where(close[stock] >= BONUS_FROM, self._payouts.bonus[at], 0.0)

    def told(self) -> Payouts:
        """The payouts with what they give per share."""
        return replace(self._payouts, cash=self._cash, bonus=self._bonus)
