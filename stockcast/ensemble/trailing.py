"""Weights by how well each member has done lately, drawn towards equal ones by their noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.ensemble.known import equal_where_unknown, known_by
from stockcast.errors import InputError

WINDOW = 120
"""Days whose outcomes are known that count; about half a year."""

FEWEST = 20
"""Known days below which all members weigh the same."""


def trailing_weights(
    daily: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    window: int = WINDOW,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Part of each day's weight by the members' trailing mean, the rest equally.

    Parameters
    ----------
    daily : DataFrame indexed by the date of the forecasts, one column a member
        Daily figures where more is better and 0 is worth nothing, such as the Rank IC; NaN where
        unknown.
    days, horizon
        Of `known_by`: at the close of t only figures of days up to t - (horizon + 1) count.
    window, fewest
        Trading days looked back on; how many of them must be known.

    Returns
    -------
    DataFrame indexed by `days`, one column a member
        Rows sum to 1. `kept_share` of it is in proportion to the trailing mean, members below zero
        getting none, and the rest equal.
    """
    known = known_by(daily, days, horizon)
    mean = known.rolling(window, min_periods=fewest).mean()
    by_skill = equal_where_unknown(mean.clip(lower=0.0))
    kept = kept_share(daily, days, horizon, window, fewest)
    return by_skill.mul(kept, axis=0).add((1 - kept) / daily.shape[1], axis=0)


def kept_share(
    daily: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    window: int = WINDOW,
    fewest: int = FEWEST,
) -> pd.Series:
    """How much of the differences between trailing means is more than noise, from 0 to 1.

    Arguments as in `trailing_weights`.

    Returns
    -------
    Series indexed by `days`
        max(0, 1 - noise / variance of the means over members); 0 while too few days are known.

    Notes
    -----
    Empirical Bayes shrinkage of several means: Efron and Morris (1975), "Data analysis using
    Stein's estimator and its generalizations", Journal of the American Statistical Association 70.
    What all members owe to the day is taken off first. Labels that overlap by horizon - 1 days
    make the variance of a mean about `horizon` times that of independent days: 1 + 2 times the sum
    of 1 - k / horizon over k from 1 to horizon - 1.
    """
    if daily.shape[1] < 2:
        raise InputError("daily", "must hold at least 2 members", list(daily.columns))
    if not 2 <= fewest <= window:
        raise InputError("fewest", "must be from 2 to the window", fewest)
    known = known_by(daily, days, horizon)
    apart = known.sub(known.mean(axis=1, skipna=False), axis=0)
    looked = apart.rolling(window, min_periods=fewest)
    count = looked.count().min(axis=1)
    noise = looked.var(ddof=1).mean(axis=1) * horizon / count.where(count > 0)
    between = looked.mean().var(axis=1, ddof=1)
    # Rolling sums leave residues of rounding where members are the same.
    shown = between.where(between > 1e-15)
    kept = (1 - noise / shown).clip(0.0, 1.0)
    return kept.replace([np.inf, -np.inf], np.nan).fillna(0.0).rename("kept")
