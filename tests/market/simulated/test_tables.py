"""All tables of the simulated market: their form, how they agree, and that time does not leak."""

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.simulated import Strengths, simulate
from stockcast.market.tables import DTYPES, TABLES

DATED = [name for name, table in TABLES.items() if table.dated]
SINCE = {"stocks": "list_date", "names": "start", "sector_members": "start",
         "option_contracts": "list_date"}  # fmt: skip
"""Tables without a dated column, and since when their rows hold."""


@pytest.fixture(scope="module")
def whole(span):
    """Six years of 60 stocks."""
    return simulate(span, 60, Strengths(), stream(3, "market"))


@pytest.fixture(scope="module", params=[1, 320, 1010])
def short(span, request):
    """The same market, ended early."""
    return simulate(span[: request.param], 60, Strengths(), stream(3, "market"))


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_as_specified(whole, name):
    """Columns, types and order are the vocabulary's, keys occur once, and there are rows."""
    table, wanted = whole.table(name), TABLES[name]
    assert {c: str(t) for c, t in table.dtypes.items()} == {
        c: DTYPES[kind] for c, kind in wanted.columns.items()
    }
    assert len(table) > 0
    assert not table.duplicated(list(wanted.key)).any()
    assert table.equals(table.sort_values(list(wanted.key), kind="stable", ignore_index=True))
    assert whole.table(name) is table


@pytest.mark.parametrize("name", DATED)
def test_a_longer_market_has_the_same_rows(whole, short, name):
    """Rows dated by the last day of a shorter market are its own, to the bit."""
    dated = TABLES[name].dated
    begun, table = short.table(name), whole.table(name)
    # News goes on after the close; the last day's market ends with it.
    end = short.world.days[-1] + pd.Timedelta(hours=15 if name == "news" else 24)
    kept = table[table[dated] < end].reset_index(drop=True)
    pd.testing.assert_frame_equal(begun[begun[dated] < end], kept, check_exact=True)
    assert (begun[dated] < end).all() or name in ("income", "balance", "cash_flow", "indicators")


@pytest.mark.parametrize("name", SINCE)
def test_undated_tables_tell_what_was_public(whole, short, name):
    """A shorter market has the rows that held by its last day, and no later end among them."""
    last = short.world.days[-1]
    table = whole.table(name)
    kept = table[table[SINCE[name]] <= last].reset_index(drop=True)
    for end in {"end", "delist_date"} & set(kept):
        kept[end] = kept[end].where(kept[end] < last)
    begun = short.table(name)
    if name == "stocks":  # a name is the latest one
        kept, begun = kept.drop(columns="name"), begun.drop(columns="name")
    for end in {"end", "delist_date"} & set(begun):
        assert not (begun[end] > last).any()
        begun = begun.assign(**{end: begun[end].where(begun[end] < last)})
    pd.testing.assert_frame_equal(begun, kept, check_exact=True)


def test_delistings_are_told_when_they_happen(world, begun):
    """No shorter market knows the day on which a stock will leave."""
    from stockcast.market.simulated import reference

    later = reference.stocks(world)["delist_date"]
    assert later.notna().any()
    known = reference.stocks(begun)["delist_date"].dropna()
    assert (known <= begun.days[-1]).all()


def test_bars_and_suspensions_make_the_panel(whole):
    """The panel's rows are those of `bars` and `suspensions`; factors and limits cover both."""
    panel = whole.panel
    traded = panel[~panel["suspended"]].reset_index(drop=True)
    bars = whole.table("bars")
    pd.testing.assert_frame_equal(bars, traded[bars.columns])
    halted = panel.loc[panel["suspended"], ["date", "code"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole.table("suspensions")[["date", "code"]], halted)
    for name in ("factors", "limits"):
        table = whole.table(name)
        pd.testing.assert_frame_equal(table, panel[table.columns])


def test_the_index_bars_close_as_the_benchmark(whole):
    """Closes are the benchmark's, opens and closes lie within the bar, amounts are the members'."""
    bars = whole.table("index_bars")
    assert set(bars["code"]) == {"000300.SH"}
    np.testing.assert_array_equal(bars["close"], whole.benchmark["close"])
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1) + 0.01).all()
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1) - 0.01).all()
    np.testing.assert_array_equal(bars["pre_close"][1:], bars["close"][:-1])
    members = whole.panel[whole.panel["in_universe"]].groupby("date")["amount"].sum()
    np.testing.assert_allclose(bars["amount"], members, rtol=1e-9)
    spread = ((bars["high"] - bars["low"]) / bars["close"]).mean()
    assert 0.005 < spread < 0.05


def test_other_names_are_refused(whole):
    """A table that there is not is refused, with the nearest name."""
    with pytest.raises(InputError, match="index_bars"):
        whole.table("index_bar")
