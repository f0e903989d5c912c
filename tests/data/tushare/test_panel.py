"""The panel joined from tables is the simulator's own, row for row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.data import completion, schema
from stockcast.data.tushare.panel import benchmark, panel
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

NAMES = (
    "stocks", "names", "bars", "factors", "limits", "suspensions", "index_bars", "index_weights",
)  # fmt: skip
INDEX = "000300.SH"


@pytest.fixture(scope="module")
def market():
    """Four years of forty stocks, with all that can befall them."""
    return simulate(sessions("2011-01-04", "2014-12-31"), 40, Strengths(), stream(0, "market"))


@pytest.fixture(scope="module")
def tables(market):
    """Its tables as a store would give them."""
    return {name: market.table(name) for name in NAMES}


def test_equal_to_the_simulators(market, tables):
    """Rows, columns, types and every value are the simulator's, and so is the index."""
    made = panel(tables, INDEX)
    assert made.is_st.any()
    assert made.suspended.any()
    assert tables["stocks"].delist_date.notna().any()
    assert (made.groupby("code").date.min() > made.date.min()).any()
    pd.testing.assert_frame_equal(made, market.panel, check_exact=True)
    pd.testing.assert_frame_equal(benchmark(tables, INDEX), market.benchmark, check_exact=True)


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_equal_for_other_markets(seed):
    """Also where other stocks are suspended, listed late and under special treatment."""
    market = simulate(sessions("2013-01-04", "2014-06-30"), 30, Strengths(), stream(seed, "market"))
    made = panel({name: market.table(name) for name in NAMES}, INDEX)
    pd.testing.assert_frame_equal(made, market.panel, check_exact=True)


def test_the_order_of_rows_does_not_matter(market, tables):
    """Shuffled tables give the same panel."""
    shuffled = {name: table.sample(frac=1, random_state=1) for name, table in tables.items()}
    pd.testing.assert_frame_equal(panel(shuffled, INDEX), market.panel, check_exact=True)


def test_rows_up_to_a_day_depend_on_nothing_later(market, tables):
    """Bars, snapshots and names after a day change nothing before it."""
    day = pd.Timestamp("2013-06-28")
    cut = dict(tables)
    for name in ("bars", "factors", "limits", "suspensions", "index_weights"):
        cut[name] = tables[name][tables[name].date <= day]
    cut["names"] = tables["names"][tables["names"].start <= day]
    early = panel(cut, INDEX)
    whole = market.panel[market.panel.date <= day].reset_index(drop=True)
    pd.testing.assert_frame_equal(early, whole, check_exact=True)


def test_it_passes_the_schema(tables):
    """What comes out is what `load` takes in."""
    made = panel(tables, INDEX)
    checked = completion.complete(schema.validate(made))
    assert len(checked) == len(made)


def test_a_missing_bar_that_nothing_explains_has_no_amount(tables):
    """A hole is carried as a suspended day is, but its amount is unknown, not nothing."""
    bars = tables["bars"]
    hole = bars.index[(bars.code == bars.code.iloc[0]) & (bars.date > "2012-03-01")][0]
    row = bars.loc[hole]
    made = panel(tables | {"bars": bars.drop(hole)}, INDEX).set_index(["date", "code"])
    lost = made.loc[(row.date, row.code)]
    assert lost.suspended
    assert np.isnan(lost.amount)
    assert (lost.volume, lost.close) == (0.0, lost.pre_close)
    known = made[made.suspended & made.amount.notna()]
    assert (known.amount == 0).all()


def test_days_before_a_first_bar_are_left_out(tables):
    """Nothing tells the price of a stock that has not traded yet in what is there."""
    bars, code = tables["bars"], tables["bars"].code.iloc[0]
    late = bars[(bars.code != code) | (bars.date >= "2011-03-01")]
    made = panel(tables | {"bars": late}, INDEX)
    assert made[made.code == code].date.min() == late[late.code == code].date.min()


def test_a_factor_that_is_missing_is_the_days_before(market, tables):
    """One factor row lost on a day without payout changes nothing."""
    factors = tables["factors"]
    same = factors[(factors.code == factors.code.iloc[0]) & (factors.date > "2012-03-01")].iloc[[0]]
    made = panel(tables | {"factors": factors.drop(same.index)}, INDEX)
    pd.testing.assert_frame_equal(made, market.panel, check_exact=True)


def test_tables_that_are_not_there(market, tables):
    """Without limits the columns are missing for `complete` to derive; without the rest, False."""
    few = {name: tables[name] for name in ("stocks", "bars", "factors")}
    made = panel(few, INDEX)
    assert not {"limit_up", "limit_down"} & set(made)
    assert not made.is_st.any()
    assert not made.in_universe.any()
    assert benchmark(few, INDEX) is None
    pd.testing.assert_series_equal(made.close, market.panel.close)


def test_a_board_that_no_one_names_is_told_from_the_code(market, tables):
    """An empty board in `stocks` is no reason to fail."""
    unnamed = tables["stocks"].assign(board="")
    made = panel(tables | {"stocks": unnamed}, INDEX)
    pd.testing.assert_series_equal(made.board, market.panel.board)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bars", "table bars: must have rows; fetch it with: stockcast data update"),
        ("factors", "table factors: must have rows"),
        ("stocks", "table stocks, code .*: must be there, for it has bars"),
    ],
)
def test_what_is_needed_is_asked_for(tables, name, said):
    """A table that is empty or lacks a stock is named."""
    cut = tables[name].iloc[1:] if name == "stocks" else tables[name].iloc[:0]
    with pytest.raises(InputError, match=said):
        panel(tables | {name: cut}, INDEX)
