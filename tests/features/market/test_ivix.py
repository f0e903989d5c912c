"""The index of implied volatility, against strips worked out by hand and a known volatility."""

import numpy as np
import pandas as pd
import pytest

from stockcast.features.market import ivix
from stockcast.market.simulated.options import black_scholes
from stockcast.market.tables import TABLES
from tests.features.market.agree import one_a_day

STRIKES = np.array([2.0, 2.1, 2.2, 2.3, 2.4])
CALLS = np.array([0.220, 0.130, 0.070, 0.020, 0.005])
PUTS = np.array([0.010, 0.030, 0.060, 0.120, 0.210])


def test_strip_by_hand():
    """Five strikes, T = 1/10 of a year, no interest: each term written out.

    Call and put are nearest at 2.2, F = 2.2 + .07 - .06 = 2.21, K0 = 2.2, dK = .1 everywhere;
    20 x .1 x (.01/4 + .03/4.41 + .065/4.84 + .02/5.29 + .005/5.76) = .05476251, and the forward
    takes away 10 x (.01 / 2.2)^2 = .00020661.
    """
    found = ivix.implied_variance(STRIKES, CALLS, PUTS, 0.1, 0.0)
    assert found == pytest.approx(0.05476251 - 0.00020661, abs=1e-7)


def test_interest_carries_the_forward_and_the_prices():
    """At 5 % a year, F = 2.2 + e^.005 x .01 and every price grows by e^.005."""
    found = ivix.implied_variance(STRIKES, CALLS, PUTS, 0.1, 0.05)
    grown = np.exp(0.005)
    away = 10 * (0.01 * grown / 2.2) ** 2
    assert found == pytest.approx(0.05476251 * grown - away, abs=1e-7)


def test_uneven_strikes_have_half_their_neighbours_distance():
    """dK is .1, .15, .15, .1 for strikes 2.0, 2.1, 2.3, 2.4."""
    three = np.array([True, True, False, True, True])
    found = ivix.implied_variance(STRIKES[three], CALLS[three], PUTS[three], 0.1, 0.0)
    # Nearest at 2.1 and 2.3 alike (.100 apart): the lower; F = 2.1 + .13 - .03 = 2.2, K0 = 2.1.
    terms = 0.1 * 0.01 / 4 + 0.15 * 0.08 / 4.41 + 0.15 * 0.02 / 5.29 + 0.1 * 0.005 / 5.76
    assert found == pytest.approx(20 * terms - 10 * (0.1 / 2.1) ** 2, abs=1e-9)


def test_fewer_than_three_strikes_say_nothing():
    """Two strikes, or none, give NaN."""
    for count in (0, 1, 2):
        few = (STRIKES[:count], CALLS[:count], PUTS[:count], 0.1, 0.0)
        assert np.isnan(ivix.implied_variance(*few))
        assert np.isnan(ivix.implied_skew(*few))


def of_world(sigma, spot=2.5, skew=0.0, days=3):
    """Contracts, bars and rates of options at a known volatility, on the first days of 2016."""
    dates = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-06"]).astype("datetime64[us]")
    strikes, expiries = np.round(np.arange(1.5, 3.8, 0.05), 2), (6, 20, 55, 120)
    contracts, bars = [], []
    for left in expiries:
        for strike in strikes:
            for side in "CP":
                code = f"{side}{left}{strike}"
                maturity = dates[0] + pd.Timedelta(days=left)
                contracts.append((code, side, strike, maturity))
                for date in dates[:days]:
                    years = (maturity - date).days / 365
                    at = np.log(strike / (spot * np.exp(0.03 * years))) / np.sqrt(years)
                    volatility = max(sigma + skew * at, 0.05)
                    price = black_scholes(side == "C", spot, strike, years, volatility)
                    bars.append((date, code, float(price)))
    contracts = pd.DataFrame(contracts, columns=["contract", "call_put", "strike", "maturity_date"])
    contracts = contracts.assign(name="", underlying="510050.SH", multiplier=1e4,
                                 list_date=dates[0])  # fmt: skip
    bars = pd.DataFrame(bars, columns=["date", "contract", "settle"])
    bars = bars.assign(volume=np.where(bars.contract.str.startswith("P"), 30.0, 10.0))
    for name in set(TABLES["option_bars"].columns) - set(bars):
        bars[name] = 1.0
    rates = pd.DataFrame({"date": dates[0], "rate": ["shibor_on", "shibor_1y"], "value": 0.03})
    return (TABLES["option_contracts"].typed(contracts), TABLES["option_bars"].typed(bars),
            TABLES["rates"].typed(rates))  # fmt: skip


@pytest.mark.parametrize("sigma", [0.15, 0.3, 0.6])
def test_index_is_the_volatility_that_prices_were_made_with(sigma):
    """Black and Scholes' prices at one volatility give it back, at thirty days and far out."""
    found = ivix.by_day(*of_world(sigma))
    assert len(found) == 3
    # The far strip is cut at strikes of 1.5 and 3.75, which high volatilities go beyond.
    np.testing.assert_allclose(found["index"], 100 * sigma, rtol=0.02)
    np.testing.assert_allclose(found["far"], 100 * sigma, rtol=0.12 if sigma > 0.5 else 0.02)
    np.testing.assert_allclose(found["skew"], 0, atol=1e-4)
    np.testing.assert_allclose(found["put_volume"], np.log(3))


def test_skew_is_the_slope_that_prices_were_made_with():
    """Volatilities that fall by .1 for each unit of moneyness show a slope of -.1."""
    found = ivix.by_day(*of_world(0.3, skew=-0.1))
    np.testing.assert_allclose(found["skew"], -0.1, atol=0.01)
    assert (found["index"] > 0).all()


def test_expiries_within_a_week_do_not_count():
    """Prices of the month that expires in six days move nothing."""
    contracts, bars, rates = of_world(0.3)
    near = bars.contract.str.slice(1, 2).eq("6")
    wild = bars.assign(settle=bars.settle.where(~near, 9.0))
    assert near.any()
    pd.testing.assert_frame_equal(
        ivix.by_day(contracts, wild, rates), ivix.by_day(contracts, bars, rates)
    )


def test_first_underlying_is_taken_and_days_without_rates_are_unknown():
    """A later fund's options change nothing; without any rate there is no index."""
    contracts, bars, rates = of_world(0.3)
    later = contracts.assign(
        contract="X" + contracts.contract, underlying="510300.SH",
        list_date=contracts.list_date + pd.Timedelta(days=1),
    )  # fmt: skip
    more = bars.assign(contract="X" + bars.contract, settle=bars.settle * 2)
    both = pd.concat([contracts, later]), pd.concat([bars, more])
    expected = ivix.by_day(contracts, bars, rates)
    pd.testing.assert_frame_equal(ivix.by_day(*both, rates), expected)
    unknown = ivix.by_day(contracts, bars, rates[:0])
    assert unknown["index"].isna().all()
    assert unknown["put_volume"].notna().all()


def test_one_expiry_only_is_unknown():
    """With a single expiry beyond a week there is nothing to reach thirty days with."""
    contracts, bars, rates = of_world(0.3)
    kept = contracts[contracts.contract.str.slice(1, 3) == "20"]
    assert ivix.by_day(kept, bars, rates)["index"].isna().all()


def test_features_follow_the_index(table, market, wide):
    """vix is the day's index, its premium is over the market's realised volatility."""
    names = ("option_contracts", "option_bars", "rates")
    index = ivix.by_day(*(market.tables[name] for name in names)).set_index("date")["index"]
    index = index.reindex(wide["close"].index)
    assert index.notna().sum() > 200
    one_a_day(table("vix"), index)
    one_a_day(table("vix_change_5"), np.log(index / index.shift(5)), atol=1e-5)
    realised = 100 * np.sqrt(244) * wide["market"].rolling(20).std()
    one_a_day(table("vix_premium_20"), index - realised, atol=1e-4)
    closeness = pd.concat([index, table("fear_proxy_20").max(axis=1)], axis=1).corr("spearman")
    assert 0.7 < closeness.iloc[0, 1] < 0.999
