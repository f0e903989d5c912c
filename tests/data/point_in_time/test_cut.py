"""Tables as they stood at a close, against the rules written out for the tests of features."""

import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.data.point_in_time import known_by
from tests.features import known


@pytest.fixture(scope="module")
def tables():
    """Every table of a small simulated market but the panel."""
    found = sources.load(
        "simulated", start="2014-01-02", end="2014-12-31", simulated_stocks=12, seed=7, horizon=5
    )
    every = known.all_tables(found)
    return {name: table for name, table in every.items() if name != "panel"}


@pytest.mark.parametrize("day", ["2014-04-30", "2014-05-05", "2014-08-29", "2014-11-14"])
def test_cut_keeps_what_was_public(tables, day):
    """Row for row what the other spelling of the rules keeps, with later ends of spans missing."""
    day = pd.Timestamp(day)
    expected = known.known_by(tables, day)
    found = known_by(tables, day)
    assert set(found) == set(expected)
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name], obj=name)


def test_cut_takes_something_away(tables):
    """In the middle of the year, every dated table loses rows."""
    found = known_by(tables, pd.Timestamp("2014-06-30"))
    lost = [name for name in tables if len(found[name]) < len(tables[name])]
    assert {"income", "valuation", "money_flow", "news", "macro", "margin"} <= set(lost)
