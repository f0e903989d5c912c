"""Night against day: what happens from close to open, and from open to close."""

from __future__ import annotations

import numpy as np

from stockcast.features.rows import Rows, ratio
from stockcast.features.technical.steady import (
    CLOSE,
    OPEN,
    PREVIOUS,
    count,
    declare,
    logarithm,
)

NIGHT = "Lou, Polk and Skouras, Journal of Financial Economics 134 (2019)"


def _gap(rows: Rows) -> np.ndarray:
    return ratio(rows["open"], rows["pre_close"]) - 1


def _gap_size(rows: Rows, days: int) -> np.ndarray:
    return rows.mean(np.abs(_gap(rows)), days)


def _intraday(rows: Rows, days: int) -> np.ndarray:
    return rows.mean(_day(rows), days)


def _overnight(rows: Rows, days: int) -> np.ndarray:
    return rows.mean(_night(rows), days)


def _tug(rows: Rows, days: int) -> np.ndarray:
    return rows.mean(_night(rows) - _day(rows), days)


def _night_share(rows: Rows, days: int) -> np.ndarray:
    night, day = rows.sum(_night(rows) ** 2, days), rows.sum(_day(rows) ** 2, days)
    return ratio(night, night + day)


def _night_day(rows: Rows, days: int) -> np.ndarray:
    return rows.correlation(_night(rows), _day(rows), days)


def _reversals(rows: Rows, days: int) -> np.ndarray:
    """Share of days whose session took back some of the night's move."""
    night = rows[OPEN] - rows[PREVIOUS]
    back = night * (rows[CLOSE] - rows[OPEN]) < 0
    return count(rows, back, days, OPEN, CLOSE, unknown=1) / days


def _night(rows: Rows) -> np.ndarray:
    return rows.memo("night", lambda: logarithm(ratio(rows[OPEN], rows[PREVIOUS])))


def _day(rows: Rows) -> np.ndarray:
    return rows.memo("session", lambda: logarithm(ratio(rows["close"], rows["open"])))


_one, _several = declare("nights")
_OPENS = ("open", "close", "adj_factor")
_SHARE = "share, 0 to 1"

FEATURES = (
    _one(
        "gap", "O / pre_close - 1, both as traded", ("open", "pre_close"), 1, "fraction", NIGHT,
        _gap,
    ),
    *_several(
        "gap_size", (20, 60), "mean of |O / pre_close - 1| over {n} days", ("open", "pre_close"), 0,
        "fraction", NIGHT, _gap_size,
    ),
    *_several(
        "intraday", (1, 5, 20, 60), "mean of log(C / O) over {n} days", ("open", "close"), 0,
        "log return a day", NIGHT, _intraday,
    ),
    *_several(
        "overnight", (5, 20, 60), "mean of log(O / C(t-1)) over {n} days", _OPENS, 1,
        "log return a day", NIGHT, _overnight,
    ),
    *_several(
        "tug_of_war", (1, 5, 20, 60), "mean of log(O / C(t-1)) - log(C / O) over {n} days", _OPENS,
        1, "log return a day", NIGHT, _tug,
    ),
    *_several(
        "night_share", (20, 60), "sum of log(O / C(t-1))^2 over that and log(C / O)^2, {n} days",
        _OPENS, 1, _SHARE, NIGHT, _night_share,
    ),
    *_several(
        "night_day", (20, 60), "correlation of log(O / C(t-1)) and log(C / O) over {n} days",
        _OPENS, 1, "correlation", NIGHT, _night_day,
    ),
    *_several(
        "reversals", (20, 60), "share of days of {n} on which C - O was against O - C(t-1)", _OPENS,
        1, _SHARE, "Akbas, Boehmer, Jiang and Koch, Journal of Financial Economics 145 (2022)",
        _reversals,
    ),
)  # fmt: skip
