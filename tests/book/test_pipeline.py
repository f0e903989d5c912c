"""`dvc.yaml`: what each stage depends on is what its notebook says."""

from __future__ import annotations

import pytest
import yaml

from stockcast.book import pipeline
from stockcast.errors import InputError

BY_HAND = """\
# a comment that stays
stages:
  01_data:
    outs:
      - runs/simulated/01_data/panel.parquet # the panel
      - book/simulated/01_data.ipynb:
          cache: false
  03_features:
    outs:
      - runs/simulated/03_features/features.parquet
"""


@pytest.fixture
def stages(project, notebook):
    """Two stages of which only the order and the outputs are written."""
    notebook("01_data", "from stockcast.market import calendar")
    notebook("03_features", 'stage.read("01_data", "panel")', parameters='run = "simulated"')
    (project / "dvc.yaml").write_text(BY_HAND)
    return project / "dvc.yaml"


def test_dvc_yaml_lists_exactly_what_the_notebooks_need():
    """A dependency that DVC does not know is a stale result; `stockcast pipeline --write` mends."""
    assert pipeline.rendered() == (pipeline.paths.root() / "dvc.yaml").read_text(encoding="utf-8")


def test_every_notebook_is_a_stage():
    """A notebook that is no stage would never be executed."""
    found = [
        path.stem for path in sorted((pipeline.paths.root() / "notebooks").glob("[!.]*.ipynb"))
    ]
    assert found == [step.name for step in pipeline.steps()]


def test_a_stage_depends_on_its_notebook_code_input_and_libraries(stages):
    """Each of the four makes a result stale."""
    pipeline.write()
    first, second = pipeline.steps()
    assert {"notebooks/01_data.ipynb", "stockcast/market/calendar.py"} <= set(first.deps)
    assert "runs/simulated/01_data/panel.parquet" in second.deps
    assert "stockcast/market/calendar.py" not in second.deps
    assert first.deps[-1] == second.deps[-1] == "requirements.lock"
    assert (first.params, second.params) == (("run", "seed"), ("run",))
    assert first.artifacts == ("panel.parquet",)


def test_the_command_is_the_one_a_reader_would_type(stages):
    """`dvc repro` prints it; copied to a shell it must do the same."""
    pipeline.write()
    stage = yaml.safe_load(stages.read_text())["stages"]["03_features"]
    assert stage["cmd"] == (
        "stockcast execute notebooks/03_features.ipynb --params params/book.yml "
        "--page book/simulated/03_features.ipynb"
    )


def test_writing_keeps_what_is_by_hand_and_is_done_once(stages):
    """Comments and outputs must survive, and a second writing change nothing."""
    assert pipeline.write()
    assert "# a comment that stays" in stages.read_text()
    assert "# the panel" in stages.read_text()
    assert not pipeline.write()


def test_reading_what_no_earlier_stage_makes_is_refused(stages, notebook):
    """The order of the stages must be one in which every input exists."""
    notebook("01_data", 'stage.read("03_features", "features")')
    with pytest.raises(
        InputError, match="must read what an earlier stage makes; got '03_features/fe"
    ):
        pipeline.rendered()


def test_a_dvc_yaml_without_stages_is_refused_in_one_line(project):
    """Whoever edits it must learn what is wrong."""
    (project / "dvc.yaml").write_text("- x")
    with pytest.raises(InputError, match="must hold stages"):
        pipeline.steps()
