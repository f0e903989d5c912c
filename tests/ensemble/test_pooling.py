"""The pooled forecast is the mixture of the members'."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.ensemble import pooling, voting
from stockcast.ensemble.members import Members
from stockcast.errors import InputError
from stockcast.models.model import COLUMNS

WEIGHTS = {"good": 0.5, "fair": 0.3, "noise": 0.2}


def test_moments_are_those_of_draws(members):
    """Mean, spread, interval and doubt agree with a million draws from the mixture of normals."""
    table = pooling.pool(members, pooling.constant_weights(members, WEIGHTS), "mix")
    row, rng = 41, np.random.default_rng(0)
    which = rng.choice(3, 1_000_000, p=[WEIGHTS[name] for name in members.names])
    mu, sigma = (members.columns[name][row][which] for name in ("mu", "sigma"))
    drawn = rng.normal(mu, sigma)
    got = table.iloc[row]
    assert got["mu"] == pytest.approx(drawn.mean(), abs=3e-4)
    assert got["sigma"] == pytest.approx(drawn.std(), rel=5e-3)
    ends = np.quantile(drawn, [0.05, 0.95])
    np.testing.assert_allclose([got["interval_low"], got["interval_high"]], ends, atol=5e-4)
    draws = rng.normal(members.columns["prob_up"][row][which], 0.01)
    assert got["sigma_prob"] == pytest.approx(draws.std(), rel=1e-2)


def test_one_member_alone_is_itself(members):
    """With all weight on one member the pooled forecast is that member's."""
    table = pooling.pool(members, pooling.constant_weights(members, {"fair": 1.0}), "one")
    assert list(table.columns) == list(COLUMNS)
    at = members.names.index("fair")
    for name in ("mu", "sigma", "prob_up", "sigma_prob", "interval_low", "interval_high"):
        np.testing.assert_allclose(table[name], members.columns[name][:, at], atol=1e-12)


def test_interval_holds_its_share(members):
    """The mixture's distribution function at the ends is .05 and .95, members apart or not."""
    columns = dict(members.columns)
    for name in ("mu", "interval_low", "interval_high"):
        columns[name] = columns[name] + np.array([0.0, 0.3, -0.2])
    apart = Members(members.keys, members.names, 5, "small", columns)
    table = pooling.pool(apart, pooling.constant_weights(apart, WEIGHTS), "mix").head(50)
    share = np.array([WEIGHTS[name] for name in apart.names])
    scale = (columns["interval_high"] - columns["interval_low"]) / (2 * stats.norm.ppf(0.95))
    for end, wanted in (("interval_low", 0.05), ("interval_high", 0.95)):
        z = (table[end].to_numpy()[:, None] - columns["mu"][:50]) / scale[:50]
        np.testing.assert_allclose((share * stats.norm.cdf(z)).sum(axis=1), wanted, atol=1e-9)


def test_a_missing_member_shares_out_its_weight(small):
    """Where a member has no forecast the others take its weight in proportion."""
    gone = (small.forecasts["model"] == "good") & (small.forecasts["code"] == "000003.SZ")
    members = Members.of(small.forecasts[~gone])
    share = pooling.row_weights(members, pooling.constant_weights(members, WEIGHTS))
    row = np.flatnonzero(members.keys["code"] == "000003.SZ")[0]
    np.testing.assert_allclose(share[row], [0.6, 0.0, 0.4])
    np.testing.assert_allclose(share.sum(axis=1), 1.0)


def test_weights_that_are_none_are_refused(members):
    """A negative weight, and a day without one, are named."""
    weights = pooling.equal_weights(members)
    with pytest.raises(InputError, match="not below zero"):
        pooling.pool(members, weights - 0.5, "mix")
    with pytest.raises(InputError, match="got '2016-01-06'"):
        pooling.pool(members, weights.drop(weights.index[2]), "mix")


def test_weight_table_is_long(members):
    """One row a date and model, in the same order, nothing lost."""
    weights = pooling.constant_weights(members, WEIGHTS)
    long = pooling.weight_table(weights)
    assert list(long.columns) == ["date", "model", "weight"]
    back = long.pivot(index="date", columns="model", values="weight")
    pd.testing.assert_frame_equal(back, weights, check_names=False, check_freq=False)


def test_votes(members):
    """Each vote ranks by what it counts: probabilities, members above their middle, ranks."""
    z = members.scores()
    soft, hard, ranks = (
        vote(members) for vote in (voting.soft_vote, voting.hard_vote, voting.rank_average)
    )
    np.testing.assert_allclose(
        soft["score"], members.columns["prob_up"].mean(axis=1) - 0.5, atol=1e-12
    )
    np.testing.assert_allclose(hard["score"], (z > 0).mean(axis=1) - 0.5, atol=1e-12)
    assert hard["score"].nunique() == 4
    np.testing.assert_allclose(ranks["score"], z.mean(axis=1), atol=1e-12)
