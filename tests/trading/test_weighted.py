"""Portfolios weighted by how sure the forecasts are."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.trading.backtest import backtest
from stockcast.trading.orders import Costs
from stockcast.trading.strategy import Day
from stockcast.trading.weighted import Weighted

OPTIMISERS = (
    "black_litterman", "minimum_variance", "hierarchical_risk_parity", "inverse_volatility",
)  # fmt: skip


def _day(score, *, sigma_prob=0.1, value=None, past=None, **other) -> Day:
    score = np.asarray(score, dtype=float)
    n = len(score)
    value = np.zeros(n) if value is None else np.asarray(value, dtype=float)
    if past is None:
        past = np.random.default_rng(0).normal(0, 0.02, (120, n))
    given = {
        "number": 0, "mu": score, "prob_up": score, "held": value > 0, "age": np.zeros(n, int),
        "suspended": np.zeros(n, bool), "cash": 1000.0,
    }  # fmt: skip
    doubt = np.broadcast_to(np.asarray(sigma_prob, dtype=float), n)
    return Day(score=score, sigma_prob=doubt, value=value, past=past, **(given | other))


def _bought(day, **settings) -> dict[int, float]:
    orders = Weighted(**settings).decide(day)
    return dict(zip(orders.buy.tolist(), orders.buy_value.tolist(), strict=True))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_all_the_money_and_no_more(optimiser):
    """Whatever weighs, the four best share the 1,000 yuan; none gets more than its bound."""
    day = _day([0.01, 0.05, 0.04, np.nan, 0.03, 0.02])
    bought = _bought(day, k=4, optimiser=optimiser, most=0.5)
    assert set(bought) == {1, 2, 4, 5}
    assert sum(bought.values()) == pytest.approx(1000.0)
    assert max(bought.values()) <= 500.0 + 1e-3


def test_inverse_volatility_by_hand():
    """Twice as wild, half as much: 1,000 yuan are 666.67 and 333.33."""
    wave = np.tile([0.01, -0.01, -0.01, 0.01], 30)
    other = np.tile([0.02, 0.02, -0.02, -0.02], 30)
    day = _day([0.1, 0.1], past=np.column_stack([wave, other]))
    # Shrinking pulls both variances towards their mean: hold it off with many days.
    bought = _bought(day, k=2, optimiser="inverse_volatility", most=1.0)
    assert bought[0] / bought[1] == pytest.approx(2.0, rel=0.05)


def test_the_sure_forecast_weighs_more():
    """Three stocks alike in risk and forecast: the one without doubt gets the most."""
    rng = np.random.default_rng(1)
    past = rng.normal(0, 0.02, (120, 1)) * 0.3 + rng.permuted(
        np.tile(rng.normal(0, 0.02, (120, 1)), 3), axis=0
    )
    doubts = [np.roll([0.02, 0.45, 0.45], place) for place in range(3)]
    weights = [_bought(_day([0.05] * 3, sigma_prob=d, past=past), k=3, most=1.0) for d in doubts]
    for place in range(3):
        sure = weights[place].get(place, 0.0)
        unsure = [weights[other].get(place, 0.0) for other in range(3) if other != place]
        assert sure > max(unsure) + 50


def test_no_mean_above_zero_takes_the_least_variance():
    """Forecasts of falls alone leave nothing to maximise, and the account is not left alone."""
    day = _day([-0.5, -0.6, -0.7], sigma_prob=0.0)
    found = _bought(day, k=3, most=1.0)
    expected = _bought(day, k=3, most=1.0, optimiser="minimum_variance")
    assert found == pytest.approx(expected, abs=1e-6)


def test_what_is_not_wanted_goes_whole_and_small_changes_wait():
    """Stock 0 leaves; 2 is near its weight and rests; a suspended one is not touched."""
    day = _day(
        [np.nan, 0.05, 0.05, np.nan], value=[300, 0, 499, 200], cash=200.0,
        suspended=np.array([False, False, False, True]),
        past=np.tile(np.array([[0.01], [-0.01], [0.02], [-0.02]] * 30), 4)
        * np.array([1, 1, 1, 1]),
    )  # fmt: skip
    orders = Weighted(2, optimiser="inverse_volatility", most=1.0).decide(day)
    assert (orders.sell.tolist(), orders.sell_value.tolist()) == ([0], [np.inf])
    assert orders.buy.tolist() == [1]
    assert orders.buy_value.tolist() == pytest.approx([499.5])


def test_it_rests_in_between_and_without_a_past():
    """No orders between the evenings, nor before there are enough returns."""
    for day in (_day([0.1] * 3, number=2), _day([0.1] * 3, past=np.zeros((20, 3)))):
        orders = Weighted(2).decide(day)
        assert len(orders.buy) + len(orders.sell) == 0


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_future_changes_nothing(wild, optimiser):
    """Cut after any of 20 days, account and pending orders are the same bits."""
    panel, dividends = wild(9, days=60, stocks=12)
    rng = np.random.default_rng(0)
    signals = panel[["date", "code"]].assign(score=rng.normal(0, 0.02, len(panel)))
    signals = signals.assign(mu=signals["score"], sigma_prob=rng.random(len(panel)) / 2)
    first = signals["date"].unique()[24]
    signals = signals[signals["date"] >= first]
    terms = (Weighted(5, every=2, optimiser=optimiser, lookback=20), Costs(), 1e6)
    whole = backtest(panel, signals, *terms, dividends=dividends)
    assert (whole.orders["outcome"] == "filled").sum() > 10
    for day in whole.equity["date"].iloc[:20]:
        cut = [frame[frame["date"] <= day] for frame in (panel, signals)]
        known = backtest(*cut, *terms, dividends=dividends)
        expected = whole.equity[whole.equity["date"] <= day]
        pd.testing.assert_frame_equal(known.equity, expected, check_exact=True)
        asked = whole.orders.loc[whole.orders["decided"] == day, ["code", "side", "asked"]]
        pd.testing.assert_frame_equal(known.pending, asked.reset_index(drop=True), check_exact=True)


def test_views_need_means():
    """Without mu there is nothing to view."""
    with pytest.raises(InputError, match="must have mu"):
        Weighted(2).decide(_day([0.1, 0.2], mu=np.full(2, np.nan)))


@pytest.mark.parametrize(
    "settings", [{"k": 0}, {"k": 3, "optimiser": "markowitz"}, {"k": 3, "lookback": 5}]
)
def test_settings_are_checked(settings):
    """A setting that cannot be is an input error."""
    with pytest.raises(InputError):
        Weighted(**settings)
