"""Fine-tuning behind the models' interface: time, files, and data that break."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.model import COLUMNS
from stockcast.models.networks.training import Recipe
from stockcast.models.pretraining import tuned
from stockcast.models.pretraining.tasks import pretrain
from tests.models.pretraining.conftest import LOOKBACK, QUICK, SHAPE, make

FAST = Recipe(epochs=4, patience=4, learning_rate=1e-2, batch_days=8, down_weight=1.0)


def fitted(encoder, samples, **kw):
    return tuned.tune(encoder, samples, 3, **{"recipe": FAST, "members": 2} | kw)


@pytest.fixture(scope="module")
def model(encoder, samples):
    return fitted(encoder, samples)


@pytest.fixture(scope="module")
def forecasts(model, samples) -> pd.DataFrame:
    return model.forecast(samples)


def test_forecasts_rank_the_known_labels(forecasts, samples):
    """On bars that remember, the score orders each day's labels, and the columns are the plan's."""
    assert tuple(forecasts.columns) == COLUMNS
    assert set(forecasts["model"]) == {"pretrained"}
    judged = forecasts.merge(samples.samples[["date", "code", "label"]])
    by_day = judged.groupby("date")[["score", "label"]].corr(method="spearman")
    assert by_day["score"].xs("label", level=1).mean() > 0.3
    inside = judged["label"].between(judged["interval_low"], judged["interval_high"])
    assert inside[judged["label"].notna()].mean() == pytest.approx(0.9, abs=0.06)
    assert forecasts["sigma_prob"].between(0, 0.5).all()
    assert (forecasts["sigma"] > 0).all()


def test_only_members_and_only_test_days_are_forecast(forecasts, samples):
    """Each row is a member on a test day, and every such row is there."""
    wanted = samples.samples.loc[samples.part("test"), ["date", "code"]]
    assert len(forecasts) == len(wanted) == len(forecasts.merge(wanted))


def test_what_comes_later_changes_no_bit(model, forecasts, samples):
    """Forecasts up to a day are the same bits when every later row is gone."""
    for last in (samples.days[150], samples.days[170]):
        cut = model.forecast(samples.until(last))
        whole = forecasts[forecasts["date"] <= last].reset_index(drop=True)
        pd.testing.assert_frame_equal(whole, cut, check_exact=True)


def test_labels_of_the_test_are_not_looked_at(encoder, model, forecasts, samples):
    """Other outcomes on test days leave fit and forecast bit-identical."""
    tested = samples.samples["split"] == "test"
    other = samples.samples.assign(label=samples.samples["label"].mask(tested, 0.5))
    changed = dataclasses.replace(samples, samples=other)
    pd.testing.assert_frame_equal(forecasts, fitted(encoder, changed).forecast(changed))


def test_same_seed_same_bits(encoder, model, samples):
    """Fitted twice, every weight is the same; each member differs from the other."""
    again = fitted(encoder, samples)
    for one, other in zip(model.ensemble.members, again.ensemble.members, strict=True):
        a, b = one.module.state_dict(), other.module.state_dict()
        assert all(torch.equal(a[name], b[name]) for name in a)
    first, second = (member.module.head.linear.weight for member in model.ensemble.members)
    assert not torch.equal(first, second)


def test_it_starts_from_the_encoder(encoder):
    """A network built to be fine-tuned has the encoder's weights, in a copy of its own."""
    network = tuned.Started(encoder.architecture, encoder).build()
    held = encoder.encoder.state_dict()
    assert all(torch.equal(held[k], v) for k, v in network.encoder.state_dict().items())
    torch.nn.init.zeros_(network.encoder.place)
    assert held["place"].any()


def test_saved_and_loaded_it_says_the_same(model, forecasts, samples, tmp_path):
    """The folder holds safetensors and JSON alone, and gives the same bits back."""
    model.save(tmp_path / "model")
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == [
        "networks.safetensors",
        "tuned.json",
    ]
    back = tuned.load_tuned(tmp_path / "model")
    assert back.information_until == model.information_until
    pd.testing.assert_frame_equal(back.forecast(samples), forecasts, check_exact=True)
    with pytest.raises(InputError, match="must exist"):
        tuned.load_tuned(tmp_path)


def test_an_encoder_that_knows_validation_days_is_refused(samples):
    """Pre-trained one day into validation, it could have been chosen knowingly."""
    first = samples.samples["date"][samples.samples["split"] == "valid"].min()
    brief = dataclasses.replace(QUICK, steps=2)
    late = pretrain(samples.features, first, lookback=LOOKBACK, seed=1, recipe=brief, **SHAPE)
    with pytest.raises(InputError, match="pre-training: must end before"):
        fitted(late, samples)


def test_no_day_is_forecast_that_its_labels_reach(model, samples):
    """Validation days are refused: the network was chosen by them."""
    with pytest.raises(InputError, match="must come after"):
        model.forecast(samples, "valid")


def test_other_features_or_windows_are_refused(encoder, samples):
    """A set without a channel of the encoder, or with another lookback."""
    with pytest.raises(InputError, match="missing: range_1"):
        fitted(encoder, samples.only(["return_1"]))
    with pytest.raises(InputError, match="lookback: must be the encoder's 10 days"):
        fitted(encoder, dataclasses.replace(samples, lookback=20))


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_an_empty_part_is_one_clear_error(encoder, model, samples, part):
    """Without training, validation or test days there is a message, not a model."""
    without = samples.samples["split"].where(samples.samples["split"] != part, "")
    empty = dataclasses.replace(samples, samples=samples.samples.assign(split=without))
    with pytest.raises(InputError):
        model.forecast(empty) if part == "test" else fitted(encoder, empty)


def test_divergence_is_one_clear_error(encoder, samples):
    """A learning rate far too high ends in an error, not in forecasts of NaN."""
    wild = dataclasses.replace(FAST, learning_rate=1e25)
    with pytest.raises(InputError, match="finite"):
        fitted(encoder, samples, recipe=wild)


def test_the_listed_model_needs_nothing_but_a_sample_set(samples, tmp_path):
    """`PRETRAINED` pre-trains, fine-tunes, forecasts, saves and loads; NaN features pass."""
    (listed,) = tuned.PRETRAINED
    holes = samples.features.assign(gap=np.float32(np.nan))
    holes.loc[::11, "return_1"] = np.nan
    holed = dataclasses.replace(samples, features=holes, lookback=20)
    quick = tuned.model(
        pretrained=lambda s, seed: tuned.of_samples(s, seed, dataclasses.replace(QUICK, steps=4)),
        recipe=dataclasses.replace(FAST, epochs=1),
        members=2,
    )
    assert (listed.name, listed.level, listed.load) == (quick.name, quick.level, quick.load)
    model = quick.fit(holed, 1)
    said = model.forecast(holed)
    assert np.isfinite(said.select_dtypes("number")).all().all()
    model.save(tmp_path)
    pd.testing.assert_frame_equal(listed.load(tmp_path).forecast(holed), said, check_exact=True)


def test_one_stock_forecasts(encoder):
    """With one stock a day there is no order to learn; the forecast is finite all the same."""
    alone = make(stocks=1)
    said = fitted(encoder, alone, recipe=dataclasses.replace(FAST, epochs=1)).forecast(alone)
    assert len(said)
    assert np.isfinite(said.select_dtypes("number")).all().all()
    assert (said["score"] == 0).all()
