"""The market of known noise, a boosted model and a network that have learned it."""

from __future__ import annotations

import dataclasses

import pytest

from stockcast.judge.explanation.rows import Rows, thinned
from stockcast.models.classical.boosting import LIGHTGBM
from stockcast.models.classical.fitted import Classical, fit
from stockcast.models.networks import training
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.device import choose
from stockcast.models.networks.material import Material, gather
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import RECIPE, Known, known_market

ONE_SETTING = dataclasses.replace(LIGHTGBM, grid=LIGHTGBM.grid[:1])
"""No grid to search: what is explained matters here, not how good it is."""


@pytest.fixture(scope="session")
def planted() -> Known:
    return known_market()


@pytest.fixture(scope="session")
def samples(planted: Known) -> SampleSet:
    """Every fifth test day; x0 is the one driver of the mean, x1 of the spread, x2 of nothing."""
    return thinned(SampleSet(planted.features, planted.samples, 5, 10, "known"), every=5)


@pytest.fixture(scope="session")
def boosted(samples: SampleSet) -> Classical:
    return fit(ONE_SETTING, samples, 1, members=2)


@pytest.fixture(scope="session")
def rows(boosted: Classical, samples: SampleSet) -> Rows:
    return Rows.of(boosted, samples)


@pytest.fixture(scope="session")
def known_material(samples: SampleSet) -> Material:
    return gather(samples.features, samples.samples, lookback=10, horizon=5)


@pytest.fixture(scope="session")
def network(known_material: Material) -> training.Trained:
    """A two-level network."""
    architecture = Architecture(4, len(known_material.codes), width=8)
    fit_on, valid = known_material.days("train"), known_material.days("valid")
    return training.train(architecture, RECIPE, fit_on, valid, choose("cpu"), seed=1)
