"""One small simulated market and its features, with the faults real data has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.data import sources
from stockcast.features.compute import compute


@pytest.fixture(scope="session")
def tables() -> sources.Tables:
    """24 simulated stocks over two years; some amounts are missing, one factor is far from 1."""
    found = sources.load(
        "simulated", start="2014-01-02", end="2015-12-31", simulated_stocks=24, seed=7, horizon=5
    )
    panel = found.panel.copy()
    rng = np.random.default_rng(11)
    panel.loc[rng.random(len(panel)) < 0.01, "amount"] = np.nan
    panel.loc[panel.code == panel.code.iloc[3], "adj_factor"] *= 5000.0
    return replace(found, panel=panel)


@pytest.fixture(scope="session")
def features(tables) -> pd.DataFrame:
    """Every feature of the simulated market."""
    return compute(tables.panel, links=tables.links, events=tables.events)


@pytest.fixture(scope="session")
def cuts(tables) -> list[pd.Timestamp]:
    """24 days: events and the days around them, suspensions, early days, days at random."""
    days = pd.DatetimeIndex(tables.panel.date.unique()).sort_values()
    event = days.get_indexer(tables.events.date.unique())[:4]
    halts = days.get_indexer(tables.panel.date[tables.panel.suspended].unique())[:3]
    rng = np.random.default_rng(5)
    chosen = {*event, *(event - 1), *(event + 1), *halts, 0, 5, 20, 61, len(days) - 2}
    others = rng.permutation(sorted(set(range(len(days))) - chosen))
    return list(days[sorted([*chosen, *others[: 24 - len(chosen)]])])


@pytest.fixture(scope="session")
def real_panel() -> pd.DataFrame:
    """Forty real stocks over eleven years, those with known faults among them."""
    if paths.real_data() is None:
        pytest.skip("STOCKCAST_REAL_DATA names no folder with a real panel")
    named = {"panel": "panel_csi300.parquet"}
    held = sources.codes("parquet", **named)
    # Not as traded with gaps, amounts missing, and a factor that falls.
    faulty = ["000046.SZ", "600270.SH", "600837.SH", "302132.SZ", "000001.SZ", "600633.SH"]
    stocks = sorted({*faulty, *held[:: len(held) // 34]})
    found = sources.load("parquet", **named, start="2010-01-04", end="2020-12-31", stocks=stocks)
    return found.panel
