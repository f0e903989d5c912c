"""Ten inputs broken on purpose: each ends with status 2, one line that says what, and no output."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stockcast import cli, params, paths
from tests.data.conftest import quotes

PARAMS = {
    "run": "broken", "source": "parquet", "panel": "panel.parquet", "benchmark": "",
    "start": "2015-01-05", "end": "2015-06-30", "train_end": "2015-04-10",
    "valid_end": "2015-05-15", "lookback": 10, "horizon": 2, "universe": "members",
    "device": "cpu",
}  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Write a panel and parameters, call `stockcast run`; the exit status and stderr's lines."""
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path / "runs"))
    (tmp_path / "data").mkdir()

    def call(table: pd.DataFrame, **changes: object) -> tuple[int, list[str]]:
        table.to_parquet(tmp_path / "data" / "panel.parquet")
        values = params.read(paths.root() / "params" / "tiny.yml").model_dump()
        file = tmp_path / "mine.yml"
        file.write_text(yaml.safe_dump(values | PARAMS | changes), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["stockcast", "run", str(file)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, capsys.readouterr().err.splitlines()

    return call


def files_in(folder: Path) -> list[Path]:
    """Files at any depth."""
    return [path for path in folder.rglob("*") if path.is_file()]


def changed(column: str, row: int, value: object) -> pd.DataFrame:
    """Valid quotes with one value changed."""
    table = quotes()
    table.loc[row, column] = value
    return table


def repeated() -> pd.DataFrame:
    """Quotes that hold one row twice."""
    table = quotes()
    return pd.concat([table, table.iloc[[9]]], ignore_index=True)


BROKEN = {
    "missing file": (
        quotes(),
        {"panel": "elsewhere.parquet"},
        "panel elsewhere.parquet: must be a fi",
    ),
    "wrong column": (quotes().rename(columns={"open": "opening"}), {}, "column open: must be the"),
    "duplicated rows": (repeated(), {}, "(date, code) once; got '2015-01-16 000001.SZ twice'"),
    "NaN prices": (changed("close", 7, np.nan), {}, "column close: must not be missing"),
    "unsorted dates": (quotes().iloc[::-1], {}, "must be sorted by date within each stock"),
    "unknown key": (quotes(), {"lokback": 60}, "key lokback: is no parameter; did you mean 'look"),
    "wrong type": (quotes(), {"horizon": "five"}, "key horizon: must be a valid integer; got 'fi"),
    "empty universe": (quotes().assign(in_csi300=False), {}, "universe: must not be empty"),
    "too short history": (quotes(end="2015-01-15"), {}, "history: must have at least lookback"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_is_one_line_and_leaves_nothing(name, run, tmp_path):
    """Status 2, one line on stderr naming what is wrong, and not one file written."""
    table, changes, said = BROKEN[name]
    status, lines = run(table, **changes)
    assert status == 2
    assert len(lines) == 1, lines
    assert lines[0].startswith("stockcast: ")
    assert said in lines[0]
    assert str(tmp_path) not in lines[0]
    assert not files_in(tmp_path / "runs")


def test_unwritable_output_is_one_line_and_leaves_nothing(run, monkeypatch, tmp_path):
    """A folder for the artifacts that cannot be made is refused before anything runs."""
    (tmp_path / "taken").write_text("a file, not a folder")
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path / "taken"))
    status, lines = run(quotes())
    assert status == 2
    assert len(lines) == 1, lines
    assert "must be writable" in lines[0]
    assert (tmp_path / "taken").read_text() == "a file, not a folder"
    assert not files_in(tmp_path / "runs")


def test_the_unbroken_input_is_let_in(run, monkeypatch):
    """The quotes and parameters that the cases above break pass every check before the stages."""
    reached = []
    monkeypatch.setattr("stockcast.book.pipeline.steps", lambda: reached.append(True) or [])
    status, lines = run(quotes())
    assert (status, lines, reached) == (0, [], [True])
