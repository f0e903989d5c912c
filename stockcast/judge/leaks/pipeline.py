"""What every pipeline under suspicion is: a callable that takes tables and dates.

Tables are a mapping of DataFrame: `quotes` (one row per day and listed stock: date, code, open,
high, low, close, volume, amount, adj_factor, suspended), and `stocks`, `index_weights` and
`income` as `stockcast.market.tables` has them. A pipeline is handed as much of them as was public
on some day and gives a `Run`: what an honest one would lay open of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from stockcast.errors import InputError
from stockcast.market.calendar import sessions

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Dates:
    """The settings of dates.

    Attributes
    ----------
    start, train_end, valid_end, end
        First day, last day that may train, last day that may validate, last day of the test,
        YYYY-MM-DD. The tables may end before `end`.
    horizon
        Trading days held.
    """

    start: str
    train_end: str
    valid_end: str
    end: str
    horizon: int = 5

    def __post_init__(self) -> None:
        """Refuse dates out of order."""
        stops = [self.start, self.train_end, self.valid_end, self.end]
        if sorted(set(stops)) != stops:
            raise InputError("dates", "must ascend", stops)
        if self.horizon < 1:
            raise InputError("horizon", "must be at least 1 trading day", self.horizon)

    @property
    def days(self) -> pd.DatetimeIndex:
        """The exchange's trading days from `start` to three weeks after `end`: known beforehand."""
        return _days(self.start, self.end)


@dataclass(frozen=True)
class Fit:
    """One fitted model and what it forecast.

    Attributes
    ----------
    trained : DataFrame
        `date`, `known`: each day whose labels trained or chose the model, and the day at whose
        close these labels were known (the close of t+1+h for the label of t).
    features : dict of DataFrame of shape (n_days, n_stocks)
        By name: what the model was given on the days it forecast; NaN where nothing was asked.
    scores : DataFrame of shape (n_days, n_stocks)
        Its forecasts on the same days; NaN where it made none.
    """

    trained: pd.DataFrame
    features: dict[str, pd.DataFrame]
    scores: pd.DataFrame


@dataclass(frozen=True)
class Run:
    """What a pipeline lays open.

    Attributes
    ----------
    fits
        By name. The last one's forecasts are those that the pipeline is judged by.
    outcomes : DataFrame of shape (n_days, n_stocks)
        The returns that the pipeline judges itself by, as fractions; NaN where unknown.
    orders : DataFrame
        `decided`, `filled`, `code`: a purchase, the day at whose close it is decided, and the day
        of whose prices one fills it.
    """

    fits: dict[str, Fit]
    outcomes: pd.DataFrame
    orders: pd.DataFrame


Pipeline = Callable[[Tables, Dates], Run]


@lru_cache(maxsize=64)
def _days(start: str, end: str) -> pd.DatetimeIndex:
    return sessions(start, pd.Timestamp(end) + pd.Timedelta(days=21)).as_unit("us")
