"""The default run, executed again by nbval: its printed results, and every number in its prose.

nbval compares the output of tagged cells to the letter; the numbers that the prose shows are
compared with tolerances. Numbers that a training decided may differ a little from one machine to
the next; what follows from the data by arithmetic may not.
"""

from __future__ import annotations

import ast
import json
import math
import os
import subprocess
import sys

import nbformat
import pytest

from stockcast import determinism
from stockcast.book import closure, pipeline, unfinished
from stockcast.book.stage import RESULTS
from tests.conftest import ROOT

PAGES = ROOT / "book" / pipeline.RUN
TRAINING = {"05_classical", "05_committee", "06_networks", "07_fusion", "08_search"}
RECORD = "application/papermill.record/text/plain"

EXACT = {"rel_tol": 1e-6, "abs_tol": 1e-9}
TRAINED = {"rel_tol": 0.05, "abs_tol": 0.02}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A fresh `runs/` with the whole default run in it, executed by nbval in stage order."""
    folder = tmp_path_factory.mktemp("runs")
    pages = [str(PAGES / f"{step.name}.ipynb") for step in pipeline.steps()]
    command = [
        sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-x", "-q",
        "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "filterwarnings=",
        "--rootdir", str(PAGES), *pages,
    ]  # fmt: skip
    environment = os.environ | determinism.ENVIRONMENT | {"STOCKCAST_RUNS": str(folder)}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    return folder / pipeline.RUN


def trained() -> set[str]:
    """Stages whose results a training decided, and all that read what they made."""
    found = set(TRAINING)
    for step in pipeline.steps():
        if found & {stage for stage, _ in closure.reads(step.notebook)}:
            found.add(step.name)
    return found


def glued(page) -> dict[str, object]:
    """The numbers and words that a committed page holds for its prose."""
    found = {}
    for cell in nbformat.read(page, as_version=4).cells:
        for output in cell.get("outputs", []):
            if RECORD in output.get("data", {}):
                text = output.data[RECORD]
                value = None if text == "nan" else ast.literal_eval(text)
                found[output.metadata.scrapbook.name] = value
    return found


def agrees(one: object, other: object, tolerance: dict[str, float]) -> bool:
    """Whether two glued values are the same within the tolerance; words to the letter."""
    numbers = int | float
    if isinstance(one, numbers) and isinstance(other, numbers):
        return math.isclose(one, other, **tolerance)
    return one == other


@pytest.mark.parametrize("step", pipeline.steps(), ids=lambda step: step.name)
def test_a_fresh_execution_gives_the_published_numbers(step, runs):
    """What the prose says must come out again: from data to 1e-6, from training to 0.02 or 5 %."""
    published = glued(PAGES / f"{step.name}.ipynb")
    fresh = json.loads((runs / step.name / RESULTS).read_text(encoding="utf-8"))
    assert fresh.keys() == published.keys()
    tolerance = TRAINED if step.name in trained() else EXACT
    apart = {
        name: (published[name], value)
        for name, value in fresh.items()
        if not agrees(published[name], value, tolerance)
    }
    assert apart == {}


def test_nbval_left_the_projects_own_artifacts_alone(runs):
    """A test must not overwrite what `make book` made.

    Beside the stages stand the checkpoints of networks: only `stockcast execute`, which makes a
    stage of a notebook, takes them away.
    """
    assert {folder.name for folder in runs.iterdir()} - {unfinished.FOLDER} == {
        step.name for step in pipeline.steps()
    }


def test_the_network_knows_something_and_a_blind_one_nothing(runs):
    """Out of sample the Rank IC's interval excludes zero, and over shuffled labels includes it."""
    found = json.loads((runs / "06_networks" / RESULTS).read_text(encoding="utf-8"))
    assert found["rank_ic_low"] > 0
    assert found["blind_score_low"] <= 0 <= found["blind_score_high"]


def test_the_judgement_comes_out_again_by_hand(runs):
    """Every number of the judgement, once more by code that shares none with the package."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:xdist", "-o", "addopts=",
        "tests/book/test_recomputed.py",
    ]  # fmt: skip
    environment = os.environ | {"STOCKCAST_RUNS": str(runs.parent)}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    assert f"the run {runs.name} has no" not in ended.stdout  # it was not skipped
