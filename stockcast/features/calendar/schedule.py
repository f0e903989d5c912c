"""The exchange's days as they were announced: how a day's close saw the days before and after it.

The State Council publishes the holidays of a year in the weeks before it, from late October to the
middle of December. Here a year's holidays count from 25 December of the year before; weekdays
beyond what was announced count as trading days. A closed weekday of the last week of December
belongs to the new year's holidays. Closures ordered later than that count from their own day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market import calendar

AHEAD = 40
"""Weekdays looked ahead and back: 20 trading days and the longest holidays between them."""

LONG = 3
"""Closed weekdays in a row that make a holiday: Spring Festival, National Day and their like."""

FAR = 20
"""Trading days beyond which a holiday has no effect, and counts as this far."""

OPENED = pd.Timestamp("1990-12-19")

ORDERED = {
    "2003-05-08": "2003-04-30",  # SARS; the day of the order is not certain, this is the latest
    "2003-05-09": "2003-04-30",
    "2015-09-03": "2015-05-13",  # State Council, notice of 2015-05-13
    "2015-09-04": "2015-05-13",
    "2019-05-02": "2019-03-22",  # State Council, notice of 2019-03-22
    "2019-05-03": "2019-03-22",
    "2020-01-31": "2020-01-27",  # State Council, notice of 2020-01-26, a Sunday
}
"""Closed days that the schedule of their year did not have, and when they were ordered."""


@dataclass(frozen=True)
class Schedule:
    """Around each day, whether the exchange is open, as known at that day's close.

    Attributes
    ----------
    days : DatetimeIndex of shape (n_days,)
    after, before : ndarray of shape (n_days, AHEAD), datetime64[D]
        The weekdays that follow the day, and those that precede it, nearest first.
    open_after, open_before : ndarray of bool, same shape
    """

    days: pd.DatetimeIndex
    after: np.ndarray
    before: np.ndarray
    open_after: np.ndarray
    open_before: np.ndarray

    @classmethod
    def of(cls, days: pd.DatetimeIndex, known: pd.DataFrame | None = None) -> Schedule:
        """The schedule around `days`; `known` as in `stockcast.market.calendar.sessions`."""
        today = days.to_numpy().astype("datetime64[D]")
        step = np.arange(1, AHEAD + 1)
        after = np.busday_offset(today[:, None], step, roll="backward")
        before = np.busday_offset(today[:, None], -step, roll="forward")
        closed, since = _closed(before.min(), after.max(), known)
        told = _since(after, closed, since)
        open_after = np.isnat(told) | (told >= today[:, None])
        return cls(days, after, before, open_after, np.isnat(_since(before, closed, since)))

    def next_gap(self) -> np.ndarray:
        """Calendar days until the next trading day, (n_days,)."""
        first = np.argmax(self.open_after, axis=1)
        found = np.take_along_axis(self.after, first[:, None], axis=1)[:, 0]
        return (found - self._today()).astype(np.int16)

    def month_left(self) -> np.ndarray:
        """Trading days that remain of the month, (n_days,)."""
        return self._of_month(self.after, self.open_after)

    def month_passed(self) -> np.ndarray:
        """Number of the day among the month's trading days, from 1, (n_days,)."""
        return 1 + self._of_month(self.before, self.open_before)

    def quarter_left(self) -> np.ndarray:
        """Trading days that remain of the quarter, at most `AHEAD`, (n_days,)."""
        quarter = self._today().astype("datetime64[M]").astype(int) // 3
        same = self.after.astype("datetime64[M]").astype(int) // 3 == quarter[:, None]
        return (same & self.open_after).sum(axis=1).astype(np.int16)

    def to_holiday(self) -> np.ndarray:
        """Trading days between the day and the next long holiday, at most `FAR`, (n_days,)."""
        return _distance(self.open_after)

    def since_holiday(self) -> np.ndarray:
        """Trading days between the latest long holiday and the day, at most `FAR`, (n_days,)."""
        return _distance(self.open_before)

    def _today(self) -> np.ndarray:
        return self.days.to_numpy().astype("datetime64[D]")

    def _of_month(self, near: np.ndarray, is_open: np.ndarray) -> np.ndarray:
        same = near.astype("datetime64[M]") == self._today().astype("datetime64[M]")[:, None]
        return (same & is_open).sum(axis=1).astype(np.int16)


def _closed(
    first: np.datetime64, last: np.datetime64, known: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """Closed weekdays between two days and from when each was known, datetime64[D]."""
    begin = max(pd.Timestamp(first), OPENED)
    end = max(min(pd.Timestamp(last), calendar.last_day()), begin)
    weekdays = pd.bdate_range(begin, end, unit="us")
    closed = weekdays.difference(calendar.sessions(begin, end, known))
    # Seven days on, so that New Year's Eve belongs to the year that begins.
    year = (closed + pd.Timedelta(days=7)).year
    since = pd.to_datetime(pd.Series(year - 1).astype("str") + "-12-25").to_numpy("datetime64[D]")
    days = closed.to_numpy().astype("datetime64[D]")
    for day, told in ORDERED.items():
        since[days == np.datetime64(day)] = np.datetime64(told)
    return days, since


def _since(days: np.ndarray, closed: np.ndarray, since: np.ndarray) -> np.ndarray:
    """From when each of `days` was known to be closed; NaT: it is open."""
    padded = np.append(since, np.datetime64("NaT"))
    place = np.searchsorted(closed, days)
    found = np.append(closed, np.datetime64("NaT"))[place] == days
    return np.where(found, padded[place], np.datetime64("NaT"))


def _distance(is_open: np.ndarray) -> np.ndarray:
    """Open days before the first run of `LONG` closed ones, at most `FAR`."""
    run = np.lib.stride_tricks.sliding_window_view(~is_open, LONG, axis=1).all(axis=2)
    first = np.where(run.any(axis=1), np.argmax(run, axis=1), is_open.shape[1])
    passed = np.arange(is_open.shape[1]) < first[:, None]
    return np.minimum((passed & is_open).sum(axis=1), FAR).astype(np.int16)
