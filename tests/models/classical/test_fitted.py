"""Every classical model behind the interface: what it finds, its bits, time, files and refusals."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.classical import CLASSICAL, KINDS
from stockcast.models.classical.fitted import fit, load
from stockcast.models.model import COLUMNS
from stockcast.models.sample_set import SampleSet
from tests.models.classical.conftest import NAMES, sample_set, small

every_kind = pytest.mark.parametrize("name", NAMES)


def rank_correlation(forecast: pd.DataFrame, samples: SampleSet) -> float:
    said = forecast.merge(samples.samples[["date", "code", "label"]], on=["date", "code"])
    return said["score"].corr(said["label"], method="spearman")


def with_features(samples: SampleSet, **columns: object) -> SampleSet:
    return dataclasses.replace(samples, features=samples.features.assign(**columns))


def with_samples(samples: SampleSet, **columns: object) -> SampleSet:
    return dataclasses.replace(samples, samples=samples.samples.assign(**columns))


@every_kind
def test_finds_the_feature_that_moves_returns(name, fitted, samples):
    """Scores order later returns, as the one feature that moves their mean does (r near 0.25)."""
    assert rank_correlation(fitted[name].forecast(samples), samples) > 0.12


@every_kind
def test_forecast_has_the_columns_of_all_models(name, fitted, samples):
    """One finite row a member and test day; all figures within their bounds."""
    found = fitted[name].forecast(samples)
    assert tuple(found.columns) == COLUMNS
    assert len(found) == samples.part("test").sum()
    assert np.isfinite(found.select_dtypes("number")).all(axis=None)
    assert found["prob_up"].between(0, 1).all()
    assert found["sigma_prob"].between(0, 0.5).all()
    assert (found["sigma_prob"] > 0).any()
    assert (found["sigma"] > 0).all()
    assert (found["interval_low"] < found["mu"]).all()
    assert (found["interval_high"] > found["mu"]).all()
    assert set(found["model"]) == {name}
    assert set(found["run"]) == {"known"}


@every_kind
def test_dropping_later_rows_changes_no_forecast(name, fitted, samples):
    """Without the rows after a day, its forecasts and those before are the same bits."""
    days = samples.days[samples.days > fitted[name].information_until]
    whole = fitted[name].forecast(samples)
    for last in (days[1], days[len(days) // 2]):
        cut = fitted[name].forecast(samples.until(last))
        before = whole[whole["date"] <= last].reset_index(drop=True)
        pd.testing.assert_frame_equal(cut, before, check_exact=True)


@every_kind
def test_outcomes_of_test_rows_are_not_looked_at(name, samples, fitted):
    """Fitted and asked with the test's outcomes removed, a model says the same bits."""
    test = samples.samples["split"] == "test"
    blind = with_samples(samples, label=samples.samples["label"].where(~test))
    again = fit(small(name), blind, seed=3, members=2).forecast(blind)
    pd.testing.assert_frame_equal(again, fitted[name].forecast(samples), check_exact=True)


@every_kind
def test_saved_and_read_says_the_same_bits(name, fitted, samples, tmp_path):
    """A model read from its files forecasts bit for bit as before, and knows as much of itself."""
    fitted[name].save(tmp_path)
    kind = fitted[name].kind
    again = load(kind, tmp_path)
    pd.testing.assert_frame_equal(
        again.forecast(samples), fitted[name].forecast(samples), check_exact=True
    )
    assert again.information_until == fitted[name].information_until
    assert again.settings == fitted[name].settings
    assert again.tried == fitted[name].tried
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", kind.suffix}


@every_kind
def test_missing_values_are_no_obstacle(name, samples):
    """A tenth of all values missing, one feature throughout: finite forecasts that still order."""
    rng = np.random.default_rng(5)
    values = samples.features[list(samples.names)]
    holes = values.mask(rng.random(values.shape) < 0.1).assign(x3=np.float32("nan"))
    holed = with_features(samples, **{column: holes[column] for column in holes})
    model = fit(small(name), holed, seed=3, members=2)
    assert "x3" not in model.inputs.names
    found = model.forecast(holed)
    assert np.isfinite(found.select_dtypes("number")).all(axis=None)
    assert rank_correlation(found, holed) > 0.1


@every_kind
@pytest.mark.parametrize("part", ["train", "valid"])
def test_an_empty_part_is_refused(name, part, samples):
    """Without training or without validation rows nothing is fitted, and the error says which."""
    split = samples.samples["split"].replace(part, "")
    with pytest.raises(InputError, match=f"{part}.* rows: must not be empty"):
        fit(small(name), with_samples(samples, split=split), seed=3)


@every_kind
def test_one_stock_is_timed_instead_of_ranked(name):
    """With one stock there is nothing to rank: its own days are learned, and told apart."""
    alone = sample_set(days=800, stocks=1)
    model = fit(small(name), alone, seed=3, members=2)
    assert not model.inputs.relative
    assert rank_correlation(model.forecast(alone), alone) > 0.05


@pytest.mark.parametrize("name", ["logistic", "svm"])
def test_a_single_class_is_refused(name):
    """A stock that only ever rose by one step teaches no boundary, and the error says so."""
    alone = sample_set(days=300, stocks=1)
    once = np.where(np.arange(300) == 4, -1.0, 0.02)
    trained = (alone.samples["split"] == "train").to_numpy()
    same = with_samples(alone, label=np.where(trained, 0.02, once))
    with pytest.raises(InputError, match="must differ"):
        fit(small(name), same, seed=3)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.name in ("logistic", "svm")])
def test_resampled_days_of_one_class_are_refused(kind, samples):
    """Where the days drawn hold one class alone, the classifier says so instead of failing."""
    from stockcast.models.classical.design import design

    train = design(samples).train
    up = train.rows(train.y > 0)
    with pytest.raises(InputError, match="labels: must be of both classes"):
        kind.fit(up, kind.grid[0], 0)


@every_kind
def test_scores_that_are_not_finite_are_refused(name, samples):
    """A model that diverged is refused before anything is made of it."""
    broken = dataclasses.replace(small(name), raw=lambda _, x: np.full(len(x), np.nan))
    with pytest.raises(InputError, match="training diverged"):
        fit(broken, samples, seed=3, members=1)


def test_too_little_memory_is_one_clear_error(samples):
    """An allocation that fails names the model, the rows and what to do."""

    def starved(*_: object) -> None:
        raise MemoryError

    kind = dataclasses.replace(small("ridge"), fit=starved)
    with pytest.raises(InputError, match=r"memory for ridge.*keep fewer features"):
        fit(kind, samples, seed=3)


def test_nothing_is_half_saved(fitted, samples, tmp_path):
    """When a member cannot be written, no model is there to be read, not even an older one."""
    fitted["ridge"].save(tmp_path)

    def failing(*_: object) -> None:
        raise OSError("disk full")

    kind = dataclasses.replace(fitted["ridge"].kind, save=failing)
    with pytest.raises(OSError, match="disk full"):
        dataclasses.replace(fitted["ridge"], kind=kind).save(tmp_path)
    with pytest.raises(InputError, match="must exist"):
        load(kind, tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_files_of_another_kind_or_incomplete_are_refused(fitted, tmp_path):
    """Another kind's folder, and one that lost a member, are refused by name."""
    fitted["ridge"].save(tmp_path)
    with pytest.raises(InputError, match="must be a logistic"):
        load(fitted["logistic"].kind, tmp_path)
    (tmp_path / "1.skops").unlink()
    with pytest.raises(InputError, match=r"1\.skops: must exist"):
        load(fitted["ridge"].kind, tmp_path)


@every_kind
def test_a_damaged_file_is_refused(name, fitted, tmp_path):
    """A member's file with other contents is refused in one line, not with a library's trace."""
    fitted[name].save(tmp_path)
    (tmp_path / f"0{fitted[name].kind.suffix}").write_text("no model")
    with pytest.raises(InputError, match=r"^0\..*: must be an? "):
        load(fitted[name].kind, tmp_path)


def test_a_forged_tree_is_refused(samples, tmp_path):
    """A forest with a node that points outside its tree could read foreign memory: refused."""
    from stockcast.models.classical.design import design

    kind = small("random_forest")
    forest = kind.fit(design(samples).train, kind.grid[0], 0)
    forest.estimators_ = forest.estimators_[:2]
    kind.save(forest, tmp_path / "sound.skops")
    assert len(kind.load(tmp_path / "sound.skops").estimators_) == 2
    state = forest.estimators_[1].tree_.__getstate__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"]["left_child"][0] = 10**6
    forest.estimators_[1].tree_.__setstate__(state)
    kind.save(forest, tmp_path / "forged.skops")
    with pytest.raises(InputError, match="nodes lie within them"):
        kind.load(tmp_path / "forged.skops")


def test_days_the_model_has_learned_from_are_refused(fitted, samples):
    """Validation days cannot be forecast by a model that was tuned on them."""
    with pytest.raises(InputError, match="must come after"):
        fitted["ridge"].forecast(samples, "valid")


def test_a_missing_feature_is_refused(fitted, samples):
    """A set without a feature that the model reads is refused by that feature's name."""
    with pytest.raises(InputError, match="x0"):
        fitted["ridge"].forecast(samples.only(["x1", "x2", "x3"]))


def test_shared_features_keep_the_scale_of_training(samples):
    """A model reads a set that begins after its training as it reads the whole."""
    market = np.float32(samples.samples["date"].dt.day_of_year)
    shared = with_features(samples, market=market)
    model = fit(small("ridge"), shared, seed=3, members=1)
    assert set(model.inputs.scaling) == {"market"}
    late = (shared.samples["split"] == "test").to_numpy()
    alone = dataclasses.replace(
        shared, features=shared.features[late], samples=shared.samples[late]
    )
    pd.testing.assert_frame_equal(model.forecast(alone), model.forecast(shared), check_exact=True)


def test_all_kinds_are_models_of_level_one():
    """The catalogue names each kind once, says what it is, and the SVM says what it leaves out."""
    assert [model.name for model in CLASSICAL] == NAMES
    assert {model.level for model in CLASSICAL} == {1}
    assert all(model.described.endswith(".") for model in CLASSICAL)
    assert "sample" in next(m.described for m in CLASSICAL if m.name == "svm")


def test_settings_are_plain_json(fitted):
    """What a page or a tracker shows of a model can be written as JSON."""
    for model in fitted.values():
        assert json.loads(json.dumps(model.settings)) == model.settings
