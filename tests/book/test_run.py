"""All stages of one run: in order, skipping what is up to date, refusing before anything runs."""

from __future__ import annotations

import pytest

from stockcast.book import run
from stockcast.book.execute import StageFailed
from stockcast.errors import InputError
from tests.conftest import make_project, write_notebook, write_params

STAGES = """\
stages:
  01_data:
    outs: [runs/simulated/01_data/panel.parquet]
  03_features:
    outs: [runs/simulated/03_features/features.json]
"""
DATA = 'import pandas as pd\nstage.write("panel", pd.DataFrame({"seed": [stage.params.seed]}))'
FEATURES = (
    'panel = stage.read("01_data", "panel")\n'
    'stage.write("features", [len(panel), stage.params.horizon])'
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two stages, the second of which needs the first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("STOCKCAST_RUNS", raising=False)
        root = make_project(tmp_path_factory.mktemp("run") / "project")
        patch.chdir(root)
        (root / "dvc.yaml").write_text(STAGES)
        write_notebook(root, "01_data", DATA)
        write_notebook(root, "03_features", FEATURES, parameters='run = "a"\nhorizon = 5')
        yield root


def executed(capsys) -> list[str]:
    """The stages that were executed, by what was printed."""
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[0] for line in lines if line.endswith("4/4")]


def test_only_what_changed_is_executed(project, capsys):
    """All at first, nothing the second time, and later what a parameter or an input touches."""
    folder = run.run(write_params(project, run="mine"))
    assert folder == project / "runs" / "mine" / "pages"
    assert sorted(page.name for page in folder.iterdir()) == ["01_data.ipynb", "03_features.ipynb"]
    assert executed(capsys) == ["01_data", "03_features"]
    run.run(write_params(project, run="mine", width=8))
    assert executed(capsys) == []
    run.run(write_params(project, run="mine", horizon=3))
    assert executed(capsys) == ["03_features"]
    run.run(write_params(project, run="mine", horizon=3, seed=3))
    assert executed(capsys) == ["01_data", "03_features"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stocks": ["999999.SH"]}, "key stocks: must name stocks of the panel; got '999999.SH'"),
        ({"start": "2016-01-01"}, "key start: must be before train_end"),
    ],
)
def test_nothing_runs_when_a_parameter_cannot_be(project, change, said):
    """A mistake must cost seconds, not the minutes of the stages before it shows."""
    with pytest.raises(InputError, match=said):
        run.run(write_params(project, run="refused", **change))
    assert not (project / "runs" / "refused").exists()


def test_a_stage_that_fails_keeps_only_those_that_need_it_from_running(project, capsys):
    """Others are executed all the same, and the end says which failed."""
    stages = STAGES + "  04_broken:\n    outs: []\n  05_after:\n    outs: []\n"
    (project / "dvc.yaml").write_text(stages)
    write_notebook(project, "04_broken", "raise ValueError('no such luck')")
    write_notebook(project, "05_after", "print(1)")
    with pytest.raises(StageFailed, match=r"04_broken: .*no such luck"):
        run.run(write_params(project, run="other"))
    assert executed(capsys) == ["01_data", "03_features", "05_after"]
    (project / "dvc.yaml").write_text(STAGES)
    for name in ("04_broken", "05_after"):
        (project / "notebooks" / f"{name}.ipynb").unlink()


def test_what_a_failed_stage_made_before_is_read_by_none(project):
    """Artifacts of other parameters beside new ones would make a page that was never true."""
    (project / "dvc.yaml").write_text(STAGES)
    run.run(write_params(project, run="stale"))
    old = project / "runs" / "stale" / "01_data" / "panel.parquet"
    assert old.is_file()
    write_notebook(project, "01_data", "raise ValueError('no such luck')")
    try:
        with pytest.raises(StageFailed, match=r"01_data: .*03_features: .*missing"):
            run.run(write_params(project, run="stale", seed=3))
    finally:
        write_notebook(project, "01_data", DATA)
    assert not old.exists()
