"""The sandbox's now, and when each row of each table becomes public.

Hours are those at which Tushare says it is up to date (`document` of the interface), or later
where a table's canonical rule is stricter: the sandbox never shows a row before its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

_HOURS = {
    "factors": ("date", "9h20min"),
    "limits": ("date", "8h40min"),
    "suspensions": ("date", "9h"),
    "bars": ("date", "15h30min"),
    "index_bars": ("date", "15h30min"),
    "valuation": ("date", "17h"),
    "option_bars": ("date", "17h"),
    "index_weights": ("date", "18h"),
    "money_flow": ("date", "19h"),
    "northbound": ("date", "20h"),
    "northbound_holdings": ("date", "20h"),
    "top_list": ("date", "20h"),
    "top_seats": ("date", "20h"),
    "margin": ("date", "32h30min"),
    "rates": ("date", "11h30min"),
    "income": ("first_announced", "24h"),
    "balance": ("first_announced", "24h"),
    "cash_flow": ("first_announced", "24h"),
    "indicators": ("announced", "24h"),
    "dividends": ("announced", "24h"),
    "macro": ("released", "10h"),
    "option_contracts": ("list_date", "0h"),
    "stocks": ("list_date", "0h"),
    "sector_members": ("start", "0h"),
    "news": ("time", "0h"),
}
"""Table -> the column that dates a row, and how long after that midnight it is public.

Books announced on an evening carry only the day, so they are shown from the next midnight."""


def public_from(table: str, frame: pd.DataFrame) -> np.ndarray:
    """When each row became public, datetime64[us] of shape (n_rows,); NaT: always was."""
    if table == "names":
        times = (frame["announced"] + pd.Timedelta("20h")).fillna(frame["start"])
    elif table == "calendar":  # published in the December before
        times = pd.to_datetime((frame["date"].dt.year - 1).astype("str") + "-12-20")
    elif table in _HOURS:
        column, delay = _HOURS[table]
        times = frame[column] + pd.Timedelta(delay)
    else:
        return np.full(len(frame), np.datetime64("NaT", "us"))
    return times.to_numpy(dtype="datetime64[us]")


@dataclass(frozen=True)
class Clock:
    """A clock that stands still, or runs.

    Parameters
    ----------
    start
        The sandbox's time when the clock is made.
    speed
        Sandbox seconds in a second; 0 stands still.
    time_function
        Monotonic seconds.
    """

    start: pd.Timestamp
    speed: float = 0.0
    time_function: Callable[[], float] = time.monotonic
    _zero: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", pd.Timestamp(self.start).as_unit("us"))
        object.__setattr__(self, "_zero", self.time_function())

    def now(self) -> pd.Timestamp:
        """The sandbox's time, naive, in Shanghai."""
        passed = pd.Timedelta(seconds=(self.time_function() - self._zero) * self.speed)
        return (self.start + passed).as_unit("us")

    @classmethod
    def after(cls, days: pd.DatetimeIndex | pd.Series) -> Clock:
        """Standing at noon after the last of `days`: by then everything of it is public."""
        return cls(pd.DatetimeIndex(days)[-1] + pd.Timedelta("36h"))
