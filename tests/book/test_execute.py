"""Executing one notebook: parameters in, artifacts and a page out, or nothing at all."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from stockcast import determinism, params, paths
from stockcast.book import execute, manifest, pages
from stockcast.errors import InputError, MissingArtifact
from stockcast.models import record, tracking
from tests.conftest import make_project, write_notebook, write_params

BODY = """\
import pandas as pd
from stockcast.determinism import stream
table = pd.DataFrame({"x": stream(stage.params.seed, "x").normal(size=50)})
stage.write("panel", table)
stage.glue("mean", table.x.mean())
print(f"{table.x.mean():.4f}", stage.params.run)
"""
FIGURE = "import matplotlib.pyplot as plt\nplt.plot(table.x)\nplt.show()"


def files(folder: Path) -> list[str]:
    """Files below a folder, relative to it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small notebook, executed: the notebook, the parameters file and the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("STOCKCAST_RUNS", raising=False)
        root = make_project(tmp_path_factory.mktemp("made") / "project")
        patch.chdir(root)
        path = write_notebook(root, "01_data", BODY, FIGURE)
        mine = write_params(root, run="mine", seed=5)
        execute.execute(path, mine)
        yield path, mine, root / "runs" / "mine" / "pages" / "01_data.ipynb"


def test_the_page_shows_what_the_run_gave(made):
    """The run's own parameters must reach the cells, and a page every output."""
    page = nbformat.read(made[2], as_version=4)
    cells = [cell for cell in page.cells if cell.cell_type == "code"]
    assert 'run = "mine"\nseed = 5' in cells[1].source
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4, 5]
    assert cells[3].outputs[-1].text.endswith("mine\n")
    assert "image/png" in cells[4].outputs[0].data
    assert page.metadata.stockcast.run == "mine"


def test_the_manifest_says_what_it_cost_and_what_came_of_it(made):
    """Seconds, memory and the slowest cell belong there, and hashes of all that went in and out."""
    record = manifest.read(paths.stage("mine", "01_data"))
    assert record.seconds > 0
    assert 50 < record.peak_memory_mb < 4000
    assert 1 <= record.slowest_cell <= 4
    assert list(record.outputs) == ["panel.parquet", "results.json"]
    assert record.stamp.data == record.outputs["panel.parquet"]
    assert record.stamp.seed == 5
    assert "none" not in (record.stamp.lock, record.stamp.data)
    results = json.loads((paths.stage("mine", "01_data") / "results.json").read_text())
    assert list(results) == ["mean"]


KEEPING = """\
from dataclasses import replace
from tests.models.kept import KIND, Constant, small_set
from stockcast.models.record import keep
mine = replace(small_set(), run=run)
keep(stage.folder, KIND, Constant(2.0), mine, stage=stage.name, seed=seed)
"""


def test_models_that_a_stage_keeps_are_tracked(tmp_path, monkeypatch):
    """Under the stage's own name, not that of the folder in which its artifacts gathered."""
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    execute.execute(write_notebook(root, "05_classical", KEEPING), write_params(root, run="mine"))
    [model] = record.found(paths.stage("mine", "05_classical"))
    assert record.read(model).stage == "05_classical"
    assert list(tracking.track(paths.runs())) == ["mine/05_classical/models/constant"]
    with sqlite3.connect(paths.runs() / tracking.FILE) as database:
        assert database.execute("select name from runs").fetchall() == [("05_classical constant",)]


def test_executing_again_would_only_repeat_until_something_changes(made):
    """`stockcast run` skips what is up to date and nothing else."""
    path, mine, page = made
    values = params.read(mine)
    assert manifest.up_to_date(path, values, page)
    assert manifest.up_to_date(path, values.model_copy(update={"width": 8}), page)
    assert not manifest.up_to_date(path, values.model_copy(update={"seed": 6}), page)
    assert not manifest.up_to_date(path, values, page.with_name("other.ipynb"))
    panel = paths.stage("mine", "01_data") / "panel.parquet"
    for spoilt in (panel, paths.root() / "requirements.lock", path):
        kept = spoilt.read_bytes()
        spoilt.write_bytes(kept.replace(b"table.x", b"table .x") + b" ")
        assert not manifest.up_to_date(path, values, page), spoilt.name
        spoilt.write_bytes(kept)
    assert manifest.up_to_date(path, values, page)


def test_a_stale_page_says_in_what(made):
    """The mark on a stale page must name what changed."""
    path, mine, page = made
    values = params.read(mine)
    assert manifest.stale(page, values) == []
    assert manifest.stale(page, values.model_copy(update={"seed": 6})) == ["params"]
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"table.x", b"table .x"))
    assert manifest.stale(page, values) == ["code"]
    path.write_bytes(kept)


def test_two_executions_are_byte_identical(made, capsys):
    """Page, figures and artifacts must not depend on when or how often they are made."""
    path, mine, page = made
    folder = paths.stage("mine", "01_data")
    before = page.read_bytes(), manifest.outputs(folder)
    execute.execute(path, mine)
    assert (page.read_bytes(), manifest.outputs(folder)) == before
    # CI logs show how far a stage is, in plain lines, and nothing of the kernel's own talk.
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"01_data {done}/5" for done in range(1, 6)]
    assert err == ""


def test_a_failing_cell_leaves_everything_as_it_was(made):
    """No half-made page or artifact may replace a whole one."""
    path, mine, page = made
    kept, before, listed = path.read_bytes(), page.read_bytes(), files(paths.runs())
    broken = write_notebook(paths.root(), "01_data", 'stage.write("panel", pd)', "1 / 0")
    with pytest.raises(execute.StageFailed) as caught:
        execute.execute(broken, mine)
    path.write_bytes(kept)
    assert str(caught.value).startswith(
        "notebooks/01_data.ipynb, code cell 3: NameError: name 'pd'"
    )
    assert not caught.value.users_fault
    assert (page.read_bytes(), files(paths.runs())) == (before, listed)


def test_a_failing_first_execution_leaves_no_file(project, notebook, params_file):
    """What was written before the failure must be gone."""
    broken = notebook("01_data", 'stage.write("panel", {"a": 1})', "1 / 0")
    with pytest.raises(execute.StageFailed, match="code cell 4: ZeroDivisionError"):
        execute.execute(broken, params_file())
    assert files(project / "runs") == []


def test_a_users_error_inside_the_kernel_stays_the_users_error(project, notebook, params_file):
    """A missing artifact must read the same as everywhere, and count as the user's to mend."""
    wanting = notebook("03_features", 'stage.read("01_data", "panel")')
    with pytest.raises(
        execute.StageFailed, match="code cell 3: artifact panel of 01_data"
    ) as caught:
        execute.execute(wanting, params_file())
    assert caught.value.users_fault
    assert str(caught.value).endswith("notebooks/01_data.ipynb --params params/book.yml")


def test_a_kernel_that_dies_is_one_line(project, notebook, params_file):
    """Out of memory is the usual cause; it must not look like a bug of ours."""
    fatal = notebook("01_data", "import os\nos._exit(9)")
    with pytest.raises(execute.StageFailed, match=r"notebooks/01_data\.ipynb: Kernel died"):
        execute.execute(fatal, params_file())
    assert files(project / "runs") == []


def test_the_kernel_is_this_interpreters_and_takes_nothing_of_the_users(
    project, notebook, params_file, monkeypatch, tmp_path
):
    """A user's kernels, start-up files, styles and warnings must not decide what a page shows."""
    home = tmp_path / "home"
    spec = home / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
    startup = home / "ipython" / "profile_default" / "startup" / "00.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("meddled = True")
    (home / "matplotlibrc").write_text("figure.figsize: 1, 1")
    for key, value in {
        "JUPYTER_PATH": home / "jupyter", "IPYTHONDIR": home / "ipython",
        "MATPLOTLIBRC": home, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "7",
    }.items():  # fmt: skip
        monkeypatch.setenv(key, str(value))
    shows = notebook(
        "01_data",
        "import hashlib, os, sys\nimport matplotlib.pyplot as plt\n"
        'print("meddled" in globals(), os.environ["OMP_NUM_THREADS"])\n'
        "print(hashlib.sha256(sys.executable.encode()).hexdigest())",
        "plt.plot([1, 2])\nplt.show()",
    )
    page = project / "page.ipynb"
    execute.execute(shows, params_file(), page)
    cells = [cell for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "code"]
    own = hashlib.sha256(sys.executable.encode()).hexdigest()
    assert cells[3].outputs[0].text == f"False {determinism.THREADS}\n{own}\n"
    assert "image/png" in cells[4].outputs[0].data


def test_plain_papermill_works_as_well(project, notebook):
    """Who knows papermill needs no command of ours: -f takes the whole parameters file."""
    path = notebook("01_data", BODY)
    content = nbformat.read(path, as_version=4)
    content.metadata = {"kernelspec": pages.KERNEL, "language_info": pages.LANGUAGE}
    nbformat.write(content, path)
    words = [str(path), "out.ipynb", "-f", "params/tiny.yml", "-k", "python3", "--no-progress-bar"]
    command = [sys.executable, "-m", "papermill", *words]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert files(project / "runs") == ["tiny/01_data/panel.parquet", "tiny/01_data/results.json"]


def test_what_cannot_run_is_refused_before_a_kernel_starts(project, notebook, params_file):
    """An unknown stock, a missing panel, an unwritable page: nothing may run for minutes first."""
    path = notebook("01_data", parameters='run = "simulated"\nstocks = []\npanel = ""')
    with pytest.raises(
        InputError, match=r"key stocks: must name stocks of the panel; got '999999\.SH'"
    ):
        execute.execute(path, params_file(stocks=["999999.SH"]))
    with pytest.raises((InputError, MissingArtifact), match=r"panel nowhere\.parquet"):
        execute.execute(path, params_file(source="parquet", panel="nowhere.parquet"))
    (project / "taken").write_text("")
    with pytest.raises(InputError, match="must be writable"):
        execute.execute(path, params_file(), project / "taken" / "page.ipynb")
    assert not (project / "runs").exists()
