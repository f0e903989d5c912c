"""Kept models in MLflow: every one once, with its files, and nothing of a broken one."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from stockcast import paths
from stockcast.errors import InputError
from stockcast.models import record, tracking
from stockcast.models.sample_set import SampleSet
from tests.models.kept import KIND, Constant, small_set


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """Runs in a folder whose name has a blank; the database is made once, which takes seconds."""
    return tmp_path_factory.mktemp("some runs")


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    return small_set()


@pytest.fixture
def stage(runs, monkeypatch, request) -> Path:
    """A stage of a run of the test's own."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(runs))
    return paths.stage(request.node.name[:30], "05_classical")


def keep(stage: Path, samples: SampleSet, value: float = 2.0, **more: object) -> None:
    mine = dataclasses.replace(samples, run=stage.parent.name)
    record.keep(stage, KIND, Constant(value), mine, stage=stage.name, seed=3, **more)


def entries(run: str) -> list:
    client = tracking._client()
    experiment = client.get_experiment_by_name(run)
    return client.search_runs([experiment.experiment_id]) if experiment else []


class TestTrack:
    """From kept models to the database."""

    def test_an_entry_has_parameters_figures_and_files(self, stage, samples):
        """Whoever opens the database must find what made the model, what it scored, and itself."""
        keep(stage, samples, parameters={"depth": 3}, metrics={"rank_ic": 0.1, "share": None},
             costs={"fit_seconds": 1.5})  # fmt: skip
        number = tracking.track(stage)["models/constant"]
        entry = tracking._client().get_run(number)
        assert entry.info.status == "FINISHED"
        assert entry.data.params == {
            "seed": "3", "horizon": "5", "lookback": "10", "features": "4", "fit.depth": "3"
        }  # fmt: skip
        assert entry.data.metrics == {"rank_ic": 0.1, "fit_seconds": 1.5}
        kept = record.read(stage / "models" / "constant")
        assert entry.data.tags["stockcast.data"] == kept.data
        assert entry.data.tags["stockcast.information_until"] == "2014-08-01"
        assert entry.data.tags["mlflow.note.content"].startswith("# constant")
        files = paths.runs() / tracking.ARTIFACTS / kept.run / number / "artifacts"
        assert (files / "value.txt").read_text() == "2.0"

    def test_twice_is_once(self, stage, samples):
        """Executing a stage again must not fill the database with copies."""
        keep(stage, samples)
        first = tracking.track(stage)
        keep(stage, samples, costs={"fit_seconds": 2.0})
        assert tracking.track(stage) == first
        assert len(entries(stage.parent.name)) == 1

    def test_a_new_result_replaces_the_old_one(self, stage, samples):
        """The same fit with other figures must not stand beside its outdated self."""
        keep(stage, samples, metrics={"rank_ic": 0.1})
        tracking.track(stage)
        keep(stage, samples, metrics={"rank_ic": 0.2})
        tracking.track(stage)
        assert [entry.data.metrics["rank_ic"] for entry in entries(stage.parent.name)] == [0.2]

    def test_other_parameters_are_another_entry(self, stage, samples):
        """What was tried before must stay visible."""
        for depth in (3, 4):
            keep(stage, samples, parameters={"depth": depth})
            tracking.track(stage)
        assert len(entries(stage.parent.name)) == 2

    def test_an_unfinished_entry_is_made_anew(self, stage, samples):
        """A process killed on the way must leave nothing that counts as tracked."""
        keep(stage, samples)
        number = tracking.track(stage)["models/constant"]
        tracking._client().set_terminated(number, "KILLED")
        again = tracking.track(stage)["models/constant"]
        assert again != number
        assert [entry.info.run_id for entry in entries(stage.parent.name)] == [again]

    def test_a_failure_on_the_way_leaves_no_entry(self, stage, samples, monkeypatch):
        """An entry without its files must not stay."""
        keep(stage, samples)
        client = tracking._client()
        monkeypatch.setattr(
            type(client), "log_artifacts", lambda *_: (_ for _ in ()).throw(OSError)
        )
        with pytest.raises(OSError):  # noqa: PT011
            tracking.track(stage)
        assert entries(stage.parent.name) == []

    def test_a_changed_file_is_refused(self, stage, samples):
        """A model that is not the one recorded must not be entered under its record."""
        keep(stage, samples)
        (stage / "models" / "constant" / "value.txt").write_text("7")
        with pytest.raises(InputError, match="kept with it"):
            tracking.track(stage)
        assert entries(stage.parent.name) == []

    def test_nothing_kept_makes_no_database(self, tmp_path, monkeypatch):
        """A run without models must not wait for a database to be made."""
        monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path))
        assert tracking.track(tmp_path) == {}
        assert list(tmp_path.iterdir()) == []

    def test_is_quiet(self, stage, samples):
        """A page or a command that tracks must show none of the libraries' messages."""
        keep(stage, samples)
        code = "import sys, pathlib; from stockcast.models.tracking import track; "
        code += "track(pathlib.Path(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", code, str(stage)], capture_output=True, text=True
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
