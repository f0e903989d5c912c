"""Weights that learn find what there is to find, and keep their promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.ensemble import adaptive, averaging, hedge, regimes, trailing
from stockcast.errors import InputError
from tests.ensemble.conftest import HORIZON


def same_skill(days: int, members: int, seed: int) -> pd.DataFrame:
    """Daily figures of members that do not differ, those of `HORIZON` days in a row overlapping."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2010-01-01", periods=days)
    noise = rng.standard_normal((days + HORIZON - 1, members))
    rolled = pd.DataFrame(noise).rolling(HORIZON).mean().dropna().to_numpy() * 0.2 + 0.05
    return pd.DataFrame(rolled, index=index, columns=[f"m{n}" for n in range(members)])


def test_the_better_member_gets_more(daily, small, members):
    """After a year every method but equal weights gives the good member the most, noise least."""
    likelihood = averaging.daily_likelihood(members, small.outcomes)
    for weights in (
        trailing.trailing_weights(daily, small.days, HORIZON),
        hedge.hedge_weights((1 - daily) / 2, small.days, HORIZON),
        averaging.averaging_weights(likelihood, small.days, HORIZON),
    ):
        np.testing.assert_allclose(weights.sum(axis=1), 1.0)
        np.testing.assert_array_equal(weights.iloc[HORIZON], 1 / 3)
        last = weights.iloc[-1]
        assert last["good"] > last["fair"] > last["noise"]


def test_equal_members_stay_equal():
    """Differences that are noise are kept by a fifth at most on average, overlap and all."""
    kept = []
    for seed in range(5):
        daily = same_skill(900, 8, seed)
        kept.append(trailing.kept_share(daily, daily.index, HORIZON).iloc[200:].mean())
    assert np.mean(kept) < 0.2
    better = same_skill(900, 8, 1)
    better["m3"] += 0.3
    assert trailing.kept_share(better, better.index, HORIZON).iloc[-1] > 0.8


def test_trailing_weights_by_hand(small, daily):
    """On one day the weights are those computed from the window's rows alone."""
    got = trailing.trailing_weights(daily, small.days, HORIZON, window=60).iloc[150]
    rows = daily.iloc[150 - 6 - 59 : 150 - 6 + 1]
    mean = rows.mean()
    noise = rows.sub(rows.mean(axis=1), axis=0).var().mean() * HORIZON / 60
    kept = max(0.0, 1 - noise / (mean - mean.mean()).var())
    expected = kept * mean.clip(lower=0) / mean.clip(lower=0).sum() + (1 - kept) / 3
    np.testing.assert_allclose(got, expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["skill", "chance", "switching", "against"])
def test_regret_stays_below_its_bound(kind):
    """On any losses, those made against the weights included, regret is below the bound."""
    days, k = pd.bdate_range("2012-01-02", periods=600), 4
    rng = np.random.default_rng(3)
    losses = pd.DataFrame(rng.random((600, k)), index=days, columns=list("abcd"))
    if kind == "skill":
        losses["b"] *= 0.5
    if kind == "switching":
        for n in range(600):
            losses.iloc[n] = (np.arange(k) != (n // 40) % k).astype(float)
    if kind == "against":
        for n in range(150):
            weights = hedge.hedge_weights(losses.iloc[: n + 1], days[: n + 1], HORIZON).iloc[-1]
            losses.iloc[n] = (np.arange(k) == weights.argmax()).astype(float)
    weights = hedge.hedge_weights(losses, days, HORIZON)
    table = hedge.regret(losses, weights, days, HORIZON)
    assert (table["regret"] <= table["bound"]).all()
    assert table["bound"].iloc[-1] <= np.sqrt(2 * 11 * 600 * np.log(k)) + 1e-9
    if kind == "against":
        assert table["regret"].iloc[-1] > 0


def test_hedge_by_hand(small, daily):
    """Weights are exponentials of the losses known, at the day's rate."""
    losses = (1 - daily) / 2
    got = hedge.hedge_weights(losses, small.days, HORIZON).iloc[100]
    rate = 2 * np.sqrt(np.log(3) / (11 * 101))
    raw = np.exp(-rate * losses.iloc[: 100 - 5].sum())
    np.testing.assert_allclose(got, raw / raw.sum(), rtol=1e-10)
    with pytest.raises(InputError, match=r"must lie in \[0, 1\]"):
        hedge.hedge_weights(losses + 1, small.days, HORIZON)


def test_density_is_the_members_own(members, small):
    """The density is Student's with the member's spread and interval; normal where that says so."""
    for degrees in (3.0, 8.0, 40.0):
        reach = stats.t.ppf(0.95, degrees) * np.sqrt((degrees - 2) / degrees)
        assert averaging.freedom(np.array(reach)) == pytest.approx(degrees, rel=1e-3)
    y = members.outcomes(small.outcomes)
    got = averaging.log_density(members, y)[:100, 0]
    normal = stats.norm.logpdf(
        y[:100], members.columns["mu"][:100, 0], members.columns["sigma"][:100, 0]
    )
    np.testing.assert_allclose(got, normal, atol=0.03)


def test_averaging_by_hand(small):
    """Weights are the product of the likelihoods known, each to the power of its age's worth."""
    rng = np.random.default_rng(1)
    told = pd.DataFrame(rng.standard_normal((260, 3)), index=small.days, columns=list("abc"))
    told.iloc[40] = np.nan
    plain = averaging.averaging_weights(told, small.days, HORIZON, forgetting=1.0).iloc[90]
    raw = np.exp(told.iloc[: 90 - 5].sum())
    np.testing.assert_allclose(plain, raw / raw.sum(), rtol=1e-9)
    short = averaging.averaging_weights(told, small.days, HORIZON, forgetting=0.5, worth=2.0)
    raw = np.exp(2 * sum(0.5**age * told.iloc[84 - age].fillna(0.0) for age in range(40)))
    np.testing.assert_allclose(short.iloc[90], raw / raw.sum(), rtol=1e-9)


def test_selection_finds_the_regime_s_own(small):
    """Where one member is good in one regime and another in the other, each is taken in its own."""
    rng = np.random.default_rng(2)
    regime = pd.Series(np.where(np.arange(260) // 30 % 2, "high", "low"), index=small.days)
    high = (regime == "high").to_numpy()
    daily = pd.DataFrame(rng.normal(0, 0.05, (260, 3)), index=small.days, columns=list("abc"))
    daily["a"] += np.where(high, 0.2, -0.2)
    daily["b"] += np.where(high, -0.2, 0.2)
    weights = adaptive.selected_weights(daily, regime, small.days, HORIZON, best=1).iloc[120:]
    assert (weights.loc[high[120:], "a"] == 1).all()
    assert (weights.loc[~high[120:], "b"] == 1).all()
    with pytest.raises(InputError, match="from 1 to 3 members"):
        adaptive.selected_weights(daily, regime, small.days, HORIZON, best=4)


def test_market_states_by_hand():
    """Volatility, trend and breadth of a small panel equal those of wide tables."""
    from tests.ensemble.test_time_rule import panel_of

    panel = panel_of(pd.bdate_range("2014-01-01", periods=150), stocks=6).assign(suspended=False)
    panel["in_universe"] = panel["code"] != "000005.SZ"
    close = panel.pivot(index="date", columns="code", values="close").iloc[:, :5]
    market = close.pct_change().mean(axis=1)
    states = regimes.market_states(panel)
    expected = (close > close.rolling(60, min_periods=30).mean()).mean(axis=1)
    np.testing.assert_allclose(states["breadth"].iloc[60:], expected.iloc[60:])
    np.testing.assert_allclose(states["volatility"].iloc[60:], market.rolling(20).std().iloc[60:])
    assert states["trend"].iloc[-1] == pytest.approx(np.log1p(market.iloc[-60:]).sum())
    words = regimes.regimes(states, fewest=30)["trend"]
    assert words.iloc[100] == (
        "high" if states["trend"].iloc[100] > states["trend"].iloc[:101].median() else "low"
    )
    assert words.iloc[30] == "unknown"
