"""Ablation: variants differ in what they say they do, and side by side equals in turn."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from stockcast.models.networks import device
from stockcast.models.networks.faults import shuffled_within_days
from stockcast.models.networks.two_level import Architecture
from stockcast.models.networks.variants import DESCRIBED, VARIANTS, train_variants
from tests.models.conftest import RECIPE


def trained(material, jobs: int, names=("two_level", "multihead")):
    architecture = Architecture(4, len(material.codes), width=4)
    recipe = dataclasses.replace(RECIPE, epochs=1, down_weight=1.5)
    return train_variants(
        names, material, architecture, recipe, device.choose("cpu"),
        seeds=range(2), train_every=8, jobs=jobs,
    )  # fmt: skip


def weights(ensembles) -> torch.Tensor:
    members = [member for ensemble in ensembles.values() for member in ensemble.members]
    return torch.cat([t.flatten() for m in members for t in m.module.state_dict().values()])


def test_side_by_side_equals_in_turn(material):
    """Two processes give bit for bit the networks that one gives."""
    assert torch.equal(weights(trained(material, 1)), weights(trained(material, 2)))


def test_variants_change_what_they_say(material):
    """Each variant trains, and differs from the full network in the part it names."""
    found = trained(material, 1, tuple(VARIANTS))
    full = found["two_level"].members[0]
    assert full.module.importance is not None
    assert full.module.coordinator is not None
    assert full.down_weight == 1.5
    assert found["single_lstm"].members[0].module.coordinator is None
    assert found["attention_off"].members[0].module.importance is None
    assert found["multihead"].members[0].module.between is not None
    assert found["symmetric_loss"].members[0].down_weight == 1.0
    assert set(DESCRIBED) == set(VARIANTS)


def test_shuffling_keeps_each_days_targets(material):
    """Shuffled targets are the day's own less their mean, dealt to other stocks."""
    shuffled = shuffled_within_days(material, np.random.default_rng(0))
    known = np.isfinite(material.target)
    total = np.where(known, material.target, 0.0).sum(axis=0)
    centred = material.target - total / np.maximum(known.sum(axis=0), 1)
    np.testing.assert_allclose(np.sort(shuffled, axis=0), np.sort(centred, axis=0), atol=1e-12)
    assert (shuffled != centred).mean() > 0.5


def test_shuffled_targets_tell_nothing_of_the_day(material):
    """The day's mean, which dealing cannot hide, is gone."""
    shuffled = shuffled_within_days(material, np.random.default_rng(0))
    there = np.isfinite(shuffled).any(axis=0)
    np.testing.assert_allclose(np.nanmean(shuffled[:, there], axis=0), 0, atol=1e-12)
