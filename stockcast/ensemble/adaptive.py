"""Adaptive selection: the members that did best on earlier days of the same regime."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.ensemble.known import known_by
from stockcast.errors import InputError

BEST = 3
"""Members selected."""

PRIOR = 60
"""Days of the same regime at which its own mean counts as much as that of all days."""

FEWEST = 20
"""Known days below which all members weigh the same."""


def selected_weights(
    daily: pd.DataFrame,
    regime: pd.Series,
    days: pd.DatetimeIndex,
    horizon: int,
    best: int = BEST,
    prior: float = PRIOR,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Equal weights for the members that are best in the day's regime, none for the others.

    Parameters
    ----------
    daily : DataFrame indexed by the date of the forecasts, one column a member
        Daily figures, more is better, such as the Rank IC. A day on which any member's is NaN
        teaches nothing.
    regime : Series indexed by date
        Name of each day's regime, known at its close. A day that it lacks is of regime "unknown".
    days, horizon
        Of `known_by`.
    best
        Members selected; of equal ones the first in the columns' order.
    prior
        A member's figure is its mean on known days of today's regime, drawn towards its mean on
        all known days with the weight of so many days.
    fewest
        Known days below which weights are equal.

    Returns
    -------
    DataFrame indexed by `days`, one column a member
        Rows sum to 1.

    Raises
    ------
    InputError
        When `best` is not between 1 and the members, or `prior` is not above zero.
    """
    if not 1 <= best <= daily.shape[1]:
        raise InputError("best", f"must be from 1 to {daily.shape[1]} members", best)
    if not prior > 0:
        raise InputError("prior", "must be above 0", prior)
    days = pd.DatetimeIndex(days)
    known = known_by(daily.where(daily.notna().all(axis=1)), days, horizon)
    today = regime.reindex(days).astype(object).where(lambda words: words.notna(), "unknown")
    then = today.shift(horizon + 1).to_numpy()
    usable = known.notna().all(axis=1).to_numpy()
    values = known.fillna(0.0).to_numpy()
    total, count = values.cumsum(axis=0), usable.cumsum()
    figure = np.zeros_like(values)
    with np.errstate(invalid="ignore"):
        overall = total / np.maximum(count, 1)[:, None]
        for name in today.unique():
            same = (then == name) & usable
            own = np.where(same[:, None], values, 0.0).cumsum(axis=0)
            number = same.cumsum()[:, None]
            here = (today == name).to_numpy()
            figure[here] = ((own + prior * overall) / (number + prior))[here]
    place = np.argsort(np.argsort(-figure, axis=1, kind="stable"), axis=1, kind="stable")
    weights = np.where(place < best, 1.0 / best, 0.0)
    weights[count < fewest] = 1.0 / daily.shape[1]
    return pd.DataFrame(weights, index=days.rename("date"), columns=daily.columns)
