"""The commands: one line for every mistake, with the right exit status, and quick help."""

from __future__ import annotations

import subprocess
import sys

import pytest

import stockcast


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing command"),
        (["exekute"], "No such command 'exekute'. Did you mean 'execute'?"),
        (["run"], "Missing argument"),
        (["run", "mine.yml", "--publsh"], "No such option: --publsh"),
        (["execute", "notebooks/01_data.ipynb"], "Missing option '--params'"),
        (["run", "params/bok.yml"], "params/bok.yml: must exist"),
        (["execute", "notebooks/01.ipynb", "--params", "params/book.yml"], "must exist"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, said, command, project):
    """No traceback, no page of help: what is wrong, on stderr."""
    status, out, err = command(*words)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("stockcast: ")
    assert said in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lokback": 60}, "mine.yml, key lokback: is no parameter; did you mean 'lookback'?"),
        ({"horizon": "five"}, "mine.yml, key horizon: must be a valid integer"),
        ({"start": "2018-01-01"}, "mine.yml, key start: must be before train_end"),
        ({"stocks": ["999999.SH"]}, "mine.yml, key stocks: must name stocks of the panel"),
    ],
)
@pytest.mark.parametrize("how", ["run", "execute"])
def test_a_broken_parameter_is_refused_before_anything_runs(
    how, change, said, command, params_file, notebook, project
):
    """Status 2, one line that names key, rule and value, and no file left behind."""
    path = notebook("01_data", parameters='run = "simulated"\nstocks = []')
    file = str(params_file(**change))
    words = ["run", file] if how == "run" else ["execute", str(path), "--params", file]
    status, out, err = command(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("stockcast: ")
    assert said in err
    assert not (project / "runs").exists()


def test_a_missing_panel_names_both_ways_to_get_one(command, params_file, project, monkeypatch):
    """Who has no panel must learn from one line where to get one."""
    monkeypatch.delenv("STOCKCAST_REAL_DATA", raising=False)
    status, _, err = command("run", str(params_file(source="parquet", panel="panel.parquet")))
    assert (status, err.count("\n")) == (2, 1)
    for word in ("panel.parquet", "Tushare", "Qlib", "STOCKCAST_REAL_DATA"):
        assert word in err


def test_a_failing_cell_is_status_1_and_a_users_error_in_it_status_2(
    command, notebook, params_file, project
):
    """Scripts must be able to tell a mistake in the input from a failure."""
    file = str(params_file())
    failing = notebook("01_data", "1 / 0")
    status, _, err = command("execute", str(failing), "--params", file)
    assert (status, err.count("\n")) == (1, 1)
    assert "code cell 3: ZeroDivisionError: division by zero" in err
    wanting = notebook("01_data", "stage.params.horizon")
    status, _, err = command("execute", str(wanting), "--params", file)
    assert (status, err.count("\n")) == (2, 1)
    assert "stage.params.horizon: must be declared" in err


def test_the_version_is_printed(command):
    """Bug reports need it."""
    assert command("--version") == (0, f"stockcast {stockcast.__version__}\n", "")


def test_help_imports_nothing_heavy():
    """`stockcast --help` must answer at once."""
    code = (
        "import sys; sys.argv = ['stockcast', '--help']\n"
        "from stockcast import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('pandas', 'torch', 'papermill') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Execute one notebook" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "[]"
