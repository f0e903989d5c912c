"""A simulated market, every technical feature of it, and the same prices for pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows
from stockcast.features.technical import MODULES

FEATURES: tuple[Feature, ...] = tuple(f for module in MODULES for f in module.FEATURES)


def values_of(panel: pd.DataFrame, features: tuple[Feature, ...] = FEATURES) -> pd.DataFrame:
    """The features of a panel's rows, float32, indexed by date and code."""
    rows, _ = Rows.of(panel)
    with np.errstate(all="ignore"):
        found = {f.name: f.make(rows).astype(np.float32) for f in features}
    codes = np.array(rows.codes, dtype=object)[rows.stock()]
    index = pd.MultiIndex.from_arrays([rows.dates[rows.day], codes], names=["date", "code"])
    return pd.DataFrame(found, index=index)


@pytest.fixture(scope="session")
def technical_panel() -> pd.DataFrame:
    """40 simulated stocks over three years; some amounts and volumes are missing."""
    panel = sources.load(
        "simulated", start="2013-01-04", end="2015-12-31", simulated_stocks=40, seed=7, horizon=5
    ).panel
    rng = np.random.default_rng(11)
    panel.loc[rng.random(len(panel)) < 0.01, "amount"] = np.nan
    return panel


@pytest.fixture(scope="session")
def technical(technical_panel) -> pd.DataFrame:
    """Every technical feature of the market."""
    return values_of(technical_panel)


@pytest.fixture(scope="session")
def wide(technical_panel) -> dict[str, pd.DataFrame]:
    """Columns of the panel as (date, code) tables; O, H, L, C, V adjusted, A amount, r return."""
    names = ("open", "high", "low", "close", "adj_factor", "volume", "amount", "suspended",
             "pre_close", "limit_up", "limit_down")  # fmt: skip
    out = {n: technical_panel.pivot(index="date", columns="code", values=n) for n in names}
    for short, name in zip("OHLC", ("open", "high", "low", "close"), strict=True):
        out[short] = out[name] * out["adj_factor"]
    out["V"] = out["volume"] / out["adj_factor"]
    out["r"] = out["C"].pct_change(fill_method=None)
    out["traded"] = out["suspended"] == False  # noqa: E712
    out["A"] = out["amount"].where(out["traded"] & (out["amount"] > 0))
    return out
