"""The panel as matrices of days x stocks: what a broker looks up, built once per backtest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from stockcast.data import holdout
from stockcast.errors import InputError
from stockcast.market import rules

Fill = Literal["close", "open", "vwap"]

_PRICES = ("open", "close", "limit_up", "limit_down")
_FILLS = ("close", "open", "vwap")
_DAYS = 20  # that the volatility looks back


@dataclass(frozen=True, eq=False)
class Quotes:
    """Prices, limits and rules of every stock on every day.

    Attributes
    ----------
    dates : DatetimeIndex of length T
    codes : Index of length N, sorted
    open, close, limit_up, limit_down : ndarray of shape (T, N)
        Yuan as traded; NaN where the stock has no row (and, for limits, where there is none).
    quoted, suspended : bool ndarray of shape (T, N)
        Whether the stock has a row that day, and whether it did not trade.
    growth : ndarray of shape (T, N)
        Factor by which a share multiplied overnight through splits and dividends; 1 mostly.
    lot_minimum, lot_step : int ndarray of shape (N,)
    stamp_buy, stamp_sell, commission_minimum : ndarray of shape (T,)
        Fractions of the value; the last in yuan.
    fee_of_value, fee_of_par : ndarray of shape (T, N)
        Transfer fee in yuan, per yuan traded and per share; NaN before the market opened.
    volume, amount : ndarray of shape (T, N), or None
        Shares and yuan traded; None where the panel does not tell.
    """

    dates: pd.DatetimeIndex
    codes: pd.Index
    open: np.ndarray
    close: np.ndarray
    limit_up: np.ndarray
    limit_down: np.ndarray
    quoted: np.ndarray
    suspended: np.ndarray
    growth: np.ndarray
    lot_minimum: np.ndarray
    lot_step: np.ndarray
    stamp_buy: np.ndarray
    stamp_sell: np.ndarray
    commission_minimum: np.ndarray
    fee_of_value: np.ndarray
    fee_of_par: np.ndarray
    volume: np.ndarray | None = None
    amount: np.ndarray | None = None

    def fills(self, fill: Fill) -> np.ndarray:
        """Prices at which orders fill, shape (T, N): the close, the open, or the day's average.

        The average is amount by volume, never beyond the limits; NaN where nothing was traded.

        Raises
        ------
        InputError
            For another word, or an average of a panel without volume or amount.
        """
        if fill not in _FILLS:
            raise InputError("fill", "must be close, open or vwap", fill)
        if fill != "vwap":
            return getattr(self, fill)
        if self.volume is None or self.amount is None:
            raise InputError("panel", "must have the columns volume and amount", hint="for vwap")
        traded = np.where(self.volume > 0, self.volume, np.nan)
        return np.fmax(np.fmin(self.amount / traded, self.limit_up), self.limit_down)

    @cached_property
    def returns(self) -> np.ndarray:
        """Daily returns with dividends, shape (T, N); NaN on a stock's first day and without it."""
        found = np.full(self.close.shape, np.nan)
        found[1:] = self.close[1:] * self.growth[1:] / self.close[:-1] - 1
        return found

    @cached_property
    def volatility(self) -> np.ndarray:
        """Standard deviation of the twenty returns before each day, shape (T, N)."""
        return pd.DataFrame(self.returns).rolling(_DAYS).std().shift().to_numpy()


def tabulate(panel: pd.DataFrame) -> Quotes:
    """Matrices of a panel; rows that are not as traded are left out.

    A day's row uses that day's and earlier rows of the panel alone.

    Raises
    ------
    InputError
        When no row is as traded, or the panel holds days of a sealed window: a fill is an outcome.
    """
    holdout.check(panel, "panel to trade on")
    rows = panel[panel["as_traded"]].sort_values(["date", "code"])
    if rows.empty:
        raise InputError("panel", "must hold rows with prices as traded")
    day, dates = pd.factorize(rows["date"], sort=True)
    stock, codes = pd.factorize(rows["code"], sort=True)
    shape = (len(dates), len(codes))

    def matrix(values: pd.Series, empty: float | bool) -> np.ndarray:
        filled = np.full(shape, empty)
        filled[day, stock] = values.to_numpy(dtype=filled.dtype)
        return filled

    growth = rows["adj_factor"] / rows.groupby("code")["adj_factor"].shift()
    lots = [rules.lot(board) for board in rows.groupby("code")["board"].first()]
    quoted = matrix(rows["as_traded"], False)
    fee_of_value, fee_of_par = _transfer_fees(dates, codes, quoted)
    return Quotes(
        dates=pd.DatetimeIndex(dates, name="date"),
        codes=pd.Index(codes, name="code"),
        **{name: matrix(rows[name], np.nan) for name in _PRICES},
        quoted=quoted,
        suspended=matrix(rows["suspended"], False),
        growth=matrix(growth.fillna(1.0), 1.0),
        lot_minimum=np.array([lot.minimum for lot in lots]),
        lot_step=np.array([lot.step for lot in lots]),
        stamp_buy=rules.stamp_tax("buy", dates),
        stamp_sell=rules.stamp_tax("sell", dates),
        commission_minimum=rules.commission_minimum(dates),
        fee_of_value=fee_of_value,
        fee_of_par=fee_of_par,
        **{name: matrix(rows[name], np.nan) for name in ("volume", "amount") if name in rows},
    )


def _transfer_fees(
    dates: pd.DatetimeIndex, codes: pd.Index, quoted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fees of value and of par; NaN on days when no stock of the market is quoted.

    A market opened later has no rule before, so it must not be asked for one.
    """
    markets = np.array([code[-2:] for code in codes])
    fees = np.full((2, *quoted.shape), np.nan)
    for market in np.unique(markets):
        here = np.flatnonzero(markets == market)
        days = np.flatnonzero(quoted[:, here].any(axis=1))
        for kind, rate in enumerate(rules.transfer_fee(market, dates[days])):
            fees[kind][np.ix_(days, here)] = np.broadcast_to(rate, len(days))[:, None]
    return fees[0], fees[1]
