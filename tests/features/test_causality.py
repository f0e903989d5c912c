"""No feature may know the future, nor the level of a stock's adjustment factor."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from stockcast.features.catalogue import CATALOGUE
from stockcast.features.compute import compute

NAMES = [feature.name for feature in CATALOGUE]


def bits(column: pd.Series) -> np.ndarray:
    """The raw 32 bits of a float32 column, so that NaN equals NaN and -0 differs from 0."""
    assert column.dtype == np.float32
    return column.to_numpy().view(np.uint32)


@pytest.fixture(scope="module")
def truncated(tables, cuts):
    """Features computed on what was there at each cut."""
    return [
        compute(
            tables.panel[tables.panel.date <= cut],
            links=tables.links,
            events=tables.events[tables.events.date <= cut],
        )
        for cut in cuts
    ]


@pytest.mark.parametrize("name", NAMES)
def test_dropping_later_rows_changes_no_bit(name, features, truncated, cuts):
    """Features dated <= t are bit-identical when every row after t is gone, at 20 days or more."""
    assert len(cuts) >= 20
    for cut, cut_features in zip(cuts, truncated, strict=True):
        whole = features[features.date <= cut]
        assert len(whole) == len(cut_features)
        np.testing.assert_array_equal(bits(whole[name]), bits(cut_features[name]), str(cut.date()))


def test_cut_dates_include_events(tables, cuts):
    """The cuts that the truncation test uses hold event days and days right before them."""
    days = pd.DatetimeIndex(tables.panel.date.unique()).sort_values()
    event = days.get_indexer(tables.events.date.unique())
    at = set(days.get_indexer(pd.DatetimeIndex(cuts)))
    assert len(at & set(event)) >= 2
    assert len(at & set(event - 1)) >= 2


def test_changing_later_rows_changes_no_bit(tables, features, cuts):
    """Other prices, volumes and events after t leave features dated <= t as they were."""
    cut = cuts[len(cuts) // 2]
    panel = tables.panel.copy()
    later = panel.date > cut
    rng = np.random.default_rng(0)
    panel.loc[later, ["open", "high", "low", "close"]] *= 3.0
    panel.loc[later, "amount"] *= rng.random(later.sum())
    panel.loc[later, "in_universe"] = ~panel.loc[later, "in_universe"]
    moved = tables.events.copy()
    moved.loc[moved.date > cut, "strength"] = 9.0
    found = compute(panel, links=tables.links, events=moved)
    for name in NAMES:
        before = features.date <= cut
        np.testing.assert_array_equal(bits(features[name][before]), bits(found[name][before]), name)


@pytest.mark.parametrize("name", NAMES)
def test_factor_level_changes_no_feature(name, features, scaled):
    """A constant times a stock's factor: same bits for powers of two, 1e-6 for any other."""
    twos, others = scaled
    np.testing.assert_array_equal(bits(features[name]), bits(twos[name]))
    np.testing.assert_allclose(features[name], others[name], rtol=1e-6, atol=1e-6)


@pytest.fixture(scope="module")
def scaled(tables):
    """Features after each stock's factor was multiplied: by powers of two, by odd numbers."""
    stock = pd.Series(pd.factorize(tables.panel.code)[0], tables.panel.index)
    found = []
    for multiple in (2.0 ** (stock % 7 - 3), 0.37 + 1.7 * stock):
        panel = tables.panel.assign(adj_factor=tables.panel.adj_factor * multiple)
        found.append(compute(panel, links=tables.links, events=tables.events))
    return found


def test_undisclosed_links_are_not_read(tables, features):
    """Dropping the hidden part of the web changes nothing."""
    assert (~tables.links["public"]).any()
    found = compute(tables.panel, links=tables.links[tables.links["public"]], events=tables.events)
    pd.testing.assert_frame_equal(found, features)


def test_thread_count_changes_no_bit(tables, features, tmp_path):
    """The same features come out of one thread as of this process's."""
    tables.panel.to_parquet(tmp_path / "panel.parquet")
    code = (
        "import sys, pandas as pd; from stockcast.features.compute import compute;"
        "compute(pd.read_parquet(sys.argv[1])).to_parquet(sys.argv[2])"
    )
    command = [sys.executable, "-c", code, tmp_path / "panel.parquet", tmp_path / "out.parquet"]
    subprocess.run(command, env=os.environ | {"POLARS_MAX_THREADS": "1"}, check=True)
    alone = pd.read_parquet(tmp_path / "out.parquet")
    for name in alone.columns[2:]:
        np.testing.assert_array_equal(bits(alone[name]), bits(features[name]), name)


@pytest.mark.real
def test_real_truncation_changes_no_bit(real_panel):
    """The truncation rule on real stocks, at 20 days that include resumptions."""
    whole = compute(real_panel)
    days = pd.DatetimeIndex(real_panel.date.unique()).sort_values()
    rng = np.random.default_rng(3)
    halted = pd.DatetimeIndex(real_panel.date[real_panel.suspended].unique())
    chosen = {*rng.choice(len(days), 15, replace=False), *days.get_indexer(halted[::300])}
    assert len(chosen) >= 20
    for cut in days[sorted(chosen)]:
        found = compute(real_panel[real_panel.date <= cut])
        before = whole[whole.date <= cut]
        for name in found.columns[2:]:
            np.testing.assert_array_equal(bits(before[name]), bits(found[name]), f"{name} {cut}")


@pytest.mark.real
def test_real_factor_level_changes_no_feature(real_panel):
    """The factor's level does not matter on real stocks either."""
    whole = compute(real_panel)
    found = compute(real_panel.assign(adj_factor=real_panel.adj_factor * 64.0))
    other = compute(real_panel.assign(adj_factor=real_panel.adj_factor * 3.3))
    for name in whole.columns[2:]:
        np.testing.assert_array_equal(bits(whole[name]), bits(found[name]), name)
        np.testing.assert_allclose(whole[name], other[name], rtol=1e-6, atol=1e-6, err_msg=name)
