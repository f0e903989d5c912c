"""Weights and pooled forecasts of a day use no outcome that is not known at its close."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.ensemble import adaptive, averaging, hedge, pooling, regimes, trailing
from stockcast.ensemble.known import known_by
from stockcast.ensemble.members import Members
from stockcast.errors import InputError
from tests.ensemble.conftest import HORIZON, SKILLS, market, rank_ics


def panel_of(dates: pd.DatetimeIndex, stocks: int = 30, seed: int = 5) -> pd.DataFrame:
    """Closes of a random walk, some of them suspended."""
    rng = np.random.default_rng(seed)
    codes = [f"{n:06d}.SZ" for n in range(stocks)]
    keys = pd.MultiIndex.from_product([dates, codes], names=["date", "code"]).to_frame(index=False)
    moved = (
        rng.standard_normal((len(dates), stocks)) * 0.02
        + rng.standard_normal((len(dates), 1)) * 0.01
    )
    return keys.assign(
        close=(10 * np.exp(moved.cumsum(axis=0))).ravel(),
        adj_factor=1.0,
        in_universe=True,
        suspended=rng.random(len(keys)) < 0.02,
    )


def weights_by(members: Members, outcomes: pd.DataFrame, days, panel: pd.DataFrame) -> dict:
    """Every kind of weights that learns from outcomes."""
    daily = rank_ics(members, outcomes)
    regime = regimes.regimes(regimes.market_states(panel), fewest=60)
    found = {
        "trailing": trailing.trailing_weights(daily, days, HORIZON, window=60),
        "hedge": hedge.hedge_weights((1 - daily) / 2, days, HORIZON),
        "averaging": averaging.averaging_weights(
            averaging.daily_likelihood(members, outcomes), days, HORIZON
        ),
    }
    even = daily - pd.Series(SKILLS)  # members that hardly differ, so that the choice moves
    for name in regime:
        found[f"by {name}"] = adaptive.selected_weights(even, regime[name], days, HORIZON, best=1)
    return found


@pytest.fixture(scope="module")
def whole(small, members):
    panel = panel_of(small.days)
    return panel, weights_by(members, small.outcomes, small.days, panel)


def pooled(members: Members, weights: dict) -> dict:
    return {name: pooling.pool(members, table, name) for name, table in weights.items()}


@pytest.mark.parametrize("corrupt", [False, True], ids=["dropped", "corrupted"])
def test_the_unknown_future_changes_no_bit(small, members, whole, corrupt):
    """Without what was not known at the close of t, all that is dated up to t is the same bits.

    Outcomes of forecasts dated after t - (horizon + 1) are unknown at t; days after t are gone or,
    where corrupted, full of other numbers.
    """
    panel, weights = whole
    last = 199
    at, settled = small.days[last], small.days[last - (HORIZON + 1)]
    later = small.outcomes["date"] > settled
    if corrupt:
        other = market(seed=9)
        outcomes = small.outcomes.assign(
            label=small.outcomes["label"].mask(later, other.outcomes["label"] * 50)
        )
        future = small.forecasts["date"] > at
        forecasts = small.forecasts.assign(
            score=small.forecasts["score"].mask(future, other.forecasts["score"] * -7)
        )
        then, days = Members.of(forecasts), small.days
        seen = panel.assign(close=panel["close"].mask(panel["date"] > at, panel["close"] * 9))
    else:
        outcomes = small.outcomes[~later]
        then = Members.of(small.forecasts[small.forecasts["date"] <= at])
        days, seen = small.days[: last + 1], panel[panel["date"] <= at]
    got = weights_by(then, outcomes, days, seen)
    for name, table in weights.items():
        pd.testing.assert_frame_equal(
            got[name].loc[:at], table.loc[:at], check_exact=True, check_freq=False
        )
        assert table.loc[:at].nunique().min() > 1, "weights that never move prove nothing"
    for name, table in pooled(members, weights).items():
        again = pooled(then, got)[name]
        pd.testing.assert_frame_equal(
            again[again["date"] <= at], table[table["date"] <= at], check_exact=True
        )


@pytest.mark.parametrize("name", ["trailing", "hedge", "averaging", "by trend"])
def test_an_outcome_counts_on_the_day_it_is_known(small, members, whole, name):
    """Other outcomes of one day change weights from horizon + 1 trading days later, not before."""
    panel, weights = whole
    moved = small.days[150]
    worst = small.outcomes.assign(
        label=small.outcomes["label"].where(
            small.outcomes["date"] != moved,
            -members.columns["score"][:, members.names.index("good")] * 3.0,
        )
    )
    got = weights_by(members, worst, small.days, panel)[name]
    differs = (got != weights[name]).any(axis=1)
    known = small.days[150 + HORIZON + 1]
    assert not differs[differs.index < known].any()
    # A selection of one moves only where two members are close.
    assert name.startswith("by") or differs[known]


def test_known_by_lags_trading_days(small):
    """Row t holds the figure of the trading day horizon + 1 before; a foreign date is refused."""
    daily = pd.DataFrame({"a": np.arange(260.0)}, index=small.days)
    some = daily.iloc[::2]
    got = known_by(some, small.days, HORIZON)["a"]
    assert got.iloc[:6].isna().all()
    assert got.iloc[16] == 10.0
    assert np.isnan(got.iloc[17])
    with pytest.raises(InputError, match="must hold every day"):
        known_by(daily, small.days[1:], HORIZON)
