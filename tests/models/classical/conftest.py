"""Every classical model fitted once, small, on data of known noise."""

from __future__ import annotations

import dataclasses

import pytest

from stockcast.models.classical import KINDS
from stockcast.models.classical.fitted import Classical, fit
from stockcast.models.classical.kind import Kind
from stockcast.models.sample_set import SampleSet

NAMES = [kind.name for kind in KINDS]


def small(name: str) -> Kind:
    """A kind that tries one point of its grid."""
    kind = next(kind for kind in KINDS if kind.name == name)
    return dataclasses.replace(kind, grid=kind.grid[:1])


def sample_set(days: int = 160, stocks: int = 20, seed: int = 0) -> SampleSet:
    """One feature of four moves the mean."""
    from tests.models.conftest import known_market  # worker processes need no torch

    known = known_market(days, stocks, seed)
    return SampleSet(known.features, known.samples, horizon=5, lookback=10, run="known")


@pytest.fixture(scope="session")
def samples() -> SampleSet:
    return sample_set()


@pytest.fixture(scope="session")
def fitted(samples: SampleSet) -> dict[str, Classical]:
    return {name: fit(small(name), samples, seed=3, members=2) for name in NAMES}
