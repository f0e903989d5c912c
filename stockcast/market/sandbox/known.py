"""Tables as they stood at a moment, where later events change rows that were there already."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.market.sandbox.clock import public_from

CHANGING = ("stocks", "names", "sector_members", "macro")
"""Tables whose rows depend on the moment; the others only grow."""


def known(name: str, table: pd.DataFrame, names: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Rows of `table` that were public at `now`, without what was still to come.

    Parameters
    ----------
    name
        One of `CHANGING`.
    table
        The canonical table, whole.
    names
        The canonical table of names, whole: a stock is called what it was called at `now`.
    now
        The moment.
    """
    public = public_from(name, table)
    there = table[np.isnat(public) | (public <= now.to_datetime64())]
    if name == "stocks":
        current = known("names", names, names, now).groupby("code")["name"].last()
        called = there["code"].map(current).fillna(there["name"]).astype("str")
        return there.assign(name=called, delist_date=_past(there["delist_date"], now))
    if name == "names":
        following = pd.Series(public, index=table.index).groupby(table["code"]).shift(-1)
        ended = following.fillna(table["end"]) <= now
        return there.assign(end=there["end"].where(ended[there.index]))
    if name == "sector_members":
        return there.assign(end=_past(there["end"], now))
    return there


def _past(days: pd.Series, now: pd.Timestamp) -> pd.Series:
    return days.where(days <= now)
