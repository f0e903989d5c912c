"""One evening asked again, from data up to its close, says what the run itself said."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.advice.asking import forecast_day, rules_hash
from stockcast.errors import InputError, MissingArtifact
from stockcast.features.compute import compute
from tests.advice.conftest import PEER, READ

MODELS = ("two_level", "ridge", "committee")


@pytest.mark.parametrize("model", MODELS)
def test_an_evening_is_bit_equal_to_the_run(run, model):
    """Data cut at the close of six test days give the run's own forecasts, bit for bit."""
    own = run.said[model]
    days = own["date"].unique()
    desk = run.desk(model)
    for day in days[np.linspace(0, len(days) - 1, 6).astype(int)]:
        asked = desk.ask(desk.evening(day))
        expected = own[own["date"] == day].reset_index(drop=True)
        pd.testing.assert_frame_equal(asked.forecasts, expected, check_exact=True)
        assert asked.evening.panel["date"].max() == day
        assert asked.information_until < day


def test_stored_features_change_no_bit(run):
    """Reading the day's features from 03_features gives the same as computing them."""
    desk = run.desk("committee")
    day = run.said["committee"]["date"].iloc[-1]
    anew = desk.ask(desk.evening(day))
    folder = paths.stage("tiny", "03_features")
    folder.mkdir()
    try:
        all_days = compute(desk.panel, desk.tables, names=READ)
        all_days.to_parquet(folder / "features.parquet", index=False)
        stored = desk.ask(desk.evening(day))
        before = all_days[all_days["date"] < day]
        before.to_parquet(folder / "features.parquet", index=False)
        outdated = desk.ask(desk.evening(day))
    finally:
        (folder / "features.parquet").unlink()
        folder.rmdir()
    for other in (stored, outdated):
        pd.testing.assert_frame_equal(other.forecasts, anew.forecasts, check_exact=True)
        pd.testing.assert_frame_equal(other.features_of_day, anew.features_of_day, check_exact=True)
    assert {*anew.features_of_day} == {*READ, *PEER} - {"breadth"}  # all stocks share that one


def test_hashes_name_what_was_known(run):
    """A changed past changes the data's hash, a changed future does not."""
    desk = run.desk("ridge")
    day = desk.evening().days[-20]
    told = desk.evening(day).data_hash
    later = desk.panel["date"] > day
    desk.panel.loc[later, "close"] *= 2
    assert desk.evening(day).data_hash == told
    desk.panel.loc[desk.panel.index[0], "close"] *= 2
    assert desk.evening(day).data_hash != told
    text = (paths.root() / "stockcast" / "market" / "rules.csv").read_bytes()
    assert rules_hash() == hashlib.sha256(text).hexdigest()[:16]


@pytest.mark.parametrize(
    ("date", "rule"),
    [
        ("2016-03-01", "future"),
        ("2015-10-03", "trading day"),
        ("2015-03-02", "must come after"),
        ("1999-06-01", "must be in the run's data"),
        ("soon", "YYYY-MM-DD"),
    ],
)
def test_a_wrong_date_is_refused(run, date, rule):
    """Each kind of wrong date is named."""
    with pytest.raises(InputError, match=rule):
        forecast_day(run.params.model_copy(update={"headline": "ridge"}), date)


def test_a_model_that_is_not_kept_is_refused(run, tmp_path, monkeypatch):
    """The nearest kept model is named; a run without any says how to make it."""
    with pytest.raises(InputError, match="did you mean 'two_level'"):
        run.desk("two_levels")
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path))
    with pytest.raises(MissingArtifact, match="stockcast run"):
        run.desk("ridge")
