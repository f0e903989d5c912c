"""The peer's features against the peer's values."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.data import sources
from stockcast.features.alpha158.features import FEATURES
from stockcast.features.compute import compute
from tests.features.alpha158 import make_fixture, peer

NAMES = [feature.name for feature in FEATURES]
QLIB = "STOCKCAST_QLIB_PYTHON"


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """The stored simulated panel."""
    return pd.read_parquet(make_fixture.PANEL)


@pytest.fixture(scope="module")
def qlib() -> pd.DataFrame:
    """Qlib's values of it, by date and code."""
    return pd.read_parquet(make_fixture.VALUES)


def values_of(panel: pd.DataFrame) -> pd.DataFrame:
    """Ours, of the members, sorted by date and code."""
    return compute(panel, names=NAMES, keep=panel.in_universe.to_numpy())


def steps_of(panel: pd.DataFrame) -> pd.DataFrame:
    """Our windows over Qlib's single-precision series, of the members, by date and code."""
    rows = panel.sort_values(["code", "date"], ignore_index=True)
    table = rows[["date", "code", "in_universe"]].join(
        pd.DataFrame(peer.in_single_steps(peer.as_stored(rows)).T, columns=NAMES)
    )
    table = table[table.pop("in_universe")]
    return table.sort_values(["date", "code"], ignore_index=True)


def off(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.Series:
    """Share of unequal cells by feature; both tables have the same rows."""
    assert list(ours.columns) == list(theirs.columns)
    assert (ours.date.to_numpy() == theirs.date.to_numpy()).all()
    assert (ours.code.to_numpy() == theirs.code.to_numpy()).all()
    cells = peer.unequal(ours[NAMES].to_numpy(), theirs[NAMES].to_numpy())
    return pd.Series(cells.mean(0), NAMES)


def test_names(qlib):
    """There are 158 features under Qlib's names and in its order."""
    assert ["date", "code", *NAMES] == list(qlib.columns)
    assert len(NAMES) == 158


def test_fixture_is_hard(panel):
    """The stored panel has what breaks rolling windows."""
    halts = panel.groupby("code").suspended.sum()
    assert (halts > 70).any()
    assert (panel.groupby("code").adj_factor.nunique() > 1).any()
    assert panel.groupby("code").date.min().nunique() > 1
    assert panel.amount.isna().any()


def test_equals_qlib_on_its_own_input(panel, qlib):
    """On prices as Qlib's files hold them at least 99.97 % of all cells are Qlib's.

    Simulated volume varies little, so that Qlib's single-precision logarithm of it shows in CORR.
    """
    shares = off(values_of(peer.as_stored(panel)), qlib)
    assert shares.mean() <= 3e-4
    assert shares.drop([name for name in NAMES if name.startswith("COR")]).max() == 0


def test_equals_qlib_on_the_panel(panel, qlib):
    """On the panel's exact prices at least 99.9 % are, and nine cells in ten of each feature."""
    shares = off(values_of(panel), qlib)
    assert shares.mean() <= 1e-3
    assert shares.max() <= 0.1


def test_what_is_left_is_precision(panel, qlib):
    """Every cell is Qlib's once its inputs, too, are made in its single-precision steps."""
    assert off(steps_of(panel), qlib).max() == 0


def test_comparison_sees_an_error(panel, qlib):
    """A window that is one row off, or one day's price, does not pass for Qlib's."""
    ours = values_of(panel)
    shifted = ours.assign(MA5=ours.groupby("code").MA5.shift())
    assert off(shifted, qlib)["MA5"] > 0.5
    wrong = panel.assign(close=panel.close.where(panel.index != 700, panel.close * 1.05))
    assert off(values_of(wrong), qlib).mean() > 1e-3


def test_first_values(panel):
    """Each feature has its first value on the row that its lookback says."""
    whole = panel.groupby("code").filter(lambda stock: not stock.suspended.iloc[:70].any())
    ours = values_of(whole[whole.amount.notna()])
    first = ours.groupby("code").cumcount().to_numpy()[:, None]
    first = np.where(np.isfinite(ours[NAMES].to_numpy()), first + 1, 10**6)
    by_stock = pd.DataFrame(first).groupby(ours.code.to_numpy()).min()
    assert len(by_stock) >= 2
    for place, feature in enumerate(FEATURES):
        assert set(by_stock[place]) == {feature.lookback}, feature.name


def test_suspended_days(panel):
    """A suspended day has no price of its own; counts of the days before it go on."""
    ours = values_of(panel)
    halted = panel.sort_values(["date", "code"]).suspended.to_numpy()
    assert (
        ours.loc[halted, ["KMID", "VWAP0", "ROC5", "MA5", "RANK60", "VMA5"]].isna().all(axis=None)
    )
    assert ours.loc[halted, ["CNTP60", "CNTN60"]].notna().all(axis=None)


@pytest.mark.parametrize("rows", [1, 3])
def test_short_and_strange_stocks(panel, rows):
    """Few rows, no volume, a standstill, negative prices and missing ones give no infinity."""
    stock = panel[panel.code == panel.code.iloc[0]]
    strange = [
        stock.iloc[:rows],
        stock.assign(volume=0.0, code="000901.SZ"),
        stock.assign(**dict.fromkeys(("open", "high", "low", "close"), 5.0), code="000902.SZ"),
        stock.assign(close=-stock.close, low=-stock.low, code="000903.SZ"),
        stock.assign(close=np.nan, amount=np.nan, code="000904.SZ"),
        stock.assign(high=np.inf, volume=np.nan, code="000905.SZ"),
    ]
    ours = values_of(pd.concat(strange, ignore_index=True))
    assert not np.isinf(ours[NAMES].to_numpy()).any()


@pytest.mark.real
def test_real_panel(tmp_path):
    """On thirty real stocks ours are Qlib's, which is run here and now."""
    python = os.environ.get(QLIB)
    if not python:
        pytest.skip(f"{QLIB} names no interpreter that has Qlib")
    assert paths.real_data() is not None
    file = {"panel": "panel_csi300.parquet"}
    stocks = sources.codes("parquet", **file)[::25]
    panel = sources.load(
        "parquet", **file, start="2015-01-05", end="2017-12-29", stocks=stocks
    ).panel
    panel.to_parquet(tmp_path / "panel.parquet")
    subprocess.run(
        [python, make_fixture.PEER, tmp_path / "qlib", "--panel", tmp_path / "panel.parquet",
         "--values", tmp_path / "values.parquet"],
        check=True, capture_output=True,
    )  # fmt: skip
    theirs = pd.read_parquet(tmp_path / "values.parquet")
    assert off(values_of(peer.as_stored(panel)), theirs).mean() <= 1e-4
    assert off(values_of(panel), theirs).mean() <= 2e-3
    assert off(steps_of(panel), theirs).mean() <= 1e-6
