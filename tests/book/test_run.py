"""All stages of one run: in order, skipping what is up to date, refusing before anything runs."""

from __future__ import annotations

import pytest

from stockcast.book import run
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
