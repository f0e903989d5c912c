"""Seasons, holidays, policy and earnings seasons, against literal dates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features.compute import compute
from stockcast.market import calendar
from tests.features.bare import bare

DAYS = calendar.sessions("2016-01-04", "2017-12-29")
NAMES = [
    "month_sin", "month_cos", "weekday_sin", "weekday_cos", "next_session_days", "month_day",
    "month_days_left", "turn_of_month", "quarter_share", "quarter_end", "holiday_ahead",
    "holiday_past", "holiday_eve", "new_year_distance", "two_sessions", "politburo_season",
    "work_conference", "policy_season_ahead", "disclosure_days_left", "disclosure_share",
]  # fmt: skip


@pytest.fixture(scope="module")
def dated() -> pd.DataFrame:
    """Features of the date alone, one row a day."""
    return compute(bare(DAYS, ["600000.SH"]), names=NAMES).set_index("date")


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [
        ("month_sin", "2016-04-01", 1.0),
        ("month_cos", "2016-07-01", -1.0),
        ("weekday_sin", "2017-01-09", 0.0),
        ("weekday_cos", "2017-01-09", 1.0),
        ("next_session_days", "2017-09-29", 10),
        ("month_day", "2017-10-09", 1),
        ("month_days_left", "2017-10-31", 0),
        ("turn_of_month", "2017-10-31", 1),
        ("turn_of_month", "2017-11-03", 1),
        ("turn_of_month", "2017-11-06", 0),
        ("quarter_share", "2017-03-31", 1),
        ("quarter_share", "2017-04-10", 10 / 91),
        ("quarter_end", "2017-06-26", 1),
        ("quarter_end", "2017-06-23", 0),
        ("holiday_ahead", "2017-09-28", 1),
        ("holiday_eve", "2017-09-28", 1),
        ("holiday_eve", "2017-09-27", 0),
        ("holiday_past", "2017-10-10", 1),
        ("new_year_distance", "2017-01-26", -2),
        ("new_year_distance", "2017-02-06", 9),
        ("new_year_distance", "2017-07-03", 60),
        ("two_sessions", "2017-03-03", 1),
        ("two_sessions", "2017-03-16", 0),
        ("politburo_season", "2017-07-24", 1),
        ("politburo_season", "2017-08-01", 0),
        ("work_conference", "2017-12-20", 1),
        ("policy_season_ahead", "2017-03-01", 2),
        ("policy_season_ahead", "2017-12-22", 71),
        ("policy_season_ahead", "2017-10-25", 0),
        ("disclosure_days_left", "2017-04-28", 2),
        ("disclosure_days_left", "2017-11-01", 180),
        ("disclosure_share", "2017-08-31", 1),
        ("disclosure_share", "2017-05-15", 0),
        ("disclosure_share", "2017-10-09", 9 / 31),
    ],
)
def test_values(name, day, value, dated):
    """Each feature on a day whose value can be read off a calendar."""
    assert dated.loc[day, name] == pytest.approx(value, abs=1e-6)


def test_waves_go_round(dated):
    """Month and weekday lie on the unit circle, each at a place of its own."""
    for wave, places in (("month", 12), ("weekday", 5)):
        points = dated[[f"{wave}_sin", f"{wave}_cos"]]
        np.testing.assert_allclose((points**2).sum(axis=1), 1, atol=1e-6)
        assert len(points.round(4).drop_duplicates()) == places


def test_turns_hold_four_days_of_each_month(dated):
    """The turn of the month is four days of every month."""
    turns = dated.turn_of_month.groupby([dated.index.year, dated.index.month]).sum()
    assert (turns == 4).all()


def test_quarter_ends_hold_five_days(dated):
    """The end of a quarter is its last five trading days."""
    ends = dated.quarter_end.groupby(dated.index.to_period("Q")).sum()
    assert (ends == 5).all()
