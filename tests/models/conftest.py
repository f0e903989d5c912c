"""Data of known noise: one feature moves the mean, another the spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from stockcast.models.networks import training, two_level
from stockcast.models.networks.device import choose
from stockcast.models.networks.material import Material, gather

RECIPE = training.Recipe(epochs=6, patience=3, learning_rate=0.01, batch_days=8, down_weight=1.0)


@dataclass(frozen=True)
class Known:
    """Tables, and the noise that made the labels."""

    features: pd.DataFrame
    samples: pd.DataFrame
    noise: pd.DataFrame

    def material(self, **kw: object) -> Material:
        return gather(self.features, self.samples, **({"lookback": 10, "horizon": 5} | kw))


def known_market(days: int = 240, stocks: int = 30, seed: int = 0) -> Known:
    """Labels 0.3 x0 + exp(0.6 x1) z, in units of a volatility of 2 %."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(days, stocks, 4)).astype("f4")
    noise = np.exp(0.6 * x[..., 1])
    label = 0.02 * (0.3 * x[..., 0] + noise * rng.standard_normal((days, stocks)))
    dates = pd.bdate_range("2014-01-01", periods=days)
    codes = [f"{600000 + i}.SH" for i in range(stocks)]
    keys = pd.MultiIndex.from_product([dates, codes], names=["date", "code"]).to_frame(index=False)
    features = keys.assign(**{f"x{i}": x[..., i].ravel() for i in range(4)})
    samples = keys.assign(label=label.ravel(), scale=0.02, trainable=True, member=True)
    cut = dates[int(days * 0.6)], dates[int(days * 0.7)]
    samples["split"] = np.select(
        [samples.date < cut[0], samples.date < cut[1], samples.date > cut[1] + pd.Timedelta("9D")],
        ["train", "valid", "test"],
        "",
    )
    return Known(features, samples, keys.assign(noise=noise.ravel()))


@pytest.fixture(scope="session")
def known() -> Known:
    return known_market()


@pytest.fixture(scope="session")
def material(known: Known) -> Material:
    return known.material()


@pytest.fixture(scope="session")
def trained(material: Material) -> training.Trained:
    architecture = two_level.Architecture(4, len(material.codes), width=8)
    fit, valid = material.days("train"), material.days("valid")
    return training.train(architecture, RECIPE, fit, valid, choose("cpu"), seed=1)
