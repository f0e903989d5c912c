"""Strength, the market model and ranks, against their plain spelling."""

import numpy as np
import pytest

from tests.features.market.agree import agrees


def test_relative_1_is_against_that_days_market(table, wide):
    """relative_1 divides the day's growth by that of the members that traded."""
    agrees(table("relative_1"), (1 + wide["return"]).div(1 + wide["market"], axis=0) - 1)


@pytest.mark.parametrize("days", [5, 20, 60])
def test_relative_return_is_against_members_that_traded(days, table, wide):
    """relative_n divides by the market's compound growth, the market being members that traded."""
    grown = np.exp(np.log1p(wide["market"]).rolling(days).sum())
    expected = (wide["price"] / wide["price"].shift(days)).div(grown, axis=0) - 1
    agrees(table(f"relative_{days}"), expected)


@pytest.mark.parametrize("days", [120, 250])
def test_relative_momentum_leaves_out_the_last_month(days, table, wide):
    """Both the stock's growth and the market's end 20 days ago."""
    grown = np.exp(np.log1p(wide["market"]).rolling(days - 20).sum()).shift(20)
    expected = (wide["price"].shift(20) / wide["price"].shift(days)).div(grown, axis=0) - 1
    # A stock that is listed later begins with its own first row.
    agrees(table(f"relative_momentum_{days}"), expected)


def test_beta(table, wide):
    """beta_60 is the regression slope on the market's return."""
    market = wide["market"]
    for code in wide["return"].columns[:4]:
        own = wide["return"][code]
        expected = own.rolling(60).cov(market) / market.where(own.notna()).rolling(60).var()
        np.testing.assert_allclose(table("beta_60")[code], expected, rtol=1e-4, atol=1e-6)


def test_market_model_is_least_squares(table, wide):
    """What the market leaves unexplained is numpy's least squares' residual, with n - 2 degrees."""
    market = wide["market"].to_numpy()
    for code in wide["return"].columns[:3]:
        own = wide["return"][code].to_numpy()
        for at in (150, 300, 450):
            y, x = own[at - 59 : at + 1], market[at - 59 : at + 1]
            slope, level = np.polyfit(x, y, 1)
            left = y - level - slope * x
            day = wide["return"].index[at]
            assert table("idiosyncratic_volatility_60").loc[day, code] == pytest.approx(
                np.sqrt((left**2).sum() / 58), rel=1e-4
            )
            assert table("synchronicity_60").loc[day, code] == pytest.approx(
                1 - left.var() / y.var(), abs=1e-5
            )


def test_downside_beta_is_of_falling_days(table, wide):
    """Only days on which the market fell enter, the slope is theirs, and the gap is to beta_120."""
    code, at = wide["return"].columns[0], 400
    own = wide["return"][code].to_numpy()[at - 119 : at + 1]
    market = wide["market"].to_numpy()[at - 119 : at + 1]
    falls = market < 0
    down = np.polyfit(market[falls], own[falls], 1)[0]
    day = wide["return"].index[at]
    assert table("downside_beta_120").loc[day, code] == pytest.approx(down, rel=1e-4)
    both = np.polyfit(market, own, 1)[0]
    assert table("beta_asymmetry_120").loc[day, code] == pytest.approx(down - both, rel=1e-3)


def test_residual_momentum(table, wide):
    """The residuals' sum from 59 to 5 days before, by yesterday's beta, over their deviation."""
    market = wide["market"]
    for code in wide["return"].columns[:4]:
        own = wide["return"][code]
        beta = own.rolling(60).cov(market) / market.where(own.notna()).rolling(60).var()
        left = own - beta.shift() * market
        expected = left.rolling(55).sum() / (left.rolling(55).std() * np.sqrt(55))
        np.testing.assert_allclose(
            table("residual_momentum_60")[code], expected.shift(5), rtol=1e-4, atol=1e-5
        )


def test_rank_is_among_members_only(table, wide):
    """The share of that day's members with a lower return, ties half, for members and others."""
    week = wide["price"] / wide["price"].shift(5) - 1
    member = wide["member"] & week.notna()
    assert not member.iloc[100].all()
    found = table("rank_5")
    for day in week.index[[6, 100, 250, -1]]:
        members = week.loc[day][member.loc[day]]
        for code, value in week.loc[day].dropna().items():
            expected = ((members < value).sum() + (members == value).sum() / 2) / len(members)
            assert found.loc[day, code] == pytest.approx(expected, abs=1e-6)


def test_rank_of_turnover_is_that_of_the_mean_turnover(table, wide, market):
    """The busiest member of 20 days, by the table of valuations, has the highest rank."""
    turnover = market.tables["valuation"].pivot(index="date", columns="code", values="turnover")
    mean = turnover.reindex(wide["close"].index).rolling(20, min_periods=10).mean()
    found = table("rank_turnover_20").where(wide["member"])
    for day in mean.index[[100, 300]]:
        members = mean.loc[day][wide["member"].loc[day]]
        assert found.loc[day].idxmax() == members.idxmax()
        assert found.loc[day].idxmin() == members.idxmin()
