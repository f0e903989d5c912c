"""Fusion behind the interface: what it learns, the time rule, its files and its errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.fusion import models, spans
from stockcast.models.fusion.fitted import load
from stockcast.models.fusion.settings import DESCRIBED
from stockcast.models.model import COLUMNS
from stockcast.models.networks.training import Recipe
from tests.models.fusion.conftest import TINY

QUICK = dataclasses.replace(TINY, recipe=Recipe(1, 1, 0.01, 16, 1.0), members=1, train_every=12)


def rank(fitted, samples) -> float:
    """Mean daily rank correlation of score and label on the test."""
    said = fitted.forecast(samples).merge(samples.samples[["date", "code", "label"]])
    return said.groupby("date")[["score", "label"]].corr("spearman").iloc[::2, 1].mean()


@pytest.mark.parametrize("kind", ["early", "late", "gated"])
def test_learns_what_moves_the_mean(fitted, fused_set, kind):
    """Each kind finds the one modality that matters, and gains nothing without it."""
    assert rank(fitted[kind], fused_set) > 0.12
    assert abs(rank(fitted["blind"], fused_set)) < 0.06


def test_forecasts_have_the_columns_and_hold_what_they_promise(fitted, fused_set):
    """Every test member has a finite row, and 90 % intervals hold about 90 % of the outcomes."""
    said = fitted["gated"].forecast(fused_set)
    assert tuple(said.columns) == COLUMNS
    assert len(said) == fused_set.part("test").sum()
    assert np.isfinite(said.select_dtypes("number").to_numpy()).all()
    assert said["prob_up"].between(0, 1).all()
    assert said["sigma_prob"].between(0, 0.5).all()
    assert (said["sigma_prob"] > 0).any()
    label = said.merge(fused_set.samples[["date", "code", "label"]])["label"]
    inside = label.between(said["interval_low"], said["interval_high"]).mean()
    assert inside == pytest.approx(0.9, abs=0.04)
    means = said.groupby("date")["score"].mean() / said["score"].abs().mean()
    np.testing.assert_allclose(means, 0, atol=1e-6)  # all stocks have the same volatility here


def test_the_future_changes_no_bit(fitted, fused_set):
    """Dropping all rows after a day, or all later labels, leaves every earlier forecast as is."""
    whole = fitted["gated"].forecast(fused_set)
    last = pd.Timestamp(whole["date"].unique()[5])
    early = whole[whole["date"] <= last].reset_index(drop=True)
    assert fitted["gated"].forecast(fused_set.until(last)).equals(early)
    blank = fused_set.samples.assign(
        label=fused_set.samples["label"].where(fused_set.samples["split"] != "test")
    )
    assert fitted["gated"].forecast(dataclasses.replace(fused_set, samples=blank)).equals(whole)


def test_same_seed_same_bits_however_many_processes(fused_set):
    """Training twice, in one process or two, gives the same forecasts; another seed others."""
    kinds = {kind: dataclasses.replace(QUICK, kind=kind, members=2) for kind in DESCRIBED}
    kinds["across"] = dataclasses.replace(kinds["gated"], across=True)
    arms = {name: dataclasses.replace(each, jobs=2) for name, each in kinds.items()}
    once, again, other = (
        {name: each.forecast(fused_set) for name, each in models.fit_all(*asked).items()}
        for asked in ((kinds, fused_set, 5), (arms, fused_set, 5), (kinds, fused_set, 6))
    )
    for name in kinds:
        assert again[name].equals(once[name])
        assert not other[name].equals(once[name])


def test_arms_do_not_depend_on_each_other(fitted, fused_set):
    """An ensemble fitted alone equals the one fitted beside others, bit for bit."""
    alone = models.fusion(dataclasses.replace(TINY, kind="late"), "late").fit(fused_set, 1)
    assert alone.forecast(fused_set).equals(fitted["late"].forecast(fused_set))


def test_saved_and_loaded_forecasts_the_same(fitted, fused_set, tmp_path):
    """Loading what was saved gives bit-identical forecasts, also from a longer window's set."""
    fitted["gated"].save(tmp_path)
    again = load(tmp_path)
    wider = dataclasses.replace(fused_set, lookback=20)
    assert again.forecast(wider).equals(fitted["gated"].forecast(fused_set))
    assert again.information_until == fitted["gated"].information_until
    assert again.groups == fitted["gated"].groups
    with pytest.raises(InputError, match="must exist"):
        load(tmp_path / "nothing")


def test_days_the_model_knows_are_refused(fitted, fused_set):
    """Validation days are no test, for forecasts and for single scores."""
    for ask in (fitted["late"].forecast, fitted["late"].scores):
        with pytest.raises(InputError, match="must come after"):
            ask(fused_set, "valid")


def test_scores_of_single_networks_average_to_the_forecast(fitted, fused_set):
    """The mean of the networks' own scores is the ensemble's."""
    own = fitted["late"].scores(fused_set, every=4)
    assert own["seed"].nunique() == 2
    mean = own.groupby(["date", "code"], as_index=False)["score"].mean()
    both = mean.merge(fitted["late"].forecast(fused_set), on=["date", "code"])
    assert len(both) == len(mean)
    np.testing.assert_allclose(both["score_x"], both["score_y"], rtol=1e-6, atol=1e-12)


def test_weights_of_the_modalities_sum_to_one(fitted, fused_set):
    """Late fusion gives all stocks the same weights, gated fusion each its own."""
    late, gated = (fitted[kind].gates(fused_set, every=8) for kind in ("late", "gated"))
    columns = ["prices", "fundamentals", "market", "news"]
    for table in (late, gated):
        np.testing.assert_allclose(table[columns].sum(axis=1), 1, rtol=1e-6)
    assert late[columns].std().max() < 1e-7 < gated[columns].std().min()


def test_missing_values_are_no_error(fused_set):
    """An all-NaN feature and scattered NaN leave finite forecasts."""
    features = fused_set.features.copy()
    features["sentiment_5"] = np.nan
    features.loc[features.index % 3 == 0, "unexpected_earnings"] = np.nan
    holed = dataclasses.replace(fused_set, features=features)
    said = models.fusion(QUICK).fit(holed, 0).forecast(holed)
    assert np.isfinite(said.select_dtypes("number").to_numpy()).all()


def test_one_stock_is_forecast_without_an_order(fused_set):
    """A single stock has no order: every score is zero and mu finite; 24 outcomes are too few."""
    only = (fused_set.samples["code"] == fused_set.samples["code"].iloc[0]).to_numpy()
    one = dataclasses.replace(
        fused_set,
        features=fused_set.features[only].reset_index(drop=True),
        samples=fused_set.samples[only].reset_index(drop=True),
    )
    model = models.fusion(dataclasses.replace(QUICK, across=True, train_every=4))
    with pytest.raises(InputError, match="validation rows"):
        model.fit(one, 0)
    longer = one.divided(spans.span(one, one.days[0], one.days[-1], fewest=200)[0])
    said = model.fit(longer, 0).forecast(longer)
    assert (said["score"] == 0).all()
    assert np.isfinite(said[["mu", "sigma", "prob_up"]].to_numpy()).all()


def test_an_empty_part_has_a_clear_error(fused_set):
    """Without training or validation days the error says so; without test days there is none."""
    table = fused_set.samples
    for part in ("train", "valid"):
        without = table.assign(split=table["split"].where(table["split"] != part, ""))
        with pytest.raises(InputError, match="must"):
            models.fusion(QUICK).fit(dataclasses.replace(fused_set, samples=without), 0)


def test_outcomes_that_are_all_equal_teach_the_one_thing_they_say(fused_set):
    """Where every label is the same rise, the forecast is that rise for all stocks."""
    flat = dataclasses.replace(fused_set, samples=fused_set.samples.assign(label=0.01))
    said = models.fusion(QUICK).fit(flat, 0).forecast(flat)
    np.testing.assert_allclose(said["mu"], 0.01, atol=0.002)
    assert (said["prob_up"] > 0.99).all()


def test_unknown_modalities_and_missing_features_are_named(fitted, fused_set):
    """A modality without a feature and a set without one that the network reads are refused."""
    with pytest.raises(InputError, match="did you mean 'prices'"):
        models.fusion(dataclasses.replace(QUICK, modalities=("price",))).fit(fused_set, 0)
    with pytest.raises(InputError, match="return_1"):
        fitted["late"].forecast(fused_set.only(["main_force_1", "sentiment_5"]))


def test_divergence_and_memory_end_in_a_clear_error(fused_set, monkeypatch):
    """A loss that is not finite and a batch too large for memory each name the setting."""
    wild = dataclasses.replace(QUICK, recipe=Recipe(2, 2, 1e30, 4, 1.0))
    with pytest.raises(InputError, match="learning_rate"):
        models.fusion(wild).fit(fused_set, 0)

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr("stockcast.models.fusion.encoders.Reader.forward", full)
    with pytest.raises(InputError, match="batch_days"):
        models.fusion(QUICK).fit(fused_set, 0)


def test_the_catalogue_holds_the_three_kinds():
    """FUSIONS are level 3, differ by name, and say what they do."""
    assert [model.level for model in models.FUSIONS] == [3] * len(models.FUSIONS)
    names = [model.name for model in models.FUSIONS]
    assert names == ["fusion_early", "fusion_late", "fusion_gated", "fusion_across"]
    assert all(model.described for model in models.FUSIONS)
