"""The tables beside the panel: made when asked for, and cut to what was public."""

import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.data.sources.load import _known_by
from stockcast.data.sources.source import Lazy
from stockcast.market.tables import IN_PANEL, TABLES

SMALL = {"start": "2014-01-02", "simulated_stocks": 10, "seed": 3}


def test_a_table_is_made_once_and_only_when_asked():
    """Naming and counting tables makes none of them; asking twice makes it once."""
    made = []

    def make(name):
        made.append(name)
        return pd.DataFrame({"name": [name]})

    tables = Lazy(["a", "b"], make)
    assert list(tables) == ["a", "b"]
    assert len(tables) == 2
    assert "c" not in tables
    assert not made
    assert tables["b"] is tables["b"]
    assert made == ["b"]
    with pytest.raises(KeyError):
        tables["c"]


def test_the_simulated_market_brings_every_table():
    """All tables that are not in the panel, each of its own type, of the run's stocks only."""
    found = sources.load("simulated", end="2014-06-30", **SMALL)
    assert set(found.side) == set(TABLES) - set(IN_PANEL)
    held = set(found.panel.code.unique())
    for name, table in found.side.items():
        assert list(table.columns) == list(TABLES[name].columns), name
        if "code" in table and name != "index_bars":
            assert set(table.code) <= held, name


@pytest.mark.parametrize("stocks", [[], ["000001.SZ", "000002.SZ", "600001.SH"]])
def test_an_earlier_end_knows_no_more(stocks):
    """Tables of a run that ends earlier are those rows of the longer run's that were public."""
    late = sources.load("simulated", end="2014-12-31", stocks=stocks, **SMALL)
    early = sources.load("simulated", end="2014-06-30", stocks=stocks, **SMALL)
    for name in early.side:
        dated = TABLES[name].dated
        if not dated:
            continue
        until = pd.Timestamp("2014-06-30 15:00") if name == "news" else pd.Timestamp("2014-06-30")
        cut = late.side[name][late.side[name][dated] <= until].reset_index(drop=True)
        pd.testing.assert_frame_equal(early.side[name], cut, check_exact=True, obj=name)


def test_later_fates_are_not_handed_back():
    """A run that ends early knows no later name, listing or delisting, and macro gets its dates."""
    last = pd.Timestamp("2016-01-04")
    day = pd.Timestamp
    names = TABLES["names"].typed(
        pd.DataFrame(
            {
                "code": "600001.SH", "name": ["A", "ST A"], "reason": "",
                "start": [day("2010-01-04"), day("2019-05-06")],
                "end": [day("2019-05-05"), pd.NaT],
                "announced": [pd.NaT, day("2019-04-30")],
            }
        )
    )  # fmt: skip
    kept = _known_by("names", names, {"600001.SH"}, last)
    assert kept.name.tolist() == ["A"]
    assert kept.end.isna().all()
    stocks = TABLES["stocks"].typed(
        pd.DataFrame(
            {
                "code": ["600001.SH", "600002.SH"], "name": "A", "board": "main", "sector": "",
                "list_date": [day("2010-01-04"), day("2017-01-03")],
                "delist_date": [day("2020-01-02"), pd.NaT],
            }
        )
    )  # fmt: skip
    kept = _known_by("stocks", stocks, {"600001.SH", "600002.SH"}, last)
    assert kept.code.tolist() == ["600001.SH"]
    assert kept.delist_date.isna().all()
    macro = TABLES["macro"].typed(
        pd.DataFrame(
            {
                "series": "cpi_growth", "released": pd.NaT, "value": 0.02,
                "period": [day("2015-10-31"), day("2015-12-31")],
            }
        )
    )  # fmt: skip
    kept = _known_by("macro", macro, set(), last)
    assert kept.period.tolist() == [day("2015-10-31")]
    assert kept.released.notna().all()
