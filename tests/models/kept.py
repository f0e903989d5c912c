"""A fitted model that costs nothing, to keep and to track."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd

from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import known_market

UNTIL = pd.Timestamp("2014-08-01")


def small_set() -> SampleSet:
    """Eight stocks over 120 days."""
    known = known_market(days=120, stocks=8)
    return SampleSet(known.features, known.samples, 5, 10, "small")


@dataclasses.dataclass(frozen=True)
class Constant:
    """A fitted model that says one number of every stock."""

    value: float
    name: str = "constant"
    information_until: pd.Timestamp = UNTIL
    breaks: bool = False

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        (folder / "value.txt").write_text(str(self.value))
        if self.breaks:
            raise MemoryError


KIND = Model("constant", 1, "One number.", lambda samples, seed: Constant(1.0), Constant)
