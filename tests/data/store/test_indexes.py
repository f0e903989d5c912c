"""Tables that are asked index by index: each index has every day that is covered."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from stockcast.data.store.revisions import Counts
from stockcast.market.calendar import sessions
from stockcast.market.tables import TABLES
from tests.data.store import vendor as vendors

FIRST, SECOND = "000300.SH", "000905.SH"
START, END, NOW = "2015-06-01", "2015-07-10", "2015-07-13 18:00"
NAMES = ("index_bars", "index_weights")


@pytest.fixture
def vendor():
    """A vendor of two indexes."""
    days = sessions(START, END)
    pairs = pd.DataFrame({"date": np.repeat(days, 2), "code": [FIRST, SECOND] * len(days)})
    numbers = {name: 1.0 for name, kind in TABLES["index_bars"].columns.items() if kind == "number"}
    weights = pairs.rename(columns={"code": "index"}).assign(code=vendors.CODES[0], weight=0.5)
    return vendors.Vendor(
        {
            "index_bars": TABLES["index_bars"].typed(pairs.assign(**numbers)),
            "index_weights": TABLES["index_weights"].typed(weights),
        }
    )


def update(store, vendor, *indexes, **named):
    """What an update of some indexes changes, by table."""
    options = {"start": START, "end": END, "now": NOW, "recheck": 0} | named
    outcomes = store.update(vendor, tables=NAMES, indexes=indexes, **options)
    return {found.table: found.counts for found in outcomes}


def assert_whole(store, vendor, start=START):
    """Every row of both indexes from `start` on is in force."""
    for name in NAMES:
        rows = vendor.tables[name]
        wanted = rows[rows.date >= start].reset_index(drop=True)
        pd.testing.assert_frame_equal(store.read(name), wanted)


@pytest.mark.parametrize("recheck", [0, 5])
def test_another_index_gets_every_day_and_takes_none_from_the_first(recheck, store, vendor):
    """Also when it is asked for a part of the days only."""
    update(store, vendor, FIRST)
    found = update(store, vendor, SECOND, start="2015-07-01", recheck=recheck)
    days = len(sessions(START, END))
    assert found == dict.fromkeys(NAMES, Counts(added=days))
    assert_whole(store, vendor)
    vendor.calls.clear()
    update(store, vendor, FIRST)
    update(store, vendor, SECOND)
    assert vendor.calls == []


def test_new_days_are_fetched_of_every_index_that_is_there(store, vendor):
    """Else they would be covered, and the other index never asked for them."""
    update(store, vendor, FIRST, SECOND, end="2015-06-30")
    update(store, vendor, FIRST)
    assert_whole(store, vendor)


def test_an_index_of_which_nothing_comes_keeps_its_rows(store, vendor):
    """A vendor's gap is no withdrawal; a single row that is gone is one."""
    update(store, vendor, FIRST, SECOND)
    whole = vendor.tables["index_bars"]
    vendor.tables["index_bars"] = whole[whole.code == FIRST]
    assert update(store, vendor, FIRST, recheck=5)["index_bars"] == Counts()
    last = (whole.code == SECOND) & (whole.date == END)
    vendor.tables["index_bars"] = whole[~last]
    assert update(store, vendor, FIRST, recheck=5)["index_bars"] == Counts(withdrawn=1)


def test_coverage_that_names_no_index_is_not_believed(store, vendor):
    """A store of an earlier release: its days are fetched once more and nothing doubles."""
    update(store, vendor, FIRST)
    for name in NAMES:
        path = store.folder / name / "coverage.json"
        told = json.loads(path.read_text())
        assert told.pop("indexes") == [FIRST]
        path.write_text(json.dumps(told))
    days = len(sessions(START, END))
    found = update(store, vendor, SECOND, FIRST)
    assert found == dict.fromkeys(NAMES, Counts(added=days))
