"""`stockcast pretrain`: from a run's panel to a checkpoint, or one clear line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from stockcast import cli_models, paths
from stockcast.errors import InputError, MissingArtifact
from stockcast.models.pretraining.bars import BARS, bars
from stockcast.models.pretraining.checkpoint import load


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(cli_models.pretrain)
    return app


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Twelve random walks over a year."""
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2014-01-02", "2014-12-31").astype("datetime64[us]")
    codes = [f"{600000 + i}.SH" for i in range(12)]
    keys = pd.MultiIndex.from_product([codes, dates], names=["code", "date"]).to_frame(index=False)
    steps = 0.02 * rng.standard_normal((12, len(dates)))
    close = 10 * np.exp(steps.cumsum(axis=1))
    before = close / np.exp(steps)
    first = before * np.exp(steps * rng.random(steps.shape))
    prices = {
        "open": first,
        "high": 1.01 * np.maximum(first, close),
        "low": 0.99 * np.minimum(first, close),
        "close": close,
        "pre_close": before,
        "volume": 1e6 * np.exp(rng.standard_normal(steps.shape)),
    }
    values = {name: value.ravel() for name, value in prices.items()}
    values["amount"] = values["volume"] * values["close"]
    flags = {"adj_factor": 1.0, "limit_up": np.nan, "limit_down": np.nan, "suspended": False}
    panel = keys.assign(**values, **flags, in_universe=True).astype({"code": "str"})
    return panel.sort_values(["date", "code"], ignore_index=True)


@pytest.fixture
def file(project, params_file, panel):
    """Parameters whose run has a panel."""
    ends = {"train_end": "2014-09-30", "valid_end": "2014-11-03", "end": "2014-12-31"}
    made = params_file(run="mine", start="2014-01-02", lookback=20, **ends)
    target = paths.stage("mine", "01_data") / "panel.parquet"
    target.parent.mkdir(parents=True)
    panel.to_parquet(target)
    return made


def test_the_checkpoint_knows_the_training_span_alone(app, file, panel, tmp_path):
    """It is written where asked, names its last day, and reads every stock's bars."""
    said = CliRunner().invoke(app, [str(file), "--out", str(tmp_path / "e.st"), "--steps", "2"])
    assert said.exit_code == 0, said.output
    made = load(tmp_path / "e.st")
    assert made.normaliser.names == BARS
    assert made.information_until == pd.Timestamp("2014-09-30")
    assert made.parameters["steps"] == 2
    assert made.seen["stocks"] == panel.code[panel.date <= made.information_until].nunique()
    assert "up to 2014-09-30" in said.output


def test_twice_the_same_bytes_at_the_default_place(app, file):
    """Without `--out` it goes beside the run's stages; the same panel gives the same file."""
    target = paths.runs() / "mine" / cli_models.FILE
    held = []
    for _ in range(2):
        assert CliRunner().invoke(app, [str(file), "--steps", "2"]).exit_code == 0
        held.append(target.read_bytes())
    assert held[0] == held[1]


def test_without_a_panel_the_command_that_makes_one_is_named(app, project, params_file):
    """No traceback: the missing file, and how to get it."""
    said = CliRunner().invoke(app, [str(params_file(run="none"))])
    assert isinstance(said.exception, MissingArtifact)
    assert "01_data/panel.parquet is missing; make it with: stockcast run" in str(said.exception)


def test_parameters_that_do_not_exist_are_refused(app, project):
    """A wrong file name is the parameters' own error."""
    said = CliRunner().invoke(app, ["params/bok.yml"])
    assert isinstance(said.exception, InputError)


def test_bars_use_their_own_day_and_earlier_ones(panel):
    """Dropping later rows leaves every bar as it was; six channels, mostly known."""
    last = panel.date.sort_values().unique()[120]
    whole, cut = bars(panel), bars(panel[panel.date <= last])
    assert list(whole.columns) == ["date", "code", *BARS]
    held = whole[whole.date <= last].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, cut.reset_index(drop=True), check_exact=True)
    assert np.isfinite(whole[list(BARS)]).mean().min() > 0.8
