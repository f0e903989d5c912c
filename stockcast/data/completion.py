"""What a source leaves out of the panel, derived from what it has.

Each derivation looks back only. The one exception is filled gaps: that a stock came back after a
gap without rows shows in the rows that fill it, which is why they are marked suspended (they carry
no return, no label and no trade).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.data.boards import board
from stockcast.data.schema import DATE, PRICES
from stockcast.market import rules

_DEFAULTS = {"is_st": False, "in_universe": False, "as_traded": True}


def complete(frame: pd.DataFrame, first_day: pd.Timestamp | None = None) -> pd.DataFrame:
    """Add the derived columns of the panel and fill its gaps.

    Parameters
    ----------
    frame
        As `validate` returns it.
    first_day
        First day the source has quotes of any stock; the frame's own first day unless given.

    Returns
    -------
    DataFrame
        Sorted by date and code; every column of `PANEL`, `sector` and `pct_chg` only if they came.
        Columns that came are kept as they came, and where missing:

        - days between a stock's first and last without a row become suspended days, flat, with
          zero volume and **missing** amount (an exchange's own suspended days have amount 0)
        - `board` is told from the code, see `stockcast.data.boards`
        - `list_date` is the stock's first day, if that is later than `first_day`; else NaT
        - `pre_close` is the previous adjusted close divided by the day's factor, on the 0.01 tick
          where prices are as traded; NaN on a stock's first day
        - `limit_up` and `limit_down` follow the dated table of `stockcast.market.rules`; NaN
          where there is no limit, no `pre_close`, or prices are not as traded
    """
    frame = frame.sort_values(["code", "date"], kind="stable", ignore_index=True)
    days = pd.DatetimeIndex(np.sort(frame.date.unique()))
    first_day = days[0] if first_day is None else first_day
    frame = _fill_gaps(frame, days)
    for name, value in _DEFAULTS.items():
        if name not in frame:
            frame[name] = value
    if "board" not in frame:
        codes = pd.Series(frame.code.unique())
        frame["board"] = frame.code.map(dict(zip(codes, board(codes), strict=True))).astype("str")
    if "list_date" not in frame:
        first = frame.groupby("code").date.transform("min")
        frame["list_date"] = first.where(first > first_day).astype(DATE)
    _add_pre_close(frame)
    if "limit_up" not in frame or "limit_down" not in frame:
        frame[["limit_up", "limit_down"]] = rules.limits(frame, rules.declared_free())
    return frame.sort_values(["date", "code"], kind="stable", ignore_index=True)


def _fill_gaps(frame: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Repeat a stock's last row over the days it has none; `frame` sorted by code and date."""
    day = days.get_indexer(frame.date)
    following = np.append(day[1:], 0)
    last = np.append(frame.code.to_numpy()[1:] != frame.code.to_numpy()[:-1], True)
    times = np.where(last, 1, following - day)
    if (times == 1).all():
        return frame
    source = np.repeat(np.arange(len(frame)), times)
    after = np.arange(len(source)) - np.repeat(np.cumsum(times) - times, times)
    filled = after > 0
    out = frame.iloc[source].reset_index(drop=True)
    out["date"] = days[day[source] + after].astype(DATE)
    for name in PRICES:
        out[name] = out[name].mask(filled, out.close)
    out["suspended"] |= filled
    out["volume"] = out.volume.mask(filled, 0.0)
    for name in ("amount", "pre_close", "limit_up", "limit_down", "pct_chg"):
        if name in out:
            out[name] = out[name].mask(filled)
    return out


def _add_pre_close(frame: pd.DataFrame) -> None:
    """Fill `pre_close`; `frame` sorted by code and date."""
    adjusted = frame.close * frame.adj_factor
    reference = adjusted.groupby(frame.code).shift() / frame.adj_factor
    # 1e-6 of a tick keeps a half tick, as 0.125 x 100, from falling to rounding noise.
    rounded = np.floor(reference * 100 + 0.5 + 1e-6) / 100
    reference = reference.where(~frame.as_traded, rounded)
    frame["pre_close"] = frame.pre_close.fillna(reference) if "pre_close" in frame else reference
