"""An objective whose truth is known, and a small market to search on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.sample_set import SampleSet
from stockcast.models.search.objective import Halves
from stockcast.models.search.space import Space, one_of, real, whole
from tests.models.conftest import Known, known_market

SPACE: Space = {
    "rate": real(1e-3, 1.0, (0.1, 0.01, 1.0)),
    "kind": one_of(("good", "fair", "bad")),
    "depth": whole(1, 5, (1, 3, 5)),
    "pair": whole(0, 1, (0, 1)),
}


@dataclass(frozen=True)
class Planted:
    """Scores whose correlation with the label falls with the distance from the best place."""

    judged: pd.DataFrame
    choosing: pd.DatetimeIndex
    noise: np.ndarray
    space: Space
    name: str = "planted"
    broken: str = ""
    steps: int = 3

    @classmethod
    def of(cls, days: int = 24, stocks: int = 12, broken: str = "") -> Planted:
        rng = np.random.default_rng(0)
        dates = pd.bdate_range("2015-01-01", periods=days)
        judged = pd.DataFrame(
            {
                "date": np.repeat(dates, stocks),
                "code": np.tile([f"{600000 + i}.SH" for i in range(stocks)], days),
                "label": rng.normal(size=days * stocks),
            }
        )
        halves = Halves.of(dates, 5)
        return cls(judged, halves.choosing, rng.normal(size=(3, len(judged))), SPACE, broken=broken)

    def identity(self) -> str:
        return self.broken

    def quality(self, params: Mapping[str, Any]) -> float:
        miss = abs(np.log10(params["rate"]) + 1) + abs(params["depth"] - 3) / 2 + params["pair"] / 4
        return 1.0 - 0.3 * miss - {"good": 0.0, "fair": 0.2, "bad": 0.4}[params["kind"]]

    def scores(self, params: Mapping[str, Any], seed: int) -> Iterator[np.ndarray]:
        if self.broken == "loss" and params["kind"] != "good":
            raise InputError("train_loss in epoch 1", "must stay finite", float("nan"))
        if self.broken == "memory":
            raise MemoryError
        if self.broken == "constant":
            yield np.zeros(len(self.judged))
            return
        for step in range(self.steps):
            yield self.quality(params) * self.judged["label"].to_numpy() + self.noise[step]


def measure(frame: pd.DataFrame, *, whole: bool = True) -> pd.DataFrame:
    """Daily correlation of ranks, and a return."""
    days = frame["date"].unique()
    score, label = (frame[c].to_numpy(float).reshape(len(days), -1) for c in ("score", "label"))
    ranks = [each.argsort(axis=1).argsort(axis=1) for each in (score, label)]
    centred = [each - each.mean(axis=1, keepdims=True) for each in ranks]
    size = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    ic = np.where(np.ptp(score, axis=1) > 0, (centred[0] * centred[1]).sum(axis=1) / size, np.nan)
    by_day = {"rank_ic": ic} | ({"spread": label.max(axis=1)} if whole else {})
    return pd.DataFrame(by_day, index=pd.Index(days, name="date"))


@pytest.fixture(scope="session")
def planted() -> Planted:
    return Planted.of()


@pytest.fixture(scope="session")
def market() -> Known:
    return known_market(days=200, stocks=20)


@pytest.fixture(scope="session")
def samples(market: Known) -> SampleSet:
    return sample_set(market)


def sample_set(market: Known) -> SampleSet:
    """With a validation span long enough to be cut in two."""
    table = market.samples.copy()
    dates = pd.DatetimeIndex(table["date"].unique())
    table["split"] = np.select(
        [table.date < dates[90], table.date < dates[96], table.date < dates[150],
         table.date < dates[156]],
        ["train", "", "valid", ""],
        "test",
    )  # fmt: skip
    return SampleSet(market.features, table, horizon=5, lookback=10, run="known")
