"""What stands in the way of an order: limits, suspensions, special treatment, thin turnover."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.advice.evening import Evening

HALF_TICK = 0.005  # yuan: prices are rounded to 0.01
DAYS = 20
"""Trading days that a stock's usual turnover is taken from."""
NEW = 60
"""Trading days since the listing below which a stock is new."""


def flags(
    evening: Evening, values: Mapping[str, float], participation: float
) -> dict[str, tuple[str, ...]]:
    """Flags of some stocks at the close, keys of `stockcast.advice.words.FLAGS`.

    Parameters
    ----------
    values
        Yuan that an order for the stock would be worth, by code.
    participation
        Largest share of a day's turnover that an order may be.

    Returns
    -------
    dict
        - limit_up, limit_down: it closed there; an order the next day may find nobody to trade with
        - suspended, st, adjusted (prices are not as traded)
        - illiquid: the order exceeds `participation` of the median turnover of 20 days
        - no_turnover: that median is unknown
        - new: fewer than 60 trading days since the listing
        - outside: no row that day
    """
    today = evening.today
    turnover = _turnover(evening)
    days = evening.days
    out = {}
    for code, value in values.items():
        if code not in today.index:
            out[code] = ("outside",)
            continue
        row = today.loc[code]
        usual = turnover.get(code, np.nan)
        trades = not row["suspended"]
        since = pd.Timestamp(row["list_date"]) if "list_date" in today else pd.NaT
        told = {
            "limit_up": trades and row["close"] >= row["limit_up"] - HALF_TICK,
            "limit_down": trades and row["close"] <= row["limit_down"] + HALF_TICK,
            "suspended": not trades,
            "st": bool(row["is_st"]),
            "adjusted": not row["as_traded"],
            "illiquid": bool(np.isfinite(usual) and value > participation * usual),
            "no_turnover": not np.isfinite(usual),
            "new": pd.notna(since) and int((days >= since).sum()) < NEW and since > days[0],
        }
        out[code] = tuple(name for name, true in told.items() if true)
    return out


def _turnover(evening: Evening) -> pd.Series:
    """Median amount of the last 20 days, by code, in yuan; suspended days count as zero."""
    recent = evening.panel[evening.panel["date"].isin(evening.days[-DAYS:])]
    amount = recent["amount"].where(~recent["suspended"].astype(bool), 0.0)
    return amount.groupby(recent["code"]).median()
