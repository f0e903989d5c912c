"""Bars that remember: tomorrow's return is part of today's, and labels follow from returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.models.pretraining.checkpoint import Pretrained
from stockcast.models.pretraining.tasks import Recipe, pretrain
from stockcast.models.sample_set import SampleSet

LOOKBACK, HORIZON = 10, 2
SHAPE = {"patch": 5, "width": 8, "depth": 1, "heads": 2}
QUICK = Recipe(steps=60, batch=128, learning_rate=1e-2)
STOCKS, DAYS = 16, 200


def make(seed: int = 0, stocks: int = STOCKS) -> SampleSet:
    """Return 0.8 of yesterday's and noise; `range_1` is its size; the last four are no members."""
    rng = np.random.default_rng(seed)
    moves = np.zeros((DAYS, stocks))
    for day in range(1, DAYS):
        moves[day] = 0.8 * moves[day - 1] + 0.01 * rng.standard_normal(stocks)
    label = np.full((DAYS, stocks), np.nan)
    label[: -HORIZON - 1] = moves[2:-1] + moves[3:]
    dates = pd.bdate_range("2014-01-01", periods=DAYS).astype("datetime64[us]")
    codes = pd.array([f"{600000 + i}.SH" for i in range(stocks)], dtype="str")
    keys = pd.MultiIndex.from_product([dates, codes], names=["date", "code"]).to_frame(index=False)
    features = keys.assign(
        return_1=moves.ravel().astype("f4"), range_1=np.abs(moves).ravel().astype("f4")
    )
    member = np.tile(np.arange(stocks) < max(1, stocks - 4), DAYS)
    samples = keys.assign(label=label.ravel(), scale=0.02, trainable=member, member=member)
    day = np.repeat(np.arange(DAYS), stocks)
    cuts = [day < 100, (day >= 103) & (day < 140), day >= 144]
    samples["split"] = np.select(cuts, ["train", "valid", "test"], "")
    return SampleSet(features, samples, HORIZON, LOOKBACK, "known")


@pytest.fixture(scope="session")
def samples() -> SampleSet:
    return make()


@pytest.fixture(scope="session")
def train_end(samples) -> pd.Timestamp:
    return samples.samples["date"][samples.samples["split"] == "train"].max()


@pytest.fixture(scope="session")
def encoder(samples, train_end) -> Pretrained:
    return pretrain(samples.features, train_end, lookback=LOOKBACK, seed=1, recipe=QUICK, **SHAPE)
