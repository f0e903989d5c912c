"""How much the price moves within the day: volatility from highs and lows, true ranges."""

from __future__ import annotations

import numpy as np
import talib

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.steady import (
    BARS,
    CLOSE,
    HIGH,
    HL,
    HLC,
    LOW,
    OPEN,
    PREVIOUS,
    declare,
    indicator,
    known,
    logarithm,
)

WILDER = "Wilder, New Concepts in Technical Trading Systems (1978)"
DORSEY = "Dorsey, Technical Analysis of Stocks & Commodities 10 (1992)"
ACHELIS = "Achelis, Technical Analysis from A to Z (2000)"

_LN2 = np.log(2.0)


def true_range(rows: Rows) -> np.ndarray:
    """max(H, C(t-1)) - min(L, C(t-1)); NaN on the first day."""
    spread = np.maximum(rows[HIGH], rows[PREVIOUS]) - np.minimum(rows[LOW], rows[PREVIOUS])
    return where(known(rows, PREVIOUS), spread)


def _parkinson(rows: Rows, days: int) -> np.ndarray:
    spread = _log_of(rows, HIGH, LOW)
    return np.sqrt(rows.mean(spread**2 / (4 * _LN2), days))


def _garman_klass(rows: Rows, days: int) -> np.ndarray:
    spread, body = _log_of(rows, HIGH, LOW), _log_of(rows, CLOSE, OPEN)
    return _root(rows.mean(0.5 * spread**2 - (2 * _LN2 - 1) * body**2, days))


def _rogers_satchell(rows: Rows, days: int) -> np.ndarray:
    return _root(rows.mean(_rogers_satchell_day(rows), days))


def _yang_zhang(rows: Rows, days: int) -> np.ndarray:
    overnight, body = _log_of(rows, OPEN, PREVIOUS), _log_of(rows, CLOSE, OPEN)
    share = 0.34 / (1.34 + (days + 1) / (days - 1))
    inside = share * rows.std(body, days) ** 2
    inside += (1 - share) * rows.mean(_rogers_satchell_day(rows), days)
    return _root(rows.std(overnight, days) ** 2 + inside)


def _rogers_satchell_day(rows: Rows) -> np.ndarray:
    up, down = _log_of(rows, HIGH, OPEN), _log_of(rows, LOW, OPEN)
    body = _log_of(rows, CLOSE, OPEN)
    return up * (up - body) + down * (down - body)


def _mean_true_range(rows: Rows, days: int) -> np.ndarray:
    return ratio(rows.mean(true_range(rows), days), rows[CLOSE])


def _average_true_range(rows: Rows, days: int) -> np.ndarray:
    return ratio(indicator(rows, talib.ATR, HIGH, LOW, CLOSE, timeperiod=days), rows[CLOSE])


def _mass(rows: Rows) -> np.ndarray:
    return indicator(rows, talib.MASSI, HIGH, LOW) / 25


def _range_change(rows: Rows) -> np.ndarray:
    spread = rows.per_stock(_ema10, rows.filled(HIGH) - rows.filled(LOW))
    return ratio(spread - rows.lag(spread, 10), spread + rows.lag(spread, 10))


def _ema10(of: np.ndarray) -> np.ndarray:
    return talib.EMA(of, timeperiod=10)


def _log_of(rows: Rows, above: str, below: str) -> np.ndarray:
    return rows.memo(("log", above, below), lambda: logarithm(ratio(rows[above], rows[below])))


def _root(variance: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(variance, 0))


_one, _several = declare("ranges")
_DAILY = "fraction a day"

FEATURES = (
    *_several(
        "parkinson", (5, 60), "square root of the mean of log(H/L)^2 / (4 log 2) of {n} days",
        HL, 0, _DAILY, "Parkinson, Journal of Business 53 (1980)", _parkinson,
    ),
    *_several(
        "garman_klass", (20,),
        "square root of the mean of log(H/L)^2 / 2 - (2 log 2 - 1) log(C/O)^2 of {n} days",
        BARS, 0, _DAILY, "Garman and Klass, Journal of Business 53 (1980)", _garman_klass,
    ),
    *_several(
        "rogers_satchell", (10, 40),
        "square root of the mean of log(H/O) log(H/C) + log(L/O) log(L/C) of {n} days", BARS, 0,
        _DAILY, "Rogers and Satchell, Annals of Applied Probability 1 (1991)", _rogers_satchell,
    ),
    *_several(
        "yang_zhang", (5, 30),
        "square root of var(log(O/C(t-1))) + k var(log(C/O)) + (1-k) Rogers-Satchell's, {n} days, "
        "k = .34 / (1.34 + ({n}+1)/({n}-1))",
        BARS, 1, _DAILY, "Yang and Zhang, Journal of Business 73 (2000)", _yang_zhang,
    ),
    *_several(
        "true_range", (14,), "mean over {n} days of (max(H, C(t-1)) - min(L, C(t-1))), over C",
        HLC, 1, "fraction of the price", WILDER, _mean_true_range,
    ),
    *_several(
        "average_true_range", (14, 28), "Wilder's average over {n} days of the true range, over C",
        HLC, 1, "fraction of the price", WILDER, _average_true_range,
    ),
    _one(
        "mass_index", "mean over 25 days of EMA9(H - L) / EMA9(EMA9(H - L))", HL, 41, "ratio",
        DORSEY, _mass,
    ),
    _one(
        "range_change_10", "(E - E(t-10)) / (E + E(t-10)), E = EMA10(H - L)", HL, 20,
        "share, -1 to 1", ACHELIS, _range_change,
    ),
)  # fmt: skip
