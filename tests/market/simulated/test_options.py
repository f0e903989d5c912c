"""Options: contracts, arbitrage bounds, and the volatility in their prices."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, options, simulate


@pytest.fixture(scope="module")
def traded(market):
    """Option bars with their contracts, the fund's price, and years to maturity."""
    table = market.table("option_bars").merge(market.table("option_contracts"), on="contract")
    spot = market.benchmark.set_index("date")["close"] / options.PER_POINT
    left = (table["maturity_date"] - table["date"]).dt.days
    return table.assign(spot=spot.loc[table["date"]].to_numpy(), years=left / options.DAYS_A_YEAR)


def test_contracts_follow_the_exchange(market, traded):
    """Four expiries a day at fourth Wednesdays, five strikes or more around the money in each."""
    assert traded["date"].min() == pd.Timestamp(options.FROM)
    assert traded.groupby("date")["maturity_date"].nunique().eq(4).all()
    matures = market.table("option_contracts")["maturity_date"]
    late = matures[(matures.dt.day_of_week != 2) | (matures.dt.day < 22) | (matures.dt.day > 28)]
    # Only a holiday moves the day, and never backwards.
    assert all(len(sessions(day - pd.Timedelta(days=7), day)) < 6 for day in late)
    by = traded.groupby(["date", "maturity_date", "call_put"])
    assert by["strike"].nunique().min() >= 5
    nearest = by.apply(lambda rows: (rows["strike"] / rows["spot"] - 1).abs().min())
    assert nearest.quantile(0.99) < 0.08


def test_expiries_are_this_month_next_and_two_quarters():
    """The months listed on a day are those of the exchange's rule, in literal dates."""
    days = pd.DatetimeIndex(["2015-02-25", "2015-02-26", "2015-12-01", "2016-05-03"])
    months = np.datetime64("1970-01") + options._expiries(days)
    assert months.astype(str).tolist() == [
        ["2015-02", "2015-03", "2015-06", "2015-09"],
        ["2015-03", "2015-04", "2015-06", "2015-09"],
        ["2015-12", "2016-01", "2016-03", "2016-06"],
        ["2016-05", "2016-06", "2016-09", "2016-12"],
    ]


def test_settlement_lies_within_the_bounds_of_arbitrage(traded):
    """A call is worth what it gives at maturity or more, less than the fund; a put likewise."""
    money = traded["strike"] * np.exp(-options.RATE * traded["years"])
    call = traded["call_put"] == "C"
    least = np.where(call, traded["spot"] - money, money - traded["spot"]).clip(0)
    most = np.where(call, traded["spot"], money)
    half = options.TICK  # rounding, and one tick at least
    assert (traded["settle"] >= least - half).all()
    assert (traded["settle"] <= most + half).all()
    ripe = traded["years"] == 0
    np.testing.assert_allclose(traded["settle"][ripe], least[ripe], atol=half)


def test_calls_and_puts_agree(traded):
    """Put-call parity holds to the tick, and a call falls as its strike rises."""
    key = ["date", "maturity_date", "strike"]
    call, put = (
        traded[traded["call_put"] == kind].set_index(key).sort_index() for kind in ("C", "P")
    )
    strike = call.index.get_level_values("strike")
    forward = call["spot"] - strike * np.exp(-options.RATE * call["years"])
    assert (call["settle"] - put["settle"] - forward).abs().max() <= 2.1 * options.TICK
    falls = call["settle"].groupby(["date", "maturity_date"]).diff().dropna()
    assert (falls <= options.TICK / 2).all()


def test_the_implied_volatility_can_be_read(market, traded):
    """Inverting the formula near the money gives the model's volatility back."""
    variance = options._variance(market.world)
    near = traded[
        (traded["years"] > 0.05) & ((traded["strike"] / traded["spot"] - 1).abs() < 0.05)
    ].sample(200, random_state=1)
    day = market.world.days.get_indexer(near["date"])
    told = options.implied_volatility(variance[day], near["spot"], near["strike"], near["years"])

    def read(row):
        def excess(sigma):
            price = options.black_scholes(
                row.call_put == "C", row.spot, row.strike, row.years, sigma
            )
            return price - row.settle

        return brentq(excess, 0.01, 3.0)

    found = np.array([read(row) for row in near.itertuples()])
    assert np.abs(found - told).max() < 0.01
    assert found.std() > 0.01


def test_the_implied_volatility_forecasts(market):
    """It moves with the market's own volatility, and long expiries move less than short ones."""
    variance = options._variance(market.world)
    short, long = (
        options.implied_volatility(variance, np.array(1.0), np.array(1.0), np.array(years))
        for years in (1 / 12, 0.5)
    )
    own = market.world.market_volatility
    assert np.corrcoef(short[:-1], own[1:])[0, 1] > 0.9
    assert long.std() < short.std()


def test_bars_are_bars(traded):
    """High and low enclose open and close, and each day starts from the last one's prices."""
    assert (traded["high"] >= traded[["open", "close"]].max(axis=1)).all()
    assert (traded["low"] <= traded[["open", "close"]].min(axis=1)).all()
    assert (traded[["low", "volume", "open_interest", "amount"]] > 0).all(axis=None)
    by = traded.sort_values(["contract", "date"]).groupby("contract")
    for name in ("settle", "close"):
        before = by[name].shift()
        later = before.notna()
        np.testing.assert_array_equal(before[later], traded.loc[before.index, f"pre_{name}"][later])


@pytest.mark.parametrize("table", ["option_contracts", "option_bars"])
def test_a_short_markets_options_begin_a_long_ones(market, days, table):
    """Simulating fewer days gives the same first contracts and bars, to the bit."""
    short = simulate(days[:400], 40, Strengths(), stream(1, "market")).table(table)
    long = market.table(table)
    column = "date" if table == "option_bars" else "list_date"
    begun = long[long[column] <= days[399]].reset_index(drop=True)
    pd.testing.assert_frame_equal(begun, short, check_exact=True)


def test_no_options_before_their_first_day(market, days):
    """A market that ends before options were traded has empty tables of the right types."""
    early = simulate(days[:100], 40, Strengths(), stream(1, "market"))
    for table in ("option_contracts", "option_bars"):
        assert early.table(table).empty
        assert early.table(table).dtypes.equals(market.table(table).dtypes)
