"""The market of known noise under names that belong to four modalities, and tiny settings."""

from __future__ import annotations

import dataclasses

import pytest

from stockcast.models.fusion.fitted import FittedFusion
from stockcast.models.fusion.models import fit_all
from stockcast.models.fusion.settings import DESCRIBED, Settings
from stockcast.models.networks.training import Recipe
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import Known

# x0 moves the mean, x1 the spread; the others nothing.
NAMES = {"x0": "unexpected_earnings", "x1": "return_1", "x2": "main_force_1", "x3": "sentiment_5"}

TINY = Settings(
    recipe=Recipe(4, 4, 0.02, 4, 1.0),
    width=4,
    members=2,
    train_every=3,
    device="cpu",
    jobs=1,
)


@pytest.fixture(scope="session")
def fused_set(known: Known) -> SampleSet:
    features = known.features.rename(columns=NAMES)
    return SampleSet(features, known.samples, horizon=5, lookback=10, run="known")


@pytest.fixture(scope="session")
def fitted(fused_set: SampleSet) -> dict[str, FittedFusion]:
    """Each kind, and gated fusion without what matters."""
    arms = {kind: dataclasses.replace(TINY, kind=kind) for kind in DESCRIBED}
    arms["blind"] = dataclasses.replace(TINY, modalities=("prices", "market", "news"))
    return fit_all(arms, fused_set, seed=1)
