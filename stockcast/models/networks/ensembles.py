"""Ensembles of networks: each of several kinds trained from several seeds, side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.determinism import settle_torch
from stockcast.models.networks.architecture import Buildable
from stockcast.models.networks.checkpoint import fingerprint
from stockcast.models.networks.days import Days
from stockcast.models.networks.device import Device
from stockcast.models.networks.forecast import Ensemble, forecast
from stockcast.models.networks.material import Material
from stockcast.models.networks.training import Recipe, Trained, train
from stockcast.models.side_by_side import in_processes


@dataclass(frozen=True)
class Plan:
    """What all networks of a run share.

    Attributes
    ----------
    seeds : sequence of int
        One network each.
    train_every : int
        Each network sees every n-th training day, the k-th network from the k-th day on, so that
        together they see them all.
    targets : sequence of ndarray or None
        One per seed, in place of the material's, in training and validation.
    jobs : int
        Processes, one thread each. No bit depends on it. On CUDA, and within another's worker
        process, always 1.
    checkpoints : Path or None
        Folder for one file a network, `NAME-SEED-HASH.safetensors`, from which an interrupted
        training goes on. The hash is that of all its bits depend on, so that folds, or a recipe
        that has changed meanwhile, have files of their own.
    """

    seeds: Sequence[int]
    train_every: int = 1
    targets: Sequence[np.ndarray] | None = None
    jobs: int = 1
    checkpoints: Path | None = None


def train_ensembles(
    recipes: Mapping[str, tuple[Buildable, Recipe]],
    material: Material,
    device: Device,
    plan: Plan,
) -> dict[str, Ensemble]:
    """Train one network a name and seed.

    Parameters
    ----------
    recipes
        Architecture and recipe of each ensemble by its name.
    material
        The run's windows and targets.
    device
        Where to train.
    plan
        Seeds, days and processes.

    Returns
    -------
    dict
        An ensemble per name, its networks in the order of the seeds.

    Raises
    ------
    InputError
        As `stockcast.models.networks.training.train` does; nothing is returned then, and the
        checkpoints of finished epochs stay.
    """
    grid = [(name, number) for name in recipes for number in range(len(plan.seeds))]
    tasks = [(name, *recipes[name], material, device, plan, number) for name, number in grid]
    jobs = plan.jobs if device.name == "cpu" else 1
    trained = in_processes(_train_one, tasks, jobs, "networks")
    return {
        name: Ensemble(
            name,
            tuple(one for (mine, _), one in zip(grid, trained, strict=True) if mine == name),
            material.codes,
            material.information_until,
        )
        for name in recipes
    }


def _train_one(
    name: str,
    architecture: Buildable,
    recipe: Recipe,
    material: Material,
    device: Device,
    plan: Plan,
    number: int,
) -> Trained:
    target = None if plan.targets is None else plan.targets[number]
    fit = material.days("train", every=plan.train_every, offset=number, target=target)
    valid = material.days("valid", every=plan.train_every, target=target)
    seed = plan.seeds[number]
    kept = None
    if plan.checkpoints is not None:
        belongs = fingerprint(architecture, recipe, fit, valid, seed)[:12]
        kept = Path(plan.checkpoints) / f"{name}-{seed}-{belongs}.safetensors"
    return train(architecture, recipe, fit, valid, device, seed, checkpoint=kept)


def forecast_all(
    ensembles: Mapping[str, Ensemble],
    days: Days,
    scale: np.ndarray,
    *,
    jobs: int = 1,
    **how: object,
) -> pd.DataFrame:
    """`forecast` of every ensemble, side by side, one table under the other.

    `how` is what `stockcast.models.networks.forecast.forecast` takes by name. No bit depends on
    `jobs`; networks on CUDA take turns.
    """
    members = [member for ensemble in ensembles.values() for member in ensemble.members]
    where = {next(member.module.parameters()).device.type for member in members}
    days = dataclasses.replace(days, target=None)
    tasks = [(ensemble, days, scale, how) for ensemble in ensembles.values()]
    tables = in_processes(_forecast_one, tasks, jobs if where == {"cpu"} else 1, "ensembles")
    return pd.concat(tables, ignore_index=True)


def _forecast_one(
    ensemble: Ensemble, days: Days, scale: np.ndarray, how: Mapping[str, object]
) -> pd.DataFrame:
    settle_torch(0)
    return forecast(ensemble, days, scale, **how)
