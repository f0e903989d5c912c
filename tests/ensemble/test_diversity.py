"""Diversity is measured as defined, and the ensemble's error is what it leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.ensemble import diversity, pooling
from stockcast.ensemble.members import Members
from tests.ensemble.conftest import rank_ics


def test_error_is_members_less_diversity(members, small):
    """On every day, for uneven weights too, the ensemble's error is that difference."""
    weights = pooling.constant_weights(members, {"good": 0.6, "fair": 0.3, "noise": 0.1})
    parts = diversity.ambiguity(members, small.outcomes, weights)
    np.testing.assert_allclose(parts["ensemble"], parts["members"] - parts["diversity"], atol=1e-12)
    assert (parts["diversity"] > 0).all()


def test_member_error_is_two_less_twice_its_rank_ic(members, small):
    """A member alone has the error 2 (1 - Rank IC), and no diversity."""
    weights = pooling.constant_weights(members, {"fair": 1.0})
    parts = diversity.ambiguity(members, small.outcomes, weights)
    ics = rank_ics(members, small.outcomes)["fair"].dropna()
    np.testing.assert_allclose(parts["ensemble"], 2 * (1 - ics), atol=1e-9)
    np.testing.assert_allclose(parts["diversity"], 0.0, atol=1e-12)


def test_correlation_is_pandas_own(members):
    """The mean of the daily Spearman correlations, and one on the diagonal."""
    got = diversity.score_correlation(members)
    table = pd.DataFrame(members.columns["score"], columns=list(members.names))
    by_day = [rows.corr("spearman") for _, rows in table.groupby(members.day)]
    np.testing.assert_allclose(got, sum(by_day) / len(by_day), atol=1e-9)


def test_twins_and_strangers(small):
    """A copy agrees with its twin in everything; an independent member is half apart, Q near 0."""
    noise = small.forecasts[small.forecasts["model"] == "noise"]
    rng = np.random.default_rng(8)
    other = noise.assign(model="other", score=rng.standard_normal(len(noise)))
    members = Members.of(pd.concat([noise, noise.assign(model="twin"), other]))
    apart = diversity.disagreement(members)
    q = diversity.q_statistic(members, small.outcomes)
    assert apart.loc["noise", "twin"] == 0
    assert q.loc["noise", "twin"] == 1
    assert apart.loc["noise", "other"] == pytest.approx(0.5, abs=0.03)
    assert q.loc["noise", "other"] == pytest.approx(0.0, abs=0.1)


def test_q_by_hand(members, small):
    """Yule's Q of two members equals the count of cells."""
    kept = small.outcomes["label"].notna().to_numpy()
    y = small.outcomes["label"][kept]
    day = small.outcomes["date"][kept]
    up = (y > y.groupby(day).transform("median")).to_numpy()
    a, b = (((members.scores()[kept, at] > 0) == up) for at in (0, 1))
    cells = [(a & b).sum(), (~a & ~b).sum(), (a & ~b).sum(), (~a & b).sum()]
    n11, n00, n10, n01 = map(float, cells)
    expected = (n11 * n00 - n01 * n10) / (n11 * n00 + n01 * n10)
    got = diversity.q_statistic(members, small.outcomes).iloc[0, 1]
    assert got == pytest.approx(expected, rel=1e-9)
