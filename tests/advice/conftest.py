"""A small run made once: its tables, kept models and their own test forecasts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from stockcast import params, paths
from stockcast.advice import evening
from stockcast.advice.asking import Desk
from stockcast.data import sources
from stockcast.features.compute import compute
from stockcast.models.classical import CLASSICAL
from stockcast.models.committee import MODEL as COMMITTEE
from stockcast.models.model import Fitted
from stockcast.models.networks.models import Settings, network
from stockcast.models.networks.training import Recipe
from stockcast.models.record import keep
from stockcast.models.sample_set import SampleSet
from stockcast.samples.splits import purged
from stockcast.samples.table import sample_table

TINY = params.read(paths.root() / "params" / "tiny.yml").model_copy(
    # The test begins where dividends are paid.
    update={"lookback": 10, "train_end": "2014-12-31", "valid_end": "2015-03-31"}
)
READ = (
    "return_1", "return_5", "volatility_20", "distance_20", "rsi_14", "volume_ratio",
    "momentum_120", "main_force_5", "relative_5", "breadth", "lead_pending", "days_since_statement",
)  # fmt: skip
PEER = ("KMID", "ROC5", "STD20")


@dataclasses.dataclass(frozen=True)
class Run:
    """Where a small run lies, and what its models said of the test."""

    folder: Path
    params: params.Params
    said: dict[str, pd.DataFrame]

    def desk(self, model: str, **more: object) -> Desk:
        return Desk(self.params.model_copy(update={"headline": model}), **more)


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory) -> Iterator[Run]:
    """A run of 24 simulated stocks with a network, a line and a committee."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STOCKCAST_RUNS", str(folder))
        yield _make(folder)


@pytest.fixture
def run(whole_run, monkeypatch) -> Run:
    """The run, under `STOCKCAST_RUNS`."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(whole_run.folder))
    return whole_run


def _make(folder: Path) -> Run:
    found = sources.load(
        "simulated", start=TINY.start, end=TINY.end, seed=TINY.seed, lookback=TINY.lookback,
        horizon=TINY.horizon, simulated_stocks=TINY.simulated_stocks,
    )  # fmt: skip
    tables = {"links": found.links, "events": found.events, **dict(found.side)}
    data = folder / "tiny" / "01_data"
    data.mkdir(parents=True)
    for name in evening.TABLES:
        if tables.get(name) is not None:
            tables[name].to_parquet(data / f"{name}.parquet", index=False)
    found.panel.to_parquet(data / "panel.parquet", index=False)
    days = pd.DatetimeIndex(found.panel["date"].unique())
    split = purged(days, TINY.train_end, TINY.valid_end, TINY.horizon)
    table = sample_table(found.panel, split, TINY.horizon)
    features = compute(found.panel, tables, names=[*READ, *PEER])
    samples = SampleSet(features, table, TINY.horizon, TINY.lookback, "tiny")
    few = samples.only(READ[:6])
    settings = Settings(Recipe(1, 1, 0.01, 8, 1.5), width=4, members=2, device="cpu", jobs=1)
    ridge = next(model for model in CLASSICAL if model.name == "ridge")
    said: dict[str, pd.DataFrame] = {}
    for model, read, stage in (
        (network("two_level", settings), few, "06_networks"),
        (ridge, few, "05_classical"),
        (COMMITTEE, samples, "05_committee"),
    ):
        fitted: Fitted = model.fit(read, TINY.seed)
        said[model.name] = fitted.forecast(read)
        keep(folder / "tiny" / stage, model, fitted, read, stage=stage, seed=TINY.seed)
    return Run(folder, TINY, said)
