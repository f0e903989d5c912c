"""Tests of a family of models against the same written out, and against what is known."""

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import StationaryBootstrap

from stockcast.errors import InputError
from stockcast.judge.families import confidence_set, superior_ability, superior_models
from stockcast.judge.intervals import resampled_days

DAYS = pd.bdate_range("2016-01-04", periods=250, name="date")


def _losses(leads: list[float], seed: int = 1, days: int = 250) -> pd.DataFrame:
    """Models that share most of their days' luck, ahead of zero by so much."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(days, 1))
    values = 0.5 * shared + rng.normal(size=(days, len(leads))) - np.array(leads)
    return pd.DataFrame(values, DAYS[:days], [f"m{n}" for n in range(len(leads))])


def test_superior_ability_written_out():
    """Statistic and the three p-values are Hansen's (2005), from the same resamples."""
    losses, n = _losses([0.1, 0.0, -0.5, 0.05]), 300
    found = superior_ability(losses, 0.0, np.random.default_rng(5), n=n)

    rng = np.random.default_rng(5)
    lead = -losses.to_numpy()
    days = len(lead)
    weights = resampled_days(days, rng, 10, n)
    error = (weights @ lead / days).std(axis=0) * np.sqrt(days)
    scaled = lead / error
    mean = scaled.mean(axis=0)
    again = StationaryBootstrap(10, np.arange(days), seed=rng)
    draws = np.stack([scaled[at[0]].mean(axis=0) for at, _ in again.bootstrap(n)])
    # The long-run variance of the scaled leads, by the stationary bootstrap's own kernel.
    centred, keep = scaled - mean, 0.9
    long_run = (centred**2).mean(axis=0)
    for k in range(1, days):
        kappa = (1 - k / days) * keep**k + k / days * keep ** (days - k)
        long_run = long_run + 2 * kappa * (centred[:-k] * centred[k:]).sum(axis=0) / days
    poor = mean < -np.sqrt(long_run / days * 2 * np.log(np.log(days)))
    about = {"lower": np.maximum(mean, 0), "consistent": np.where(poor, 0, mean), "upper": mean}
    assert found["best"] == losses.columns[mean.argmax()]
    assert found["statistic"] == pytest.approx(mean.max() * np.sqrt(days))
    assert poor.any()
    for name, centre in about.items():
        p = ((draws - centre).max(axis=1) > mean.max()).mean()
        assert found[name] == pytest.approx(p, abs=1e-12)


def test_p_values_are_in_order():
    """The consistent p-value lies between its bounds, and poor models part them."""
    found = superior_ability(_losses([0.1, -1, -1, -1]), 0.0, np.random.default_rng(1), n=500)
    assert found["lower"] <= found["consistent"] <= found["upper"]
    assert found["lower"] < found["upper"]


def test_size_of_superior_ability():
    """Families without skill are rarely called superior; blocks make the five of a hundred that
    are promised up to some fifteen, which the function's notes say."""
    p = np.array(
        [
            superior_ability(_losses([0.0] * 8, seed), 0.0, np.random.default_rng(seed), n=100)[
                "consistent"
            ]
            for seed in range(40)
        ]
    )
    assert np.mean(p <= 0.05) <= 0.15 + 2 * np.sqrt(0.15 * 0.85 / 40)
    assert 0.3 < np.mean(p) < 0.65


def test_scale_changes_nothing():
    """A model whose figures scatter ten times as much gets no more of a hearing for it."""
    losses = _losses([0.4, 0.0, 0.0])
    wild = losses.assign(m1=losses["m1"] * 50, m2=losses["m2"] * 50)
    quiet, loud = (
        superior_ability(table, 0.0, np.random.default_rng(2), n=300) for table in (losses, wild)
    )
    assert quiet["consistent"] == loud["consistent"]
    assert quiet["consistent"] < 0.01


def test_stepm_finds_the_planted():
    """Models far ahead are named, those at zero are not, in one step or in several."""
    losses = _losses([0.8, 0.0, 0.3, 0.0, -0.5])
    assert superior_models(losses, 0.0, np.random.default_rng(3)) == ["m0", "m2"]


def test_stepm_when_all_are_better():
    """A family in which everyone beats the rival is named in full."""
    losses = _losses([0.9, 0.17, 0.8])
    for seed in range(3):
        assert superior_models(losses, 0.0, np.random.default_rng(seed), n=500) == [
            "m0",
            "m1",
            "m2",
        ]


def test_a_model_as_rival():
    """A column, the same column as a series, and a series apart are one and the same rival."""
    losses = _losses([0.0, 0.5, 0.1])
    named = superior_ability(losses, "m0", np.random.default_rng(4), n=200)
    apart = superior_ability(losses[["m1", "m2"]], losses["m0"], np.random.default_rng(4), n=200)
    assert named.equals(apart)
    assert named["models"] == 2


def test_confidence_set_written_out():
    """p-values and order of elimination are those of Hansen, Lunde and Nason's range statistic."""
    losses, n = _losses([0.3, 0.25, 0.0, -0.4]), 200
    found = confidence_set(losses, np.random.default_rng(6), n=n)

    values = losses.to_numpy()
    boot = StationaryBootstrap(10, np.arange(len(values)), seed=np.random.default_rng(6))
    means = np.stack([values[at[0]].mean(axis=0) for at, _ in boot.bootstrap(n)])
    mean = values.mean(axis=0)
    left, p, largest = list(range(4)), {}, 0.0
    while len(left) > 1:
        stat, worst, spread = -np.inf, None, np.zeros(n)
        for i in left:
            for j in left:
                if i == j:
                    continue
                drawn = means[:, i] - means[:, j] - (mean[i] - mean[j])
                error = np.sqrt((drawn**2).mean())
                spread = np.maximum(spread, drawn / error)
                if (mean[i] - mean[j]) / error > stat:
                    stat, worst = (mean[i] - mean[j]) / error, i
        largest = max(largest, (stat < spread).mean())
        p[f"m{worst}"] = largest
        left.remove(worst)
    p[f"m{left[0]}"] = 1.0
    assert found["p"].to_dict() == pytest.approx(p)
    assert found["kept"].to_dict() == {name: value > 0.1 for name, value in p.items()}
    assert found["loss"].is_monotonic_increasing


def test_confidence_set_keeps_what_cannot_be_told_apart():
    """Equals stay together; one far behind goes."""
    table = confidence_set(_losses([0.0, 0.0, 0.0, -1.5]), np.random.default_rng(7))
    assert table["kept"].to_dict() == {"m0": True, "m1": True, "m2": True, "m3": False}


def test_days_with_nan_count_for_nobody():
    """A day that one model lacks is left out for all."""
    losses = _losses([0.2, 0.0])
    gappy = losses.copy()
    gappy.iloc[7, 1] = np.nan
    found = superior_ability(gappy, 0.0, np.random.default_rng(8), n=100)
    wanted = superior_ability(losses.drop(index=DAYS[7]), 0.0, np.random.default_rng(8), n=100)
    assert found.equals(wanted)
    assert found["days"] == 249


def test_refusals():
    """Unknown rivals, copies, too few days or models are refused in one line."""
    losses, rng = _losses([0.0, 0.1]), np.random.default_rng(9)
    with pytest.raises(InputError, match="column of the losses"):
        superior_ability(losses, "nobody", rng)
    with pytest.raises(InputError, match="besides the rival"):
        superior_ability(losses[["m0"]], "m0", rng)
    with pytest.raises(InputError, match="differ from the rival"):
        superior_ability(losses, losses["m1"], rng)
    with pytest.raises(InputError, match="20 days"):
        confidence_set(losses.iloc[:10], rng)
    with pytest.raises(InputError, match="twice"):
        confidence_set(losses.assign(copy=losses["m0"]), rng)
    with pytest.raises(InputError, match="two models"):
        confidence_set(losses[["m0"]], rng)
