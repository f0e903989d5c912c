"""What was known of the exchange's days, against literal dates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features.calendar.schedule import ORDERED, Schedule
from stockcast.market import calendar


def told(of: str, *days: str) -> list[int]:
    """One of the schedule's figures on some days, each asked alone."""
    return [int(getattr(Schedule.of(pd.DatetimeIndex([day])), of)()[0]) for day in days]


@pytest.mark.parametrize(
    ("day", "gap"),
    [
        ("2015-01-05", 1),
        ("2015-01-09", 3),  # a Friday
        ("2015-02-17", 8),  # Spring Festival, 18 to 24 February
        ("2014-12-31", 5),  # New Year, 1 and 2 January, known since 16 December
        ("2018-12-28", 4 + 1),  # New Year's Eve was free
        ("2020-01-23", 8),  # a longer festival was ordered on 26 January only
        ("2015-09-02", 5),  # the parade of 3 September, ordered in May
    ],
)
def test_days_to_the_next_session(day, gap):
    """The next trading day is the one announced by that day, not the one that came true."""
    assert told("next_gap", day) == [gap]


def test_an_order_changes_the_month_from_its_day_on():
    """September 2015 lost two trading days on 13 May, May 2019 on 22 March, January 2020 never."""
    assert told("month_left", "2019-04-30", "2019-05-06") == [0, 19]
    assert told("month_left", "2020-01-22", "2020-01-23") == [2, 1]  # the 31st seemed open
    sessions = calendar.sessions("2018-12-01", "2018-12-31")
    assert len(sessions) == 20
    assert told("month_left", "2018-12-24", "2018-12-26") == [5, 2]  # the 31st was not yet known
    assert told("month_passed", "2018-12-03", "2018-12-28") == [1, 20]


def test_ordered_days_are_closed():
    """Every closure in the list of late orders really happened, and was ordered before it."""
    for day, ordered in ORDERED.items():
        assert len(calendar.sessions(day, day)) == 0
        assert ordered < day


def test_long_holidays():
    """The distance counts trading days to and from closures of three weekdays, at most 20."""
    days = ("2015-02-13", "2015-02-16", "2015-02-17", "2015-02-25", "2015-02-26", "2015-04-03")
    assert told("to_holiday", *days) == [2, 1, 0, 20, 20, 20]
    assert told("since_holiday", *days) == [20, 20, 20, 0, 1, 20]
    # Labour Day 2019 became long by an order of 22 March.
    assert told("to_holiday", "2019-04-26", "2019-04-30") == [2, 0]


def test_quarter_left():
    """Trading days that remain of the quarter."""
    assert told("quarter_left", "2015-03-31", "2015-03-25", "2015-06-29") == [0, 4, 1]


def test_a_schedule_does_not_depend_on_the_days_asked():
    """Years of days at once give each day what it gets alone."""
    days = calendar.sessions("2017-11-01", "2020-03-31")
    whole = Schedule.of(days)
    for place in range(0, len(days), 37):
        alone = Schedule.of(days[place : place + 1])
        np.testing.assert_array_equal(alone.open_after[0], whole.open_after[place])
        np.testing.assert_array_equal(alone.open_before[0], whole.open_before[place])


def test_an_exchanges_own_calendar_goes_first():
    """A closed day that only the table `calendar` knows is closed."""
    known = pd.DataFrame({"date": pd.DatetimeIndex(["2017-06-07"]), "open": [False]})
    day = pd.DatetimeIndex(["2017-06-06"])
    assert Schedule.of(day).next_gap() == 1
    assert Schedule.of(day, known).next_gap() == 2


def test_the_calendars_edges_are_no_trouble():
    """The first day there was an exchange, and the last day that the calendar has."""
    days = pd.DatetimeIndex(["1990-12-19", calendar.last_day()])
    assert (Schedule.of(days).to_holiday() >= 0).all()
