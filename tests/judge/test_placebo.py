"""Forecasts that know nothing."""

import numpy as np
import pandas as pd
import pytest

from stockcast.judge.placebo import false_claims, noise, persistence


@pytest.fixture
def frame() -> pd.DataFrame:
    """200 days of 30 stocks whose five-day labels overlap, and are otherwise noise."""
    days = pd.bdate_range("2016-01-04", periods=200)
    daily = np.random.default_rng(1).normal(0, 0.02, (205, 30))
    labels = np.stack([daily[day : day + 5].sum(axis=0) for day in range(200)])
    index = pd.MultiIndex.from_product([days, [f"{n:06d}.SZ" for n in range(30)]])
    table = pd.DataFrame({"label": labels.ravel()}, index=index.set_names(["date", "code"]))
    return table.reset_index()


@pytest.mark.parametrize("persistent", [0.0, 0.9])
def test_noise_persists_as_asked(frame, persistent):
    """The measured persistence of the noise is the one asked for, and its spread is one."""
    frame["score"] = noise(frame, persistent, np.random.default_rng(0))
    assert persistence(frame) == pytest.approx(persistent, abs=0.05)
    assert frame["score"].std() == pytest.approx(1, abs=0.1)


def test_persistence_of_a_fixed_order_is_one(frame):
    """Scores that order the stocks alike every day persist wholly, whatever their scale."""
    frame["score"] = frame["code"].astype("category").cat.codes * (1 + frame["date"].dt.day)
    assert persistence(frame) == pytest.approx(1)


def test_persistent_noise_fools_who_takes_days_for_independent(frame):
    """With overlapping labels and slow scores plain t tests cry wolf; lags help; gaps cure."""
    found = false_claims(frame, 0.95, np.random.default_rng(0), horizon=5, trials=60)
    assert found["days taken as independent"] > 0.2
    assert found["Newey-West"] < found["days taken as independent"]
    assert found["every 5th day"] < 0.15


def test_the_same_generator_state_gives_the_same_shares(frame):
    """A page that is made again must say the same."""
    first, again = (
        false_claims(frame, 0.9, np.random.default_rng(5), horizon=5, trials=5) for _ in "ab"
    )
    pd.testing.assert_series_equal(first, again)
