"""Momentum, reversal and seasonality, against the plain pandas spelling of the same thing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features.compute import compute
from stockcast.market import calendar
from tests.features.bare import bare


@pytest.fixture(scope="module")
def price(everything) -> pd.DataFrame:
    """Adjusted closes as a (date, code) table."""
    panel = everything["panel"]
    panel = panel.assign(price=panel.close * panel.adj_factor)
    return panel.pivot(index="date", columns="code", values="price")


@pytest.fixture
def agrees(features):
    """Whether a feature holds the numbers expected, and NaN in the same places."""

    def compare(name: str, expected: pd.DataFrame, rtol: float = 1e-4, atol: float = 1e-6) -> None:
        found = features.pivot(index="date", columns="code", values=name)
        expected = expected.reindex(index=found.index, columns=found.columns).astype(float)
        np.testing.assert_allclose(found.to_numpy(float), expected, rtol, atol)

    return compare


def growth(price, since, until=0):
    return price.shift(until) / price.shift(since) - 1


def test_spans(price, agrees):
    """Momentum between two days, its change, and its size by its risk."""
    agrees("momentum_intermediate_250", growth(price, 250, 120))
    agrees("momentum_acceleration_240", growth(price, 120) - growth(price, 240, 120))
    agrees("seasonality_250", growth(price, 250, 230))
    risk = price.pct_change(fill_method=None).rolling(250).std() * np.sqrt(230)
    agrees("momentum_scaled_250", growth(price, 250, 20) / risk)


def test_how_the_year_went(price, agrees):
    """Shares of rising months, the balance of falling days, and the signs of five horizons."""
    risen = sum((growth(price, 20 * (k + 1), 20 * k) > 0).astype(float) for k in range(12)) / 12
    agrees("momentum_consistency_240", risen.where(price.shift(240).notna()))
    sign = np.sign(price.pct_change(fill_method=None)).shift(20)
    balance = -np.sign(growth(price, 250, 20)) * sign.rolling(230).mean()
    agrees("momentum_discreteness_250", balance)
    signs = sum(np.sign(growth(price, days)) for days in (5, 20, 60, 120, 250)) / 5
    agrees("momentum_agreement_250", signs)


@pytest.mark.parametrize(("name", "freq"), [("month", "M"), ("quarter", "Q"), ("year", "Y")])
def test_to_date(name, freq, price, agrees):
    """Return since the last close of the period before, or the first close of a younger stock."""
    last = price.groupby(price.index.to_period(freq)).last().shift()
    base = (
        last.reindex(price.index.to_period(freq))
        .set_axis(price.index)
        .fillna(price.bfill().iloc[0])
    )
    agrees(f"{name}_to_date", (price / base - 1).where(price.notna()))


def test_month_before(price, agrees):
    """The whole calendar month before, with its sign turned."""
    months = price.groupby(price.index.to_period("M")).last()
    before = -(months / months.shift() - 1).shift()
    expected = before.reindex(price.index.to_period("M")).set_axis(price.index)
    agrees("reversal_month", expected.where(price.notna()))


def test_long_reversal_reaches_back_as_far_as_it_can(price, agrees):
    """From a young stock's first day to a year ago, with its sign turned."""
    first = price.bfill().iloc[0]
    old = price.notna().cumsum() >= 375
    agrees("reversal_750", (1 - price.shift(250) / first).where(old))


def test_same_month_of_earlier_years():
    """The mean of what the month did in the five years before, whole months only."""
    days = calendar.sessions("2010-01-15", "2017-06-30")
    panel = bare(days, ["600000.SH"])
    rng = np.random.default_rng(4)
    panel["close"] = 10 * np.exp(np.cumsum(rng.normal(0, 0.02, len(panel))))
    found = compute(panel, names=["seasonality_month"]).set_index("date").seasonality_month
    month = panel.set_index("date").close.groupby(lambda day: day.to_period("M")).last()
    returns = month / month.shift() - 1
    for day in ("2011-02-10", "2013-06-03", "2016-12-30", "2017-06-30"):
        period = pd.Period(day, "M")
        earlier = [returns.get(period - 12 * back, np.nan) for back in range(1, 6)]
        assert found[day] == pytest.approx(np.nanmean(earlier), rel=1e-5)
    # January 2010 began before the stock did, so a year on nothing is known of January.
    assert np.isnan(found["2011-01-20"])
    assert found[:"2011-01-31"].isna().all()


def test_same_weekday(price, features):
    """The mean return of the last 250 days on the weekday of the next trading day."""
    returns = price.pct_change(fill_method=None)
    found = features.pivot(index="date", columns="code", values="seasonality_weekday_250")
    days = price.index
    for place in (250, 300, 400):
        ahead = days[place + 1].weekday()
        window = returns.iloc[place - 249 : place + 1]
        expected = window[window.index.weekday == ahead].mean()
        whole = window.notna().all()
        np.testing.assert_allclose(found.loc[days[place], whole], expected[whole], rtol=1e-4)
