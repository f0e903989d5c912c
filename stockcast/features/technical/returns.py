"""Returns over several spans, and what the path of daily returns looks like."""

from __future__ import annotations

import numpy as np

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.steady import (
    CLOSE,
    CLOSES,
    HALF_TRADED,
    LOG,
    PREVIOUS,
    RETURN,
    count,
    declare,
    half_traded,
    known,
)

TREND = "Jegadeesh and Titman, Journal of Finance 48 (1993)"
REVERSAL = "Jegadeesh, Journal of Finance 45 (1990)"
MURPHY = "Murphy, Technical Analysis of the Financial Markets (1999)"
LOTTERY = "Bali, Cakici and Whitelaw, Journal of Financial Economics 99 (2011)"


def _growth(rows: Rows, days: int, skip: int = 0) -> np.ndarray:
    return ratio(rows.lag(CLOSE, skip), rows.lag(CLOSE, days)) - 1


def moves(rows: Rows, sign: int) -> np.ndarray:
    """Bool per row: the adjusted close rose (1) or fell (-1)."""
    return sign * (rows[CLOSE] - rows[PREVIOUS]) > 0


def _acceleration(rows: Rows, days: int) -> np.ndarray:
    return rows[LOG] - 2 * rows.lag(LOG, days) + rows.lag(LOG, 2 * days)


def _rise_share(rows: Rows, days: int) -> np.ndarray:
    rises, falls = (count(rows, moves(rows, sign), days, unknown=1) for sign in (1, -1))
    return ratio(rises, rises + falls)


def _discreteness(rows: Rows, days: int) -> np.ndarray:
    rises, falls = (count(rows, moves(rows, sign), days, unknown=1) for sign in (1, -1))
    return np.sign(rows[CLOSE] - rows.lag(CLOSE, days)) * (falls - rises) / days


def _streak(rows: Rows) -> np.ndarray:
    rises, falls = (rows.since(~moves(rows, sign)) for sign in (1, -1))
    return where(known(rows, CLOSE, PREVIOUS), rises - falls)


def _extreme(rows: Rows, days: int, largest: bool) -> np.ndarray:
    return rows.max(RETURN, days) if largest else rows.min(RETURN, days)


def _autocorrelation(rows: Rows, days: int, lag: int) -> np.ndarray:
    return half_traded(rows, rows.correlation(RETURN, rows.lag(RETURN, lag), days), days)


def _variance_ratio(rows: Rows, days: int, span: int) -> np.ndarray:
    long = rows.std(rows[LOG] - rows.lag(LOG, span), days) ** 2
    short = rows.std(rows[LOG] - rows.lag(LOG), days) ** 2
    return half_traded(rows, ratio(long, span * short), days)


_one, _several = declare("returns")
_UNIT = "fraction"

FEATURES = (
    *_several(
        "return", (1, 2, 5, 10, 20), "C(t) / C(t-{n}) - 1", CLOSES, 1, _UNIT, REVERSAL, _growth,
    ),
    *_several("return", (60,), "C(t) / C(t-{n}) - 1", CLOSES, 1, _UNIT, TREND, _growth),
    _one(
        "momentum_120", "C(t-5) / C(t-120) - 1: the last week, where reversal lives, left out",
        CLOSES, 121, _UNIT, TREND, _growth, days=120, skip=5,
    ),
    _one(
        "momentum_250", "C(t-20) / C(t-250) - 1: a year without its last month",
        CLOSES, 251, _UNIT, TREND, _growth, days=250, skip=20,
    ),
    *(
        _one(
            f"acceleration_{n}", f"log(C / C(t-{n})) - log(C(t-{n}) / C(t-{2 * n}))", CLOSES,
            2 * n + 1, "log return", "Gettleman and Marks, Acceleration Strategies (2006)",
            _acceleration, days=n,
        )
        for n in (5, 20, 60)
    ),
    *_several(
        "rise_share", (10, 20, 60), "days of rise over days of rise or fall, of {n}", CLOSES, 1,
        "share, 0 to 1", MURPHY, _rise_share,
    ),
    *_several(
        "discreteness", (20, 60, 120),
        "sign(C - C(t-{n})) x (share of days of fall - share of days of rise) of {n} days", CLOSES,
        1, "share, -1 to 1", "Da, Gurun and Warachka, Review of Financial Studies 27 (2014)",
        _discreteness,
    ),
    _one(
        "streak", "days of rise in a row, or minus the days of fall in a row", CLOSES, 2, "days",
        MURPHY, _streak,
    ),
    *_several(
        "largest_rise", (5, 20, 60), "largest r of {n} days", CLOSES, 1, _UNIT, LOTTERY, _extreme,
        largest=True,
    ),
    *_several(
        "largest_fall", (5, 20, 60), "smallest r of {n} days", CLOSES, 1, _UNIT, LOTTERY, _extreme,
        largest=False,
    ),
    *(
        _one(
            f"autocorrelation_{lag}_{n}", f"correlation of r(t) and r(t-{lag}) over {n} days",
            HALF_TRADED, n + lag + 1, "correlation", REVERSAL, _autocorrelation, days=n, lag=lag,
        )
        for lag, n in ((1, 20), (1, 60), (5, 60))
    ),
    *(
        _one(
            f"variance_ratio_{k}_{n}",
            f"variance of {k}-day over {k} times that of daily log returns, over {n} days",
            HALF_TRADED, n + k, "ratio", "Lo and MacKinlay, Review of Financial Studies 1 (1988)",
            _variance_ratio, days=n, span=k,
        )
        for k, n in ((2, 60), (5, 60), (10, 60))
    ),
)  # fmt: skip
