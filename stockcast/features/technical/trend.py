"""Where the price stands against its own past, and how straight and how old its trend is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import talib

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.ranges import WILDER, true_range
from stockcast.features.technical.steady import (
    CLOSE,
    CLOSES,
    HIGH,
    HL,
    HLC,
    LOG,
    LOW,
    PREVIOUS,
    declare,
    highest,
    indicator,
    lowest,
)

MURPHY = "Murphy, Technical Analysis of the Financial Markets (1999)"
BROCK = "Brock, Lakonishok and LeBaron, Journal of Finance 47 (1992)"
KAUFMAN = "Kaufman, Smarter Trading (1995)"
TIE = 1e-9
"""Means closer than this, relative, are equal: two ways of summing the same prices."""


def _distance(rows: Rows, days: int) -> np.ndarray:
    return ratio(rows[CLOSE], rows.mean(CLOSE, days)) - 1


def _distance_talib(rows: Rows, days: int, function: Callable) -> np.ndarray:
    return ratio(rows[CLOSE], indicator(rows, function, CLOSE, timeperiod=days)) - 1


def _crossing(rows: Rows, short: int, long: int) -> np.ndarray:
    return ratio(_mean(rows, short), _mean(rows, long)) - 1


def _mean(rows: Rows, days: int) -> np.ndarray:
    return indicator(rows, talib.SMA, CLOSE, timeperiod=days)


def _days_since_crossing(rows: Rows, short: int, long: int) -> np.ndarray:
    lead = _crossing(rows, short, long)
    above, below = lead > TIE, lead < -TIE
    age = where(above, rows.since(~above), -rows.since(~below))
    return where(np.isfinite(lead), np.sign(age) * np.log1p(np.abs(age)))


def _slope(rows: Rows, days: int) -> np.ndarray:
    return rows.slope(LOG, days)


def _trend_fit(rows: Rows, days: int) -> np.ndarray:
    return rows.trend_fit(LOG, days)


def _curvature(rows: Rows, days: int) -> np.ndarray:
    half = days // 2
    late = rows.slope(LOG, half)
    return late - rows.lag(late, half)


def _adx(rows: Rows, days: int) -> np.ndarray:
    return indicator(rows, talib.ADX, HIGH, LOW, CLOSE, timeperiod=days) / 100


def _directional(rows: Rows, days: int) -> np.ndarray:
    plus = indicator(rows, talib.PLUS_DI, HIGH, LOW, CLOSE, timeperiod=days)
    minus = indicator(rows, talib.MINUS_DI, HIGH, LOW, CLOSE, timeperiod=days)
    return ratio(plus - minus, plus + minus)


def _vortex(rows: Rows, days: int) -> np.ndarray:
    moves = rows.sum(np.abs(rows[HIGH] - rows.lag(LOW)), days)
    moves = moves - rows.sum(np.abs(rows[LOW] - rows.lag(HIGH)), days)
    return ratio(moves, rows.sum(true_range(rows), days))


def _parabolic(rows: Rows) -> np.ndarray:
    return 1 - ratio(indicator(rows, talib.SAR, HIGH, LOW), rows[CLOSE])


def _efficiency(rows: Rows, days: int) -> np.ndarray:
    path = rows.sum(np.abs(rows[CLOSE] - rows[PREVIOUS]), days)
    return ratio(np.abs(rows[CLOSE] - rows.lag(CLOSE, days)), path)


def _choppiness(rows: Rows, days: int) -> np.ndarray:
    spread = highest(rows, HIGH, days) - lowest(rows, LOW, days)
    whole = ratio(rows.sum(true_range(rows), days), spread)
    return np.log(whole, out=np.full(len(rows), np.nan), where=whole > 0) / np.log(days)


def _ichimoku(rows: Rows, short: int, long: int) -> np.ndarray:
    near = indicator(rows, talib.MIDPRICE, HIGH, LOW, timeperiod=short)
    return ratio(near, indicator(rows, talib.MIDPRICE, HIGH, LOW, timeperiod=long)) - 1


_one, _several = declare("trend")
_UNIT, _SHARE = "fraction", "share, 0 to 1"

FEATURES = (
    *_several(
        "distance", (5, 20, 60, 120), "C / mean(C, {n}) - 1", CLOSES, 0, _UNIT, MURPHY, _distance,
    ),
    *_several(
        "distance_kama", (10, 30), "C / KAMA(C, {n}) - 1, Kaufman's adaptive average", CLOSES, 1,
        _UNIT, KAUFMAN, _distance_talib, function=talib.KAMA,
    ),
    *(
        _one(
            f"distance_tema_{n}", f"C / TEMA(C, {n}) - 1, the triple exponential average", CLOSES,
            3 * n - 2, _UNIT, "Mulloy, Technical Analysis of Stocks & Commodities 12 (1994)",
            _distance_talib, function=talib.TEMA, days=n,
        )
        for n in (10, 30)
    ),
    *(
        _one(
            f"crossing_{a}_{b}", f"mean(C, {a}) / mean(C, {b}) - 1", CLOSES, b, _UNIT, BROCK,
            _crossing, short=a, long=b,
        )
        for a, b in ((5, 20), (10, 60), (20, 120), (50, 200))
    ),
    *(
        _one(
            f"days_since_crossing_{a}_{b}",
            f"log(1 + days) since mean(C, {a}) rose above mean(C, {b}); minus it below", CLOSES, b,
            "log days, signed", BROCK, _days_since_crossing, short=a, long=b,
        )
        for a, b in ((5, 20), (20, 60))
    ),
    *_several(
        "slope", (10, 20, 60), "least-squares slope of log C over {n} days", CLOSES, 0,
        "log return a day", MURPHY, _slope,
    ),
    *_several(
        "trend_fit", (20, 60), "squared correlation of log C with time over {n} days, signed",
        CLOSES, 0, "share, -1 to 1", "Clenow, Stocks on the Move (2015)", _trend_fit,
    ),
    *(
        _one(
            f"curvature_{n}",
            f"slope of log C over the last {n // 2} days less that over the {n // 2} before",
            CLOSES, n, "log return a day", MURPHY, _curvature, days=n,
        )
        for n in (20, 60)
    ),
    _one(
        "adx_14", "Wilder's average of |DI+ - DI-| / (DI+ + DI-) over 14 days", HLC, 28, _SHARE,
        WILDER, _adx, days=14,
    ),
    *_several(
        "directional", (14, 28), "(DI+ - DI-) / (DI+ + DI-), directional movement over {n} days",
        HLC, 1, "share, -1 to 1", WILDER, _directional,
    ),
    *_several(
        "vortex", (14, 28), "sum of |H - L(t-1)| - |L - H(t-1)| over sum of true range, {n} days",
        HLC, 1, "ratio",
        "Botes and Siepman, Technical Analysis of Stocks & Commodities 28 (2010)", _vortex,
    ),
    _one(
        "parabolic", "1 - SAR / C, Wilder's parabolic stop, steps of .02 up to .2", HLC, 2, _UNIT,
        WILDER, _parabolic,
    ),
    *_several(
        "efficiency", (10, 20, 60), "|C - C(t-{n})| over the sum of |C - C(t-1)|", CLOSES, 1,
        _SHARE, KAUFMAN, _efficiency,
    ),
    *_several(
        "choppiness", (14, 28), "log(sum of true range / (max(H) - min(L))) / log({n}), {n} days",
        HLC, 1, "share, 0 to 1", "Dreiss's choppiness index", _choppiness,
    ),
    *(
        _one(
            f"ichimoku_{a}_{b}", f"M({a}) / M({b}) - 1, M(n) = (max(H, n) + min(L, n)) / 2", HL,
            b, _UNIT, "Hosoda, Ichimoku Kinko Hyo (1969)", _ichimoku, short=a, long=b,
        )
        for a, b in ((9, 26), (26, 52))
    ),
)  # fmt: skip
