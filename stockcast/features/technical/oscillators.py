"""Oscillators, by TA-Lib where it has them: absolute prices come out over the close."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import talib

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.ranges import WILDER, true_range
from stockcast.features.technical.steady import (
    BARS,
    CLOSE,
    CLOSES,
    HIGH,
    HLC,
    LOW,
    OPEN,
    PREVIOUS,
    declare,
    highest,
    indicator,
    known,
    lowest,
    steady,
)

APPEL = "Appel, Technical Analysis (2005)"
BOLLINGER = "Bollinger, Bollinger on Bollinger Bands (2001)"
CHANDE = "Chande and Kroll, The New Technical Trader (1994)"
BLAU = "Blau, Momentum, Direction, and Divergence (1995)"
ELDER = "Elder, Trading for a Living (1993)"
EHLERS = "Ehlers, Rocket Science for Traders (2001)"
LANE = "Lane, Technical Analysis of Stocks & Commodities 2 (1984)"
_BAR = (HIGH, LOW, CLOSE)


def _plain(
    rows: Rows, function: Callable, of: tuple[str, ...], scale: float = 100.0, output: int = 0,
    **by: float,
) -> np.ndarray:  # fmt: skip
    return indicator(rows, function, *of, output=output, **by) / scale


def _over_close(
    rows: Rows, function: Callable, of: tuple[str, ...], output: int = 0, **by: float
) -> np.ndarray:
    return ratio(indicator(rows, function, *of, output=output, **by), rows[CLOSE])


def _commodity_channel(rows: Rows, days: int) -> np.ndarray:
    # Where the price stood still TA-Lib compares a mean's rounding with itself.
    wide = highest(rows, HIGH, days) > lowest(rows, LOW, days)
    found = _plain(rows, talib.CCI, _BAR, timeperiod=days)
    return where(wide, found, 0.0 * found)


def _relative_strength(rows: Rows, days: int) -> np.ndarray:
    found = indicator(rows, talib.RSI, CLOSE, timeperiod=days) / 100
    # The averages of a price that stands still shrink alike, until TA-Lib takes them for nothing
    # and says 0: their ratio has stayed what it was.
    held = rows.filled(where((found > 0) | (rows[CLOSE] < rows[PREVIOUS]), found))
    return where(known(rows, CLOSE), held)


def _stochastic_strength(rows: Rows, days: int) -> np.ndarray:
    strength = steady(_relative_strength(rows, days))
    low = rows.min(strength, days)
    return rows.mean(ratio(strength - low, rows.max(strength, days) - low), 3)


def _in_range(
    rows: Rows, days: int, function: Callable, scale: float = 100.0, output: int = 0, **by: float
) -> np.ndarray:
    # Where the price stood still TA-Lib says 0, the bottom of a range that is not there.
    wide = highest(rows, HIGH, days) > lowest(rows, LOW, days)
    return where(wide, indicator(rows, function, *_BAR, output=output, **by) / scale)


def _williams(rows: Rows, days: int) -> np.ndarray:
    return _in_range(rows, days, talib.WILLR, timeperiod=days)


def _bollinger(rows: Rows, days: int) -> np.ndarray:
    # TA-Lib's running sums leave a spread of 1e-8 after a price stood still.
    mean, spread = rows.mean(CLOSE, days), rows.std(CLOSE, days)
    return where(spread > 0, ratio(rows[CLOSE] - mean, 2 * spread), 0.0 * spread)


def _bollinger_width(rows: Rows, days: int) -> np.ndarray:
    upper, middle, lower = (
        indicator(rows, talib.BBANDS, CLOSE, output=output, timeperiod=days)
        for output in range(3)
    )  # fmt: skip
    return ratio(upper - lower, middle)


def _keltner(rows: Rows, days: int) -> np.ndarray:
    middle = indicator(rows, talib.EMA, CLOSE, timeperiod=days)
    width = 2 * indicator(rows, talib.ATR, *_BAR, timeperiod=days)
    return ratio(rows[CLOSE] - middle, width)


def _chande(rows: Rows, days: int) -> np.ndarray:
    moved = rows[CLOSE] - rows[PREVIOUS]
    return ratio(rows.sum(moved, days), rows.sum(np.abs(moved), days))


def _detrended(rows: Rows, days: int) -> np.ndarray:
    return ratio(rows.lag(CLOSE, days // 2 + 1), rows.mean(CLOSE, days)) - 1


def _range_weighted(rows: Rows, days: int) -> np.ndarray:
    body, spread = rows[CLOSE] - rows[OPEN], rows[HIGH] - rows[LOW]
    return ratio(rows.sum(body, days), rows.sum(spread, days))


def _intraday_momentum(rows: Rows, days: int) -> np.ndarray:
    body = rows[CLOSE] - rows[OPEN]
    return ratio(rows.sum(np.maximum(body, 0), days), rows.sum(np.abs(body), days))


def _ultimate(rows: Rows) -> np.ndarray:
    # Afresh rather than by TA-Lib, whose running sums leave residues where nothing moves.
    bought = rows[CLOSE] - np.fmin(rows[LOW], rows[PREVIOUS])
    spread = true_range(rows)
    bought = where(np.isfinite(spread), bought)
    part = [ratio(rows.sum(bought, n), rows.sum(spread, n)) for n in (7, 14, 28)]
    return (4 * part[0] + 2 * part[1] + part[2]) / 7


_BODY = ("open", "close", "adj_factor")
_one, _several = declare("oscillators")
_SHARE, _BOTH, _UNIT = "share, 0 to 1", "share, -1 to 1", "fraction of the price"
_MACD = "M = EMA12(C) - EMA26(C)"
_RSV = "RSV = (C - min(L, 9)) / (max(H, 9) - min(L, 9))"
_KDJ = {"function": talib.KDJ, "days": 9}
_STOCH = {"function": talib.STOCH, "days": 14, "fastk_period": 14}

FEATURES = (
    *_several(
        "rsi", (6, 14, 24), "U / (U + D), Wilder's averages of rises and falls over {n} days",
        CLOSES, 1, _SHARE, WILDER, _relative_strength,
    ),
    *_several(
        "stochastic_rsi", (14,), "3-day mean of (R - min(R, {n})) / (max(R, {n}) - min(R, {n})), "
        "R = rsi_{n}", CLOSES, 16, _SHARE, CHANDE, _stochastic_strength,
    ),
    _one(
        "macd_line", f"M / C with {_MACD}", CLOSES, 34, _UNIT, APPEL, _over_close,
        function=talib.MACD, of=(CLOSE,), output=0,
    ),
    _one(
        "macd_signal", f"EMA9(M) / C with {_MACD}", CLOSES, 34, _UNIT, APPEL, _over_close,
        function=talib.MACD, of=(CLOSE,), output=1,
    ),
    _one(
        "macd_histogram", f"(M - EMA9(M)) / C with {_MACD}", CLOSES, 34, _UNIT, APPEL, _over_close,
        function=talib.MACD, of=(CLOSE,), output=2,
    ),
    _one(
        "ppo_30_120", "EMA30(C) / EMA120(C) - 1", CLOSES, 120, "fraction", APPEL, _plain,
        function=talib.PPO, of=(CLOSE,), fastperiod=30, slowperiod=120, matype=1,
    ),
    _one(
        "kdj_k", f"K, the average of RSV by thirds, {_RSV}", HLC, 13, _SHARE, LANE, _in_range,
        **_KDJ, output=0,
    ),
    _one(
        "kdj_d", f"D, the average of K by thirds; {_RSV}", HLC, 13, _SHARE, LANE, _in_range,
        **_KDJ, output=1,
    ),
    _one(
        "kdj_j", f"3 K - 2 D; {_RSV}", HLC, 13, "share, beyond 0 and 1 too", LANE,
        _in_range, **_KDJ, output=2,
    ),
    _one(
        "stochastic_k_14", "3-day mean of (C - min(L, 14)) / (max(H, 14) - min(L, 14))", HLC, 18,
        _SHARE, LANE, _in_range, **_STOCH, output=0,
    ),
    _one(
        "stochastic_d_14", "3-day mean of stochastic_k_14", HLC, 18, _SHARE, LANE, _in_range,
        **_STOCH, output=1,
    ),
    *_several(
        "williams", (6, 14, 28), "-(max(H, {n}) - C) / (max(H, {n}) - min(L, {n}))", HLC, 0,
        "share, -1 to 0", "Williams, How I Made One Million Dollars (1973)", _williams,
    ),
    *_several(
        "cci", (14, 40), "(P - mean(P, {n})) / (1.5 mean |P - mean(P, {n})|), P = (H + L + C) / 3",
        HLC, 0, "hundreds of the index", "Lambert, Commodities (October 1980)",
        _commodity_channel,
    ),
    *_several(
        "bollinger", (20,), "(C - mean(C, {n})) / (2 std(C, {n})); 0 where the price stood still",
        CLOSES, 0, "half-widths of the band", BOLLINGER, _bollinger,
    ),
    *_several(
        "bollinger_width", (20, 60), "4 std(C, {n}) / mean(C, {n}), std with divisor {n}", CLOSES,
        0, "fraction", BOLLINGER, _bollinger_width,
    ),
    *_several(
        "keltner", (20,), "(C - EMA(C, {n})) / (2 ATR({n}))", HLC, 1, "half-widths of the channel",
        "Keltner, How to Make Money in Commodities (1960)", _keltner,
    ),
    _one(
        "trix_9", "one-day growth of EMA9(EMA9(EMA9(C)))", CLOSES, 26, "fraction a day",
        "Hutson, Technical Analysis of Stocks & Commodities 1 (1983)", _plain,
        function=talib.TRIX, of=(CLOSE,), timeperiod=9,
    ),
    _one(
        "ultimate", "(4 B(7) + 2 B(14) + B(28)) / 7, B(n) = sum of C - min(L, C(t-1)) over sum of "
        "true range", HLC, 29, _SHARE,
        "Williams, Technical Analysis of Stocks & Commodities 3 (1985)", _ultimate,
    ),
    *_several(
        "cmo", (10, 20, 60), "(sum of rises - sum of falls) / (sum of both), {n} days", CLOSES, 1,
        _BOTH, CHANDE, _chande,
    ),
    *_several(
        "detrended", (20, 60), "C(t - {n}/2 - 1) / mean(C, {n}) - 1", CLOSES, 0, "fraction",
        "Achelis, Technical Analysis from A to Z (2000)", _detrended,
    ),
    _one(
        "true_strength", "EMA13(EMA25(dC)) / EMA13(EMA25(|dC|)), dC = C - C(t-1)", CLOSES, 38,
        _BOTH, BLAU, _plain, function=talib.TSI, of=(CLOSE,),
    ),
    _one(
        "stochastic_momentum", "distance of C from the middle of its 13-day range over half the "
        "range, both averaged by EMA25 and EMA2", HLC, 46, _BOTH, BLAU, _plain,
        function=talib.SMI, of=_BAR,
    ),
    _one(
        "awesome", "(mean(P, 5) - mean(P, 34)) / C, P = (H + L) / 2", HLC, 34, _UNIT,
        "Williams, New Trading Dimensions (1998)", _over_close, function=talib.AO, of=(HIGH, LOW),
    ),
    _one(
        "bull_power_13", "(H - EMA13(C)) / C", HLC, 13, _UNIT, ELDER, _over_close,
        function=talib.ERI, of=_BAR, output=0,
    ),
    _one(
        "bear_power_13", "(L - EMA13(C)) / C", HLC, 13, _UNIT, ELDER, _over_close,
        function=talib.ERI, of=_BAR, output=1,
    ),
    *_several(
        "balance_of_power", (5, 14, 60), "sum of C - O over sum of H - L, {n} days", BARS, 0, _BOTH,
        "Livshin, Technical Analysis of Stocks & Commodities 19 (2001)", _range_weighted,
    ),
    *_several(
        "intraday_momentum", (10, 40), "sum of max(C - O, 0) over sum of |C - O|, {n} days", _BODY,
        0, _SHARE, CHANDE, _intraday_momentum,
    ),
    _one(
        "cycle_period", "length of the dominant cycle, by Hilbert transform", CLOSES, 33, "days",
        EHLERS, _plain, function=talib.HT_DCPERIOD, of=(CLOSE,), scale=1.0,
    ),
)  # fmt: skip
