"""What is known by the close of a day about earlier forecasts."""

from __future__ import annotations

import pandas as pd

from stockcast.errors import InputError


def known_by(daily: pd.DataFrame, days: pd.DatetimeIndex, horizon: int) -> pd.DataFrame:
    """The newest figures that are known at the close of each day.

    A forecast dated s is judged by the return from the close of s+1 to the close of s+1+horizon,
    in trading days. At the close of t the figures of days up to t - (horizon + 1) are known, and
    none later: row t of the result is row t - (horizon + 1) of `daily`.

    Parameters
    ----------
    daily : DataFrame indexed by the date of the forecasts, one column a model
        Figures that need the outcomes, such as the Rank IC.
    days
        All trading days of the span, ascending, those without a forecast included. A day left out
        makes figures known later than they are; a day too many makes them known too early.
    horizon
        Trading days held.

    Returns
    -------
    DataFrame indexed by `days`, columns of `daily`
        NaN where nothing new is known.

    Raises
    ------
    InputError
        When days are not ascending, a figure's date is no trading day, or the horizon is below 1.
    """
    days = pd.DatetimeIndex(days)
    if horizon < 1:
        raise InputError("horizon", "must be at least 1 trading day", horizon)
    if not (days.is_monotonic_increasing and days.is_unique):
        raise InputError("days", "must be ascending and unique")
    strange = daily.index.difference(days)
    if len(strange):
        raise InputError("days", "must hold every day of the figures", f"no {strange[0]:%Y-%m-%d}")
    if not daily.index.is_unique:
        raise InputError("daily", "must have one row a day")
    return daily.reindex(days).rename_axis("date").shift(horizon + 1)


def equal_where_unknown(weights: pd.DataFrame) -> pd.DataFrame:
    """Each row divided by its sum; equal weights where that is not above zero or unknown."""
    total = weights.sum(axis=1, skipna=False)
    equal = 1.0 / weights.shape[1]
    return weights.div(total.where(total > 0), axis=0).fillna(equal)
