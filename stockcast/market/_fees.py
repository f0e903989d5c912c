"""What a trade and a dividend cost: taxes, the clearing house's fee, the least commission."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockcast.errors import InputError
from stockcast.market._rulebook import BOARDS, MARKETS, SIDES, check, rate, values


class Lot(NamedTuple):
    """Shares of a buy order: at least `minimum`, then in steps of `step`. Odd lots sell whole."""

    minimum: int
    step: int


class TransferFee(NamedTuple):
    """Yuan per yuan traded (`of_value`) and per share (`of_par`: a share's par value is 1 yuan)."""

    of_value: float | np.ndarray
    of_par: float | np.ndarray


class Fees(NamedTuple):
    """Yuan that an order costs besides its value; arrays of the arguments' shape."""

    commission: np.ndarray
    transfer: np.ndarray
    stamp: np.ndarray


class Breaker(NamedTuple):
    """Move of the CSI 300 that halts both markets for 15 minutes, and to the close; inf: none."""

    first: float | np.ndarray
    second: float | np.ndarray


def lot(board: str) -> Lot:
    """Order size of a board, in shares.

    Raises
    ------
    InputError
        For an unknown board.
    """
    check("board", board, BOARDS)
    now = np.datetime64("2200-01-01")  # lots have not changed since each board opened
    return Lot(int(values("lot_minimum", board, now)), int(values("lot_step", board, now)))


def stamp_tax(side: str, date: npt.ArrayLike) -> float | np.ndarray:
    """Stamp tax as a fraction of the value traded.

    Parameters
    ----------
    side
        `buy` or `sell`.
    date
        Trading day, or an array of them.

    Raises
    ------
    InputError
        For another side, or a day before the table begins.
    """
    check("side", side, SIDES)
    return rate(f"stamp_tax_{side}", "all", date)


def transfer_fee(market: str, date: npt.ArrayLike) -> TransferFee:
    """Clearing house's transfer fee, charged on buys and sales alike.

    Parameters
    ----------
    market
        `SH`, `SZ` or `BJ`: the suffix of the code.
    date
        Trading day, or an array of them.

    Returns
    -------
    TransferFee
        The fee of an order is `of_value` x its value in yuan + `of_par` x its shares. Shanghai
        charged on par value until 2015-07-31 (rates unverified, see the table).

    Raises
    ------
    InputError
        For another market, or a day before the table begins.
    """
    check("market", market, MARKETS)
    of_par = rate("transfer_fee_par", market, date) if market == "SH" else 0.0
    return TransferFee(rate("transfer_fee", market, date), of_par)


def commission_minimum(date: npt.ArrayLike) -> float | np.ndarray:
    """Least commission of an order, yuan (it includes the exchanges' handling fees).

    Raises
    ------
    InputError
        For a day before the table begins.
    """
    return rate("commission_minimum", "all", date)


def fees(
    side: npt.ArrayLike,
    market: npt.ArrayLike,
    date: npt.ArrayLike,
    value: npt.ArrayLike,
    shares: npt.ArrayLike,
    commission: npt.ArrayLike,
) -> Fees:
    """What orders cost; the arguments broadcast.

    Parameters
    ----------
    side, market, date
        `buy` or `sell`; `SH`, `SZ` or `BJ`; the trading day.
    value, shares
        Yuan traded, and how many shares.
    commission
        The broker's rate, a fraction of the value; at least the dated minimum an order, unless the
        rate is 0, which turns commission off.

    Returns
    -------
    Fees
        Yuan, not rounded to 0.01. A sale's commission is at most what the sale brings.

    Raises
    ------
    InputError
        For another side or market, or a day before the table begins.
    """
    side, market, date, value, shares, commission = np.broadcast_arrays(
        np.asarray(side, object), np.asarray(market, object), np.asarray(date, "datetime64[D]"),
        np.asarray(value, float), np.asarray(shares, float), np.asarray(commission, float),
    )  # fmt: skip
    tax, fee = np.zeros(value.shape), np.zeros(value.shape)
    for name in pd.unique(side.ravel()):
        here = side == name
        tax[here] = stamp_tax(name, date[here]) * value[here]
    for name in pd.unique(market.ravel()):
        here = market == name
        per = transfer_fee(name, date[here])
        fee[here] = per.of_value * value[here] + per.of_par * shares[here]
    paid = value * commission
    paid = np.where(commission > 0, np.maximum(paid, commission_minimum(date)), paid)
    paid = np.where(side == "sell", np.minimum(paid, value - tax - fee), paid)
    return Fees(paid, fee, tax)


def dividend_tax(
    record: npt.ArrayLike, bought: npt.ArrayLike, sold: npt.ArrayLike
) -> float | np.ndarray:
    """Tax on a cash dividend of a person, as a fraction of it, by how long the share was held.

    Parameters
    ----------
    record
        Day of record of the dividend, which decides the rule.
    bought, sold
        Days on which the share was bought, first in first out, and sold; NaT: still held, which
        pays nothing yet where the rule waits for the sale, and is taken as long.

    Returns
    -------
    float or ndarray
        From 2013 on 20 % up to one month, half of it up to one year, a quarter of it beyond, and
        nothing beyond from 2015-09-08 on. Months are calendar months: held from the purchase to
        the day before the sale (Cai Shui [2012] 85, art. 2 to 4).

    Raises
    ------
    InputError
        For a day of record before the table begins, or a sale that is not after the purchase.
    """
    single = all(np.ndim(day) == 0 for day in (record, bought, sold))
    given = (pd.DatetimeIndex(np.atleast_1d(day)).to_numpy() for day in (record, bought, sold))
    record, bought, sold = (pd.DatetimeIndex(day) for day in np.broadcast_arrays(*given))
    if (sold <= bought).any():
        raise InputError("sold", "must be after bought")
    month = sold <= bought + pd.DateOffset(months=1)
    year = sold <= bought + pd.DateOffset(years=1)
    rates = [rate(f"dividend_tax_{kind}", "all", record) for kind in ("month", "year", "longer")]
    found = np.select([month, year], rates[:2], rates[2])
    return float(found[0]) if single else found


def breaker(date: npt.ArrayLike) -> Breaker:
    """Thresholds of the index circuit breaker, fractions of the CSI 300's previous close.

    In force on the four sessions 2016-01-04 to 01-07; NaN before there was a rule. A first halt
    from 14:45 on lasted to the close.
    """
    first = values("breaker_first", "all", date)
    second = values("breaker_second", "all", date)
    return Breaker(first, second) if first.ndim else Breaker(float(first), float(second))
