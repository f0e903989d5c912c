"""Ratings land in the ledger once a person and forecast, or nothing is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.feedback import satisfaction
from stockcast.advice.feedback.satisfaction import rate, ratings
from stockcast.errors import InputError
from tests.advice.feedback.conftest import CODES, EVENINGS, MADE, forecasts, panel

LATER = "2016-01-07T20:00"


def test_a_rating_says_who_when_and_on_which_forecast(ledger):
    """What was given is read back, with the forecast's own entry."""
    number = rate(ledger, "2016-01-05", CODES[1], 4, " Mei ", "as hoped", issued_at=LATER)
    (row,) = ratings(ledger).itertuples()
    assert number == row.forecast == 8
    assert (row.who, row.rating, row.note, row.code, row.model) == (
        "Mei", 4, "as hoped", CODES[1], "ridge",
    )  # fmt: skip
    assert row.issued == pd.Timestamp("2016-01-07T12:00", tz="UTC")
    assert row.date == pd.Timestamp("2016-01-05")
    assert ledger.verify(strict=False) == []  # dated as told, written now


def test_capitals_make_no_other_person(ledger):
    """MEI is Mei: refused a second time, and filed under the name that came first."""
    rate(ledger, "2016-01-05", CODES[1], 4, "Mei", issued_at=LATER)
    with pytest.raises(InputError, match="rated by Mei already"):
        rate(ledger, "2016-01-05", CODES[1], 2, "MEI", issued_at=LATER)
    rate(ledger, "2016-01-05", CODES[0], 2, "mei", issued_at=LATER)
    assert set(ratings(ledger)["who"]) == {"Mei"}


@pytest.mark.parametrize(("rating", "note"), [(4, "as hoped"), (2, "no")])
def test_a_second_rating_is_refused_be_it_the_same_or_not(ledger, rating, note):
    """One rating a person and forecast; another person may have one."""
    rate(ledger, "2016-01-05", CODES[1], 4, "Mei", "as hoped", issued_at=LATER)
    count = ledger.head()
    with pytest.raises(InputError, match="rated by Mei already"):
        rate(ledger, "2016-01-05", CODES[1], rating, "Mei", note, issued_at=LATER)
    assert ledger.head() == count
    rate(ledger, "2016-01-05", CODES[1], rating, "Jun", note, issued_at=LATER)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"code": "600999.SH"}, "code: must be a stock of the ledger; got '600999.SH'"),
        ({"date": "2016-01-08"}, "date: must not lie in the future; got '2016-01-08'"),
        ({"date": "2016-01-03"}, "must be a trading day; got '2016-01-03'; before it: 2015-12-31"),
        ({"date": "04.01.2016"}, "must be a date written YYYY-MM-DD"),
        ({"date": "2015-12-31"}, "forecast: must be one that the ledger holds"),
        ({"rating": 6}, "rating: must be 1, 2, 3, 4 or 5; got 6"),
        ({"rating": True}, "rating: must be 1, 2, 3, 4 or 5"),
        ({"who": " "}, "who: must be a name"),
        ({"note": "x" * 1001}, "note: must have at most 1000 characters"),
        ({"horizon": 5}, "forecast: must be one that the ledger holds"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_written(ledger, changed, message):
    """Each bad value is named, and the ledger is as long as before."""
    good = {"date": "2016-01-05", "code": CODES[0], "rating": 3, "who": "Mei"}
    count = ledger.head()
    with pytest.raises(InputError, match=message):
        rate(ledger, **(good | changed), issued_at=LATER)
    assert ledger.head() == count


def test_of_several_forecasts_one_must_be_named(ledger):
    """Two models forecast the same stock that day: which is meant must be said."""
    ledger.issue(forecasts(EVENINGS[3], "xgboost"), issued_at="2016-01-07T19:00", **MADE)
    with pytest.raises(InputError, match="simulated ridge 1; simulated xgboost 1"):
        rate(ledger, EVENINGS[3], CODES[0], 3, "Mei", issued_at=LATER)
    number = rate(ledger, EVENINGS[3], CODES[0], 3, "Mei", model="xgboost", issued_at=LATER)
    assert number == 25


def test_foresight_ends_where_the_outcome_begins(ledger):
    """A forecast of the 6th has its outcome from the close of the 7th, 15:00, on."""
    rate(ledger, "2016-01-06", CODES[0], 3, "Mei", issued_at="2016-01-07T20:00")
    rate(ledger, "2016-01-07", CODES[0], 3, "Mei", issued_at="2016-01-07T20:00")
    assert ratings(ledger)["foresight"].tolist() == [False, True]


def test_ratings_that_follow_the_gain_agree_with_outcomes(ledger):
    """A rank correlation by hand: better rated, better ended."""
    for code, rating in zip(CODES, (5, 4, 3, 1, 2, 4), strict=True):
        rate(ledger, "2016-01-04", code, rating, "Mei", issued_at=LATER)
    ledger.score(panel(), issued_at="2016-01-12T18:00")
    # Gains on the side said: 3, 2, 1, 0.5, 1.5 and 2.5 %.
    found = satisfaction.against_outcomes(ratings(ledger), ledger.scores(), _rng())
    ranks = np.corrcoef([6, 4.5, 3, 1, 2, 4.5], [6, 4, 2, 1, 3, 5])[0, 1]
    assert found.n == 6
    np.testing.assert_allclose(found.mean, ranks)


def test_too_few_ratings_tell_nothing(ledger):
    """NaN rather than a correlation of two points."""
    rate(ledger, "2016-01-04", CODES[0], 5, "Mei", issued_at=LATER)
    ledger.score(panel(), issued_at="2016-01-12T18:00")
    found = satisfaction.against_outcomes(ratings(ledger), ledger.scores(), _rng())
    assert np.isnan(found.mean)
    assert found.n == 1


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)
