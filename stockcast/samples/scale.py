"""How large a return to expect: the trailing volatility that labels are scaled by."""

from __future__ import annotations

import numpy as np
import pandas as pd

FLOOR = 0.003  # a day's volatility; a stock locked at one price must not divide by zero


def return_scale(panel: pd.DataFrame, horizon: int, lookback: int = 60) -> pd.DataFrame:
    """Standard deviation of a return over `horizon` days, had volatility stayed as it was.

    Parameters
    ----------
    panel
        Sorted by date and code.
    horizon
        Trading days held.
    lookback
        Trading days of daily returns looked back on; a third of them must be there.

    Returns
    -------
    DataFrame
        `date`, `code`, `scale`: the square root of the mean squared daily log return over
        `lookback` days, floored at 0.3 %, times the square root of `horizon` (fractions). NaN
        where fewer than a third of the days are there.

    Notes
    -----
    A row dated t uses closes up to t only.
    """
    rows = panel.sort_values(["code", "date"], kind="stable")
    price = np.log(rows.close.to_numpy(float) * rows.adj_factor.to_numpy(float))
    squared = pd.Series(price, rows.index).groupby(rows.code).diff() ** 2
    # One column a stock: pandas' grouped rolling mean is an order slower on long tables.
    wide = squared.to_frame("square").assign(date=rows.date, code=rows.code)
    wide = wide.pivot(index="date", columns="code", values="square")
    mean = wide.rolling(lookback, min_periods=max(2, lookback // 3)).mean()
    daily = np.sqrt(mean.clip(lower=0.0)).clip(lower=FLOOR)
    scale = (daily * np.sqrt(horizon)).stack().rename("scale").reset_index()
    keys = panel[["date", "code"]]
    return keys.merge(scale, on=["date", "code"], how="left")
