"""Stacking learns from out-of-fold forecasts only, and no more than they can teach."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from stockcast.ensemble import stacking
from stockcast.ensemble.members import Members, standardised
from stockcast.errors import InputError
from stockcast.models.model import Model
from tests.ensemble.conftest import HORIZON, market
from tests.models.classical.conftest import sample_set
from tests.models.test_side_by_side import models


def test_weights_are_least_squares(members, small):
    """Without a pull, weights are those of the non-negative regression of standardised ranks."""
    got = stacking.stack(members, small.outcomes, small.days, shrinkage=(0.0,)).weights
    y = members.outcomes(small.outcomes)
    kept = np.isfinite(y)
    target = standardised(y[kept], members.day[kept])
    found = optimize.nnls(members.scores()[kept], target)[0]
    np.testing.assert_allclose([got[n] for n in members.names], found / found.sum(), atol=1e-6)
    assert got["good"] > got["fair"] > got["noise"] >= 0


def test_no_difference_gives_equal_weights():
    """Where members are equally good up to noise, the strongest pull is taken in most markets."""
    chosen = []
    for seed in range(6):
        one = market(seed=seed)
        noise = one.forecasts[one.forecasts["model"] == "fair"]
        rng = np.random.default_rng(seed + 50)
        tables = [
            noise.assign(model=f"m{n}", score=noise["score"] + 3 * rng.standard_normal(len(noise)))
            for n in range(4)
        ]
        stacked = stacking.stack(Members.of(pd.concat(tables)), one.outcomes, one.days)
        chosen.append(stacked.shrinkage)
        assert sum(stacked.weights.values()) == pytest.approx(1.0)
    assert np.isinf(chosen).sum() >= 4


def test_blocks_are_purged(small):
    """Labels of each block's training and validation end before what they are judged on."""
    place = {day: n for n, day in enumerate(small.days)}
    splits = stacking.blocks(small.days, 4, HORIZON)
    assert len(splits) == 3
    for split in splits:
        assert place[split.train[-1]] + HORIZON + 1 < place[split.valid[0]]
        assert place[split.valid[-1]] + HORIZON + 1 < place[split.test[0]]


@pytest.fixture(scope="module")
def samples():
    return sample_set(days=420, stocks=8)


def out_of_fold(samples, kinds: tuple[str, ...] = ("ridge", "logistic")):
    pair: list[Model] = models(*kinds)
    return stacking.out_of_fold(pair, samples, seed=1, parts=3, jobs=1)


def test_the_test_span_teaches_nothing(samples):
    """Other features and outcomes of the test days change no out-of-fold forecast and no weight."""
    table = samples.samples
    test = (table["split"] == "test").to_numpy()
    assert test.any()
    rng = np.random.default_rng(0)
    features = samples.features.copy()
    for name in samples.names:
        features[name] = features[name].mask(test, pd.Series(rng.random(len(table)) * 9))
    label = table["label"].mask(test, pd.Series(rng.standard_normal(len(table))))
    other = dataclasses.replace(samples, features=features, samples=table.assign(label=label))
    one, two = out_of_fold(samples), out_of_fold(other)
    pd.testing.assert_frame_equal(one.forecasts, two.forecasts, check_exact=True)
    assert (one.folds["information_until"] < one.folds["first"]).all()
    taught = table["split"].isin(["train", "valid"])
    stacked = stacking.stack(Members.of(one.forecasts), table[taught], samples.days)
    again = stacking.stack(Members.of(two.forecasts), other.samples[taught], samples.days)
    assert stacked.weights == again.weights
    assert stacked.information_until < table["date"][test].min()


def test_too_few_days_are_refused(members, small):
    """A choice on a dozen days is refused, with the number needed."""
    few = small.outcomes[small.outcomes["date"] <= small.days[20]]
    with pytest.raises(InputError, match="must be at least 96"):
        stacking.stack(members, few, small.days)
