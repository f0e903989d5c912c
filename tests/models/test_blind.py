"""Labels dealt at random keep each day's outcomes and teach nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.models.blind import blind_forecasts, dealt
from stockcast.models.sample_set import SampleSet
from tests.models.classical.conftest import sample_set
from tests.models.test_side_by_side import models


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    found = sample_set(days=160, stocks=20)
    found.samples.loc[::11, "label"] = np.nan
    return found


def test_a_days_outcomes_are_dealt_among_its_stocks(samples):
    """Scaled returns less their day's mean are the same as a set, and at other stocks."""
    before, after = (s.samples["label"] / s.samples["scale"] for s in (samples, dealt_of(samples)))
    taught = samples.samples["split"].isin(["train", "valid"])
    day = samples.samples["date"][taught]
    relative = before[taught] - before[taught].groupby(day).transform("mean")
    sets = (
        part.groupby(day).apply(lambda v: np.sort(v.dropna())) for part in (relative, after[taught])
    )
    for one, other in zip(*sets, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    assert (relative - after[taught]).abs().gt(1e-9).mean() > 0.7


def dealt_of(samples: SampleSet, seed: int = 0) -> SampleSet:
    return dealt(samples, np.random.default_rng(seed))


def test_what_is_unknown_or_tested_stays(samples):
    """Unknown outcomes stay where they are, and test days keep theirs."""
    before, after = samples.samples, dealt_of(samples).samples
    assert (before["label"].isna() == after["label"].isna()).all()
    test = before["split"] == "test"
    pd.testing.assert_frame_equal(before[test], after[test])


def test_blind_models_do_not_order_returns(samples):
    """Over deals the correlation with outcomes is near zero, where a taught model has 0.25."""
    found = blind_forecasts(models("ridge"), samples, seeds=range(6), jobs=1)
    told = found.merge(samples.samples[["date", "code", "label"]], on=["date", "code"])
    by_seed = [t["score"].corr(t["label"], method="spearman") for _, t in told.groupby("seed")]
    assert abs(np.mean(by_seed)) < 0.1
    assert found.groupby("seed").size().nunique() == 1
