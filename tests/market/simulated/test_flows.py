"""Money flow, investors from Hong Kong, and borrowed money."""

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, flows, simulate

SIZES = flows.SIZES


@pytest.fixture(scope="module")
def connected():
    """A market over the days on which Shanghai and Shenzhen were opened to Hong Kong."""
    return simulate(sessions("2014-10-08", "2017-03-31"), 30, Strengths(), stream(5, "market"))


@pytest.fixture(scope="module")
def flow(market):
    """Money flow beside the bars."""
    return market.table("money_flow").merge(market.table("bars"), on=["date", "code"])


def _sum(table, side, what, sizes=SIZES):
    return sum(table[f"{side}_{size}_{what}"] for size in sizes)


def test_every_trade_has_two_sides(market, flow):
    """Purchases and sales each add up to the day's volume, and to its amount in 100 yuan."""
    assert len(flow) == len(market.table("bars"))
    for side in ("buy", "sell"):
        pd.testing.assert_series_equal(
            _sum(flow, side, "volume"), flow["volume"], check_names=False
        )
        spent = _sum(flow, side, "amount")
        assert (spent - flow["amount"]).abs().max() <= 50
        np.testing.assert_array_equal(spent, _sum(flow, "buy", "amount"))


def test_flows_are_whole_and_not_negative(flow):
    """Each size trades whole lots for whole 100 yuan, and none of them less than nothing."""
    for size in SIZES:
        for side in ("buy", "sell"):
            for what in ("volume", "amount"):
                column = flow[f"{side}_{size}_{what}"]
                assert (column >= 0).all()
                assert (column % 100 == 0).all()


def test_large_orders_tell_what_later_returns_depend_on(market, flow):
    """The documented formula gives `World.orders` back from public tables."""
    large = SIZES[2:]
    net = (_sum(flow, "buy", "amount", large) - _sum(flow, "sell", "amount", large)) / flow[
        "amount"
    ]
    move = flow["close"] / flow["pre_close"] - 1
    read = (net - flows.LARGE_FROM_RETURN * move) / flows.LARGE_FROM_ORDERS
    day = market.world.days.get_indexer(flow["date"])
    stock = pd.Index(market.world.stocks.codes).get_indexer(flow["code"])
    orders = market.world.orders[day, stock]
    assert np.corrcoef(read, orders)[0, 1] > 0.999
    assert (np.abs(read - orders) > 0.1).mean() < 0.001


def test_net_active_buying_is_possible(flow):
    """Active purchases less active sales never exceed what was traded, and lean with the price."""
    assert (flow["net_volume"].abs() <= flow["volume"]).all()
    assert (flow["net_amount"].abs() <= flow["amount"]).all()
    share = flow["net_amount"] / flow["amount"]
    assert np.corrcoef(share, flow["close"] / flow["pre_close"])[0, 1] > 0.3


def test_hong_kong_opens_on_its_days(connected):
    """No rows before Shanghai's opening, zeros in Shenzhen before its own, purchases after."""
    table = connected.table("northbound").set_index("date")
    assert table.index[0] == pd.Timestamp(flows.NORTHBOUND_FROM["SH"])
    before = table.index < flows.NORTHBOUND_FROM["SZ"]
    assert (table.loc[before, ["shenzhen", "south_shenzhen"]] == 0).all(axis=None)
    assert (table.loc[~before, ["shenzhen", "south_shenzhen"]] != 0).mean().min() > 0.9
    np.testing.assert_allclose(table["north"], table["shanghai"] + table["shenzhen"])
    np.testing.assert_allclose(table["south"], table["south_shanghai"] + table["south_shenzhen"])
    held = connected.table("northbound_holdings")
    first = held.groupby(held["code"].str[-2:])["date"].min()
    assert first.to_dict() == {k: pd.Timestamp(v) for k, v in flows.NORTHBOUND_FROM.items()}


def test_purchases_are_what_changes_in_holdings_cost(connected):
    """Shanghai's net purchases are its holdings' changes, bonus shares apart, at mean prices."""
    held = connected.table("northbound_holdings").merge(
        connected.table("bars"), on=["date", "code"], how="left"
    )
    held = held[held["code"].str.endswith("SH")].sort_values(["code", "date"])
    shares = held.groupby("code")["shares"]
    change = shares.diff().fillna(held["shares"])
    world = connected.world
    day = world.days.get_indexer(held["date"])
    stock = pd.Index(world.stocks.codes).get_indexer(held["code"])
    grown = world.path.shares[day, stock] / world.path.shares[day - 1, stock]
    change -= shares.shift().fillna(0) * (grown - 1)
    spent = (change * held["amount"] / held["volume"]).fillna(0).groupby(held["date"]).sum()
    table = connected.table("northbound").set_index("date")["shanghai"]
    assert (spent - table).abs().max() < 6_000  # rounded to 10,000 yuan
    assert (change.abs() <= flows.NORTHBOUND_MOST * held["volume"].fillna(0) + 1).all()


def test_holdings_move_slowly_within_the_float(connected):
    """A holding is a share of the float that hardly changes from one day to the next."""
    held = connected.table("northbound_holdings").sort_values(["code", "date"])
    assert held["share_of_float"].between(0, 0.2).all()
    assert held.groupby("code")["share_of_float"].diff().abs().max() < 0.02


def test_margin_balances_add_up(market):
    """From one row to a stock's next, balances change by what was lent and repaid, exactly."""
    table = market.table("margin").sort_values(["code", "date"], ignore_index=True)
    by = table.groupby("code")
    after = by.cumcount() > 0
    position = market.world.days.get_indexer(table["date"])
    after &= pd.Series(position).groupby(table["code"]).diff() == 1
    money = by["financing_balance"].shift() + table["financing_bought"] - table["financing_repaid"]
    lent = by["lending_shares"].shift() + table["lending_sold_shares"]
    lent -= table["lending_repaid_shares"]
    assert after.mean() > 0.95
    np.testing.assert_array_equal(money[after], table["financing_balance"][after])
    np.testing.assert_array_equal(lent[after], table["lending_shares"][after])
    assert (table.select_dtypes("number") >= 0).all(axis=None)
    total = table["financing_balance"] + table["lending_balance"]
    np.testing.assert_array_equal(total, table["total_balance"])


def test_margin_is_for_larger_stocks_without_special_treatment(market):
    """Stocks that can be bought on margin are larger than others, and none is ST."""
    world, table = market.world, market.table("margin")
    day = world.days.get_indexer(table["date"])
    stock = pd.Index(world.stocks.codes).get_indexer(table["code"])
    eligible = np.zeros(world.listed.shape, dtype=bool)
    eligible[day, stock] = True
    assert not (eligible & (world.special | ~world.listed)).any()
    size = world.path.close[0] * world.path.shares[0]
    assert size[eligible[0]].min() >= np.nanmedian(np.where(world.listed[0], size, np.nan))


@pytest.mark.parametrize("table", ["money_flow", "northbound", "northbound_holdings", "margin"])
def test_flows_of_a_short_market_begin_those_of_a_long_one(connected, table):
    """Simulating fewer days gives the same first rows, to the bit."""
    days = connected.world.days[:400]
    short = simulate(days, 30, Strengths(), stream(5, "market")).table(table)
    long = connected.table(table)
    begun = long[long["date"] <= days[-1]].reset_index(drop=True)
    pd.testing.assert_frame_equal(begun, short, check_exact=True)
