"""Splits against tables of literal dates of the Shanghai exchange."""

import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.samples import splits

DAYS = calendar.sessions("2012-01-04", "2017-12-29")


def ends(days):
    """First and last day of a span, as text."""
    return f"{days[0]:%Y-%m-%d}", f"{days[-1]:%Y-%m-%d}"


def test_purged_leaves_out_horizon_plus_one_days():
    """With h = 5, six trading days go before validation and six before the test."""
    split = splits.purged(DAYS, "2015-06-30", "2015-12-31", 5)
    assert ends(split.train) == ("2012-01-04", "2015-06-19")  # then 23, 24, 25, 26, 29, 30 June
    assert ends(split.valid) == ("2015-07-01", "2015-12-23")  # then 24, 25, 28, 29, 30, 31 December
    assert ends(split.test) == ("2016-01-04", "2017-12-29")


def test_purged_over_a_holiday():
    """The purge counts trading days: the week of 1 October is none."""
    split = splits.purged(DAYS, "2014-10-09", "2014-12-31", 2)
    assert ends(split.train)[1] == "2014-09-29"  # then 30 September, 8 and 9 October
    assert ends(split.valid) == ("2014-10-10", "2014-12-26")


def test_purged_takes_ends_that_are_no_trading_days():
    """An end on a weekend means the trading day before it."""
    weekend = splits.purged(DAYS, "2015-06-28", "2016-01-03", 5)
    friday = splits.purged(DAYS, "2015-06-26", "2015-12-31", 5)
    for name in ("train", "valid", "test"):
        pd.testing.assert_index_equal(getattr(weekend, name), getattr(friday, name))


@pytest.mark.parametrize("horizon", [1, 3, 5, 10])
def test_no_label_reaches_into_a_later_part(horizon):
    """The last label of each part ends on the last day before the next part, and no sooner."""
    split = splits.purged(DAYS, "2015-06-30", "2015-12-31", horizon)
    for earlier, later in ((split.train, split.valid), (split.valid, split.test)):
        label_ends = DAYS.get_loc(earlier[-1]) + 1 + horizon
        assert label_ends == DAYS.get_loc(later[0]) - 1


def test_expanding_trains_on_everything_before():
    """Test a year, validate the year before, train from the first day, all purged."""
    found = splits.expanding(DAYS, first_test=2015, horizon=5)
    table = [(ends(s.train), ends(s.valid), ends(s.test)) for s in found]
    assert table == [
        (("2012-01-04", "2013-12-23"), ("2014-01-02", "2014-12-23"), ("2015-01-05", "2015-12-31")),
        (("2012-01-04", "2014-12-23"), ("2015-01-05", "2015-12-23"), ("2016-01-04", "2016-12-30")),
        (("2012-01-04", "2015-12-23"), ("2016-01-04", "2016-12-22"), ("2017-01-03", "2017-12-29")),
    ]


def test_walk_forward_trains_on_the_last_years_only():
    """As expanding, but training starts `train_years` calendar years before validation."""
    found = splits.walk_forward(DAYS, first_test=2016, horizon=1, train_years=2)
    assert [ends(s.train) for s in found] == [
        ("2013-01-04", "2014-12-29"),
        ("2014-01-02", "2015-12-29"),
    ]
    assert [ends(s.test)[0] for s in found] == ["2016-01-04", "2017-01-03"]


def test_name_of_tells_each_dates_part():
    """Each day has its part's name, purged days none."""
    split = splits.purged(DAYS, "2015-06-30", "2015-12-31", 5)
    dates = pd.Series(pd.to_datetime(["2012-01-04", "2015-06-30", "2015-07-01", "2016-01-04"]))
    assert split.name_of(dates).tolist() == ["train", "", "valid", "test"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: splits.purged(DAYS[:5], "2012-01-06", "2012-01-09", 5), "train days"),
        (lambda: splits.purged(DAYS, "2017-12-20", "2017-12-28", 5), "valid days"),
        (lambda: splits.purged(DAYS, "2016-12-30", "2017-12-29", 5), "test days"),
        (lambda: splits.purged(DAYS, "2015-06-30", "2015-12-31", 0), "horizon"),
        (lambda: splits.purged(DAYS[::-1], "2015-06-30", "2015-12-31", 5), "days"),
        (lambda: splits.purged(DAYS[:0], "2015-06-30", "2015-12-31", 5), "train days"),
        (lambda: splits.expanding(DAYS, first_test=2019, horizon=5), "first_test"),
        (
            lambda: splits.walk_forward(DAYS, first_test=2016, horizon=5, train_years=0),
            "train_years",
        ),
    ],
)
def test_a_split_that_cannot_be_is_refused(call, said):
    """Too short a history, an empty part or a year without days is an error that names it."""
    with pytest.raises(InputError, match=f"^{said}"):
        call()


def test_nested_pairs_are_forward_and_purged():
    """Twelve days in three parts: each judged span follows its fit, horizon + 1 days between."""
    days = pd.bdate_range("2024-01-01", periods=12)
    found = splits.nested(days, 3, horizon=1)
    expected = [
        (["2024-01-01", "2024-01-02"], ["2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"]),
        (
            ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"],
            ["2024-01-11", "2024-01-12", "2024-01-15", "2024-01-16"],
        ),
    ]
    for (fitted, judged), (fit_days, judge_days) in zip(found, expected, strict=True):
        assert list(fitted) == list(pd.DatetimeIndex(fit_days))
        assert list(judged) == list(pd.DatetimeIndex(judge_days))


def test_nested_needs_days_to_fit_on():
    """A purge that eats the first part is refused, and so is a single part."""
    with pytest.raises(InputError, match="must be more"):
        splits.nested(pd.bdate_range("2024-01-01", periods=9), 3, horizon=5)
    with pytest.raises(InputError, match="at least 2"):
        splits.nested(pd.bdate_range("2024-01-01", periods=9), 1, horizon=1)
