"""The head: it recovers what made the data, and its columns are those of the mixture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.models.score_head import ScoreHead, _loss

RNG = np.random.default_rng(4)
SCORE = RNG.normal(size=20_000) * 0.01
OUTCOME = 0.1 + 30 * SCORE + 0.8 * stats.t.rvs(5, size=20_000, random_state=RNG)
HEAD = ScoreHead(location=0.1, slope=2.0, scale=0.8, freedom=5.0)


def test_the_parameters_that_made_the_data_are_found():
    """Location, slope, scale and freedom within four standard errors or so."""
    head = ScoreHead.fit(SCORE, OUTCOME)
    assert head.location == pytest.approx(0.1, abs=0.03)
    assert head.slope == pytest.approx(30, abs=3)
    assert head.scale == pytest.approx(0.8, abs=0.03)
    assert head.freedom == pytest.approx(5, abs=0.8)
    assert head.gain > 0.02


def test_the_likelihood_is_the_students():
    """The loss is the mean negative log density, and its gradient that of small steps."""
    at = np.array([0.2, 3.0, -0.3, 1.1])
    z = (OUTCOME - 0.2 - 3.0 * SCORE) / np.exp(-0.3)
    wanted = -(stats.t.logpdf(z, 2 + np.exp(1.1)) + 0.3).mean()
    loss, gradient = _loss(at, SCORE, OUTCOME)
    assert loss == pytest.approx(wanted, rel=1e-10)
    steps = 1e-6 * np.eye(4)
    ups, downs = ([_loss(at + s * d, SCORE, OUTCOME)[0] for d in steps] for s in (1, -1))
    slopes = (np.array(ups) - np.array(downs)) / 2e-6
    np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-7)


def test_a_score_the_wrong_way_round_is_worth_nothing():
    """It is not turned over: the slope is 0, the gain is 0, and the ranking stays its own."""
    head = ScoreHead.fit(-SCORE, OUTCOME)
    assert head.slope == 0.0
    assert head.gain == 0.0
    said = head.read(np.array([[0.3, -0.1, 0.2]]), np.full(3, 0.05))
    assert list(np.argsort(said["score"])) == [1, 2, 0]
    assert np.ptp(said["prob_up"]) == 0


def test_the_unit_of_the_score_does_not_matter():
    """A score a million times as large means the same forecasts."""
    small, large = ScoreHead.fit(SCORE, OUTCOME), ScoreHead.fit(1e6 * SCORE, OUTCOME)
    assert large.slope * 1e6 == pytest.approx(small.slope, rel=1e-3)
    assert large.scale == pytest.approx(small.scale, rel=1e-4)


def test_a_constant_score_is_worth_nothing():
    """A model that says the same of every stock gets slope 0, not an error."""
    assert ScoreHead.fit(np.zeros_like(OUTCOME), OUTCOME).slope == 0.0


def test_a_known_location_is_kept():
    """The drift that is handed in is the head's, whatever validation says."""
    assert ScoreHead.fit(SCORE, OUTCOME, location=-0.2).location == -0.2


def test_columns_are_those_of_the_mixture():
    """Mean, spread and probability equal those of draws from each member's Student-t in turn."""
    draws = np.array([[0.5, -0.5], [0.9, -0.9], [0.1, -0.1]])
    unit = np.array([0.04, 0.08])
    said = HEAD.read(draws, unit)
    noise = stats.t.rvs(5, size=(200_000, 3, 1), random_state=RNG)
    returns = unit * (0.1 + 2.0 * draws + 0.8 * noise)
    pooled = returns.reshape(-1, 2)
    np.testing.assert_allclose(said["mu"], pooled.mean(axis=0), atol=3e-4)
    np.testing.assert_allclose(said["sigma"], pooled.std(axis=0), rtol=0.02)
    np.testing.assert_allclose(said["prob_up"], (pooled > 0).mean(axis=0), atol=3e-3)
    by_member = (returns > 0).mean(axis=0)
    np.testing.assert_allclose(said["sigma_prob"], by_member.std(axis=0), atol=5e-3)


def test_one_members_interval_holds_nine_tenths():
    """With one draw the interval is the Student-t's own."""
    said = HEAD.read(np.array([[0.5, -0.5]]), np.array([0.04, 0.08]))
    ends = np.array([said["interval_low"], said["interval_high"]])
    standard = (ends - said["mu"]) / (0.8 * np.array([0.04, 0.08]))
    np.testing.assert_allclose(stats.t.cdf(standard, 5), [[0.05] * 2, [0.95] * 2], atol=1e-9)


@pytest.mark.parametrize(
    ("score", "outcome", "message"),
    [
        (np.zeros(5), np.arange(5.0), "at least 30"),
        (np.full(50, np.nan), np.arange(50.0), "training diverged"),
        (np.arange(50.0), np.ones(50), "not all equal"),
    ],
)
def test_what_teaches_nothing_is_refused(score, outcome, message):
    """Too few rows, a score that is not finite, and outcomes that do not differ."""
    with pytest.raises(InputError, match=message):
        ScoreHead.fit(score, outcome)
