"""What the exchange's rules did to the stock: limits hit, days without a trade."""

from __future__ import annotations

import numpy as np

from stockcast.features.rows import Rows, ratio, where
from stockcast.features.technical.steady import count, declare

RULES = "the exchanges' trading rules, see stockcast.market.rules"
MAGNET = "Chen, Gao, He, Jiang and Xiong, Journal of Econometrics 208 (2019)"

HALF_TICK = 0.005
"""Yuan: prices and limits are whole hundredths."""

_AT = {1: ("limit_up", "high"), -1: ("limit_down", "low")}
"""Of a limit: its column, and the price that comes nearest to it."""


def at_limit(rows: Rows, price: str, side: int) -> np.ndarray:
    """Bool per row: it traded, and the price (as traded) was at limit-up (1) or -down (-1)."""
    beyond = side * (rows[price] - rows[_AT[side][0]])
    return rows["traded"] & (beyond > -HALF_TICK)


def _closed(rows: Rows, days: int, side: int) -> np.ndarray:
    return count(rows, at_limit(rows, "close", side), days)


def _failed(rows: Rows, days: int, side: int) -> np.ndarray:
    touched = at_limit(rows, _AT[side][1], side) & ~at_limit(rows, "close", side)
    return count(rows, touched, days)


def _streak(rows: Rows) -> np.ndarray:
    """Days at limit-up in a row; minus those at limit-down."""
    up, down = (_run(rows, at_limit(rows, "close", side)) for side in (1, -1))
    return up - down


def _run(rows: Rows, flag: np.ndarray) -> np.ndarray:
    ago, age = rows.since(~flag), np.arange(len(rows)) - rows.bounds[rows.stock()]
    return where(np.isnan(ago), age + 1.0, ago)


def _recency(rows: Rows, side: int) -> np.ndarray:
    return _fading(rows, at_limit(rows, "close", side))


def _halt_recency(rows: Rows) -> np.ndarray:
    return _fading(rows, rows["suspended"])


def _fading(rows: Rows, flag: np.ndarray) -> np.ndarray:
    """exp(-days since / 20); 0 before the first."""
    return np.nan_to_num(np.exp(-rows.since(flag) / 20), nan=0.0)


def _halted(rows: Rows, days: int) -> np.ndarray:
    return count(rows, rows["suspended"], days)


def _reach(rows: Rows, days: int, side: int) -> np.ndarray:
    """How near to the limit the day's extreme came, as a share of the way from pre_close."""
    limit, nearest = _AT[side]
    way = ratio(rows[nearest] - rows["pre_close"], rows[limit] - rows["pre_close"])
    return rows.mean(way, days, max(days // 2, 1))


def _width(rows: Rows) -> np.ndarray:
    return ratio(rows["limit_up"] - rows["limit_down"], 2 * rows["pre_close"])


_one, _several = declare("rules")
_UP = ("close", "limit_up", "suspended")
_DOWN = ("close", "limit_down", "suspended")
_BAND = ("limit_up", "limit_down")

FEATURES = (
    *_several(
        "limit_up", (20, 60), "days of the last {n} that closed at limit-up", _UP, 0, "days",
        RULES, _closed, side=1,
    ),
    *_several(
        "limit_down", (20, 60), "days of the last {n} that closed at limit-down", _DOWN, 0, "days",
        RULES, _closed, side=-1,
    ),
    _one(
        "limit_up_failed_60", "days of the last 60 that touched limit-up and closed below",
        ("high", *_UP), 60, "days", MAGNET, _failed, days=60, side=1,
    ),
    _one(
        "limit_down_failed_60", "days of the last 60 that touched limit-down and closed above",
        ("low", *_DOWN), 60, "days", MAGNET, _failed, days=60, side=-1,
    ),
    _one(
        "limit_streak", "days in a row that closed at limit-up, or minus those at limit-down",
        ("close", *_BAND, "suspended"), 1, "days", MAGNET, _streak,
    ),
    _one(
        "limit_up_recency", "exp(-days since a close at limit-up / 20); 0 before the first", _UP, 1,
        "share, 0 to 1", MAGNET, _recency, side=1,
    ),
    _one(
        "limit_down_recency", "exp(-days since a close at limit-down / 20); 0 before the first",
        _DOWN, 1, "share, 0 to 1", MAGNET, _recency, side=-1,
    ),
    *(
        _one(
            f"limit_up_reach_{n}",
            f"mean over {n} days of (high - pre_close) / (limit_up - pre_close), as traded",
            ("high", "pre_close", "limit_up"), max(n // 2, 1), "share of the way", MAGNET, _reach,
            days=n, side=1,
        )
        for n in (1, 20)
    ),
    *(
        _one(
            f"limit_down_reach_{n}",
            f"mean over {n} days of (low - pre_close) / (limit_down - pre_close), as traded",
            ("low", "pre_close", "limit_down"), max(n // 2, 1), "share of the way", MAGNET, _reach,
            days=n, side=-1,
        )
        for n in (1, 20)
    ),
    _one(
        "limit_width", "(limit_up - limit_down) / (2 pre_close)", ("pre_close", *_BAND), 1,
        "fraction", RULES, _width,
    ),
    *_several(
        "suspended", (20, 120), "days of the last {n} without a trade", ("suspended",), 0, "days",
        RULES, _halted,
    ),
    _one(
        "halt_recency", "exp(-days since a day without a trade / 20); 0 before the first",
        ("suspended",), 1, "share, 0 to 1", RULES, _halt_recency,
    ),
)  # fmt: skip
