import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.market.calendar import sessions


def test_holidays_are_no_sessions():
    """Tomb-Sweeping Day of 2017 and the weekend before it are left out."""
    days = sessions("2017-03-30", "2017-04-07")
    assert days.strftime("%F").tolist() == [
        "2017-03-30", "2017-03-31", "2017-04-05", "2017-04-06", "2017-04-07",
    ]  # fmt: skip


def test_sessions_are_plain_midnights_in_microseconds():
    """Days compare with the panel's dates: naive, normalized, the same unit."""
    days = sessions(pd.Timestamp("2015-01-01 15:00"), "2015-12-31")
    assert days.dtype == "datetime64[us]"
    assert (days == days.normalize()).all()
    assert len(days) == 244


def test_a_span_of_holidays_is_empty():
    """The National Day week of 2016 has no session."""
    assert len(sessions("2016-10-01", "2016-10-07")) == 0


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [
        ("1980-01-02", "2017-12-29", "start"),
        ("2017-01-03", "2031-01-01", "end"),
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
    with pytest.raises(InputError, match="1990-12-03 to 2026-12-31"):
        sessions("2020-01-02", "2027-01-04")
