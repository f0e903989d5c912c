"""Consistency: numbers of one row that cannot all be true, and moves beyond the day's limits."""

from __future__ import annotations

import numpy as np

from stockcast.data.quality.check import FAIL, Finding, check
from stockcast.data.quality.subject import HALF_TICK, PRICES, Subject

_BEYOND = HALF_TICK + 1e-3  # yuan: off the limit by more than rounding
_RARE = 1e-4
"""Share of rows that may break a rule whose exceptions nobody lists (resumptions, relistings)."""


@check("duplicated rows", FAIL, "same date and code")
def duplicated(subject: Subject) -> Finding:
    """Rows whose date and code an earlier row has."""
    return Finding.rows(subject, subject.rows.duplicated(["date", "code"]))


@check("prices missing or not above zero", FAIL, "no price, or none that can be")
def no_price(subject: Subject) -> Finding:
    """Rows with a price that is missing, zero or negative."""
    prices = subject.rows[list(PRICES)].to_numpy()
    return Finding.rows(subject, ~(prices > 0).all(axis=1))


@check("prices off the tick", FAIL, "not a multiple of 0.01 yuan, in a stock otherwise as traded")
def off_tick(subject: Subject) -> Finding:
    """Prices between ticks; whole stocks of them are `not as traded` instead.

    An error by whole ticks cannot be seen here.
    """
    return Finding.rows(subject, subject.off_tick & subject.genuine)


@check("high below or low above", FAIL, "the day's range must hold its open and close")
def range_broken(subject: Subject) -> Finding:
    """A high below open, close or low, or a low above them."""
    opened, high, low, close = subject.rows[list(PRICES)].to_numpy().T
    return Finding.rows(
        subject,
        (high < np.maximum(opened, close) - 1e-6) | (low > np.minimum(opened, close) + 1e-6),
    )


@check("average price outside the day", FAIL, "amount / volume above the high or below the low",
       tolerated=_RARE)  # fmt: skip
def average_outside(subject: Subject) -> Finding:
    """Average prices outside the day's range by more than half a tick and 0.1 %.

    An amount or volume that is wrong by less than the day's range cannot be seen. Stocks that are
    not as traded, and units wrong throughout, have checks of their own.
    """
    rows, average = subject.rows, subject.average
    slack = HALF_TICK + 1e-3 * rows.close
    outside = (average > rows.high + slack) | (average < rows.low - slack)
    unit = rows.code.isin(subject.signs.index[subject.signs.unit])
    return Finding.rows(subject, outside & subject.genuine & ~unit & (rows.amount > 0))


@check("volume without amount", FAIL, "one of them zero on a day that traded", tolerated=_RARE)
def half_traded(subject: Subject) -> Finding:
    """Days that traded with a volume or amount of zero, and suspended days with any."""
    volume, amount = subject.rows.volume.fillna(0), subject.rows.amount
    traded = subject.traded & ((volume <= 0) | (amount <= 0))
    return Finding.rows(subject, traded | (~subject.traded & ((volume > 0) | (amount > 0))))


@check("volume or amount in another unit", FAIL, "amount / volume is the price times 10, 100, ...")
def wrong_unit(subject: Subject) -> Finding:
    """Stocks whose median average price is the close times a power of ten other than 1.

    Volume in lots and amount in thousand yuan, as some interfaces have them.
    """
    return Finding.stocks(subject.signs.unit)


@check("closes beyond the limit", FAIL, "mostly resumptions and first days whose rule is not known",
       tolerated=_RARE)  # fmt: skip
def close_beyond(subject: Subject) -> Finding:
    """Closes outside the day's price limits by more than half a tick.

    A wrong close inside the limits cannot be seen, nor any where no limit is known.
    """
    rows = subject.rows
    beyond = (rows.close > rows.limit_up + _BEYOND) | (rows.close < rows.limit_down - _BEYOND)
    return Finding.rows(subject, beyond & subject.traded & subject.genuine)


@check("highs or lows beyond the limit", FAIL, "where the close keeps it", tolerated=_RARE)
def range_beyond(subject: Subject) -> Finding:
    """Highs or lows outside the limits on days whose close lies inside."""
    rows = subject.rows
    beyond = (rows.high > rows.limit_up + _BEYOND) | (rows.low < rows.limit_down - _BEYOND)
    inside = (rows.close <= rows.limit_up + _BEYOND) & (rows.close >= rows.limit_down - _BEYOND)
    return Finding.rows(subject, beyond & inside & subject.traded & subject.genuine)


CHECKS = (
    duplicated, no_price, off_tick, range_broken, average_outside, half_traded, wrong_unit,
    close_beyond, range_beyond,
)  # fmt: skip
