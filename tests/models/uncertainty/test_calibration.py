"""Calibration: known distortions are undone, order is kept, and one class is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from stockcast.errors import InputError
from stockcast.models.uncertainty.calibration import Isotonic, Temperature, within_day

KINDS = (Temperature, Isotonic)


def distorted(cold: float = 2.5, n: int = 40000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities too bold by `cold`, outcomes, and the true probabilities."""
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 0.8, n)
    true = special.expit(logit)
    return special.expit(cold * logit), np.where(rng.random(n) < true, 0.01, -0.01), true


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_distortion_is_undone(kind):
    """Probabilities said two and a half times too boldly come back within 2 %, in order."""
    said, label, true = distorted()
    got = kind.fit(said, label).apply(said)
    assert np.abs(got - true).mean() < 0.02
    assert np.abs(said - true).mean() > 0.08
    assert (np.diff(got[np.argsort(said)]) >= 0).all()


def test_temperature_is_found():
    """The factor that distorted the logits is the temperature."""
    said, label, _ = distorted(2.5)
    assert 1 / Temperature.fit(said, label).cold == pytest.approx(2.5, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_forecasts_that_point_the_wrong_way_become_indifferent(kind):
    """Where boldness tells the wrong way, no map turns the order round: all say the same."""
    said, label, _ = distorted()
    got = kind.fit(1 - said, label).apply(said)
    assert np.ptp(got) < 0.02
    assert got.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_and_extreme_probabilities(kind):
    """NaN rows teach nothing and stay NaN; 0 and 1 come back finite."""
    said, label, _ = distorted(n=500)
    more = kind.fit(np.r_[said, np.nan, 0.9], np.r_[label, 1.0, np.nan])
    assert more == kind.fit(said, label)
    got = more.apply(np.array([0.0, np.nan, 1.0]))
    assert np.isnan(got[1])
    assert 0 < got[0] < got[2] < 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", [[1.0, 2.0], [-1.0, -2.0], [np.nan, np.nan]])
def test_a_single_class_is_refused(kind, label):
    """Only rises, only falls or nothing known cannot calibrate, and the error says so."""
    with pytest.raises(InputError, match="rises and falls"):
        kind.fit(np.array([0.4, 0.6]), np.array(label))


def test_one_probability_for_all_keeps_its_temperature():
    """Where all rows say the same there is nothing to learn a temperature from."""
    assert Temperature.fit(np.full(4, 0.5), np.array([1.0, -1, 1, -1])).cold == 1.0


def test_within_a_day_the_market_drops_out():
    """Adding a day's constant to all its logits changes nothing; the middle stock has one half."""
    logit = pd.Series([0.1, 0.3, 0.2, -0.5, np.nan, 0.4, 0.0])
    date = pd.Series(pd.to_datetime(["2014-01-02"] * 3 + ["2014-01-03"] * 4))
    got = within_day(special.expit(logit), date)
    moved = within_day(special.expit(logit + np.where(date == date[0], 1.0, -0.7)), date)
    np.testing.assert_allclose(got, moved, rtol=1e-12)
    np.testing.assert_allclose(got[:3], special.expit([-0.1, 0.1, 0.0]))
    assert got[6] == 0.5
    assert np.isnan(got[4])
