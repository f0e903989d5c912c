"""The two-level network and what it is compared with, each trained over several seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from stockcast.models.device import Device
from stockcast.models.forecast import Ensemble
from stockcast.models.material import Material
from stockcast.models.training import Recipe, Trained, train
from stockcast.models.two_level import Architecture

# name: (what changes in the architecture, what changes in the recipe)
VARIANTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "two_level": ({}, {}),
    "single_lstm": ({"experts": "shared", "attention": "none", "coordinator": False}, {}),
    "attention_off": ({"attention": "none"}, {}),
    "multihead": ({"attention": "multihead"}, {}),
    "symmetric_loss": ({}, {"down_weight": 1.0}),
}

DESCRIBED = {
    "two_level": "experts, coordinator, importance weights, falls × down_weight",
    "single_lstm": "one LSTM for every stock, no coordinator, no importance weights",
    "attention_off": "importance weights removed",
    "multihead": "nn.MultiheadAttention between stocks instead of importance weights",
    "symmetric_loss": "falls and rises weigh the same",
}


def train_variant(
    name: str,
    material: Material,
    architecture: Architecture,
    recipe: Recipe,
    device: Device,
    *,
    seeds: range,
    train_every: int = 1,
    target: np.ndarray | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Ensemble:
    """Train one network a seed.

    Parameters
    ----------
    name
        A key of `VARIANTS`.
    material
        The run's windows and targets.
    architecture, recipe
        Of the two-level network; the variant's changes are made to them.
    device
        Where to train.
    seeds
        One network each.
    train_every
        Each network sees every n-th training day, the k-th network from the k-th day on, so that
        together they see them all.
    target
        Replaces the material's targets, in training and validation.
    progress
        Called with a line after each network.
    """
    changes, other = VARIANTS[name]
    architecture = dataclasses.replace(architecture, **changes)
    recipe = dataclasses.replace(recipe, **other)
    if architecture.experts == "shared" and material.fixed:
        material = dataclasses.replace(material, fixed=False)
    valid = material.days("valid", every=train_every, target=target)
    members: list[Trained] = []
    for number, seed in enumerate(seeds):
        fit = material.days("train", every=train_every, offset=number, target=target)
        members.append(train(architecture, recipe, fit, valid, device, seed))
        best = min(row["valid_loss"] for row in members[-1].history)
        progress(f"{name} {number + 1}/{len(seeds)}: validation loss {best:.4f}")
    return Ensemble(name, tuple(members), material.codes, material.information_until)
