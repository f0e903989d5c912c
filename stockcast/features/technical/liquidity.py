"""Liquidity: what a trade moves and what it costs, from daily bars alone."""

from __future__ import annotations

import numpy as np

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.steady import (
    CLOSE,
    HIGH,
    HLC,
    LOG,
    LOW,
    PREVIOUS,
    RETURN,
    count,
    declare,
    half_traded,
    logarithm,
)

AMIHUD = "Amihud, Journal of Financial Markets 5 (2002)"

_CORWIN = 3 - 2 * np.sqrt(2.0)


def _cost(rows: Rows) -> np.ndarray:
    """|r| per 100 million yuan of the day; NaN where nothing traded."""
    return np.abs(rows[RETURN]) / (rows["traded_amount"] / 1e8)


def _illiquidity(rows: Rows, days: int) -> np.ndarray:
    return logarithm(rows.mean(_cost(rows), days, days // 2))


def _illiquidity_change(rows: Rows, short: int, long: int) -> np.ndarray:
    near, far = (rows.mean(_cost(rows), days, days // 2) for days in (short, long))
    return logarithm(ratio(near, far))


def _side(rows: Rows, days: int) -> np.ndarray:
    cost = _cost(rows)
    up = rows.mean(where(rows[RETURN] > 0, cost), days, days // 6)
    down = rows.mean(where(rows[RETURN] < 0, cost), days, days // 6)
    return half_traded(rows, logarithm(ratio(down, up)), days)


def _still_share(rows: Rows, days: int) -> np.ndarray:
    return count(rows, rows[CLOSE] == rows[PREVIOUS], days, CLOSE, unknown=1) / days


def _roll(rows: Rows, days: int) -> np.ndarray:
    move = rows[LOG] - rows.lag(LOG)
    before = rows.lag(move)
    both = where(np.isfinite(before), move)
    covariance = rows.mean(move * before, days) - rows.mean(both, days) * rows.mean(before, days)
    return -2 * np.sign(covariance) * np.sqrt(np.abs(covariance))


def _corwin_schultz(rows: Rows, days: int) -> np.ndarray:
    # A night's gap belongs to neither day's range: the second day is moved next to the first.
    shift = np.maximum(rows[LOW] - rows[PREVIOUS], 0) + np.minimum(rows[HIGH] - rows[PREVIOUS], 0)
    high, low = rows[HIGH] - shift, rows[LOW] - shift
    single = logarithm(ratio(high, low)) ** 2 + logarithm(ratio(rows.lag(HIGH), rows.lag(LOW))) ** 2
    high, low = np.maximum(high, rows.lag(HIGH)), np.minimum(low, rows.lag(LOW))
    double = logarithm(ratio(high, low)) ** 2
    alpha = (np.sqrt(2 * single) - np.sqrt(single)) / _CORWIN - np.sqrt(double / _CORWIN)
    return rows.mean(2 * np.expm1(alpha) / (1 + np.exp(alpha)), days)


def _abdi_ranaldo(rows: Rows, days: int) -> np.ndarray:
    middle = (logarithm(rows[HIGH]) + logarithm(rows[LOW])) / 2
    before = rows.lag(LOG)
    product = 4 * (before - rows.lag(middle)) * (before - middle)
    return np.sign(rows.mean(product, days)) * np.sqrt(np.abs(rows.mean(product, days)))


def _impact(rows: Rows, days: int) -> np.ndarray:
    signed = np.sign(rows[RETURN]) * np.sqrt(rows["traded_amount"] / 1e8)
    return logarithm(rows.beta(RETURN, signed, days, days // 2))


def _amount_variability(rows: Rows, days: int) -> np.ndarray:
    size = logarithm(rows["traded_amount"])
    return rows.std(size, days, days // 2)


_one, _several = declare("liquidity")
_AMOUNT = ("close", "adj_factor", "amount", "suspended")
_UNIT = "log of fraction per 100 million yuan"

FEATURES = (
    _one(
        "illiquidity_20", "log of the mean over 20 days of |r| per 100 million yuan traded",
        _AMOUNT, 11, _UNIT, AMIHUD, _illiquidity, days=20,
    ),
    _one(
        "illiquidity_60", "log of the mean over 60 days of |r| per 100 million yuan traded",
        _AMOUNT, 31, _UNIT, AMIHUD, _illiquidity, days=60,
    ),
    _one(
        "illiquidity_change_5_60", "log of the mean of |r| / A over 5 days over that of 60",
        _AMOUNT, 31, "log ratio", AMIHUD, _illiquidity_change, short=5, long=60,
    ),
    _one(
        "illiquidity_side_60",
        "log of the mean of |r| / A of days of fall over that of days of rise, of 60", _AMOUNT, 60,
        "log ratio",
        "Brennan, Huh and Subrahmanyam, Review of Asset Pricing Studies 3 (2013)", _side, days=60,
    ),
    _one(
        "impact_60", "log of the slope of r on sign(r) sqrt(A / 100 million yuan), of 60 days",
        _AMOUNT, 31, "log of fraction per root of 100 million yuan",
        "Hasbrouck, Journal of Finance 64 (2009)", _impact, days=60,
    ),
    *_several(
        "still_share", (20, 60), "share of days of {n} without a change of the close",
        ("close", "adj_factor"), 1, "share, 0 to 1",
        "Lesmond, Ogden and Trzcinka, Review of Financial Studies 12 (1999)", _still_share,
    ),
    *_several(
        "roll_spread", (20,), "2 sqrt(-cov(x(t), x(t-1))) of {n} days, x the log return; "
        "-2 sqrt(cov) where it is positive", ("close", "adj_factor"), 2, "fraction of the price",
        "Roll, Journal of Finance 39 (1984)", _roll,
    ),
    *_several(
        "high_low_spread", (20, 60), "mean over {n} days of 2 (e^a - 1) / (1 + e^a), "
        "a = (sqrt(2 b) - sqrt(b)) / k - sqrt(g / k), k = 3 - 2 sqrt 2, b the sum of the squared "
        "log ranges of two days, g that of both as one", HLC, 1, "fraction of the price",
        "Corwin and Schultz, Journal of Finance 67 (2012)", _corwin_schultz,
    ),
    *_several(
        "close_range_spread", (20, 60), "2 sqrt(p), p the mean over {n} days of "
        "(c(t-1) - m(t-1)) (c(t-1) - m(t)), c the log close and m the middle of the log range; "
        "-2 sqrt(-p) where it is negative", HLC, 1, "fraction of the price",
        "Abdi and Ranaldo, Review of Financial Studies 30 (2017)", _abdi_ranaldo,
    ),
    _one(
        "amount_variability_20", "standard deviation of log A over 20 days, at least 10 traded",
        ("amount", "suspended"), 10, "log yuan",
        "Chordia, Subrahmanyam and Anshuman, Journal of Financial Economics 59 (2001)",
        _amount_variability, days=20,
    ),
    _one(
        "amount_variability_60", "standard deviation of log A over 60 days, at least 30 traded",
        ("amount", "suspended"), 30, "log yuan",
        "Chordia, Subrahmanyam and Anshuman, Journal of Financial Economics 59 (2001)",
        _amount_variability, days=60,
    ),
)  # fmt: skip
