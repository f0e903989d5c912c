"""What holds for the whole family: its number, the time rule, scale, and bad input."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.features import catalogue
from tests.features.market.conftest import EVENING, NAMES, Market

BY_DATE = ("option_bars", "rates", "valuation")
CUTS = (40, 90, 230, 290, 333, 430)


@pytest.fixture(scope="module")
def larger():
    """Forty stocks over three years."""
    found = sources.load(
        "simulated", start="2013-01-04", end="2015-12-31", simulated_stocks=40, seed=3, horizon=5
    )
    return Market(found.panel, dict(found.side)).made()


def test_there_are_enough_that_differ(larger):
    """At least 30 count: pairs with rank correlation above .99 once, four lookbacks of a stem."""
    correlation = larger.rank().corr(min_periods=500).abs().to_numpy()
    same = {NAMES[later] for _, later in np.argwhere(np.triu(correlation, 1) > 0.99)}
    stems = Counter(f.stem for f in catalogue.family("market") if f.name not in same)
    assert sum(min(number, 4) for number in stems.values()) >= 100
    assert not same
    assert max(stems.values()) <= 4


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there(name, features):
    """Single precision, never infinite, 1,000 finite values at least, and not always the same."""
    column = features[name]
    assert column.dtype == np.float32
    assert not np.isinf(column).any()
    assert column.notna().sum() >= 1000
    assert column.nunique() >= 2


def test_lookbacks_are_the_declared_ones(features, market):
    """The first value of a stock that is there from the first day comes on day `lookback`."""
    late = {"northbound", "northbound_holdings", "option_bars"}
    first = features.index.get_level_values("date").min()
    codes = features.loc[first].index
    whole = features[features.index.get_level_values("code").isin(codes)]
    order = whole.groupby("code").cumcount() + 1
    for feature in catalogue.family("market"):
        known = order[whole[feature.name].notna()].min()
        if late & set(feature.inputs):
            assert known >= feature.lookback
        else:
            assert known == feature.lookback, feature.name


def public(name, table, day):
    """Rows of a table that were public at the close of a day."""
    if name in EVENING:
        return table[table.date < day]
    if name in BY_DATE:
        return table[table.date <= day]
    return table[table.list_date <= day] if name == "option_contracts" else table


@pytest.mark.parametrize("cut", CUTS)
def test_later_rows_change_no_bit(cut, market, features):
    """Without what became public after a day, every value up to that day is the same bits."""
    day = market.panel.date.unique()[cut]
    known = {name: public(name, table, day) for name, table in market.tables.items()}
    found = market.made(panel=market.panel[market.panel.date <= day], **known)
    expected = features[features.index.get_level_values("date") <= day]
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize(("factor", "tolerance"), [(2.0**-7, 0.0), (3.7, 1e-6)])
def test_factors_level_leaves_no_trace(factor, tolerance, market, features):
    """A constant times every second stock's factor changes no feature."""
    codes = market.panel.code.unique()[::2]
    times = np.where(market.panel.code.isin(codes), factor, 1.0)
    found = market.made(panel=market.panel.assign(adj_factor=market.panel.adj_factor * times))
    np.testing.assert_allclose(found, features, rtol=tolerance, atol=tolerance)


def test_empty_tables_are_unknown_or_nothing(market):
    """Tables without rows give NaN, and zero appearances; prices' features stay as they are."""
    names = [*EVENING, "option_bars", "option_contracts", "rates", "valuation"]
    found = market.made(**{name: market.tables[name][:0] for name in names})
    assert found[["main_force_1", "vix", "northbound_1", "shibor_slope"]].isna().all(axis=None)
    assert (found.top_list_20.dropna() == 0).all()
    assert found.relative_5.notna().any()


def test_one_stock_alone(market):
    """A market of one stock is that stock: its relative return is zero, nothing is infinite."""
    one = market.panel[market.panel.code == market.panel.code.iloc[0]].assign(in_universe=True)
    found = market.made(panel=one)
    np.testing.assert_allclose(found.relative_5.dropna(), 0, atol=1e-6)
    assert found.member_correlation_20.isna().all()
    assert not np.isinf(found).any(axis=None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.groupby("code").head(3),
        lambda p: p.assign(amount=np.nan),
        lambda p: p.assign(volume=0.0, amount=0.0),
        lambda p: p.assign(in_universe=False),
        lambda p: p.assign(suspended=True),
        lambda p: p.assign(sector=None),
        lambda p: p.assign(close=10.0, high=10.0, low=10.0, open=10.0, adj_factor=1.0),
        lambda p: p.assign(close=-p.close, high=-p.low, low=-p.high, open=-p.open),
    ],
    ids=["three_rows", "no_amount", "no_volume", "no_members", "all_suspended", "no_sector",
         "constant", "negative"],
)  # fmt: skip
def test_bad_panels_give_nan(spoil, market):
    """Whatever the panel lacks, there is no crash and no infinity."""
    found = market.made(panel=spoil(market.panel[market.panel.date < "2014-09-01"]))
    assert not np.isinf(found).any(axis=None)
    assert list(found.columns) == NAMES
