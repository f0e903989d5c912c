"""Networks as an objective: any kind, trained as everywhere else, on few or on many days."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.days import DayBatches, Days
from stockcast.models.networks.device import Device, choose
from stockcast.models.networks.material import Material, gather
from stockcast.models.networks.training import Recipe, train
from stockcast.models.sample_set import CLIP, SampleSet
from stockcast.models.search.objective import Halves, digest, seen
from stockcast.models.search.space import Space, one_of, real, whole

STOP_SHARE = 0.15
"""Of the training days, the last: training stops early by them."""

JUDGED_AT_ONCE = 16
"""Days scored in one batch. Forecasts take one at a time, for their last bits; a value that only
ranks trials need not."""


def space(sets: Sequence[str], lookbacks: Sequence[int]) -> Space:
    """Ranges for networks: step size, inputs, window, size and three kinds of restraint.

    Parameters
    ----------
    sets
        Names of feature sets.
    lookbacks
        Days in a window: lowest, highest and step.
    """
    low, high, step = lookbacks
    middle = low + step * ((high - low) // step // 2)
    return {
        "learning_rate": real(5e-4, 5e-2, (5e-3, 2e-2, 1e-3)),
        "features": one_of(sets),
        "lookback": whole(low, high, (high, low, middle), step=step),
        "dropout": real(0.0, 0.5, (0.1, 0.4, 0.0), log=False),
        "depth": whole(1, 3, (1, 2, 3)),
        "weight_decay": real(1e-5, 1.0, (1e-3, 1e-1, 1e-5)),
        "batch_days": whole(4, 32, (8, 4, 32), log=True),
    }


@dataclass(frozen=True)
class NetworkObjective:
    """A committee of networks of one kind; a step trains one more of them.

    Attributes
    ----------
    name, space, judged, choosing
        See `stockcast.models.search.objective.Objective`.
    material : Material
        Of the largest window and of all features; a trial takes its part. Targets are less the
        day's mean.
    sets : dict
        Name of a feature set to the places of its features.
    architecture : Architecture
        `dropout` and `depth` are the trial's.
    recipe : Recipe
        `learning_rate`, `batch_days` and `weight_decay` are the trial's.
    members : int
        Networks in the committee, the k-th on every n-th training day from the k-th on.
    train_every : int
        That n.
    device : Device
    """

    name: str
    space: Space
    judged: pd.DataFrame
    choosing: pd.DatetimeIndex
    material: Material
    sets: Mapping[str, tuple[int, ...]]
    architecture: Architecture
    recipe: Recipe
    members: int
    train_every: int
    device: Device

    @classmethod
    def of(
        cls,
        samples: SampleSet,
        sets: Mapping[str, Sequence[str]],
        *,
        kind: str = "mlp",
        lookbacks: Sequence[int] = (5, 60, 5),
        width: int = 16,
        epochs: int = 4,
        members: int = 3,
        train_every: int = 15,
        device: str = "cpu",
    ) -> NetworkObjective:
        """Lay out the rows that a search may see.

        Parameters
        ----------
        samples
            With the run's own split.
        sets
            Name of a feature set to names of its features.
        kind
            A key of `stockcast.models.networks.kinds.KINDS`.
        lookbacks
            Lowest, highest and step of the window's days. All trials are judged on the rows that
            have the longest.
        width, epochs, members, train_every, device
            The budget of a trial.

        Raises
        ------
        InputError
            For an unknown feature, or when a part has no day with a full window.
        """
        names = list(dict.fromkeys(name for some in sets.values() for name in some))
        if not names:
            raise InputError("sets", "must hold a feature")
        cut = seen(samples.only(names), STOP_SHARE)
        how = {"lookback": lookbacks[1], "horizon": samples.horizon}
        material = _relative(gather(cut.features, cut.samples, **how))
        days = material.days("test")
        halves = Halves.of(material.windows.dates[days.days], samples.horizon)
        return cls(
            name=kind,
            space=space(tuple(sets), lookbacks),
            judged=_judged(material, days, cut.samples),
            choosing=halves.choosing,
            material=material,
            sets={key: tuple(names.index(name) for name in some) for key, some in sets.items()},
            architecture=Architecture(len(names), len(material.codes), width, kind=kind),
            recipe=Recipe(epochs, epochs, 5e-3, 8, down_weight=1.0),
            members=members,
            train_every=train_every,
            device=choose(device),
        )

    @property
    def steps(self) -> int:
        """One a network."""
        return self.members

    def identity(self) -> str:
        """Digest of the data and of all that is fixed."""
        held = self.material
        return digest(
            held.windows.values, held.windows.seen, held.target, held.trainable, held.ranked,
            held.split.to_numpy(str), self.judged, sorted(self.sets.items()), self.architecture,
            self.recipe, self.members, self.train_every, self.device.name,
        )  # fmt: skip

    def scores(self, params: Mapping[str, Any], seed: int) -> Iterator[np.ndarray]:
        """Mean score of the networks trained so far, (n_judged,)."""
        material = _part(self.material, self.sets[params["features"]], params["lookback"])
        architecture = dataclasses.replace(
            self.architecture,
            features=material.windows.values.shape[2],
            dropout=params["dropout"],
            depth=params["depth"],
        )
        recipe = dataclasses.replace(
            self.recipe,
            **{key: params[key] for key in ("learning_rate", "batch_days", "weight_decay")},
        )
        valid = material.days("valid", every=self.train_every)
        judged = material.days("test")
        total = np.zeros(len(self.judged))
        for member in range(self.members):
            fit = material.days("train", every=self.train_every, offset=member)
            trained = train(architecture, recipe, fit, valid, self.device, seed + member)
            total += _scores(trained.module, judged, material.scale)
            yield total / (member + 1)


def _relative(material: Material) -> Material:
    """Targets clipped and less the day's mean: the order of the stocks, not the market's move."""
    target = np.clip(material.target, -CLIP, CLIP)
    known = np.isfinite(target) & material.trainable & material.windows.seen
    mean = np.where(known, target, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return dataclasses.replace(material, target=target - mean)


def _part(material: Material, features: tuple[int, ...], lookback: int) -> Material:
    """The same days and stocks with some of the features and a shorter window."""
    windows = material.windows
    values = np.ascontiguousarray(windows.values[:, :, list(features)])
    return dataclasses.replace(
        material, windows=dataclasses.replace(windows, values=values, lookback=lookback)
    )


def _judged(material: Material, days: Days, samples: pd.DataFrame) -> pd.DataFrame:
    """date, code, label of the rows of `days`, in their order."""
    label = material.windows.grid(samples, "label")
    codes = np.asarray(material.windows.codes)
    tables = []
    for day in days.days:
        stock = days.stocks_of(day)
        told = {"date": material.windows.dates[day], "code": codes[stock]}
        tables.append(pd.DataFrame(told | {"label": label[stock, day]}))
    return pd.concat(tables, ignore_index=True)


def _scores(module: Any, days: Days, scale: np.ndarray) -> np.ndarray:
    """What ranks the stocks of a day, as `stockcast.models.networks.forecast` defines it."""
    import torch

    where = next(module.parameters()).device
    found = []
    with torch.inference_mode():
        for number, (inputs, _) in enumerate(DayBatches(days, JUDGED_AT_ONCE)):
            location = module(**{k: v.to(where) for k, v in inputs.items()})[0].double().cpu()
            for row, present in enumerate(inputs["present"].numpy()):
                day = days.days[number * JUDGED_AT_ONCE + row]
                unit = scale[days.stocks_of(day), day]
                here = location[row].numpy()[present]
                known = np.isfinite(unit)
                shared = here[known].mean() if known.any() else 0.0
                found.append((here - shared) * unit)
    return np.concatenate(found)
