"""What daily returns look like: fat tails, no memory of direction, a long memory of size.

The three are among the "stylised facts" that returns of all markets share: Cont, "Empirical
properties of asset returns", Quantitative Finance 1 (2001). A panel without them is either not
a market's or not clean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def returns(panel: pd.DataFrame) -> pd.DataFrame:
    """Adjusted daily returns, a row per day and a column per stock.

    Returns
    -------
    DataFrame of shape (n_days, n_stocks)
        Fractions; NaN where the stock did not trade, on the day it resumed (that return spans more
        than a day) and on its first day.
    """
    rows = panel.assign(price=(panel.close * panel.adj_factor).where(~panel.suspended))
    price = rows.pivot(index="date", columns="code", values="price")
    return price / price.shift() - 1


def scaled(wide: pd.DataFrame) -> pd.DataFrame:
    """Each column less its mean, in units of its standard deviation; NaN stays NaN."""
    return (wide - wide.mean()) / wide.std(ddof=0)


def excess_kurtosis(wide: pd.DataFrame) -> pd.Series:
    """Fourth moment of the scaled returns less 3, which is a normal distribution's, by stock."""
    return (scaled(wide) ** 4).mean() - 3


def autocorrelation(wide: pd.DataFrame, lags: Sequence[int]) -> pd.Series:
    """Correlation of a column with itself `lag` days earlier, averaged over the columns.

    Returns
    -------
    Series indexed by lag
        From the pairs of days that both have a return.
    """
    units = scaled(wide).to_numpy()
    held = {lag: np.nanmean(units[lag:] * units[:-lag]) for lag in lags}
    return pd.Series(held, name="autocorrelation").rename_axis("lag (trading days)")


def pair_correlation(wide: pd.DataFrame) -> float:
    """Mean correlation of two different stocks' returns on the same day, over all pairs."""
    units = scaled(wide).to_numpy()
    total, squares = np.nansum(units, axis=1), np.nansum(units**2, axis=1)
    known = np.isfinite(units).sum(axis=1)
    return float((total**2 - squares).sum() / (known * (known - 1)).sum())


def summary(panel: pd.DataFrame) -> pd.Series:
    """The facts that one market can be compared with another by.

    Parameters
    ----------
    panel
        As-traded rows (`as_traded`): limits mean nothing in adjusted prices.

    Returns
    -------
    Series
        `volatility` (a day's, fraction) and `excess_kurtosis` of the median stock; autocorrelation
        of absolute returns after 1, 5 and 20 days (`memory_1`, ...); `pair_correlation`; shares of
        traded rows that close at their limit (`limit_up`, `limit_down`); share of rows `suspended`.
    """
    wide = returns(panel)
    traded = panel[~panel.suspended]
    ticks = np.rint(100 * traded[["close", "limit_up", "limit_down"]])
    memory = autocorrelation(wide.abs(), (1, 5, 20))
    return pd.Series(
        {
            "volatility": wide.std().median(),
            "excess_kurtosis": excess_kurtosis(wide).median(),
            **{f"memory_{lag}": value for lag, value in memory.items()},
            "pair_correlation": pair_correlation(wide),
            "limit_up": (ticks.close == ticks.limit_up).mean(),
            "limit_down": (ticks.close == ticks.limit_down).mean(),
            "suspended": panel.suspended.mean(),
        },
        name="fact",
    )
