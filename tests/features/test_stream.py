"""Features written some stocks at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from stockcast.data import sources
from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.features.compute import compute
from stockcast.features.stream import stream

NAMES = ["return_20", "KMID", "CORD60", "RANK30"]


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Twelve simulated stocks over a year, by code and date."""
    found = sources.load(
        "simulated", start="2015-01-05", end="2015-12-31", simulated_stocks=12, seed=4, horizon=5
    )
    return found.panel.sort_values(["code", "date"], ignore_index=True)


@pytest.fixture
def file(panel, tmp_path):
    """The same as a file."""
    panel.to_parquet(tmp_path / "panel.parquet", index=False)
    return tmp_path / "panel.parquet"


def by_code(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["code", "date"], ignore_index=True)


@pytest.mark.parametrize("at_once", [50, 300, 10**6])
def test_equals_compute(panel, file, tmp_path, at_once):
    """However many rows are read at once, every bit is that of `compute`, in order of code."""
    count = stream(file, tmp_path / "out.parquet", names=NAMES, at_once=at_once)
    assert count == len(panel)
    found = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(found, by_code(compute(panel, names=NAMES)), check_exact=True)


def test_groups(panel, file, tmp_path):
    """Each row group holds whole stocks, and a file that is read in parts has several."""
    stream(file, tmp_path / "out.parquet", names=NAMES, at_once=300)
    out = pq.ParquetFile(tmp_path / "out.parquet")
    groups = [set(out.read_row_group(i)["code"].to_pylist()) for i in range(out.num_row_groups)]
    assert len(groups) > 3
    assert sum(map(len, groups)) == panel.code.nunique()


def test_frames(panel, tmp_path):
    """Frames of whole stocks are taken as a file is."""
    frames = [stock for _, stock in panel.groupby("code")]
    assert stream(iter(frames), tmp_path / "out.parquet", names=NAMES) == len(panel)
    found = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(found, by_code(compute(panel, names=NAMES)), check_exact=True)


def test_refuses_what_looks_across_stocks(file, tmp_path):
    """A feature whose module prepares over all rows is refused by name."""
    inputs = {"date", "code", *pd.read_parquet(file).columns}
    name = next(
        f.name
        for m in catalogue.MODULES
        if hasattr(m, "prepare")
        for f in m.FEATURES
        if inputs.issuperset(f.inputs) and "sector" not in f.inputs
    )
    with pytest.raises(InputError, match=name):
        stream(file, tmp_path / "out.parquet", names=[*NAMES, name])


def test_refuses_codes_out_of_order(panel, tmp_path):
    """A stock whose rows come in two pieces is told, and nothing is left of the file."""
    codes = panel.code.unique()
    frames = [panel[panel.code == codes[1]], panel[panel.code == codes[0]]]
    with pytest.raises(InputError, match=f"{codes[0]} after {codes[1]}"):
        stream(frames, tmp_path / "out.parquet", names=NAMES)
    assert not list(tmp_path.iterdir())


def test_refuses_bad_files(panel, tmp_path):
    """A missing file, a missing column and no rows at all are each told."""
    with pytest.raises(InputError, match="must be a Parquet file"):
        stream(tmp_path / "none.parquet", tmp_path / "out.parquet", names=NAMES)
    with pytest.raises(InputError, match="adj_factor"):
        stream([panel.drop(columns="adj_factor")], tmp_path / "out.parquet", names=NAMES)
    with pytest.raises(InputError, match="must have rows"):
        stream([], tmp_path / "out.parquet", names=NAMES)
    assert not list(tmp_path.iterdir())


def test_keeps_the_old_file_when_it_fails(panel, tmp_path):
    """A run that fails leaves the file that was there."""
    target = tmp_path / "out.parquet"
    stream([panel], target, names=["KMID"])
    before = target.read_bytes()
    with pytest.raises(InputError):
        stream([panel, panel], target, names=["KMID"])
    assert target.read_bytes() == before
    assert np.isfinite(pd.read_parquet(target).KMID).mean() > 0.9
