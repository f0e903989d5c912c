"""What is issued is there as it was, once; what breaks a rule leaves nothing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.ledger import Ledger
from stockcast.errors import InputError
from tests.advice.ledger.conftest import MADE, forecasts, issue

MONDAY, TUESDAY = "2016-01-04", "2016-01-05"


def test_a_forecast_comes_back_bit_by_bit(ledger):
    """Floats, NaN, dates and texts must be those that were issued."""
    odd = forecasts(MONDAY, mu=[0.1 + 0.2, -0.0, 5e-324])
    assert ledger.issue(odd, issued_at=f"{MONDAY} 18:00", **MADE) == 3
    found = ledger.forecasts()
    pd.testing.assert_frame_equal(found[list(odd.columns)], odd, check_exact=True)
    assert np.signbit(found["mu"][1])
    assert found["number"].tolist() == [1, 2, 3]
    assert set(found["issued"]) == {pd.Timestamp("2016-01-04 10:00", tz="UTC")}
    assert set(found["information_until"]) == {pd.Timestamp("2015-12-31")}
    assert found[["data_hash", "model_version"]].to_numpy().tolist() == [["d1", "m1"]] * 3
    assert found["rank"].isna().all()


def test_the_same_forecast_again_is_nothing_new(ledger):
    """An evening lived through twice must leave one entry a forecast, whenever the second comes."""
    assert issue(ledger, MONDAY) == 3
    assert issue(ledger, MONDAY) == 0
    assert ledger.issue(forecasts(MONDAY), issued_at="2016-03-01", **MADE) == 0
    assert issue(ledger, MONDAY, codes=3, model="forest") == 3
    assert len(ledger.entries()) == 6


@pytest.mark.parametrize("change", [{"mu": 0.5}, {"rank": 1.0}])
def test_a_different_forecast_in_its_place_is_refused(change, ledger):
    """What was said must stay; and nothing of such a table may be written."""
    issue(ledger, MONDAY)
    with pytest.raises(InputError, match=r"600000\.SH.*was issued with other values"):
        issue(ledger, MONDAY, codes=5, **change)
    with pytest.raises(InputError, match="was issued with other values"):
        ledger.issue(
            forecasts(MONDAY), issued_at=f"{MONDAY} 18:00", **MADE | {"model_version": "m2"}
        )
    assert len(ledger.entries()) == 3


def test_one_table_may_not_contradict_itself(ledger):
    """A stock twice in one table, with two values, is refused as a whole."""
    twice = pd.concat([forecasts(MONDAY), forecasts(MONDAY, mu=0.9)])
    with pytest.raises(InputError, match="was issued with other values"):
        ledger.issue(twice, issued_at=f"{MONDAY} 18:00", **MADE)
    assert ledger.entries().empty


@pytest.mark.parametrize(
    ("issued", "said"),
    [
        ("2016-01-04 14:59", "too early"),
        ("2016-01-05 15:00", "too late"),
        ("2016-01-20 18:00", "too late"),
        ("2099-01-04 18:00", "must not lie in the future"),
        ("yesterday-ish", "must be a moment"),
        (None, "too late"),
    ],
)
def test_a_forecast_is_issued_between_two_closes(issued, said, ledger):
    """Before its day's close it cannot know the day; after the next it has seen an outcome."""
    with pytest.raises(InputError, match=said):
        ledger.issue(forecasts(MONDAY), issued_at=issued, **MADE)
    assert ledger.entries().empty


@pytest.mark.parametrize("issued", ["2016-01-04 15:00", "2016-01-05 14:59:59"])
def test_the_closes_themselves_bound_it(issued, ledger):
    """From the first close on, up to the second."""
    assert ledger.issue(forecasts(MONDAY), issued_at=issued, **MADE) == 3


def test_time_does_not_run_back(ledger):
    """An entry may not be dated before the one it follows, but for clocks that differ a little."""
    issue(ledger, TUESDAY)
    with pytest.raises(InputError, match="must not be before the last entry's"):
        issue(ledger, MONDAY)
    ledger.record("note", {"n": 1}, issued_at="2016-01-05 17:58")
    assert ledger.entries()["issued"].is_monotonic_increasing
    with pytest.raises(InputError, match="must not be before the last entry's"):
        ledger.record("note", {"n": 2}, issued_at="2016-01-05 17:50")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (forecasts("2016-01-03"), "must hold trading days"),
        (forecasts(MONDAY).drop(columns="mu"), "must have the column mu"),
        (forecasts(MONDAY, date=pd.Timestamp(MONDAY, tz="UTC")), "must hold dates"),
        (forecasts(MONDAY, date=pd.Timestamp(f"{MONDAY} 18:00")), "must hold trading days"),
        (forecasts(MONDAY, mu=np.inf), "must hold finite numbers"),
        (forecasts(MONDAY, mu="much"), "column mu: must hold numbers"),
        (forecasts(MONDAY, code=""), "column code: must hold texts"),
        (forecasts(MONDAY, model=None), "column model: must hold texts"),
        (forecasts(MONDAY, horizon=1.5), "must hold whole numbers"),
        (forecasts(MONDAY).assign(date=MONDAY), "must hold dates"),
        (forecasts("2015-12-31"), "must come before the first forecast's date"),
    ],
)
def test_a_table_that_breaks_a_rule_leaves_nothing(table, said, ledger):
    """One clear line, and an untouched ledger."""
    with pytest.raises(InputError, match=said):
        ledger.issue(table, issued_at="2016-01-04 18:00", **MADE)
    assert ledger.entries().empty


def test_records_of_other_kinds(ledger):
    """Feedback, orders and fills are entries as well, one or several at a time."""
    assert ledger.record("feedback", {"who": "a reader", "stars": 4}, keys="a") == 1
    assert ledger.record("fill", [{"code": "a", "shares": np.int64(100)}, {"when": None}]) == 2
    found = ledger.entries("fill")
    assert found["payload"].tolist() == [{"code": "a", "shares": 100}, {"when": None}]
    assert ledger.entries("feedback")["payload"][0] == {"who": "a reader", "stars": 4, "key": "a"}


def test_a_key_is_there_once(ledger):
    """The same feedback twice is refused; what a safe evening records again is no news."""
    ledger.record("feedback", {"stars": 4}, keys="a")
    with pytest.raises(InputError, match="feedback a: is there already"):
        ledger.record("feedback", [{"stars": 1}, {"stars": 4}], keys=["b", "a"])
    assert ledger.record("feedback", {"stars": 4}, keys="a", twice="same") == 0
    with pytest.raises(InputError, match="feedback a: was written with other values"):
        ledger.record("feedback", {"stars": 5}, keys="a", twice="same")
    assert ledger.record("order", {"stars": 4}, keys="a") == 1
    assert len(ledger.entries()) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("score", {"n": 1}), "must be another than the ledger's own"),
        (("Feed|back", {"n": 1}), "must be lower-case letters"),
        (("note", {"n": object()}), "must hold numbers, texts"),
        (("note", {"n": float("inf")}), "must hold finite numbers"),
        (("note", {"n": "\ud800"}), "must hold texts that UTF-8 can write"),
        (("note", {"key": "mine"}), "must not have the name key"),
        (("note", {1: "mine"}), "must have names that are text"),
    ],
)
def test_a_record_that_breaks_a_rule_leaves_nothing(words, said, ledger):
    """As with forecasts."""
    with pytest.raises(InputError, match=said):
        ledger.record(*words)
    assert ledger.entries().empty


def test_looking_makes_nothing(ledger, tmp_path):
    """A ledger that nobody wrote to must be empty, and no file may come to be."""
    assert ledger.entries().empty
    assert ledger.forecasts().empty
    assert ledger.head().count == 0
    assert ledger.unscored().empty
    assert ledger.scores().empty
    assert ledger.verify() == []
    assert not ledger.begun()
    assert list(tmp_path.iterdir()) == []


def test_a_forecast_written_after_its_time_shows(place):
    """Dated back by its own word: the anchor knows when it was written."""
    with Ledger.open(*place, clock=lambda: "2016-01-08 18:00") as ledger:
        for day in (MONDAY, "2016-01-07", "2016-01-08"):
            ledger.issue(forecasts(day, 1), issued_at=f"{day} 18:00", **MADE)
        assert ledger.verify(strict=False) == []
        assert [(one.kind, one.number) for one in ledger.verify()] == [
            ("back-dated", 1), ("back-dated", 2),
        ]  # fmt: skip


def test_the_hash_is_what_the_docstring_says(ledger):
    """Whoever has only the table must be able to recompute it."""
    import hashlib

    ledger.record("note", {"b": 0.1, "a": "涨"}, issued_at="2016-01-04 18:00")
    [entry] = ledger.entries().to_dict("records")
    text = '1|note|2016-01-04T10:00:00.000000Z|{"a":"涨","b":0.1}|' + "0" * 64
    assert entry["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert json.dumps(entry["payload"], ensure_ascii=False) == '{"a": "涨", "b": 0.1}'


@pytest.mark.parametrize(
    "url", ["mysql://user:secret@host/x", "postgres secret", "sqlite://", "", "sqlite:///:memory:"]
)
def test_a_url_that_is_none_does_not_tell_its_secret(url, place):
    """The line must name the rule, not the password."""
    with pytest.raises(InputError) as caught:
        Ledger.open(url, place[1])
    assert "secret" not in str(caught.value)
    assert "ledger's URL: must" in str(caught.value)
