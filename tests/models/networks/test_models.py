"""Networks behind the interface: forecasts, files, the time rule, and data that teaches nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.model import COLUMNS
from stockcast.models.networks.days import Days
from stockcast.models.networks.ensembles import forecast_all
from stockcast.models.networks.fitted import FittedNetworks
from stockcast.models.networks.kinds import KINDS
from stockcast.models.networks.models import NETWORKS, Settings, fit_networks, network
from stockcast.models.networks.training import Recipe
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import known_market

SETTINGS = Settings(
    recipe=Recipe(epochs=2, patience=2, learning_rate=0.01, batch_days=8, down_weight=1.0),
    width=4, members=2, train_every=3, device="cpu", jobs=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    known = known_market(days=140, stocks=8)
    return SampleSet(known.features, known.samples, horizon=5, lookback=10, run="known")


@pytest.fixture(scope="module")
def fitted(samples) -> dict[str, FittedNetworks]:
    return fit_networks({kind: (kind, SETTINGS) for kind in KINDS}, samples, seed=1)


def test_all_kinds_are_offered():
    """There is one model a kind, of level 2, each described in words of its own."""
    assert [model.name for model in NETWORKS] == list(KINDS)
    assert {model.level for model in NETWORKS} == {2}
    assert len({model.described for model in NETWORKS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_forecasts_have_the_interfaces_columns(fitted, samples, kind: str):
    """One row a member and test day; probabilities, spreads and intervals are what they say."""
    table = fitted[kind].forecast(samples)
    assert tuple(table.columns) == COLUMNS
    assert set(table["model"]) == {kind}
    tested = samples.samples[samples.part("test")]
    assert len(table) == len(tested)
    assert table["prob_up"].between(0, 1).all()
    assert table["sigma_prob"].between(0, 0.5).all()
    assert table["sigma_prob"].max() > 0
    assert (table["sigma"] > 0).all()
    assert (table["interval_low"] < table["mu"]).all()
    assert (table["mu"] < table["interval_high"]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_forecasts_do_not_know_the_future(fitted, samples, kind: str):
    """Dropping all rows after a test day leaves the forecasts up to it bit-identical."""
    table = fitted[kind].forecast(samples)
    for last in table["date"].unique()[[0, 7, 20]]:
        then = fitted[kind].forecast(samples.until(last))
        known = table[table["date"] <= last].reset_index(drop=True)
        pd.testing.assert_frame_equal(then, known, check_exact=True)


@pytest.mark.parametrize("kind", KINDS)
def test_test_labels_are_not_looked_at(fitted, samples, kind: str):
    """Other outcomes on test days, or none, leave training's bits and the forecasts as they are."""
    later = (samples.samples["split"] == "test").to_numpy()
    for label in (np.nan, -samples.samples["label"]):
        changed = samples.samples.assign(label=samples.samples["label"].where(~later, label))
        other = dataclasses.replace(samples, samples=changed)
        assert fitted[kind].forecast(other).equals(fitted[kind].forecast(samples))
    if kind == "mlp":
        again = network(kind, SETTINGS).fit(other, 1)
        assert torch.equal(bits(again), bits(fitted[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_saved_networks_forecast_the_same(fitted, samples, tmp_path: Path, kind: str):
    """What is loaded forecasts the same bits, and no file is pickled."""
    fitted[kind].save(tmp_path)
    again = network(kind, SETTINGS).load(tmp_path)
    pd.testing.assert_frame_equal(
        again.forecast(samples), fitted[kind].forecast(samples), check_exact=True
    )
    assert again.information_until == fitted[kind].information_until == samples.information_until
    assert [one.history for one in again.ensemble.members] == [
        one.history for one in fitted[kind].ensemble.members
    ]
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".json", ".safetensors"]


def bits(fitted: FittedNetworks) -> torch.Tensor:
    members = fitted.ensemble.members
    return torch.cat([t.flatten() for one in members for t in one.module.state_dict().values()])


def test_same_seed_same_bits_side_by_side(fitted, samples):
    """Alone or beside others, in one process or two, a seed gives the same networks."""
    wanted = {kind: (kind, dataclasses.replace(SETTINGS, jobs=2)) for kind in KINDS}
    beside = fit_networks(wanted, samples, seed=1)
    for kind in wanted:
        assert torch.equal(bits(beside[kind]), bits(fitted[kind]))
    assert not torch.equal(bits(network("cnn", SETTINGS).fit(samples, 2)), bits(fitted["cnn"]))


def test_days_that_were_learned_from_are_not_forecast(fitted, samples):
    """Validation days lie within what the networks know."""
    with pytest.raises(InputError, match="must come after"):
        fitted["mlp"].forecast(samples, "valid")


def test_unknown_stocks_are_forecast(fitted, samples):
    """A stock that was never trained on gets a forecast like any other."""
    first = samples.features["code"] == samples.features["code"].iloc[0]
    features, rows = samples.features[first], samples.samples[first]
    both = pd.concat([samples.features, features.assign(code="999999.SH")])
    order = np.argsort(both["date"].to_numpy(), kind="stable")
    wider = dataclasses.replace(
        samples,
        features=both.iloc[order].reset_index(drop=True),
        samples=pd.concat(
            [samples.samples, rows.assign(code="999999.SH", trainable=False, member=True)]
        ).iloc[order].reset_index(drop=True),
    )  # fmt: skip
    for kind in ("mlp", "two_level"):
        assert "999999.SH" in set(fitted[kind].forecast(wider)["code"])


@pytest.mark.parametrize("kind", ["mlp", "two_level"])
def test_missing_values_are_the_mean(samples, kind: str):
    """A column without any value, and holes in another, train and forecast finite numbers."""
    rng = np.random.default_rng(0)
    holes = samples.features["x1"].where(rng.random(len(samples.features)) > 0.3)
    features = samples.features.assign(x1=holes.astype("f4"), x3=np.float32(np.nan))
    patchy = dataclasses.replace(samples, features=features)
    table = network(kind, SETTINGS).fit(patchy, 1).forecast(patchy)
    assert np.isfinite(table.select_dtypes("number")).all(axis=None)


@pytest.mark.parametrize("kind", ["mlp", "two_level"])
@pytest.mark.parametrize("label", [0.01, 0.0])
def test_labels_all_alike_are_learned(samples, kind: str, label: float):
    """With a single class of outcomes the forecast says so: finite, and all on its side."""
    same = dataclasses.replace(samples, samples=samples.samples.assign(label=label))
    settings = dataclasses.replace(SETTINGS, train_every=1)
    table = network(kind, settings).fit(same, 1).forecast(same)
    assert np.isfinite(table.select_dtypes("number")).all(axis=None)
    if label > 0:
        assert table["prob_up"].min() > 0.5


@pytest.mark.parametrize("kind", ["mlp", "two_level"])
def test_a_single_stock_is_forecast(samples, kind: str):
    """With one stock there is nothing to rank; its score is 0 and the rest is as usual."""
    one = (samples.features["code"] == samples.features["code"].iloc[0]).to_numpy()
    alone = dataclasses.replace(
        samples, features=samples.features[one], samples=samples.samples[one]
    )
    table = network(kind, SETTINGS).fit(alone, 1).forecast(alone)
    assert (table["score"] == 0).all()
    assert table["sigma"].between(0, 1).all()


@pytest.mark.parametrize("part", ["train", "valid"])
def test_an_empty_part_is_refused(samples, part: str):
    """Without training or validation days, or without outcomes there, the error says so."""
    inside = samples.samples["split"] == part
    gone = samples.samples.assign(split=samples.samples["split"].mask(inside, ""))
    with pytest.raises(InputError, match=r"training days|split valid"):
        network("mlp", SETTINGS).fit(dataclasses.replace(samples, samples=gone), 1)
    silent = samples.samples.assign(label=samples.samples["label"].mask(inside))
    with pytest.raises(InputError, match="known return"):
        network("mlp", SETTINGS).fit(dataclasses.replace(samples, samples=silent), 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_divergence_is_an_error(samples, tmp_path: Path, jobs: int):
    """A loss that is no number ends training with one line, and leaves no file behind."""
    wild = dataclasses.replace(SETTINGS.recipe, learning_rate=1e30)
    settings = dataclasses.replace(SETTINGS, recipe=wild, jobs=jobs, checkpoints=tmp_path)
    with pytest.raises(InputError, match=r"must stay finite.*lower learning_rate"):
        network("mlp", settings).fit(samples, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_too_little_memory_is_an_error(samples, monkeypatch, error: Exception):
    """When memory does not hold a batch, the error names the parameter to lower."""

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(Days, "batch", full)
    with pytest.raises(InputError, match=r"batch_days.*memory.*lower it"):
        network("mlp", SETTINGS).fit(samples, 1)


def test_another_runtime_error_is_not_taken_for_memory(samples, monkeypatch):
    """Only errors about memory are told as such."""

    def wrong(*_: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(Days, "batch", wrong)
    with pytest.raises(RuntimeError, match="shapes"):
        network("mlp", SETTINGS).fit(samples, 1)


def test_a_missing_feature_is_named(fitted, samples):
    """Forecasting without a feature that the networks read is refused by its name."""
    with pytest.raises(InputError, match="x2"):
        fitted["mlp"].forecast(samples.only(["x0", "x1", "x3"]))


def test_order_of_the_features_does_not_matter(fitted, samples):
    """Networks read features by name."""
    turned = samples.only(["x3", "x1", "x0", "x2"])
    assert fitted["cnn"].forecast(turned).equals(fitted["cnn"].forecast(samples))


def test_training_goes_on_from_checkpoints(fitted, samples, tmp_path: Path):
    """With a folder for them, each network leaves one, and a second fit gives the same bits."""
    settings = dataclasses.replace(SETTINGS, checkpoints=tmp_path)
    for _ in range(2):
        assert torch.equal(bits(network("mlp", settings).fit(samples, 1)), bits(fitted["mlp"]))
    assert [f.name.rsplit("-", 1)[0] for f in sorted(tmp_path.iterdir())] == ["mlp-1", "mlp-2"]


def test_checkpoints_of_two_folds_share_a_folder(fitted, samples, tmp_path: Path):
    """Other days are another training: neither fold goes on from the other's file."""
    settings = dataclasses.replace(SETTINGS, checkpoints=tmp_path)
    split = samples.samples["split"]
    first = split.index[split == "valid"][0]
    other = samples.samples.assign(split=split.where(split.index != first, ""))
    folds = samples, dataclasses.replace(samples, samples=other)
    apart = [bits(network("mlp", SETTINGS).fit(fold, 1)) for fold in folds]
    for fold, alone in zip(folds, apart, strict=True):
        assert torch.equal(bits(network("mlp", settings).fit(fold, 1)), alone)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("file", ["networks.safetensors", "model.json"])
def test_a_cut_file_is_one_clear_error(fitted, tmp_path: Path, file: str):
    """A model whose file was cut short is refused by the file's name."""
    fitted["mlp"].save(tmp_path)
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=rf"{file}: must be .*whole"):
        network("mlp").load(tmp_path)


def test_experts_of_their_own_know_their_stocks(samples, tmp_path: Path):
    """A fixed committee forecasts its stocks from the file, and refuses other ones."""
    settings = dataclasses.replace(SETTINGS, experts="own")
    one = network("two_level", settings).fit(samples, 1)
    one.save(tmp_path)
    assert network("two_level").load(tmp_path).forecast(samples).equals(one.forecast(samples))
    fewer = (samples.features["code"] != samples.features["code"].iloc[0]).to_numpy()
    cut = dataclasses.replace(
        samples, features=samples.features[fewer], samples=samples.samples[fewer]
    )
    with pytest.raises(InputError, match="stocks"):
        one.forecast(cut)


def test_forecasts_side_by_side_equal_those_in_turn(fitted, samples):
    """Two processes forecast the bits that one does, one ensemble's table under the other's."""
    some = {name: fitted[name].ensemble for name in ("mlp", "gru")}
    material = fitted["mlp"].material(samples)
    how = {"horizon": 5, "run": "known"}
    tables = [
        forecast_all(some, material.days("test", every=9), material.scale, jobs=jobs, **how)
        for jobs in (1, 2)
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert list(tables[0]["model"].unique()) == ["mlp", "gru"]
