"""Statement tables of any origin: their dates are read, and what knows too much is found."""

import pandas as pd
import pytest

from stockcast.data import quality
from stockcast.data.quality import statements
from stockcast.data.quality.statements import Statements


def found(name, table):
    """Positions of the statements at fault."""
    return quality.STATEMENT_CHECKS[name].find(Statements(table)).found.index.tolist()


def table(*rows):
    """Statements of one company: period, announced, report, revenue."""
    frame = pd.DataFrame(rows, columns=["period", "first_announced", "report", "revenue"])
    frame["code"] = "000001.SZ"
    for name in ("period", "first_announced"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


@pytest.mark.parametrize("text", ["2014Q1", "2014_1", "2014-1"])
def test_quarters_in_words_are_read(text):
    """A quarter's name is its last day."""
    period = Statements(pd.DataFrame({"code": ["000001"], "period": [text]})).period
    assert period.tolist() == [pd.Timestamp("2014-03-31")]


def test_what_is_no_quarter_has_no_period():
    """A period that cannot be read is missing, not guessed."""
    period = Statements(pd.DataFrame({"code": ["a", "b"], "period": ["2014_4", "2014"]})).period
    assert period.isna().tolist() == [False, True]
    assert period[0] == pd.Timestamp("2014-12-31")


@pytest.mark.parametrize(
    ("column", "expected"),
    [({}, 2), ({"report_date": ["04-25", "2014-04-25"]}, 1), ({"announced": ["", "20140425"]}, 1)],
)
def test_no_announcement_date(column, expected):
    """No column, a month and day without a year, and an empty field are no date."""
    frame = pd.DataFrame({"code": ["000001", "000002"], "period": "2014_1", **column})
    assert len(found("no announcement date", frame)) == expected


def test_dates_before_and_just_after_the_period():
    """On the last day is before its end, three days later too soon, four days later neither."""
    frame = table(
        ("2014-03-31", "2014-03-31", "1", 1.0), ("2014-06-30", "2014-07-03", "1", 2.0),
        ("2014-09-30", "2014-10-04", "1", 3.0),
    )  # fmt: skip
    assert found("announced before the period's end", frame) == [0]
    assert found("announced implausibly soon", frame) == [1]


@pytest.mark.parametrize(
    ("period", "last_day"),
    [
        ("2014-03-31", "2014-04-30"), ("2014-06-30", "2014-08-31"), ("2014-09-30", "2014-10-31"),
        ("2014-12-31", "2015-04-30"),
    ],
)  # fmt: skip
def test_deadlines(period, last_day):
    """A statement is late from the day after its legal deadline, whatever the hour before."""
    last = pd.Timestamp(last_day) + pd.Timedelta(hours=20)
    before = ("2013-12-31", "2014-03-01", "1", 0.0)
    frame = table(before, (period, last, "1", 1.0))
    assert found("announced after the deadline", frame) == []
    frame = table(before, (period, last + pd.Timedelta(hours=5), "1", 1.0))
    assert found("announced after the deadline", frame) == [1]


def test_a_prospectus_is_bound_to_no_deadline():
    """What a company publishes on its first day of all is never late, a correction neither."""
    frame = table(
        ("2012-12-31", "2014-06-01", "1", 1.0), ("2013-12-31", "2014-06-01", "1", 2.0),
        ("2013-12-31", "2015-06-01", "4", 2.5),
    )  # fmt: skip
    assert found("announced after the deadline", frame) == []


def test_corrections_that_know_too_much():
    """A correction on the first version's day, or equal to it, is found; an honest one is not."""
    honest = ("2014-12-31", "2015-03-01", "1", 5.0), ("2014-12-31", "2015-09-01", "4", 6.0)
    same_day = ("2014-03-31", "2014-04-20", "1", 1.0), ("2014-03-31", "2014-04-20", "4", 2.0)
    equal = ("2014-06-30", "2014-08-20", "1", 3.0), ("2014-06-30", "2015-01-20", "4", 3.0)
    frame = table(*honest, *same_day, *equal)
    assert found("correction dated as the first", frame) == [3]
    assert found("first figures equal the corrected", frame) == [5]


def test_a_table_that_never_corrects_is_odd_when_long():
    """2,400 statements without a correction are odd; 2,000 are not, nor some corrections among."""
    codes = [f"{i:06d}" for i in range(2400)]
    frame = pd.DataFrame({"code": codes, "period": "2014_1", "revenue": 1.0})
    assert len(statements.uncorrected({"income": frame}).found) == 1
    assert len(statements.uncorrected({"income": frame[:2000]}).found) == 0
    corrected = pd.concat([frame, frame[:12]], ignore_index=True)
    assert len(statements.uncorrected({"income": corrected, "cash_flow": frame}).found) == 0
