"""Kept models: whole or not at all, the same bytes for the same fit, and a hash of their data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.models import record
from stockcast.models.data_hash import data_hash
from stockcast.models.sample_set import SampleSet
from tests.models.kept import KIND, Constant, small_set


@pytest.fixture(scope="session")
def samples() -> SampleSet:
    return small_set()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "small" / "05_classical"


class TestKeep:
    """Files, record and card in one folder."""

    def test_what_is_kept_can_be_read(self, folder, samples):
        """The record read back must equal the one that was written, and name the stage."""
        kept = record.keep(
            folder,
            KIND,
            Constant(2.0),
            samples,
            stage="05_classical",
            seed=3,
            parameters={"a": [1, 2]},
            metrics={"rank_ic": 0.1, "share": np.nan},
            costs={"peak_mb": 9.5},
        )
        where = folder / "models" / "constant"
        assert record.read(where) == kept
        assert record.found(folder.parent) == [where]
        assert (kept.run, kept.stage, kept.metrics["share"]) == ("small", "05_classical", None)
        assert record.costs_of(where) == {"peak_mb": 9.5}

    def test_features_read_elsewhere_are_named_and_enter_the_hash(self, folder, samples):
        """What a model read beside the sample set must be in the record, its values in `data`."""
        about = {"stage": folder.name, "seed": 3}
        plain = record.keep(folder, KIND, Constant(2.0), samples, **about)
        kept = [
            record.keep(
                folder, KIND, Constant(2.0), samples, **about,
                features=["STD30"], features_hash=values,
            )
            for values in ("one", "other")
        ]  # fmt: skip
        assert kept[0].features == [*plain.features, "STD30"]
        assert len({plain.data, kept[0].data, kept[1].data}) == 3

    def test_the_same_fit_gives_the_same_bytes(self, folder, samples):
        """Seconds and memory of one machine must not change record or card."""
        texts = []
        for seconds in (1.0, 2.0):
            record.keep(
                folder,
                KIND,
                Constant(2.0),
                samples,
                stage=folder.name,
                seed=3,
                costs={"s": seconds},
            )
            where = folder / "models" / "constant"
            texts.append([(where / name).read_bytes() for name in ("record.json", "card.md")])
        assert texts[0] == texts[1]

    def test_a_save_that_fails_leaves_the_earlier_model(self, folder, samples):
        """Nothing half-saved may take the place of a whole model, nor lie about."""
        record.keep(folder, KIND, Constant(2.0), samples, stage=folder.name, seed=3)
        with pytest.raises(MemoryError):
            record.keep(
                folder, KIND, Constant(5.0, breaks=True), samples, stage=folder.name, seed=3
            )
        where = folder / "models" / "constant"
        assert (where / "value.txt").read_text() == "2.0"
        assert list(where.parent.iterdir()) == [where]

    def test_a_file_changed_later_is_noticed(self, folder, samples):
        """A record must not speak for files it was not made with."""
        record.keep(folder, KIND, Constant(2.0), samples, stage=folder.name, seed=3)
        (folder / "models" / "constant" / "value.txt").write_text("7")
        with pytest.raises(InputError, match="execute the stage again"):
            record.read(folder / "models" / "constant")

    def test_a_folder_without_a_record_is_refused(self, tmp_path):
        """An empty folder is no model."""
        with pytest.raises(InputError, match="must hold a model"):
            record.read(tmp_path)

    @pytest.mark.parametrize("name", ["../up", "", ".hidden", "a b"])
    def test_a_name_that_is_no_folder_is_refused(self, folder, samples, name):
        """A model's name must not reach outside its stage."""
        with pytest.raises(InputError, match="name"):
            record.keep(folder, KIND, Constant(2.0, name=name), samples, stage=folder.name, seed=3)

    @pytest.mark.parametrize("value", [float("nan"), object()])
    def test_parameters_that_json_lacks_are_refused(self, folder, samples, value):
        """A parameter that cannot be written must stop the model from being kept without it."""
        with pytest.raises(InputError, match="parameters"):
            record.keep(
                folder,
                KIND,
                Constant(2.0),
                samples,
                stage=folder.name,
                seed=3,
                parameters={"a": value},
            )
        assert not record.found(folder)


class TestDataHash:
    """A name for what could be learned from."""

    def test_changes_with_what_was_learned(self, samples):
        """Another label or feature on a training day must give another hash."""
        label = samples.samples.copy()
        label.loc[0, "label"] += 1e-9
        feature = samples.features.copy()
        feature.loc[0, "x3"] += np.float32(1e-3)
        hashes = {
            data_hash(samples),
            data_hash(dataclasses.replace(samples, samples=label)),
            data_hash(dataclasses.replace(samples, features=feature)),
        }
        assert len(hashes) == 3

    def test_does_not_know_the_test(self, samples):
        """What came after the last validation day must not change it, nor whether it is there."""
        later = (samples.samples["split"] == "test").to_numpy()
        label = samples.samples.assign(label=samples.samples["label"].mask(later, 9.0))
        features = samples.features.copy()
        features.loc[later, "x0"] = np.nan
        changed = dataclasses.replace(samples, samples=label, features=features)
        assert data_hash(changed) == data_hash(samples)
        assert data_hash(samples.until(samples.information_until)) == data_hash(samples)

    def test_nan_is_one_value(self, samples):
        """NaN with another sign bit is the same missing value."""
        first = samples.features.assign(x0=np.float32(np.nan))
        second = first.assign(x0=np.negative(first["x0"]))
        one, two = (dataclasses.replace(samples, features=table) for table in (first, second))
        assert data_hash(one) == data_hash(two)
