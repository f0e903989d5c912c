"""Breadth and fear, one value a day for all stocks, against their plain spelling."""

import numpy as np
import pandas as pd
import pytest

from tests.features.market.agree import one_a_day


def share(condition: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Share of the known ones for which the condition holds."""
    return condition.where(known).astype(float).mean(axis=1)


@pytest.fixture(scope="module")
def known(wide):
    """Members that traded and have a return."""
    return wide["counted"] & wide["return"].notna()


def test_breadth(table, wide, known):
    """breadth is the share of risers among traded members, the thrust its ten days' mean."""
    rising = share(wide["return"] > 1e-9, known)
    one_a_day(table("breadth"), rising)
    one_a_day(table("breadth_thrust_10"), rising.rolling(10).mean())


def test_oscillator(table, wide, known):
    """The fast less the slow exponential mean of net risers, as pandas computes them."""
    net = share(wide["return"] > 1e-9, known) - share(wide["return"] < -1e-9, known)
    fast, slow = (net.ewm(span=span, adjust=False, min_periods=39).mean() for span in (19, 39))
    one_a_day(table("breadth_oscillator"), fast - slow)


@pytest.mark.parametrize("days", [20, 60])
def test_share_above_its_mean(days, table, wide):
    """above_mean_n counts members above their own mean of n days."""
    mean = wide["price"].rolling(days).mean()
    above = share(wide["price"] > mean * (1 + 1e-9), wide["counted"] & mean.notna())
    one_a_day(table(f"above_mean_{days}"), above)


def test_new_highs_and_lows(table, wide):
    """Members at their highest close of 60 days less those at their lowest."""
    price, counted = wide["price"], wide["counted"]
    top, bottom = price.rolling(60).max(), price.rolling(60).min()
    high = share(price >= top * (1 - 1e-9), counted & top.notna())
    low = share(price <= bottom * (1 + 1e-9), counted & top.notna())
    one_a_day(table("net_new_highs_60"), high - low)


def test_limits(table, wide, known):
    """Closes at the limit are counted; what touched and fell back is counted apart."""
    at_top = wide["close"] >= wide["limit_up"] - 0.005
    failed = ~at_top & (wide["high"] >= wide["limit_up"] - 0.005)
    up, down = share(at_top, known), share(wide["close"] <= wide["limit_down"] + 0.005, known)
    assert up.max() > 0.1
    one_a_day(table("limit_up_share"), up)
    one_a_day(table("limit_down_share"), down)
    one_a_day(table("net_limits_5"), (up - down).rolling(5).mean())
    one_a_day(table("failed_limit_up_5"), share(failed, known).rolling(5).mean())


def test_dispersion_and_amounts(table, wide, known):
    """The members' deviation, the risers' part of the money, and today's money over a month's."""
    moved = wide["return"].where(known)
    one_a_day(table("dispersion"), moved.std(axis=1, ddof=0))
    amount = wide["amount"].where(known & (wide["amount"] > 0))
    risers = amount.where(wide["return"] > 1e-9).sum(axis=1) / amount.sum(axis=1)
    one_a_day(table("riser_amount"), risers.where(amount.notna().any(axis=1)))
    mean = wide["amount"].where(wide["counted"] & (wide["amount"] > 0)).mean(axis=1)
    one_a_day(table("market_amount_20"), mean / mean.rolling(20).mean() - 1)


def test_fear_of_the_market(table, wide):
    """Volatility, its proxy of an implied one, downside and drawdown of the market's return."""
    m = wide["market"]
    one_a_day(table("market_volatility_20"), m.rolling(20).std())
    proxy = 100 * np.sqrt(244 * (m**2).ewm(span=20, adjust=False, min_periods=20).mean())
    one_a_day(table("fear_proxy_20"), proxy)
    one_a_day(table("fear_proxy_change_5"), proxy - proxy.shift(5), atol=1e-4)
    down = m.clip(upper=0)
    one_a_day(
        table("market_downside_share_20"), (down**2).rolling(20).sum() / (m**2).rolling(20).sum()
    )
    one_a_day(table("worst_day_20"), m.rolling(20).min())
    level = (1 + m.fillna(0)).cumprod()
    drawdown = (level / level.rolling(60).max() - 1).where(m.notna())
    one_a_day(table("market_drawdown_60"), drawdown)


def test_members_that_move_alike_are_correlated_by_one(market):
    """Copies of one stock have correlation 1; they are one market."""
    first = market.panel[market.panel.code == market.panel.code.iloc[0]]
    copies = [first.assign(code=f"{600000 + n}.SH", in_universe=True) for n in range(4)]
    found = market.made(["member_correlation_20", "dispersion"], panel=pd.concat(copies))
    correlation = found.member_correlation_20.dropna()
    assert len(correlation) > 1000
    np.testing.assert_allclose(correlation, 1, atol=1e-5)
    assert (found.dispersion.dropna().abs() < 1e-12).all()
