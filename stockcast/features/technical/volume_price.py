"""Volume and price together: whether they agree, who is paying, and breaks on high volume."""

from __future__ import annotations

import numpy as np
import talib

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.returns import moves
from stockcast.features.technical.steady import (
    CLOSE,
    FLOW,
    HIGH,
    LOG,
    LOW,
    PREVIOUS,
    RETURN,
    TYPICAL,
    VOLUME,
    count,
    declare,
    half_traded,
    highest,
    indicator,
    known,
    lowest,
)
from stockcast.features.technical.volume import MURPHY, log_volume

ACHELIS = "Achelis, Technical Analysis from A to Z (2000)"
KARPOFF = "Karpoff, Journal of Financial and Quantitative Analysis 22 (1987)"
GRANVILLE = "Granville, New Key to Stock Market Profits (1963)"
BROCK = "Brock, Lakonishok and LeBaron, Journal of Finance 47 (1992)"
FOSBACK = "Fosback, Stock Market Logic (1976)"


def _volume_return(rows: Rows, days: int) -> np.ndarray:
    return half_traded(rows, rows.correlation(RETURN, VOLUME, days), days)


def _volume_size(rows: Rows, days: int) -> np.ndarray:
    return half_traded(rows, rows.correlation(np.abs(rows[RETURN]), VOLUME, days), days)


def _volume_price(rows: Rows, days: int) -> np.ndarray:
    return rows.correlation(LOG, log_volume(rows), days, days // 2)


def _volume_change_return(rows: Rows, days: int) -> np.ndarray:
    change = log_volume(rows) - rows.lag(log_volume(rows))
    return rows.correlation(RETURN, change, days, days // 2)


def _volume_leads(rows: Rows, days: int) -> np.ndarray:
    return rows.correlation(RETURN, rows.lag(log_volume(rows)), days, days // 2)


def _divergence(rows: Rows, days: int) -> np.ndarray:
    return rows.rank(CLOSE, days) - rows.rank(VOLUME, days)


def _on_balance(rows: Rows, days: int) -> np.ndarray:
    signed = np.sign(rows[CLOSE] - rows[PREVIOUS]) * rows[VOLUME]
    return ratio(rows.sum(signed, days), rows.sum(np.abs(signed), days))


def _breakouts(rows: Rows, days: int, sign: int) -> np.ndarray:
    usual = rows.lag(rows.mean(VOLUME, 20))
    out = (rows[VOLUME] > 2 * usual) & (sign * rows[RETURN] > 0.02)
    return where(np.isfinite(usual), count(rows, out, days, RETURN, VOLUME, unknown=20))


def _range_break(rows: Rows, days: int) -> np.ndarray:
    high, low = rows.lag(highest(rows, HIGH, days)), rows.lag(lowest(rows, LOW, days))
    side = (rows[CLOSE] > high).astype(float) - (rows[CLOSE] < low)
    usual = rows.lag(rows.mean(VOLUME, days))
    weighed = where(known(rows, CLOSE) & np.isfinite(high - low), side) * ratio(rows[VOLUME], usual)
    return rows.sum(weighed, days, days // 2) / days


def _force(rows: Rows, days: int) -> np.ndarray:
    moved = indicator(rows, talib.EFI, CLOSE, FLOW, timeperiod=days)
    return ratio(moved, rows[CLOSE] * rows.mean(FLOW, 2 * days))


def _chaikin_money_flow(rows: Rows, days: int) -> np.ndarray:
    spread = rows[HIGH] - rows[LOW]
    place = where(spread > 0, ratio(2 * rows[CLOSE] - rows[HIGH] - rows[LOW], spread), 0.0)
    place = where(known(rows, HIGH, LOW, CLOSE), place)
    return ratio(rows.sum(place * rows[VOLUME], days), rows.sum(VOLUME, days))


def _chaikin_oscillator(rows: Rows) -> np.ndarray:
    found = indicator(rows, talib.ADOSC, HIGH, LOW, CLOSE, FLOW)
    return ratio(found, rows.mean(FLOW, 20))


def _money_flow_index(rows: Rows, days: int) -> np.ndarray:
    # It takes the mean of three prices, of which rounding would make a rise of none.
    found = indicator(rows, talib.MFI, TYPICAL, TYPICAL, TYPICAL, FLOW, timeperiod=days) / 100
    return where(rows.sum(FLOW, days) > 0, found)


def _ease(rows: Rows, days: int) -> np.ndarray:
    middle = (rows[HIGH] + rows[LOW]) / 2
    spread = rows[HIGH] - rows[LOW]
    volume = ratio(rows["traded_volume"], rows.mean("traded_volume", 60, 20))
    eased = ratio((middle - rows.lag(middle)) * spread, rows[CLOSE] ** 2 * volume)
    return 1e4 * rows.mean(eased, days, days // 2)


def _volume_index(rows: Rows, days: int, sign: int) -> np.ndarray:
    change = sign * (rows[VOLUME] - rows.lag(VOLUME))
    counted = where(change > 0, rows[RETURN], 0.0 * rows[RETURN])
    return rows.sum(where(np.isfinite(change), counted), days, days // 2)


def _rise_weight(rows: Rows, days: int) -> np.ndarray:
    rises, falls = (where(moves(rows, sign), log_volume(rows)) for sign in (1, -1))
    least = days // 10
    return half_traded(rows, rows.mean(rises, days, least) - rows.mean(falls, days, least), days)


def _pressure(rows: Rows, days: int) -> np.ndarray:
    amount, volume = rows["traded_amount"], rows["traded_volume"]
    return rows.mean(ratio(rows[CLOSE], ratio(amount, volume)) - 1, days, max(days // 2, 1))


_one, _several = declare("volume and price")
_CLOSES = ("close", "volume", "adj_factor", "suspended")
_BARS = ("high", "low", "close", "volume", "adj_factor", "suspended")

FEATURES = (
    *_several(
        "volume_return", (10, 20, 60), "correlation of r and V over {n} days, half of them traded",
        _CLOSES, 1, "correlation", KARPOFF, _volume_return,
    ),
    *_several(
        "volume_size", (20, 60), "correlation of |r| and V over {n} days, half of them traded",
        _CLOSES, 1, "correlation", KARPOFF, _volume_size,
    ),
    *(
        _one(
            f"volume_price_{n}", f"correlation of log C and log V over {n} days, those that traded",
            _CLOSES, n // 2, "correlation", KARPOFF, _volume_price, days=n,
        )
        for n in (10, 20, 60)
    ),
    *(
        _one(
            f"volume_change_return_{n}", f"correlation of r and log(V / V(t-1)) over {n} days",
            _CLOSES, n // 2 + 1, "correlation", KARPOFF, _volume_change_return, days=n,
        )
        for n in (20, 60)
    ),
    *(
        _one(
            f"volume_leads_{n}", f"correlation of r(t) and log V(t-1) over {n} days", _CLOSES,
            n // 2 + 1, "correlation",
            "Llorente, Michaely, Saar and Wang, Review of Financial Studies 15 (2002)",
            _volume_leads, days=n,
        )
        for n in (20, 60)
    ),
    *_several(
        "divergence", (20, 60), "share of {n} days with a lower C, less that with a lower V",
        _CLOSES, 0, "share, -1 to 1", MURPHY, _divergence,
    ),
    *_several(
        "on_balance", (5, 20, 60), "sum of sign(r) V over sum of |sign(r)| V, {n} days: "
        "the change of on-balance volume", _CLOSES, 1, "share, -1 to 1", GRANVILLE, _on_balance,
    ),
    *_several(
        "volume_breakouts", (20, 60), "days of {n} with V > 2 mean(V(t-1), 20) and r > 2 %",
        _CLOSES, 20, "days", MURPHY, _breakouts, sign=1,
    ),
    *_several(
        "volume_breakdowns", (20, 60), "days of {n} with V > 2 mean(V(t-1), 20) and r < -2 %",
        _CLOSES, 20, "days", MURPHY, _breakouts, sign=-1,
    ),
    _one(
        "range_break_20", "mean over 20 days of V / mean(V(t-1), 20) on days that closed above "
        "max(H(t-1), 20), less those below min(L(t-1), 20)", _BARS, 30,
        "multiples of the usual volume", BROCK, _range_break, days=20,
    ),
    *(
        _one(
            f"force_{n}", f"EMA{n}((C - C(t-1)) V) / (C mean(V, {2 * n}))", _CLOSES,
            2 * n, "fraction of the price", "Elder, Trading for a Living (1993)", _force, days=n,
        )
        for n in (2, 13)
    ),
    *_several(
        "chaikin_money_flow", (5, 20, 60),
        "sum of V (2 C - H - L) / (H - L) over sum of V, {n} days", _BARS, 0,
        "share, -1 to 1", ACHELIS, _chaikin_money_flow,
    ),
    _one(
        "chaikin_oscillator", "(EMA3(D) - EMA10(D)) / mean(V, 20), D the running sum of "
        "V (2 C - H - L) / (H - L)", _BARS, 20, "days of usual volume", ACHELIS,
        _chaikin_oscillator,
    ),
    *_several(
        "money_flow_index", (6, 14, 28), "U / (U + D), sums over {n} days of P V where "
        "P = (H + L + C) / 3 rose and fell", _BARS, 1, "share, 0 to 1",
        "Quong and Soudack, Technical Analysis of Stocks & Commodities 7 (1989)", _money_flow_index,
    ),
    _one(
        "ease_14", "mean over 14 days of (P - P(t-1)) (H - L) / C^2 over V / mean(V, 60), "
        "P = (H + L) / 2", _BARS, 26, "squared percent", ACHELIS, _ease, days=14,
    ),
    *(
        _one(
            f"{stem}_return_{n}", f"sum of r over the days of {n} with V {side} V(t-1)", _CLOSES,
            n // 2 + 1, "fraction", FOSBACK, _volume_index, days=n, sign=sign,
        )
        for stem, side, sign in (("quiet", "below", -1), ("busy", "above", 1))
        for n in (20, 60)
    ),
    *_several(
        "rise_weight", (20, 60), "mean log V of days of rise less that of days of fall, of {n}",
        _CLOSES, 0, "log ratio", GRANVILLE, _rise_weight,
    ),
    *(
        _one(
            f"vwap_distance_{n}", f"mean over {n} days of C / (A / V) - 1, those that traded",
            ("close", "volume", "amount", "adj_factor", "suspended"), max(n // 2, 1), "fraction",
            "Berkowitz, Logue and Noser, Journal of Finance 43 (1988)", _pressure, days=n,
        )
        for n in (1, 5, 20)
    ),
)  # fmt: skip
