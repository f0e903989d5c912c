"""The list of all models: what holds for every one of them."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from stockcast.models import record
from stockcast.models.catalogue import MODELS
from stockcast.models.model import COLUMNS
from stockcast.models.sample_set import SampleSet
from tests import pickles
from tests.models.conftest import known_market


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    """Eight stocks over 130 days, windows of 20."""
    known = known_market(days=130, stocks=8)
    return SampleSet(known.features, known.samples, 5, 20, "small")


def test_names_differ_and_can_name_a_folder():
    """Forecast tables and folders are told apart by the name alone."""
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalnum() for name in names)
    assert [model.level for model in MODELS] == sorted(model.level for model in MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_is_kept_without_a_pickle_and_read_back_to_the_same_bits(tmp_path, samples, model):
    """Whatever the kind, the files must hold no pickle and the forecasts must survive them.

    Days after a cut are dropped before the second forecast: none may depend on them.
    """
    fitted = model.fit(samples, 3)
    record.keep(tmp_path, model, fitted, samples, stage="05", seed=3)
    assert list(pickles.below(tmp_path)) == []
    whole = fitted.forecast(samples)
    assert list(whole.columns) == list(COLUMNS)
    assert set(whole["model"]) == {model.name}
    assert fitted.information_until < whole["date"].min()
    cut = whole["date"].unique()[3]
    again = model.load(tmp_path / "models" / model.name).forecast(samples.until(cut))
    kept = whole[whole["date"] <= cut].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, kept, check_exact=True)


def test_a_kept_model_names_what_it_learned_from(tmp_path, samples):
    """The record's data and date must be those of the sample set it was fitted on."""
    model = next(model for model in MODELS if model.name == "ridge")
    fitted = model.fit(samples, 3)
    kept = record.keep(tmp_path, model, fitted, samples, stage="05", seed=3)
    assert kept.information_until == f"{samples.information_until:%Y-%m-%d}"
    assert kept.spans["train"]["rows"] == samples.part("train").sum()
    fewer = dataclasses.replace(samples, run="small").only(["x0"])
    assert record.keep(tmp_path, model, fitted, fewer, stage="05", seed=3).data != kept.data
