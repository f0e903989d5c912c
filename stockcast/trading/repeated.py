"""The same trade over and over: how many it takes, flat, compounded and under the rules."""

from __future__ import annotations

import math

import pandas as pd

from stockcast.errors import InputError
from stockcast.trading.orders import Costs
from stockcast.trading.worked import round_trip


def flat(goal: float, gain: float, start: float = 0.0) -> int:
    """Trades of `gain` yuan each, none of it put to work, until `start` has grown to `goal`.

    Raises
    ------
    InputError
        When the gain is not above zero.
    """
    _positive("gain", gain)
    return max(0, math.ceil((goal - start) / gain))


def compounded(goal: float, start: float, rate: float) -> int:
    """Trades that multiply all the money by 1 + `rate` each, until `start` has grown to `goal`.

    Raises
    ------
    InputError
        When the rate or the start is not above zero.
    """
    _positive("rate", rate)
    _positive("start", start)
    return max(0, math.ceil(math.log(goal / start) / math.log1p(rate)))


def account(
    trades: int,
    start: float,
    bought: float,
    sold: float,
    *,
    code: str,
    dates: tuple[str, str],
    costs: Costs,
) -> pd.Series:
    """Yuan after each of so many round trips at the same two prices, with lots and all charges.

    Parameters
    ----------
    trades
        Round trips, each with all the money that whole lots and charges take.
    start, bought, sold, code, dates, costs
        As for `stockcast.trading.worked.round_trip`. The days, and with them the fees, stay those
        of the first trade.

    Returns
    -------
    Series of shape (trades + 1,), indexed by the number of trades made
        The first value is `start`. A price that the account itself would move is not moved.
    """
    cash = [float(start)]
    for _ in range(trades):
        after = round_trip(cash[-1], bought, sold, code=code, dates=dates, costs=costs)
        cash.append(float(after["cash"].iloc[-1]))
    return pd.Series(cash, pd.RangeIndex(trades + 1, name="trades"), name="cash")


def most_overnight(start: float, trades: int, limit: float) -> float:
    """Yuan gained at the very most by trades bought at a close and sold on the next day.

    Parameters
    ----------
    start
        Yuan to begin with, all of it in each trade, fractions of shares allowed, nothing charged.
    trades
        How many, one after the other.
    limit
        Daily price limit, a fraction: no price of the next day is further from the close.
    """
    return start * ((1 + limit) ** trades - 1)


def all_right(trades: int, chance: float) -> float:
    """Decimal logarithm of the chance that so many calls, independent of each other, all hold."""
    if not 0 < chance <= 1:
        raise InputError("chance", "must be above 0 and at most 1", chance)
    return trades * math.log10(chance)


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise InputError(name, "must be above zero", value)
