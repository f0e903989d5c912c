"""The two-level network and what it is compared with, each trained over several seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.device import Device
from stockcast.models.networks.ensembles import Plan, train_ensembles
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material
from stockcast.models.networks.training import Recipe

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


def train_variants(
    names: Sequence[str],
    material: Material,
    architecture: Architecture,
    recipe: Recipe,
    device: Device,
    *,
    seeds: range,
    train_every: int = 1,
    targets: Sequence[np.ndarray] | None = None,
    jobs: int = 1,
    checkpoints: Path | None = None,
) -> dict[str, Ensemble]:
    """Train one network a variant and seed.

    Parameters
    ----------
    names
        Keys of `VARIANTS`.
    material
        The run's windows and targets.
    architecture, recipe
        Of the two-level network; a variant's changes are made to them.
    device
        Where to train.
    seeds
        One network each.
    train_every
        Each network sees every n-th training day, the k-th network from the k-th day on, so that
        together they see them all.
    targets
        One per seed, in place of the material's, in training and validation.
    jobs
        Processes, one thread each. The networks do not depend on it. On CUDA always 1.
    checkpoints
        Folder from which an interrupted training goes on; see `Plan`.

    Returns
    -------
    dict
        An ensemble per name, its networks in the order of `seeds`.
    """
    recipes = {}
    for name in names:
        changes, other = VARIANTS[name]
        recipes[name] = (
            dataclasses.replace(architecture, **changes),
            dataclasses.replace(recipe, **other),
        )
    plan = Plan(seeds, train_every, targets, jobs, checkpoints)
    return train_ensembles(recipes, material, device, plan)
