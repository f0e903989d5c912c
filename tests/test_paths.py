"""Where things live, and how a file is written."""

from __future__ import annotations

import os

import pytest

from stockcast import paths
from stockcast.errors import InputError
from tests.conftest import ROOT


def test_root_is_found_from_any_folder_below_it(project, monkeypatch):
    """papermill, nbval and JupyterLab start in different folders and must agree on the root."""
    monkeypatch.chdir(project / "notebooks")
    assert paths.root() == project


def test_root_outside_a_project_is_the_packages_own(tmp_path, monkeypatch):
    """A command called from elsewhere must still find the notebooks."""
    monkeypatch.chdir(tmp_path)
    assert paths.root() == ROOT


def test_artifacts_lie_below_the_runs_folder(project, monkeypatch, tmp_path):
    """`STOCKCAST_RUNS` must move every artifact and nothing else."""
    assert paths.stage("mine", "01_data") == project / "runs" / "mine" / "01_data"
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path / "elsewhere"))
    assert paths.stage("mine", "01_data") == tmp_path / "elsewhere" / "mine" / "01_data"
    assert paths.root() == project


def test_real_data_is_the_named_folder_or_none(monkeypatch, tmp_path):
    """Without `STOCKCAST_REAL_DATA` there is no real panel, rather than one by accident."""
    monkeypatch.delenv("STOCKCAST_REAL_DATA", raising=False)
    assert paths.real_data() is None
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    assert paths.real_data() == tmp_path


def test_shown_never_gives_an_absolute_path(project, tmp_path):
    """Messages and pages must not tell where on a machine a file lies."""
    assert paths.shown(project / "notebooks" / "x.ipynb") == "notebooks/x.ipynb"
    assert paths.shown(tmp_path / "outside" / "x.ipynb") == "x.ipynb"


def test_replacing_leaves_the_old_file_when_writing_fails(tmp_path):
    """A failure half-way must leave the file as it was, and no scrap beside it."""
    target = tmp_path / "table.json"
    target.write_text("old")

    def fail() -> None:
        with paths.replacing(target) as scratch:
            scratch.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert os.listdir(tmp_path) == ["table.json"]
    assert target.read_text() == "old"


def test_replacing_puts_the_new_file_in_place(tmp_path):
    """After success the target must hold the new contents, folders made as needed."""
    with paths.replacing(tmp_path / "a" / "b.json") as scratch:
        scratch.write_text("new")
    assert (tmp_path / "a" / "b.json").read_text() == "new"
    assert os.listdir(tmp_path / "a") == ["b.json"]


def test_replacing_refuses_a_folder_it_cannot_make(tmp_path):
    """An unwritable place must be an `InputError`, not a traceback."""
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(InputError, match="must be writable"),
        paths.replacing(tmp_path / "taken" / "x.json"),
    ):
        pass
