"""The top list and its seats."""

import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.market.simulated import Strengths, seats, simulate

KEY = ["date", "code", "reason"]


@pytest.fixture(scope="module")
def listed(market):
    """The top list beside bars and the index's returns."""
    index = market.table("index_bars").set_index("date")
    bars = market.table("bars").drop(columns=["close", "amount"])
    table = market.table("top_list").merge(bars, on=["date", "code"], validate="many_to_one")
    market_return = (index["close"] / index["pre_close"] - 1).loc[table["date"]].to_numpy()
    return table.assign(deviation=table["close"] / table["pre_close"] - 1 - market_return)


def test_reasons_hold(listed):
    """A stock is listed for a day's reason only if that day's numbers satisfy it."""
    rise, fall, amplitude, turnover = (
        listed[listed["reason"] == reason] for reason in seats.REASONS[:4]
    )
    assert len(rise) > 20
    assert len(fall) > 20
    assert (rise["deviation"] >= 0.07).all()
    assert (fall["deviation"] <= -0.07).all()
    assert ((amplitude["high"] - amplitude["low"]) / amplitude["pre_close"] >= 0.15).all()
    assert (turnover["turnover"] >= 0.2).all()


def test_everything_remarkable_is_listed_up_to_five(market, listed):
    """Each stock that rose by 7 % more than the index is on the list, or five others are."""
    index = market.table("index_bars").set_index("date")
    bars = market.table("bars").merge(market.table("stocks")[["code", "list_date"]], on="code")
    bars = bars[bars["date"] > bars["list_date"]]
    market_return = (index["close"] / index["pre_close"] - 1).loc[bars["date"]].to_numpy()
    rose = bars[bars["close"] / bars["pre_close"] - 1 - market_return >= 0.07]
    group = [rose["date"], rose["code"].str[-2:].rename("city")]
    expected = rose.groupby(group).size().clip(upper=seats.MOST)
    got = listed[listed["reason"] == seats.REASONS[0]]
    count = got.groupby([got["date"], got["code"].str[-2:].rename("city")]).size()
    pd.testing.assert_series_equal(count, expected)


def test_three_days_add_up(market, listed):
    """The three-day reasons need three days in a row whose deviations add up to 20 %."""
    world, index = market.world, market.table("index_bars")
    move = pd.DataFrame(world.path.close / world.path.reference - 1, columns=world.stocks.codes)
    move = move.sub((index["close"] / index["pre_close"] - 1).to_numpy(), axis=0)
    three = move.rolling(3).sum().set_index(world.days)
    for reason, sign in zip(seats.REASONS[4:], (1, -1), strict=True):
        rows = listed[listed["reason"] == reason]
        assert len(rows) > 0
        total = [
            three.at[date, code] for date, code in zip(rows["date"], rows["code"], strict=True)
        ]
        assert min(sign * value for value in total) >= 0.2 - 1e-12


def test_lists_are_their_seats_sums(market, listed):
    """Ten different seats stand behind each row, and their purchases and sales add up to it."""
    table = market.table("top_seats")
    sums = table.groupby(KEY).agg(buy=("buy", "sum"), sell=("sell", "sum"), n=("seat", "nunique"))
    rows = listed.set_index(KEY).sort_index()
    assert sums.index.equals(rows.index)
    assert (sums["n"] == 10).all()
    assert (sums["buy"] - rows["list_buy"]).abs().max() < 0.01
    assert (sums["sell"] - rows["list_sell"]).abs().max() < 0.01
    assert (sums["buy"] < rows["amount"]).all()
    assert (sums["sell"] < rows["amount"]).all()
    net = rows["list_buy"] - rows["list_sell"]
    assert (net - rows["net_amount"]).abs().max() < 0.02


def test_each_side_holds_those_who_traded_most(market):
    """The smallest purchase of a buying seat is above every selling seat's, and the reverse."""
    table = market.table("top_seats")
    low = table.groupby([*KEY, "side"])[["buy", "sell"]].min().unstack("side")
    high = table.groupby([*KEY, "side"])[["buy", "sell"]].max().unstack("side")
    assert (low["buy", "0"] >= high["buy", "1"]).all()
    assert (low["sell", "1"] >= high["sell", "0"]).all()
    institutions = table.groupby(KEY)["seat"].agg(lambda names: seats.INSTITUTIONS in set(names))
    assert 0.25 < institutions.mean() < 0.55


def test_one_days_seats_are_the_same_under_each_reason(market):
    """A stock listed twice on a day shows the same seats twice."""
    table = market.table("top_seats")
    told = table.groupby(["date", "code", "side", "seat"])["buy"].nunique()
    assert (told == 1).all()
    assert table.groupby(["date", "code"])["reason"].nunique().max() > 1


@pytest.mark.parametrize("table", ["top_list", "top_seats"])
def test_a_short_markets_lists_begin_a_long_ones(market, days, table):
    """Simulating fewer days gives the same first rows, to the bit."""
    short = simulate(days[:300], 40, Strengths(), stream(1, "market")).table(table)
    long = market.table(table)
    begun = long[long["date"] <= days[299]].reset_index(drop=True)
    pd.testing.assert_frame_equal(begun, short, check_exact=True)
