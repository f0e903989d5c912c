"""The notebook's door."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.book import stage as stage_module
from stockcast.book.stage import Stage
from stockcast.errors import InputError, MissingArtifact

DECLARED = {"run": "simulated", "seed": 7, "horizon": 5}


@pytest.fixture
def stage(project):
    """A stage that declares three parameters."""
    return Stage.open("03_features", DECLARED)


def test_declared_parameters_are_attributes_and_others_are_refused(stage):
    """A notebook that uses what it does not declare would use it unseen by DVC and the footer."""
    assert (stage.params.run, stage.params.seed, stage.params.horizon) == ("simulated", 7, 5)
    with pytest.raises(InputError, match=r"declared by notebooks/03_features.ipynb.*lookback"):
        _ = stage.params.lookback
    with pytest.raises(InputError, match="is no parameter"):
        _ = stage.params.horizn


def test_a_wrong_parameter_is_refused_however_it_came(project):
    """Plain papermill passes what it is given; opening the stage must check it all the same."""
    with pytest.raises(
        InputError, match=r"notebooks/x\.ipynb, key horizon: must be a valid integer"
    ):
        Stage.open("x", DECLARED | {"horizon": "true"})
    with pytest.raises(InputError, match="must declare `run`"):
        Stage.open("x", {"seed": 1})


def test_a_table_bound_to_a_parameters_name_is_no_parameter(project):
    """Opening the stage again in JupyterLab, after `panel = stage.read(...)`, must work."""
    stage = Stage.open("03_features", DECLARED | {"panel": pd.DataFrame()})
    with pytest.raises(InputError, match="must be declared"):
        _ = stage.params.panel


def test_artifacts_go_to_the_folder_of_run_and_stage(stage, project):
    """What one stage writes, another must find."""
    stage.write("features", pd.DataFrame({"x": [1.5]}))
    assert stage.folder == project / "runs" / "simulated" / "03_features"
    later = Stage.open("04_samples", DECLARED)
    assert later.read("03_features", "features").x.tolist() == [1.5]


def test_tables_come_back_as_they_went(stage):
    """Types must survive: days, codes, flags, single-precision floats."""
    table = pd.DataFrame(
        {
            "date": pd.to_datetime(["2015-01-05", "2015-01-06"]),
            "code": ["600519.SH", "000001.SZ"],
            "ok": [True, False],
            "x": np.array([1.5, np.nan], dtype="float32"),
        }
    )
    stage.write("table", table)
    pd.testing.assert_frame_equal(stage.read("03_features", "table"), table)


def test_the_same_table_gives_the_same_bytes(stage):
    """DVC and the data hash compare bytes; a filtered table's row numbers must not matter."""
    table = pd.DataFrame({"code": ["a", "b", "c"], "x": [1.0, 2.0, 3.0]})
    stage.write("one", table[table.x > 1])
    stage.write("two", table[table.x > 1].reset_index(drop=True))
    assert (stage.folder / "one.parquet").read_bytes() == (
        stage.folder / "two.parquet"
    ).read_bytes()


def test_a_named_index_is_refused_because_it_would_be_lost(stage):
    """Dates in an index must not vanish without a word."""
    with pytest.raises(ValueError, match="reset it"):
        stage.write("x", pd.DataFrame({"x": [1]}, index=pd.Index([3], name="date")))


def test_json_is_sorted_exact_and_plain(stage):
    """NumPy's numbers, days and NaN must become what JSON has; nothing is rounded."""
    value = {"b": np.float64(0.1) + 0.2, "a": [np.int64(3), np.nan, pd.Timestamp("2015-01-05")]}
    stage.write("value", value)
    text = (stage.folder / "value.json").read_text()
    assert text.index('"a"') < text.index('"b"')
    assert stage.read("03_features", "value") == {
        "a": [3, None, "2015-01-05"],
        "b": 0.30000000000000004,
    }


def test_a_missing_artifact_names_the_command_that_makes_it(stage):
    """The message must be the cure, with the parameters file of this very run."""
    with pytest.raises(MissingArtifact) as caught:
        stage.read("01_data", "panel")
    made_by = "stockcast execute notebooks/01_data.ipynb --params params/book.yml"
    assert made_by in str(caught.value)
    assert stage.read("01_data", "links", optional=True) is None


def test_glued_numbers_are_recorded_and_displayed_for_the_prose(stage, monkeypatch):
    """Each glued value must be in results.json, to ten digits, and reach the page as plain."""
    shown = {}
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: shown.update({name: value}))
    stage.glue("rank_ic", np.float64(1 / 3))
    stage.glue("days", np.int64(250))
    stage.glue("device", "cpu")
    stage.glue("nothing", float("nan"))
    assert json.loads((stage.folder / "results.json").read_text()) == {
        "rank_ic": 0.3333333333, "days": 250, "device": "cpu", "nothing": None,
    }  # fmt: skip
    assert shown["rank_ic"] == 0.3333333333
    assert {name: type(value) for name, value in shown.items()} == {
        "rank_ic": float, "days": int, "device": str, "nothing": float,
    }  # fmt: skip


def test_glue_refuses_what_is_no_single_value(stage):
    """A whole table in a sentence is a mistake."""
    with pytest.raises(TypeError, match="one number or word"):
        stage.glue("table", [1, 2])


def test_opening_forgets_the_results_of_an_earlier_execution(stage):
    """A number that a new version no longer glues must not linger."""
    stage.glue("old", 1)
    (stage.folder / "manifest.json").write_text("{}")
    again = Stage.open("03_features", DECLARED)
    assert not (again.folder / "results.json").exists()
    assert not (again.folder / "manifest.json").exists()


def test_an_unwritable_folder_is_refused_in_one_line(project):
    """JupyterLab users must get the same one-line errors."""
    (project / "runs").write_text("a file in the way")
    with pytest.raises(InputError, match="must be writable"):
        Stage.open("03_features", DECLARED)


def test_the_runs_folder_may_be_moved(project, monkeypatch, tmp_path):
    """nbval runs the stages into a temporary folder."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path / "fresh"))
    assert Stage.open("x", DECLARED).folder == paths.runs() / "simulated" / "x"


def test_a_long_table_is_written_in_parts(stage, monkeypatch):
    """Rows come back as they went, with the types of the whole table, not those of a part."""
    monkeypatch.setattr(stage_module, "ROWS", 3)
    table = pd.DataFrame(
        {
            "code": ["a", None, "b", None, None, None, "c"],
            "x": np.array([1, 2, np.nan, 4, 5, 6, 7], np.float32),
            "date": pd.to_datetime(["2017-01-03"] * 7),
        }
    )
    stage.write("table", table)
    stage.write("empty", table[:0])
    pd.testing.assert_frame_equal(stage.read(stage.name, "table"), table)
    pd.testing.assert_frame_equal(stage.read(stage.name, "empty"), table[:0], check_dtype=False)
