import pandas as pd
import pytest
from exchange_calendars import lunisolar_holidays

from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.market.calendar import (
    following,
    last_session,
    next_session,
    provisional,
    sessions,
)
from stockcast.market.tables import TABLES


def known(**days: bool) -> pd.DataFrame:
    """A canonical calendar; days are written d20270104=True."""
    dates = pd.to_datetime([name[1:] for name in days])
    return TABLES["calendar"].typed(pd.DataFrame({"date": dates, "open": list(days.values())}))


def test_holidays_are_no_sessions():
    """Tomb-Sweeping Day of 2017 and the weekend before it are left out."""
    days = sessions("2017-03-30", "2017-04-07")
    assert days.strftime("%F").tolist() == [
        "2017-03-30", "2017-03-31", "2017-04-05", "2017-04-06", "2017-04-07",
    ]  # fmt: skip


def test_sessions_are_plain_midnights_in_microseconds():
    """Days compare with the panel's dates: naive, normalized, the same unit."""
    for first, last, count in (
        (pd.Timestamp("2015-01-01 15:00"), "2015-12-31", 244),
        ("2026-12-28", "2027-01-08", 9),
    ):
        days = sessions(first, last)
        assert days.dtype == "datetime64[us]"
        assert (days == days.normalize()).all()
        assert len(days) == count


def test_a_span_of_holidays_is_empty():
    """The National Day week of 2016 has no session."""
    assert len(sessions("2016-10-01", "2016-10-07")) == 0


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [
        ("1980-01-02", "2017-12-29", "start"),
        ("2017-01-03", "2029-01-01", "end"),
        ("2017-01-03", "2016-01-04", "start"),
        ("soon", "2016-01-04", "start"),
        ("2016-01-04", None, "end"),
    ],
)
def test_a_day_that_cannot_be_is_refused_by_name(start, end, what):
    """Days outside the calendar, out of order or no days at all name the argument at fault."""
    with pytest.raises(InputError) as caught:
        sessions(start, end)
    assert caught.value.what == what
    assert "\n" not in str(caught.value)


def test_the_message_tells_the_valid_range():
    """A day past the calendar's end is answered with the range that works."""
    for call in (lambda: sessions("2020-01-02", "2029-01-04"), lambda: provisional("2029-01-04")):
        with pytest.raises(InputError, match="1990-12-03 to 2028-12-31"):
            call()


def test_years_not_announced_are_weekdays_less_the_holidays_of_the_law():
    """Early 2027: New Year's Day, the eve and the third day of the Spring Festival are closed."""
    days = sessions("2026-12-31", "2027-02-10").strftime("%F").tolist()
    assert days[:3] == ["2026-12-31", "2027-01-04", "2027-01-05"]
    assert days[-4:] == ["2027-02-03", "2027-02-04", "2027-02-09", "2027-02-10"]


def test_only_what_is_not_announced_is_provisional():
    """The library's last year is settled to its last day, the next one is not."""
    assert not provisional("2026-12-31")
    assert provisional("2027-01-01")
    assert provisional("2027-06-09")


def test_the_exchange_own_calendar_replaces_provisional_days():
    """A known day is believed, open or closed, and is provisional no more; others stay."""
    table = known(d20270208=False, d20270209=False, d20270210=True)
    assert "2027-02-09" in sessions("2027-02-04", "2027-02-12")
    days = sessions("2027-02-04", "2027-02-12", table).strftime("%F").tolist()
    assert days == ["2027-02-04", "2027-02-10", "2027-02-11", "2027-02-12"]
    assert not provisional("2027-02-09", table)
    assert provisional("2027-02-11", table)
    assert next_session("2027-02-04", table) == pd.Timestamp("2027-02-10")
    assert last_session(pd.Timestamp("2027-02-10 12:00"), table) == pd.Timestamp("2027-02-04")


def test_the_exchange_own_calendar_goes_before_the_library():
    """A day that the library has open is closed where the exchange says so."""
    table = known(d20170405=False)
    assert sessions("2017-04-05", "2017-04-06", table).tolist() == [pd.Timestamp("2017-04-06")]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2017-04-05 14:59:59", "2017-03-31"),
        ("2017-04-05 15:00", "2017-04-05"),
        ("2017-04-08 09:00", "2017-04-07"),
        ("2017-04-10 00:00", "2017-04-07"),
        (pd.Timestamp("2017-04-05 06:59:59", tz="UTC"), "2017-03-31"),
        (pd.Timestamp("2017-04-05 07:00", tz="UTC"), "2017-04-05"),
        ("2027-01-04 16:00", "2027-01-04"),
    ],
)
def test_last_session(now, day):
    """A day is over at 15:00 in Shanghai, whatever clock the moment is written in."""
    assert last_session(pd.Timestamp(now)) == pd.Timestamp(day)


@pytest.mark.parametrize(
    ("day", "after"),
    [("2017-03-31", "2017-04-05"), ("2017-04-02", "2017-04-05"), ("2026-12-31", "2027-01-04")],
)
def test_next_session(day, after):
    """The day itself never counts."""
    assert next_session(day) == pd.Timestamp(after)


def test_nothing_follows_the_last_day():
    """At the calendar's end the next session is an error, not a wrong day."""
    with pytest.raises(InputError, match="trading day after"):
        next_session("2028-12-31")
    with pytest.raises(InputError, match="trading day after"):
        following(pd.DatetimeIndex(["2028-12-31"]))


def test_following_serves_many_days_at_once():
    """Each day goes to the next session, or stays where it is one; a missing day stays missing."""
    days = pd.DatetimeIndex(["2017-03-31", "2017-04-01", None])
    expected = pd.DatetimeIndex(["2017-04-05", "2017-04-05", None])
    pd.testing.assert_index_equal(following(days), expected, exact=False, check_names=False)
    expected = pd.DatetimeIndex(["2017-03-31", "2017-04-05", None])
    pd.testing.assert_index_equal(following(days, same_day=True), expected, exact=False)


def test_holidays_that_follow_the_moon_are_where_the_library_has_them():
    """The listed lunar and solar-term holidays agree with exchange_calendars' own tables."""
    listed = calendar._holidays()
    for name in ("chinese_lunar_new_year", "qingming_festival", "dragon_boat_festival",
                 "mid_autumn_festival"):  # fmt: skip
        dates = pd.DatetimeIndex(getattr(lunisolar_holidays, f"{name}_dates"))
        dates = dates[dates.year.isin([2027, 2028])].as_unit("us")
        assert len(dates) == 2
        assert dates.isin(listed).all()
