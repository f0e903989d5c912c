"""States of the market that are known at the close: how wild, which way, and how many with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError

SHORT, LONG = 20, 60
"""Trading days looked back on: for volatility, and for trend and breadth."""


def market_states(panel: pd.DataFrame) -> pd.DataFrame:
    """Volatility, trend and breadth of the members, from closes up to the day itself.

    Parameters
    ----------
    panel : DataFrame with date, code, close, adj_factor, in_universe, suspended
        Sorted by date and code. The members of a day are those with `in_universe` on it.

    Returns
    -------
    DataFrame indexed by date
        `volatility` (standard deviation of the daily market return over 20 days, a fraction),
        `trend` (sum of the market's daily log returns over 60 days), `breadth` (share of members
        whose close is above their own mean of 60 closes). The market return is the mean over
        members that traded. NaN until there are as many days.
    """
    price = (panel["close"] * panel["adj_factor"]).where(~panel["suspended"].astype(bool))
    by_stock = price.groupby(panel["code"])
    moved = by_stock.pct_change(fill_method=None)
    average = by_stock.rolling(LONG, min_periods=LONG // 2).mean().droplevel(0).reindex(price.index)
    above = (price > average).astype(float).where(price.notna() & average.notna())
    counted = panel["in_universe"].astype(bool)
    market = moved.where(counted).groupby(panel["date"]).mean()
    return pd.DataFrame(
        {
            "volatility": market.rolling(SHORT).std(),
            "trend": np.log1p(market).rolling(LONG).sum(),
            "breadth": above.where(counted).groupby(panel["date"]).mean(),
        }
    ).rename_axis("date")


def regimes(states: pd.DataFrame, fewest: int = 120) -> pd.DataFrame:
    """Each state as high or low against what it was before.

    Parameters
    ----------
    states : DataFrame indexed by date, ascending
    fewest
        Days needed for a median.

    Returns
    -------
    DataFrame of str, index and columns of `states`
        "high" where the state is above its median of all days so far, else "low"; "unknown" where
        either is missing.
    """
    if not states.index.is_monotonic_increasing:
        raise InputError("states", "must be in order of date")
    median = states.expanding(min_periods=fewest).median()
    words = np.where(states > median, "high", "low")
    words = np.where(states.notna() & median.notna(), words, "unknown")
    return pd.DataFrame(words, index=states.index, columns=states.columns).astype("str")
