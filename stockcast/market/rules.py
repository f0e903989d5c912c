"""Trading rules by date, read from `rules.csv`: one row per rule, board and first day in force.

The rules are data: each row names its source and whether that source was checked. `from` is
inclusive, and a row holds until the next one of the same rule and board.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockcast.errors import InputError, nearest

BOARDS = ("main", "chinext", "star", "beijing")
TICK = 0.01
"""Smallest price step, yuan."""

_TICKS_A_YUAN = 100
_PARTS = 10_000  # limits are held in basis points, so that prices round in integers


class Limits(NamedTuple):
    """Largest rise and fall of a day as fractions of the reference price; NaN: none."""

    up: np.ndarray
    down: np.ndarray


class Lot(NamedTuple):
    """Shares of a buy order: at least `minimum`, then in steps of `step`. Odd lots sell whole."""

    minimum: int
    step: int


class TransferFee(NamedTuple):
    """Yuan per yuan traded (`of_value`) and per share (`of_par`: a share's par value is 1 yuan)."""

    of_value: float | np.ndarray
    of_par: float | np.ndarray


def table() -> pd.DataFrame:
    """Every rule: `rule, board, from, value, unit, source, verified`.

    `verified` is true where the value was read in the notice's own words or on the exchange's own
    page; the others are the field's common knowledge and still to be checked.
    """
    with (files(__package__) / "rules.csv").open(encoding="utf-8") as lines:
        rows = pd.read_csv(lines, parse_dates=["from"])
    return rows.assign(verified=rows["verified"] == "yes")


def limit_ratio(
    board: npt.ArrayLike, is_st: npt.ArrayLike, date: npt.ArrayLike, days_listed: npt.ArrayLike
) -> Limits:
    """Price limits as fractions of the reference price; the arguments broadcast.

    Parameters
    ----------
    board
        `main`, `chinext`, `star` or `beijing`.
    is_st
        Under special treatment that day. Counts on the main board only: the others' limits hold
        for such stocks too.
    date
        Trading day.
    days_listed
        Trading days since the first one (which is 0); NaN: unknown, taken as long ago.

    Returns
    -------
    Limits
        `up` and `down`, float arrays of the broadcast shape: 0.10 is 10 %, NaN is no limit (the
        free days after a listing, and days before the board had limits).

    Raises
    ------
    InputError
        For an unknown board.
    """
    board, is_st, date, days_listed = np.broadcast_arrays(
        np.asarray(board, dtype=object),
        np.asarray(is_st, dtype=bool),
        np.asarray(date, dtype="datetime64[D]"),
        np.asarray(days_listed, dtype=float),
    )
    up = np.full(board.shape, np.nan)
    down = np.full(board.shape, np.nan)
    for name in pd.unique(board.ravel()):
        here = board == name
        up[here], down[here] = _board_limits(name, is_st[here], date[here], days_listed[here])
    return Limits(up, down)


def _board_limits(
    board: str, is_st: np.ndarray, date: np.ndarray, days_listed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    _check_board(board)
    ratio = _values("limit", board, date)
    if board == "main":
        special = _values("limit_st", board, date)
        ratio = np.where(is_st & np.isfinite(special), special, ratio)
    days_listed = np.nan_to_num(days_listed, nan=np.inf)
    up, down = ratio.copy(), ratio.copy()
    first = days_listed == 0
    up[first] = _values("first_day_up", board, date[first])
    down[first] = _values("first_day_down", board, date[first])
    start, free_days = _current("free_days", board, date)
    # Free days came with a listing under the rule, not to a stock that listed the week before.
    listed_under_it = (date - start).astype(float) >= days_listed
    free = (days_listed < free_days) & listed_under_it
    up[free] = down[free] = np.nan
    return up, down


def limit_prices(
    pre_close: npt.ArrayLike, up_ratio: npt.ArrayLike, down_ratio: npt.ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Highest and lowest price allowed: reference price x (1 ± ratio), rounded half up to the tick.

    Parameters
    ----------
    pre_close
        Reference price in yuan; brought to the nearest tick first, so that binary fractions do
        not decide a half.
    up_ratio, down_ratio
        Fractions (0.10 is 10 %); `down_ratio` is `up_ratio` when left out. The arguments broadcast.

    Returns
    -------
    up, down
        Float arrays in yuan; NaN where the price or the ratio is NaN. The lower limit is at
        least one tick.

    Notes
    -----
    SSE and SZSE trading rules: the result is rounded to the price step, halves upwards, on both
    sides. Computed in integers: 10.05 gives 11.06 and 9.05, where floats give 11.05 and 9.04.
    """
    down_ratio = up_ratio if down_ratio is None else down_ratio
    up = _rounded(pre_close, 1, up_ratio)
    return up, np.maximum(_rounded(pre_close, -1, down_ratio), TICK)


def _rounded(price: npt.ArrayLike, sign: int, ratio: npt.ArrayLike) -> np.ndarray:
    price, ratio = np.broadcast_arrays(np.asarray(price, float), np.asarray(ratio, float))
    known = np.isfinite(price) & np.isfinite(ratio)
    ticks = np.rint(np.where(known, price, 0) * _TICKS_A_YUAN).astype(np.int64)
    parts = _PARTS + sign * np.rint(np.where(known, ratio, 0) * _PARTS).astype(np.int64)
    limit = (ticks * parts + _PARTS // 2) // _PARTS
    return np.where(known, limit / _TICKS_A_YUAN, np.nan)


def lot(board: str) -> Lot:
    """Order size of a board, in shares.

    Raises
    ------
    InputError
        For an unknown board.
    """
    _check_board(board)
    now = np.datetime64("2200-01-01")  # lots have not changed since each board opened
    return Lot(int(_values("lot_minimum", board, now)), int(_values("lot_step", board, now)))


def stamp_tax(side: str, date: npt.ArrayLike) -> float | np.ndarray:
    """Stamp tax as a fraction of the value traded.

    Parameters
    ----------
    side
        `buy` or `sell`.
    date
        Trading day, or an array of them.

    Raises
    ------
    InputError
        For another side, or a day before the table begins.
    """
    if side not in ("buy", "sell"):
        raise InputError("side", "must be buy or sell", side, nearest(str(side), ("buy", "sell")))
    return _rate(f"stamp_tax_{side}", "all", date)


def transfer_fee(market: str, date: npt.ArrayLike) -> TransferFee:
    """Clearing house's transfer fee, charged on buys and sales alike.

    Parameters
    ----------
    market
        `SH`, `SZ` or `BJ`: the suffix of the code.
    date
        Trading day, or an array of them.

    Returns
    -------
    TransferFee
        The fee of an order is `of_value` x its value in yuan + `of_par` x its shares. Shanghai
        charged on par value until 2015-07-31 (rates unverified, see the table).

    Raises
    ------
    InputError
        For another market, or a day before the table begins.
    """
    if market not in ("SH", "SZ", "BJ"):
        hint = nearest(str(market), ("SH", "SZ", "BJ"))
        raise InputError("market", "must be SH, SZ or BJ", market, hint)
    of_par = _rate("transfer_fee_par", market, date) if market == "SH" else 0.0
    return TransferFee(_rate("transfer_fee", market, date), of_par)


def commission_minimum(date: npt.ArrayLike) -> float | np.ndarray:
    """Least commission of an order, yuan (it includes the exchanges' handling fees).

    Raises
    ------
    InputError
        For a day before the table begins.
    """
    return _rate("commission_minimum", "all", date)


def _rate(rule: str, board: str, date: npt.ArrayLike) -> float | np.ndarray:
    values = _values(rule, board, np.asarray(date, dtype="datetime64[D]"))
    if np.isnan(values).any():
        first = _rows(rule, board)[0][0]
        raise InputError("date", f"must not be before the table of {rule} begins", hint=str(first))
    return values if values.ndim else float(values)


def _values(rule: str, board: str, date: npt.ArrayLike) -> np.ndarray:
    """Value in force on each day; NaN before the first row, or when there is none."""
    return _current(rule, board, date)[1]


def _current(rule: str, board: str, date: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """First day in force and value of the rule on each day; NaT and NaN when there is none."""
    starts, values = _rows(rule, board)
    place = np.searchsorted(starts, np.asarray(date, dtype="datetime64[D]"), side="right")
    starts = np.concatenate([[np.datetime64("NaT", "D")], starts])
    return starts[place], np.concatenate([[np.nan], values])[place]


@cache
def _rows(rule: str, board: str) -> tuple[np.ndarray, np.ndarray]:
    rows = _table()
    rows = rows[(rows["rule"] == rule) & (rows["board"] == board)].sort_values("from")
    return rows["from"].to_numpy("datetime64[D]"), rows["value"].to_numpy(float)


@cache
def _table() -> pd.DataFrame:
    return table()


def _check_board(board: str) -> None:
    if board not in BOARDS:
        raise InputError("board", "is not known", board, nearest(str(board), BOARDS))
