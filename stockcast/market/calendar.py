"""Trading days of the Shanghai Stock Exchange (Shenzhen's and Beijing's are the same).

The days come from `exchange_calendars`, which ends with the last year that the exchange has
announced. Beyond it, up to the last year of `holidays.csv`, they are provisional: weekdays less the
holidays that the law fixes. The days that the State Council adds each autumn are missing there, so
a provisional year has about ten sessions too many. An exchange's own calendar (the canonical table
`calendar`, Tushare's `trade_cal`) goes before both.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files

import exchange_calendars
import numpy as np
import pandas as pd
from exchange_calendars.exchange_calendar_xshg import XSHGExchangeCalendar

from stockcast.errors import InputError

CLOSE = pd.Timedelta(hours=15)
"""Time of day at which the exchanges close, in Shanghai."""

Day = str | dt.date | pd.Timestamp


def sessions(start: Day, end: Day, known: pd.DataFrame | None = None) -> pd.DatetimeIndex:
    """Trading days from `start` to `end`, both inclusive.

    Parameters
    ----------
    start, end
        Days, as ISO text or dates without a time zone.
    known
        The canonical table `calendar` (`date`, `open`): the days it has are believed, whether
        `exchange_calendars` knows them or not; None: no such table.

    Returns
    -------
    DatetimeIndex of shape (n_days,)
        Naive, at midnight, ascending; unit microseconds, as every date in the panel. Empty when
        no day between the two traded.

    Raises
    ------
    InputError
        When an argument is no date, lies outside the calendar, or `start` is after `end`.
    """
    first, last = _day(start, "start"), _day(end, "end")
    if first > last:
        raise InputError("start", "must not be after end", str(first.date()), f"end is {last:%F}")
    days = _days()
    if known is not None:
        named = pd.DatetimeIndex(known["date"]).as_unit("us")
        days = days.difference(named).union(named[known["open"].to_numpy(bool)])
    return days[days.searchsorted(first) : days.searchsorted(last, side="right")].rename(None)


def provisional(day: Day, known: pd.DataFrame | None = None) -> bool:
    """Whether it is not announced yet if the exchange will trade on `day`.

    Raises
    ------
    InputError
        When `day` is no date or lies outside the calendar.
    """
    day = _day(day, "day")
    if known is not None and pd.DatetimeIndex(known["date"]).isin([day]).any():
        return False
    return bool(day >= _first_provisional())


def last_day() -> pd.Timestamp:
    """Last day of the calendar, the provisional years included."""
    return _horizon()


def next_session(day: Day, known: pd.DataFrame | None = None) -> pd.Timestamp:
    """First trading day after `day`.

    Raises
    ------
    InputError
        When `day` is no date, or the calendar ends before the next trading day.
    """
    day = _day(day, "day")
    after = sessions(day, min(day + pd.Timedelta(days=31), _horizon()), known)
    after = after[after > day]
    if after.empty:
        raise InputError("day", "must have a trading day after it", f"{day:%F}", _valid())
    return after[0]


def last_session(
    now: dt.datetime | pd.Timestamp, known: pd.DataFrame | None = None
) -> pd.Timestamp:
    """Latest trading day whose close has passed.

    Parameters
    ----------
    now
        A moment; without a time zone, it is Shanghai's.
    known
        As in `sessions`.

    Raises
    ------
    InputError
        When `now` is no moment, or the calendar begins after it.
    """
    moment = pd.Timestamp(now)
    if pd.isna(moment):
        raise InputError("now", "must be a moment", now)
    if moment.tzinfo is not None:
        moment = moment.tz_convert("Asia/Shanghai").tz_localize(None)
    # A day counts from its close on, so the day whose close is next to come is one too late.
    day = _day((moment - CLOSE).normalize(), "now")
    before = sessions(max(day - pd.Timedelta(days=31), _announced().first_session), day, known)
    if before.empty:
        raise InputError("now", "must follow a close of the exchange", str(now), _valid())
    return before[-1]


def following(days: pd.Series | pd.DatetimeIndex, *, same_day: bool = False) -> pd.DatetimeIndex:
    """First trading day after each of `days`, or on or after it where `same_day`; NaT stays.

    Raises
    ------
    InputError
        When a day lies outside the calendar, or nothing follows it there.
    """
    wanted = pd.DatetimeIndex(days).as_unit("us").normalize()
    if wanted.dropna().empty:
        return wanted
    for edge in (wanted.min(), wanted.max()):
        _day(edge, "day")
    traded = _days()
    place = traded.searchsorted(wanted, side="left" if same_day else "right")
    missing = wanted.isna()
    if (place[~missing] == len(traded)).any():
        raise InputError("day", "must have a trading day after it", f"{wanted.max():%F}", _valid())
    found = traded[np.where(missing, 0, place)]
    return found.where(~missing)


@cache
def _announced() -> exchange_calendars.ExchangeCalendar:
    # The library's default range moves with today's date; its bounds do not.
    return exchange_calendars.get_calendar(
        "XSHG", start=XSHGExchangeCalendar.bound_min(), end=XSHGExchangeCalendar.bound_max()
    )


@cache
def _days() -> pd.DatetimeIndex:
    """Every session of the calendar, the provisional ones too."""
    announced = _announced().sessions.as_unit("us")
    beyond = pd.bdate_range(_first_provisional(), _horizon(), unit="us")
    return announced.append(beyond.difference(_holidays())).rename(None)


@cache
def _first_provisional() -> pd.Timestamp:
    # The library's last session is no year's end in every year: what follows it in that year is
    # a weekend or a holiday, not unknown.
    last = _announced().last_session
    return pd.Timestamp(year=last.year + 1, month=1, day=1)


@cache
def _holidays() -> pd.DatetimeIndex:
    with (files(__package__) / "holidays.csv").open(encoding="utf-8") as lines:
        return pd.DatetimeIndex(pd.read_csv(lines, parse_dates=["date"])["date"]).as_unit("us")


@cache
def _horizon() -> pd.Timestamp:
    return pd.Timestamp(year=_holidays().max().year, month=12, day=31)


def _valid() -> str:
    return f"valid: {_announced().first_session:%F} to {_horizon():%F}"


def _day(value: Day, what: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(value).tz_localize(None)
    except (TypeError, ValueError):
        day = pd.NaT
    if pd.isna(day):
        raise InputError(what, "must be a date", value, "write it as 2015-01-05")
    day = day.normalize()
    if not _announced().first_session <= day <= _horizon():
        raise InputError(what, "must lie inside the Shanghai calendar", f"{day:%F}", _valid())
    return day
