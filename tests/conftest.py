"""What tests all over share: a project of one's own, the command line, and reasons to skip."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
import pytest
import yaml

from stockcast import cli, params, paths
from stockcast.determinism import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Begin again in the environment of the stages, so that this process and those begun by tests
    give the same bits: numerical libraries read it as they load, and here they have loaded.
    """
    if all(os.environ.get(name) == value for name, value in ENVIRONMENT.items()):
        return
    config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
    sys.stdout.flush()
    os.execve(sys.executable, sys.orig_argv, os.environ | ENVIRONMENT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot show."""
    for item in items:
        if item.get_closest_marker("real") and not os.environ.get("STOCKCAST_REAL_DATA"):
            item.add_marker(pytest.mark.skip(reason="STOCKCAST_REAL_DATA names no real panel"))
        if item.get_closest_marker("gpu") and not _cuda():
            item.add_marker(pytest.mark.skip(reason="torch finds no CUDA device"))


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def make_project(root: Path) -> Path:
    """An empty project with the parameters of the real one."""
    shutil.copytree(ROOT / "params", root / "params")
    (root / "stockcast").mkdir()
    (root / "notebooks").mkdir()
    (root / "dvc.yaml").write_text("stages: {}\n")
    (root / "requirements.lock").write_text("numpy==2\n")
    return root


def write_notebook(
    root: Path, name: str, *code: str, parameters: str = 'run = "simulated"\nseed = 2017'
) -> Path:
    """`notebooks/NAME.ipynb`: a parameters cell, the stage's opening, and more code cells."""
    opening = f'from stockcast.book.stage import Stage\nstage = Stage.open("{name}", globals())'
    new = nbformat.v4.new_code_cell
    cells = [
        nbformat.v4.new_markdown_cell(f"# {name}"),
        new(parameters, metadata={"tags": ["parameters"]}),
        *(new(source) for source in (opening, *code)),
    ]
    path = root / "notebooks" / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def write_params(root: Path, **changes: object) -> Path:
    """A parameters file: the default run's values with some changed."""
    values = params.read(root / "params" / "book.yml").model_dump() | changes
    path = root / "mine.yml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """An empty project; the working folder."""
    monkeypatch.delenv("STOCKCAST_RUNS", raising=False)
    monkeypatch.chdir(make_project(tmp_path / "project"))
    assert paths.root() == tmp_path / "project"
    return paths.root()


@pytest.fixture
def notebook(project) -> Callable[..., Path]:
    """`write_notebook` into the project."""
    return partial(write_notebook, project)


@pytest.fixture
def params_file(project) -> Callable[..., Path]:
    """`write_params` into the project."""
    return partial(write_params, project)


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Call the command line in this process: exit status, stdout, stderr."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stockcast", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code, out, err

    return call
