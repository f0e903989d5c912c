"""Where the price stands between its highs and lows, and how long ago they were."""

from __future__ import annotations

import numpy as np
import talib

from stockcast.features.rows import Rows, ratio
from stockcast.features.technical.steady import (
    CLOSE,
    CLOSES,
    HIGH,
    HL,
    LOW,
    count,
    declare,
    highest,
    indicator,
    lowest,
)

HIGHS = "George and Hwang, Journal of Finance 59 (2004)"


def _high_distance(rows: Rows, days: int) -> np.ndarray:
    return ratio(rows[CLOSE], highest(rows, HIGH, days)) - 1


def _low_distance(rows: Rows, days: int) -> np.ndarray:
    return ratio(rows[CLOSE], lowest(rows, LOW, days)) - 1


def _position(rows: Rows, days: int) -> np.ndarray:
    low = lowest(rows, CLOSE, days)
    return ratio(rows[CLOSE] - low, highest(rows, CLOSE, days) - low)


def _days_since_high(rows: Rows, days: int) -> np.ndarray:
    return _days_since(rows, days, 1)


def _days_since_low(rows: Rows, days: int) -> np.ndarray:
    return _days_since(rows, days, 0)


def _days_since(rows: Rows, days: int, output: int) -> np.ndarray:
    # Aroon is the share of n - 1 days: TA-Lib finds extremes faster than a scan of every window.
    found = indicator(rows, talib.AROON, HIGH, LOW, output=output, timeperiod=days - 1)
    return np.round((days - 1) * (1 - found / 100))


def _new_highs(rows: Rows, days: int, sign: int) -> np.ndarray:
    best = highest(rows, CLOSE, 60) if sign > 0 else lowest(rows, CLOSE, 60)
    return count(rows, rows[CLOSE] == best, days, CLOSE, unknown=59)


def _aroon(rows: Rows, days: int, output: int) -> np.ndarray:
    return indicator(rows, talib.AROON, HIGH, LOW, output=output, timeperiod=days) / 100


_HIGH_CLOSE, _LOW_CLOSE = ("high", "close", "adj_factor"), ("low", "close", "adj_factor")
_one, _several = declare("extremes")
_UNIT, _SHARE = "fraction", "share, 0 to 1"

FEATURES = (
    *_several(
        "high_distance", (20, 60, 250), "C / max(H, {n}) - 1", _HIGH_CLOSE, 0, _UNIT, HIGHS,
        _high_distance,
    ),
    *_several(
        "low_distance", (20, 60, 250), "C / min(L, {n}) - 1", _LOW_CLOSE, 0, _UNIT, HIGHS,
        _low_distance,
    ),
    *_several(
        "position", (20, 60, 120, 250), "(C - min(C, {n})) / (max(C, {n}) - min(C, {n}))", CLOSES,
        0, _SHARE, HIGHS, _position,
    ),
    *_several(
        "days_since_high", (60, 120, 250), "days since the highest H of {n} days", HL, 0, "days",
        HIGHS, _days_since_high,
    ),
    *_several(
        "days_since_low", (60, 120, 250), "days since the lowest L of {n} days", HL, 0, "days",
        HIGHS, _days_since_low,
    ),
    *_several(
        "new_highs", (20, 60), "days of the last {n} that closed at a 60-day high", CLOSES, 59,
        "days", HIGHS, _new_highs, sign=1,
    ),
    *_several(
        "new_lows", (20, 60), "days of the last {n} that closed at a 60-day low", CLOSES, 59,
        "days", HIGHS, _new_highs, sign=-1,
    ),
    *_several(
        "aroon_down", (25,), "1 - (days since the lowest L of {n} + 1 days) / {n}", HL, 1, _SHARE,
        "Chande, Technical Analysis of Stocks & Commodities 13 (1995)", _aroon, output=0,
    ),
    *_several(
        "aroon_up", (25,), "1 - (days since the highest H of {n} + 1 days) / {n}", HL, 1, _SHARE,
        "Chande, Technical Analysis of Stocks & Commodities 13 (1995)", _aroon, output=1,
    ),
)  # fmt: skip
