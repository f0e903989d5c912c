"""No artifact and no line of the project pickles: whoever reads a model must not run its code."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sqlite3
from pathlib import Path

import joblib
import nbformat
import numpy as np
import pandas as pd
import pytest
import torch

from stockcast import paths
from tests import pickles

ROOT = Path(__file__).resolve().parents[1]
VALUE = {"weights": np.arange(50.0), "name": "model"}


def _torch_file() -> bytes:
    buffer = io.BytesIO()
    torch.save({"w": torch.zeros(3)}, buffer)
    return buffer.getvalue()


def _joblib_file(compress: object = 0) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(VALUE, buffer, compress=compress)
    return buffer.getvalue()


def _objects(save: object) -> bytes:
    buffer = io.BytesIO()
    save(buffer, np.array([None, "a"], object), allow_pickle=True)
    return buffer.getvalue()


PICKLED = {
    **{f"protocol {p}": lambda p=p: pickle.dumps(VALUE, protocol=p) for p in range(6)},
    "of a class by itself": lambda: pickle.dumps(Path),
    "joblib": _joblib_file,
    **{f"joblib, {way}": lambda way=way: _joblib_file(way)
       for way in (3, ("gzip", 3), ("bz2", 3), ("xz", 1))},
    "torch": _torch_file,
    "npy": lambda: _objects(np.save),
    "npz": lambda: _objects(np.savez),
    "gzip": lambda: gzip.compress(pickle.dumps(VALUE)),
    "inside a text": lambda: b"header\n" + pickle.dumps(VALUE) + b"\ntail",
}  # fmt: skip


class TestScanner:
    """What the scan knows: it must be able to fail."""

    @pytest.mark.parametrize("kind", PICKLED)
    def test_finds(self, tmp_path, kind):
        """A pickle of every kind must be found whatever the file is called."""
        (tmp_path / "model.bin").write_bytes(PICKLED[kind]())
        assert len(list(pickles.below(tmp_path))) == 1

    def test_finds_a_name(self, tmp_path):
        """A name that promises a pickle must be refused even if the file is something else."""
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "model.pkl").write_text("{}")
        assert list(pickles.below(tmp_path)) == ["a/model.pkl is called .pkl"]

    def test_finds_one_in_a_database(self, tmp_path):
        """A blob in a study's or a tracking database must not hide one."""
        with sqlite3.connect(tmp_path / "study.db") as base:
            base.execute("create table trials (value blob)")
            base.execute("insert into trials values (?)", [pickle.dumps(VALUE)])
        base.close()
        assert list(pickles.below(tmp_path)) == ["study.db holds a pickle"]

    def test_passes_what_is_used(self, tmp_path):
        """Formats that run no code must pass, or the scan would be switched off."""
        from safetensors.numpy import save_file
        from sklearn.linear_model import Ridge
        from skops import io as skops

        x = np.random.default_rng(0).normal(size=(500, 4))
        skops.dump(Ridge().fit(x, x[:, 0]), tmp_path / "ridge.skops")
        save_file({"w": x}, tmp_path / "net.safetensors")
        pd.DataFrame(x, columns=list("abcd")).to_parquet(tmp_path / "table.parquet")
        np.savez_compressed(tmp_path / "arrays.npz", x)
        for number, text in enumerate(["", ".", "N.", "0.5\n", json.dumps(VALUE["name"]), "(a, b).",
                                       "# A title\n\nWords.\n", "I1\n"]):  # fmt: skip
            (tmp_path / f"{number}.txt").write_text(text)
        assert list(pickles.below(tmp_path)) == []

    @pytest.mark.parametrize(
        "code",
        [
            "import pickle",
            "from cloudpickle import dumps",
            "import joblib\njoblib.dump(1, 'a')",
            "from joblib import load",
            "import torch\ntorch.save(1, 'a')",
            "import torch\ntorch.load('a', weights_only=True)",
            "table.to_pickle('a')",
            "np.load('a', allow_pickle=True)",
            "mlflow.sklearn.log_model(model)",
        ],
    )
    def test_finds_source(self, code):
        """Every way of writing or reading one that the libraries offer must be found."""
        assert pickles.in_source(code)

    def test_passes_source(self):
        """Their harmless neighbours must pass."""
        code = "from joblib import Parallel\nimport torch\nnp.load('a', allow_pickle=False)"
        assert pickles.in_source(code) == []


def test_no_artifact_is_a_pickle():
    """Nothing that the stages on this machine have written may be or hold a pickle."""
    if not paths.runs().is_dir():
        pytest.skip("there are no runs on this machine yet")
    assert list(pickles.below(paths.runs())) == []


def test_no_source_pickles():
    """Neither package, notebooks, benchmarks nor tools may write or read a pickle."""
    found = []
    for folder in ("stockcast", "benchmarks", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found += [f"{path.name} {line}" for line in pickles.in_source(path.read_text("utf-8"))]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        for cell in (cell for cell in cells if cell.cell_type == "code"):
            plain = "\n".join(line for line in cell.source.split("\n") if line[:1] not in "%!")
            found += [f"{path.name} {line}" for line in pickles.in_source(plain)]
    assert found == []
