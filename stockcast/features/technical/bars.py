"""The day's bar: range, body, shadows, place of the close; bars against bars; candles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import talib

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.steady import (
    BARS,
    CLOSE,
    HIGH,
    HL,
    LOW,
    OPEN,
    count,
    declare,
    indicator,
    known,
    steady,
)

MURPHY = "Murphy, Technical Analysis of the Financial Markets (1999)"
NISON = "Nison, Japanese Candlestick Charting Techniques (1991)"
CRABEL = "Crabel, Day Trading with Short Term Price Patterns (1990)"

CANDLES = (
    talib.CDLENGULFING,
    talib.CDLHARAMI,
    talib.CDLPIERCING,
    talib.CDLDARKCLOUDCOVER,
    talib.CDLHAMMER,
    talib.CDLSHOOTINGSTAR,
    talib.CDLMORNINGSTAR,
    talib.CDLEVENINGSTAR,
    talib.CDL3WHITESOLDIERS,
    talib.CDL3BLACKCROWS,
    talib.CDLBELTHOLD,
    talib.CDL3OUTSIDE,
)
"""Candles of one to three days that promise a turn or its confirmation, up or down."""


def _range(rows: Rows) -> np.ndarray:
    return ratio(rows["high"] - rows["low"], rows["close"])


def _range_surge(rows: Rows, days: int) -> np.ndarray:
    return ratio(_range(rows), rows.lag(rows.mean(_range(rows), days)))


def _range_percentile(rows: Rows, days: int) -> np.ndarray:
    return rows.rank(steady(_range(rows)), days)


def _open_gaps(rows: Rows, days: int) -> np.ndarray:
    # The whole bar beyond yesterday's: the day did not close the gap.
    up, down = rows[LOW] > rows.lag(HIGH), rows[HIGH] < rows.lag(LOW)
    return _days(rows, up, days) - _days(rows, down, days)


def _close_position(rows: Rows, days: int = 1) -> np.ndarray:
    high, low = rows["high"], rows["low"]
    place = where(high > low, ratio(rows["close"] - low, high - low), 0.5)
    return rows.mean(where(known(rows, "close", "high", "low"), place), days)


def _share(rows: Rows, days: int, part: Callable[[Rows], np.ndarray]) -> np.ndarray:
    """Sum of a part of the bars over the sum of the bars, `days` days."""
    scale = rows["close"]
    whole = ratio(rows["high"] - rows["low"], scale)
    return ratio(rows.sum(ratio(part(rows), scale), days), rows.sum(whole, days))


def _upper(rows: Rows) -> np.ndarray:
    return rows["high"] - np.maximum(rows["open"], rows["close"])


def _lower(rows: Rows) -> np.ndarray:
    return np.minimum(rows["open"], rows["close"]) - rows["low"]


def _body(rows: Rows) -> np.ndarray:
    return np.abs(rows["close"] - rows["open"])


def _inside(rows: Rows, days: int) -> np.ndarray:
    day = (rows[HIGH] <= rows.lag(HIGH)) & (rows[LOW] >= rows.lag(LOW)) & (rows[HIGH] > rows[LOW])
    return _days(rows, day, days)


def _outside(rows: Rows, days: int) -> np.ndarray:
    return _days(rows, (rows[HIGH] > rows.lag(HIGH)) & (rows[LOW] < rows.lag(LOW)), days)


def _higher_bars(rows: Rows, days: int) -> np.ndarray:
    up = (rows[HIGH] > rows.lag(HIGH)) & (rows[LOW] > rows.lag(LOW))
    down = (rows[HIGH] < rows.lag(HIGH)) & (rows[LOW] < rows.lag(LOW))
    return (_days(rows, up, days) - _days(rows, down, days)) / days


def _days(rows: Rows, flag: np.ndarray, days: int) -> np.ndarray:
    """Days of the last `days` of which a comparison with the day before is true."""
    return count(rows, flag, days, HIGH, LOW, unknown=1)


def _candles(rows: Rows, days: int) -> np.ndarray:
    day = indicator(rows, signals, OPEN, HIGH, LOW, CLOSE)
    return rows.ewm(day, 2 / (days + 1), days)


def signals(*bar: np.ndarray) -> np.ndarray:
    """Sum of the signals of `CANDLES` at each of a stock's bars: 1 up, -1 down."""
    return sum(candle(*bar) for candle in CANDLES) / 100


def _doji(rows: Rows, days: int) -> np.ndarray:
    spread = rows["high"] - rows["low"]
    # In thousandths: whether it is a tenth is asked without rounding.
    doji = (np.rint(1000 * _body(rows)) <= np.rint(100 * spread)) & (spread > 0)
    return count(rows, doji, days, OPEN, HIGH, LOW, CLOSE)


_one, _several = declare("bars")
_RAW = ("open", "high", "low", "close")
_TRIO = ("high", "low", "close")
_SHARE, _BOTH = "share, 0 to 1", "share, -1 to 1"

FEATURES = (
    *_several(
        "open_gaps", (20, 60), "days of {n} with L > H(t-1), less those with H < L(t-1)", HL, 1,
        "days", MURPHY, _open_gaps,
    ),
    _one(
        "range_1", "(H - L) / C", _TRIO, 1, "fraction of the price",
        "Parkinson, Journal of Business 53 (1980)", _range,
    ),
    _one(
        "range_surge_20", "R / mean(R(t-1), 20), R = (H - L) / C", _TRIO, 21, "ratio", CRABEL,
        _range_surge, days=20,
    ),
    *_several(
        "range_percentile", (7, 60), "share of the last {n} days with a smaller (H - L) / C", _TRIO,
        0, _SHARE, CRABEL, _range_percentile,
    ),
    _one(
        "close_position", "(C - L) / (H - L); 1/2 on a day without range", _TRIO, 1, _SHARE, MURPHY,
        _close_position,
    ),
    *_several(
        "close_position", (5, 20, 60), "mean of close_position over {n} days", _TRIO, 0, _SHARE,
        MURPHY, _close_position,
    ),
    *_several(
        "upper_shadow", (1, 5, 20), "sum of H - max(O, C) over sum of H - L, each over C, {n} days",
        _RAW, 0, _SHARE, NISON, _share, part=_upper,
    ),
    *_several(
        "lower_shadow", (1, 5, 20), "sum of min(O, C) - L over sum of H - L, each over C, {n} days",
        _RAW, 0, _SHARE, NISON, _share, part=_lower,
    ),
    *_several(
        "body", (1, 5, 20), "sum of |C - O| over sum of H - L, each over C, {n} days", _RAW, 0,
        _SHARE, NISON, _share, part=_body,
    ),
    *_several(
        "inside_days", (20, 60), "days of {n} with a range within that of the day before", HL, 1,
        "days", CRABEL, _inside,
    ),
    *_several(
        "outside_days", (20, 60), "days of {n} with a range around that of the day before", HL, 1,
        "days", CRABEL, _outside,
    ),
    *_several(
        "higher_bars", (5, 20), "share of days of {n} with H and L above those of the day before, "
        "less that with both below", HL, 1, _BOTH, CRABEL, _higher_bars,
    ),
    *_several(
        "candles", (5, 20), "EMA{n} of the sum of TA-Lib's signals, -1 or 1, of twelve candles of "
        "a turn, from engulfing to three outside", BARS, 0, "signals", NISON, _candles,
    ),
    *_several(
        "doji", (20, 60), "days of {n} with |C - O| at most a tenth of H - L", _RAW, 0, "days",
        NISON, _doji,
    ),
)  # fmt: skip
