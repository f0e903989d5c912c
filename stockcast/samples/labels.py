"""Labels: what happened from the close of the next day on.

Everything here looks ahead on purpose. A label, a class or a buyable flag is an outcome: it
trains and judges, and is never a feature or a filter of a list.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from stockcast.data import holdout
from stockcast.errors import InputError


def label(panel: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Return from the close of t+1 to the close of t+1+horizon, for every row of the panel.

    Parameters
    ----------
    panel
        One row per date and code; t+1 is the next of the panel's own dates, whether or not the
        stock has a row there.
    horizon
        Trading days held, at least 1.

    Returns
    -------
    DataFrame
        `date`, `code`, in the panel's order, and

        - `label`: adjusted close(t+1+horizon) / adjusted close(t+1) - 1, a fraction; NaN where the
          stock is suspended or has no row at either end, or the panel ends before
        - `buyable_close`: at t+1 the stock trades and closes below limit-up
        - `buyable_open`: at t+1 the stock trades and opens below limit-up
        - `sealed`, of a panel with days of a sealed window only (`stockcast.data.holdout`): what
          the row holds is withheld, its label NaN, its flags false

    Raises
    ------
    InputError
        For a horizon below 1.

    Notes
    -----
    Look-ahead: a row dated t holds the future up to t+1+horizon. The definition is that of Qlib's
    benchmarks, `Ref($close, -1-h) / Ref($close, -1) - 1`.
    """
    _check(horizon)
    later = _Later(panel)
    bought, sold = later.row(1), later.row(1 + horizon)
    price = panel.close.to_numpy(float) * panel.adj_factor.to_numpy(float)
    trades = ~panel.suspended.to_numpy(bool)
    limit = panel.limit_up.fillna(np.inf).to_numpy(float)
    there = bought >= 0
    tradable = there & trades[bought]
    known = tradable & (sold >= 0) & trades[sold]
    found = pd.DataFrame(
        {
            "date": panel.date.to_numpy(),
            "code": panel.code.to_numpy(),
            "label": np.where(known, price[sold] / price[bought] - 1, np.nan),
            "buyable_close": tradable & (panel.close.to_numpy(float) < limit)[bought],
            "buyable_open": tradable & (panel.open.to_numpy(float) < limit)[bought],
        }
    )
    return holdout.withheld(found, panel, 1 + horizon)


def forward_volatility(panel: pd.DataFrame, horizon: int) -> pd.Series:
    """Realised volatility of the daily returns from the close of t+1 to that of t+1+horizon.

    Parameters
    ----------
    panel
        One row per date and code, as for `label`.
    horizon
        Trading days held, at least 1: as many daily returns.

    Returns
    -------
    Series of shape (n_rows,), on the panel's index, named `forward_volatility`
        Fraction a day: √(Σ ln²(P(t+1+k) / P(t+k)) / horizon), k = 1 .. horizon, P the adjusted
        close; not centred, as the mean of a few daily returns is noise. A day of suspension on the
        way is a return of zero. NaN where `label` is NaN, sealed rows included, and where the stock
        has no row, or no price above zero, on a day on the way.

    Raises
    ------
    InputError
        For a horizon below 1.

    Notes
    -----
    Look-ahead: as `label`. Times √horizon it is in the unit of `stockcast.samples.scale`, which
    looks back where this looks ahead. Andersen, Bollerslev, Diebold and Labys (2003), "Modeling
    and forecasting realized volatility", Econometrica 71.
    """
    _check(horizon)
    later = _Later(panel)
    price = panel.close.to_numpy(float) * panel.adj_factor.to_numpy(float)
    level = np.log(np.where(price > 0, price, np.nan))
    trades = ~panel.suspended.to_numpy(bool)
    rows = [later.row(days) for days in range(1, horizon + 2)]
    known = trades[rows[0]] & trades[rows[-1]] & np.all([row >= 0 for row in rows], axis=0)
    squares = np.zeros(len(panel))
    for earlier, next_day in pairwise(rows):
        squares += (level[next_day] - level[earlier]) ** 2
    known &= ~holdout.sealed(panel, 1 + horizon)
    volatility = np.where(known, np.sqrt(squares / horizon), np.nan)
    return pd.Series(volatility, panel.index, name="forward_volatility")


def _check(horizon: int) -> None:
    if horizon < 1:
        raise InputError("horizon", "must be at least 1 trading day", horizon)


class _Later:
    """Finds the row of the same stock some trading days later."""

    def __init__(self, panel: pd.DataFrame) -> None:
        days = np.sort(panel.date.unique())
        self.day = np.searchsorted(days, panel.date.to_numpy())
        stock = pd.factorize(panel.code)[0].astype(np.int64)
        self.rows = np.full((stock.max() + 1, len(days)), -1, np.int64)
        self.rows[stock, self.day] = np.arange(len(panel))
        self.stock = stock

    def row(self, days: int) -> np.ndarray:
        """Row `days` later of each row's stock; -1 where there is none."""
        target = self.day + days
        inside = target < self.rows.shape[1]
        return np.where(inside, self.rows[self.stock, np.where(inside, target, 0)], -1)


def thresholds(label: pd.Series, levels: tuple[float, ...] = (0.03, 0.05, 0.10)) -> pd.DataFrame:
    """Classes of a label: did it move by at least a level, and which way?

    Parameters
    ----------
    label
        Returns, fractions.
    levels
        Positive fractions; 0.03 is 3 %.

    Returns
    -------
    DataFrame
        One nullable `Int8` column a level, `class_3` for 0.03: 1 at or above the level, -1 at or
        below minus the level, 0 between; missing where the label is NaN.

    Raises
    ------
    InputError
        For a level that is not above zero.
    """
    out = {}
    for level in levels:
        if not level > 0:
            raise InputError("levels", "must be above zero", level)
        sign = (label >= level).astype("Int8") - (label <= -level).astype("Int8")
        out[f"class_{level * 100:g}"] = sign.mask(label.isna())
    return pd.DataFrame(out, index=label.index)
