"""Trading days of the Shanghai Stock Exchange (Shenzhen's and Beijing's are the same)."""

from __future__ import annotations

import datetime as dt
from functools import cache

import exchange_calendars
import pandas as pd
from exchange_calendars.exchange_calendar_xshg import XSHGExchangeCalendar

from stockcast.errors import InputError


def sessions(
    start: str | dt.date | pd.Timestamp, end: str | dt.date | pd.Timestamp
) -> pd.DatetimeIndex:
    """Trading days from `start` to `end`, both inclusive.

    Parameters
    ----------
    start, end
        Days, as ISO text or dates without a time zone.

    Returns
    -------
    DatetimeIndex of shape (n_days,)
        Naive, at midnight, ascending; unit microseconds, as every date in the panel. Empty when
        no day between the two traded.

    Raises
    ------
    InputError
        When an argument is no date, lies outside the calendar, or `start` is after `end`.

    Notes
    -----
    The days are those of `exchange_calendars`' XSHG, which knows them to the end of 2026.
    """
    first, last = _day(start, "start"), _day(end, "end")
    if first > last:
        raise InputError("start", "must not be after end", str(first.date()), f"end is {last:%F}")
    return _calendar().sessions_in_range(first, last).as_unit("us").rename(None)


@cache
def _calendar() -> exchange_calendars.ExchangeCalendar:
    # The library's default range moves with today's date; its bounds do not.
    return exchange_calendars.get_calendar(
        "XSHG", start=XSHGExchangeCalendar.bound_min(), end=XSHGExchangeCalendar.bound_max()
    )


def _day(value: str | dt.date | pd.Timestamp, what: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(value).tz_localize(None)
    except (TypeError, ValueError):
        day = pd.NaT
    if pd.isna(day):
        raise InputError(what, "must be a date", value, "write it as 2015-01-05")
    day = day.normalize()
    known = _calendar()
    if not known.first_session <= day <= known.last_session:
        valid = f"valid: {known.first_session:%F} to {known.last_session:%F}"
        raise InputError(what, "must lie inside the Shanghai calendar", f"{day:%F}", valid)
    return day
