"""Price limits: fractions of the reference price, prices on the tick, and a panel's two columns."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockcast.market import calendar
from stockcast.market._rulebook import BOARDS, check, current, values

TICK = 0.01
"""Smallest price step, yuan."""

_TICKS_A_YUAN = 100
_PARTS = 10_000  # limits are held in basis points, so that prices round in integers
_OPENING = pd.Timestamp("1990-12-19")  # the first session of all
_DELISTING = r"^退市|退$"  # SSE puts the mark before the name, SZSE after it


class Limits(NamedTuple):
    """Largest rise and fall of a day as fractions of the reference price; NaN: none."""

    up: np.ndarray
    down: np.ndarray


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
    check("board", board, BOARDS)
    ratio = values("limit", board, date)
    if board == "main":
        special = values("limit_st", board, date)
        ratio = np.where(is_st & np.isfinite(special), special, ratio)
    days_listed = np.nan_to_num(days_listed, nan=np.inf)
    up, down = ratio.copy(), ratio.copy()
    first = days_listed == 0
    up[first] = values("first_day_up", board, date[first])
    down[first] = values("first_day_down", board, date[first])
    start, free_days = current("free_days", board, date)
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


def limits(panel: pd.DataFrame, free: pd.DataFrame | None = None) -> pd.DataFrame:
    """A panel's price limits by the dated rules.

    Parameters
    ----------
    panel
        `date, code, board, is_st, list_date, pre_close`, and `as_traded` where prices may not be;
        the oldest of its days begins the count of trading days, see `days_listed`.
    free
        `date, code` of days without limits that no column tells: `declared_free()` and the first
        day of a delisting period (`delisting_free`). None: such days get the usual limits.

    Returns
    -------
    DataFrame
        `limit_up` and `limit_down` in yuan, the panel's index; NaN where there is no limit, no
        `pre_close`, or the price is not as traded. A stock whose special treatment is unknown
        (`is_st` false) gets the ordinary limits, which are never narrower until 2026-07-05 and
        the same from then on.

    Raises
    ------
    InputError
        For an unknown board.
    """
    ratio = limit_ratio(
        panel["board"].to_numpy(), panel["is_st"].to_numpy(), panel["date"].to_numpy(),
        days_listed(panel),
    )  # fmt: skip
    reference = panel["pre_close"]
    if "as_traded" in panel:
        reference = reference.where(panel["as_traded"])
    up, down = limit_prices(reference.to_numpy(), ratio.up, ratio.down)
    out = pd.DataFrame({"limit_up": up, "limit_down": down}, index=panel.index)
    if free is None:
        return out
    keys = pd.MultiIndex.from_frame(panel[["date", "code"]])
    out.loc[keys.isin(pd.MultiIndex.from_frame(free[["date", "code"]]))] = np.nan
    return out


def days_listed(panel: pd.DataFrame) -> np.ndarray:
    """Trading days since listing, 0 on the first; NaN where that day is unknown.

    The panel's own days are counted; for a listing before them, the exchange's.
    """
    if panel.empty:
        return np.empty(0)
    days = pd.DatetimeIndex(np.sort(panel["date"].unique()))
    unknown = panel["list_date"].isna().to_numpy()
    listed = panel["list_date"].fillna(days[0])
    before = calendar.sessions(_OPENING, max(days[0], _OPENING))
    before = before[before < days[0]]
    earlier = len(before) - before.searchsorted(listed)
    start = np.where(earlier > 0, -earlier, days.searchsorted(listed))
    return np.where(unknown, np.nan, days.get_indexer(panel["date"]) - start)


def declared_free() -> pd.DataFrame:
    """Days on which an exchange declared an old stock free of limits, as far as they are known.

    Returns
    -------
    DataFrame
        date, code, reason, source, verified. Reasons: `relisted` (first session after a suspension
        of the listing), `share reform` (first session after non-tradable shares became tradable),
        `new shares` (the day on which newly issued shares listed). SSE trading rules 3.4.13 and
        SZSE 3.3.14; SZSE's notice of 2005-06-17. The list holds stocks of the CSI 300, 2010 to
        2020; it is no complete one.
    """
    with (files(__package__) / "free_days.csv").open(encoding="utf-8") as lines:
        rows = pd.read_csv(lines, parse_dates=["date"])
    return rows.assign(
        date=rows["date"].astype("datetime64[us]"), verified=rows["verified"] == "yes"
    )


def delisting_free(names: pd.DataFrame, boards: pd.Series) -> pd.DataFrame:
    """First days of delisting periods, which are free of limits since the reform of 2020-12-31.

    Parameters
    ----------
    names
        The canonical table `names`: such a stock is called 退市... in Shanghai, ...退 in Shenzhen.
    boards
        Board of each code, indexed by code.

    Returns
    -------
    DataFrame
        date, code. Known only from the announcement of the new name on.
    """
    marked = names[names["name"].str.contains(_DELISTING)]
    first = marked.groupby("code", as_index=False)["start"].min()
    board = first["code"].map(boards)
    free = pd.Series(0.0, index=first.index)
    for name in board.dropna().unique():
        here = board == name
        free[here] = values("delisting_free_days", name, first["start"][here].to_numpy())
    found = first[free > 0].rename(columns={"start": "date"})
    return found[["date", "code"]].reset_index(drop=True)
