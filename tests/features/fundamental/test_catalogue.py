"""How many fundamental features there are and count, and what each of them has to have."""

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.features import catalogue
from stockcast.features.counting import counted
from tests.features.fundamental.making import READ, made
from tests.features.known import all_tables

FAMILY = catalogue.family("fundamental")
GROUPS = {"profitability", "solvency", "efficiency", "growth", "quality", "valuation", "size",
          "payout", "market share", "timeliness", "reported"}  # fmt: skip


def test_enough_count(found):
    """Fifty and more, near copies and more than four lookbacks of a formula counted once."""
    assert len(counted(found, list(found.columns))) >= 50


def test_every_group_is_there():
    """The groups are those that the chapter names."""
    assert {feature.group for feature in FAMILY} == GROUPS


def test_statements_alone_suffice_for_fifty():
    """Without what vendors report, which repeats much of it, there are fifty still."""
    assert sum(feature.group != "reported" for feature in FAMILY) >= 100


@pytest.fixture(scope="module")
def little() -> pd.DataFrame:
    """Features of 24 stocks over two years."""
    found = sources.load(
        "simulated", start="2014-01-02", end="2015-12-31", simulated_stocks=24, seed=7
    )
    tables = all_tables(found)
    return made({name: tables[name] for name in READ})


@pytest.mark.parametrize("name", [feature.name for feature in FAMILY])
def test_a_small_market_gives_values(name, little):
    """At least 1,000 finite values, two distinct ones, in single precision."""
    column = little[name]
    assert column.dtype == np.float32
    assert np.isfinite(column).sum() >= 1000
    assert column.nunique() >= 2


@pytest.mark.real
def test_real_indicators_give_reported_features():
    """Of real stocks the reported features have values, from the deadlines on, until stale."""
    named = {"panel": "panel_csi300.parquet"}
    stocks = sources.codes("parquet", **named)[::40]
    tables = all_tables(
        sources.load("parquet", **named, start="2014-01-02", end="2017-12-29", stocks=stocks)
    )
    names = [f.name for f in FAMILY if f.group == "reported"]
    found = made(tables, names)
    assert (np.isfinite(found).sum() >= 1000).all()
    dates = found.index.get_level_values("date")
    assert found[dates < "2014-05-05"].isna().all(axis=None)
    assert found["reported_roe"][dates == "2014-05-05"].notna().any()
    assert found["reported_roe"][dates > "2017-08-04"].isna().all()
    assert found["reported_age"][dates > "2017-08-04"].notna().any()
