"""Fundamental features against plain pandas, on the days on which figures change."""

import numpy as np
import pandas as pd
import pytest

from stockcast.market import calendar
from tests.features.fundamental.by_hand import OneDay, features
from tests.features.fundamental.making import EARNS, LOSES, made, small


def known(announced: pd.Timestamp) -> pd.Timestamp:
    """The first trading day on which it counts."""
    return calendar.next_session(announced)


def days_that_matter(market) -> list[tuple[str, pd.Timestamp]]:
    """Stocks and days: before, on and after announcements and restatements, and others."""
    panel, income = market["panel"], market["income"]
    days = pd.DatetimeIndex(panel.date.unique()).sort_values()
    inside = income[income.first_announced.between(days[5], days[-5])]
    again = inside[inside.report == "4"].head(4)
    first = inside[inside.report == "1"].iloc[:: len(inside) // 8]
    out = []
    for code, announced in zip(*(pd.concat([again, first])[c] for c in ("code", "first_announced")),
                               strict=True):  # fmt: skip
        place = days.get_loc(known(announced))
        out += [(code, days[place + step]) for step in (-1, 0, 1)]
    held = set(zip(panel.code, panel.date, strict=True))
    return [pair for pair in out if pair in held]


def test_values_are_those_of_plain_pandas(market, found):
    """Before, on and after publications and corrections, features equal the spelled-out ones."""
    cases = days_that_matter(market)
    assert len(cases) >= 30
    for code, day in cases:
        for name, value in features(OneDay(market, code, day)).items():
            got = found.loc[(day, code), name]
            assert got == pytest.approx(value, rel=2e-5, abs=1e-6, nan_ok=True), (name, code, day)


def test_a_correction_counts_from_its_own_day(market, found):
    """The margin of a corrected statement is the first one's on the eve, then the new one's."""
    income = market["income"]
    days = pd.DatetimeIndex(market["panel"].date.unique()).sort_values()
    again = income[(income.report == "4") & (income.first_announced.between(days[5], days[-5]))]
    moved = 0
    for row in again.itertuples():
        of = found.xs(row.code, level="code")
        day = known(row.first_announced)
        before, now = of.loc[days[days.get_loc(day) - 1]], of.loc[day]
        latest = row.period == OneDay(market, row.code, day).period
        assert now["restated"] == 1.0
        assert now["statement_age"] > before["statement_age"]  # no new period came that day
        if latest:
            assert before["gross_margin"] != now["gross_margin"]
            moved += 1
    assert moved


def test_a_statement_counts_from_the_trading_day_after(market, found):
    """On the day of its announcement the period before is still the latest, the next day it is."""
    income = market["income"]
    row = income[(income.report == "1") & (income.first_announced > "2015-01-01")].iloc[3]
    of, day = found.xs(row.code, level="code"), known(row.first_announced)
    age = (day - row.period).days
    assert of.loc[day, "statement_age"] == age
    assert of.loc[day, "reporting_lag"] == (row.first_announced - row.period).days
    assert of.loc[day, "days_since_statement"] == (day - row.first_announced).days
    eve = of.index[of.index < day][-1]
    assert of.loc[eve, "statement_age"] > age


def test_market_value_joins_statements(market, found):
    """Cash flow to price, EBITDA to enterprise value and Altman's Z from their definitions."""
    valuation = market["valuation"].set_index(["date", "code"])
    for code, day in days_that_matter(market)[::5]:
        if (day, code) not in valuation.index:
            continue
        of, value = OneDay(market, code, day), valuation.loc[(day, code), "market_cap"]
        at, y = of.at, of.year
        owed = at("short_debt") + at("long_debt") + at("bonds") + at("minority_interest")
        whole = value + owed - at("cash")
        z = (
            1.2 * (at("current_assets") - at("current_liabilities"))
            + 1.4 * (at("equity_parent") - at("total_shares"))
            + 3.3 * y("ebit") + y("revenue")
        ) / at("total_assets") + 0.6 * value / at("total_liabilities")  # fmt: skip
        wanted = {
            "cash_flow_to_price": y("operating_cash_flow") / value,
            "ebitda_to_enterprise_value": y("ebitda") / whole,
            "log_enterprise_value": np.log(whole),
            "altman_z": z,
        }
        got = found.loc[(day, code), list(wanted)]
        np.testing.assert_allclose(got, list(wanted.values()), rtol=1e-5)


def test_multiples_are_the_days_own(market, found):
    """E/P and P/E are of the same day's valuation, missing for a loss, carried over a halt."""
    valuation = market["valuation"].set_index(["date", "code"])
    got = found.loc[valuation.index]
    np.testing.assert_allclose(got["price_to_earnings"], valuation["pe_ttm"], rtol=1e-6)
    np.testing.assert_allclose(got["earnings_to_price"], 1 / valuation["pe_ttm"], rtol=1e-6)
    assert got["earnings_to_price"].isna().any()
    halted = market["panel"].set_index(["date", "code"])["suspended"]
    there = found["log_market_cap"].unstack()
    halts = halted.unstack().reindex_like(there).fillna(False).to_numpy(bool)
    carried = there.where(~halts).ffill()
    assert halts.any()
    np.testing.assert_array_equal(there.to_numpy()[halts], carried.to_numpy()[halts])


def test_market_share_is_of_the_sector_that_day(market, found):
    """Shares of a sector's stocks add up to 1 each day, and follow from revenue as known."""
    day = pd.Timestamp("2015-06-15")
    sector = market["sector_members"].set_index("code")["sector"]
    today = found.xs(day, level="date")["market_share"]
    by_sector = today.groupby(sector.reindex(today.index).to_numpy()).sum()
    np.testing.assert_allclose(by_sector, 1.0, rtol=1e-5)
    chosen = sector.index[sector == sector.iloc[0]].intersection(today.index)
    revenue = {code: OneDay(market, code, day).year("revenue") for code in chosen}
    wanted = pd.Series(revenue) / sum(revenue.values())
    np.testing.assert_allclose(today[chosen], wanted, rtol=1e-5)


def test_reported_ratios_are_the_indicators(market, found):
    """The latest indicator known, brought to a year where it is a flow, and over the raw close."""
    day, code = pd.Timestamp("2015-09-15"), market["panel"].code.iloc[0]
    rows = market["indicators"].query("code == @code and announced < @day")
    last = rows.sort_values(["period", "announced"]).iloc[-1]
    close = market["panel"].set_index(["date", "code"]).loc[(day, code), "close"]
    got, part = found.loc[(day, code)], 4 / last["period"].quarter
    assert got["reported_roe"] == pytest.approx(last["roe"] * part, rel=1e-6)
    assert got["reported_net_margin"] == pytest.approx(last["net_margin"], rel=1e-6)
    assert got["reported_earnings_to_price"] == pytest.approx(last["eps"] * part / close, rel=1e-6)


def test_payout_counts_from_its_announcement(market, found):
    """Nothing is paid out for a year until the plan is out; then cash x shares over profit."""
    plan = market["dividends"].query("stage == '预案' and announced > '2015-01-15'").iloc[0]
    code, day = plan["code"], known(plan["announced"])
    of = OneDay(market, code, day)
    assert of.of["income"].index.max() >= plan["period"]
    profit = of.of["income"].loc[plan["period"], "net_profit_parent"]
    shares = of.of["balance"].loc[plan["period"], "total_shares"]
    got = found.loc[(day, code)]
    assert got["payout_ratio"] == pytest.approx(plan["cash"] * shares / profit, rel=1e-5)
    close = market["panel"].set_index(["date", "code"]).loc[(day, code), "close"]
    assert got["announced_dividend_yield"] == pytest.approx(plan["cash"] / close, rel=1e-5)


def test_round_figures():
    """On a market in round figures every number can be told in the head."""
    found = made(small())
    day = pd.Timestamp("2015-05-04")
    earns, loses = found.loc[(day, EARNS)], found.loc[(day, LOSES)]
    year = 3 * 130.0 + 140.0  # three quarters of 2014, one of 2015
    assert earns["net_margin"] == pytest.approx(0.1)
    assert loses["net_margin"] == pytest.approx(-0.1)
    assert earns["roe"] == pytest.approx(year / 10 / 500)
    assert earns["asset_turnover"] == pytest.approx(year / 1000)
    assert earns["quarter_revenue_growth"] == pytest.approx(140 / 130 - 1)
    assert earns["profit_growth"] == pytest.approx(year / (3 * 120 + 130) - 1)
    assert loses["profit_growth"] == pytest.approx(1 - year / (3 * 120 + 130))
    assert earns["rising_quarters"] == 1.0
    assert loses["rising_quarters"] == 0.0
    assert earns["days_until_deadline"] == (pd.Timestamp("2015-08-31") - day).days
    assert earns["reporting_lag"] == 20
