"""The two-level network and what it is compared with, each trained over several seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from joblib import Parallel, delayed

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

    Returns
    -------
    dict
        An ensemble per name, its networks in the order of `seeds`.
    """
    jobs = jobs if device.name == "cpu" else 1
    grid = [(name, number) for name in names for number in range(len(seeds))]
    trained = Parallel(n_jobs=min(jobs, len(grid)))(
        delayed(_train_one)(
            name,
            material,
            architecture,
            recipe,
            device,
            seeds[k],
            k,
            train_every,
            None if targets is None else targets[k],
        )
        for name, k in grid
    )
    return {
        name: Ensemble(
            name,
            tuple(one for (mine, _), one in zip(grid, trained, strict=True) if mine == name),
            material.codes,
            material.information_until,
        )
        for name in names
    }


def _train_one(
    name: str,
    material: Material,
    architecture: Architecture,
    recipe: Recipe,
    device: Device,
    seed: int,
    offset: int,
    train_every: int,
    target: np.ndarray | None,
) -> Trained:
    changes, other = VARIANTS[name]
    architecture = dataclasses.replace(architecture, **changes)
    recipe = dataclasses.replace(recipe, **other)
    fit = material.days("train", every=train_every, offset=offset, target=target)
    valid = material.days("valid", every=train_every, target=target)
    return train(architecture, recipe, fit, valid, device, seed)
