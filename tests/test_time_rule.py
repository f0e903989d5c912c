"""The time rule from end to end: an out-of-sample forecast does not know what came after it.

Features have their own truncation tests in `tests/features`.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast import params, paths
from stockcast.data import sources
from stockcast.features.compute import compute
from stockcast.models.networks.device import choose
from stockcast.models.networks.forecast import Ensemble, forecast
from stockcast.models.networks.material import Material, gather
from stockcast.models.networks.training import Recipe, train
from stockcast.models.networks.two_level import Architecture
from stockcast.samples.splits import purged
from stockcast.samples.table import sample_table

TINY = params.read(paths.root() / "params" / "tiny.yml")
CUTS = 22


def tables(source: str, **more: object) -> sources.Tables:
    return sources.load(
        source, start=TINY.start, end=TINY.end, seed=TINY.seed, lookback=TINY.lookback,
        horizon=TINY.horizon, simulated_stocks=TINY.simulated_stocks, **more,
    )  # fmt: skip


def material(found: sources.Tables, days: pd.DatetimeIndex, experts: str) -> Material:
    """From tables to windows, as the stages do it; `days` are those of the whole panel."""
    split = purged(days, TINY.train_end, TINY.valid_end, TINY.horizon)
    features = compute(found.panel, {"links": found.links, "events": found.events})
    samples = sample_table(found.panel, split, TINY.horizon)
    return gather(features, samples, lookback=TINY.lookback, horizon=TINY.horizon, experts=experts)


def truncated(found: sources.Tables, last: pd.Timestamp) -> sources.Tables:
    """The tables as they were after the close of `last`; the links are public from the start."""
    events = found.events
    return dataclasses.replace(
        found,
        panel=found.panel[found.panel.date <= last].reset_index(drop=True),
        events=None if events is None else events[events.date <= last].reset_index(drop=True),
    )


def check(found: sources.Tables, experts: str, draws: str) -> None:
    days = pd.DatetimeIndex(found.panel.date.unique())
    whole = material(found, days, experts)
    architecture = Architecture(
        whole.windows.values.shape[2], len(whole.codes), width=4, experts=experts
    )
    recipe = Recipe(epochs=1, patience=1, learning_rate=0.01, batch_days=8, down_weight=1.5)
    net = train(
        architecture, recipe, whole.days("train", every=10), whole.days("valid", every=10),
        choose("cpu"), seed=1,
    )  # fmt: skip
    ensemble = Ensemble("two_level", (net,), whole.codes, whole.information_until)
    how = {"horizon": TINY.horizon, "run": "tiny", "draws": draws, "dropout_draws": 3}
    expected = forecast(ensemble, whole.days("test"), whole.scale, **how)
    tested = expected.date.unique()
    for last in tested[np.linspace(0, len(tested) - 1, CUTS).astype(int)]:
        then = material(truncated(found, last), days, experts)
        recent = then.days("test")
        recent = dataclasses.replace(recent, days=recent.days[-3:])
        got = forecast(ensemble, recent, then.scale, **how)
        known = expected[expected.date.isin(got.date)].reset_index(drop=True)
        assert got.date.max() == last
        pd.testing.assert_frame_equal(got, known, check_exact=True)


@pytest.mark.parametrize(("experts", "draws"), [("shared", "ensemble"), ("own", "dropout")])
def test_forecasts_do_not_know_the_future(experts: str, draws: str):
    """Dropping all rows after each of 22 test days leaves forecasts up to it bit-identical."""
    universe = "listed" if experts == "own" else "members"
    check(tables("simulated", universe=universe), experts, draws)


@pytest.mark.real
def test_forecasts_of_real_stocks_do_not_know_the_future():
    """The same on forty stocks of the real panel."""
    codes = sources.codes("parquet", panel="panel_csi300.parquet")[::18][:40]
    check(tables("parquet", panel="panel_csi300.parquet", stocks=codes), "shared", "ensemble")
