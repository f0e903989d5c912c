"""Networks behind the interface of all models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from stockcast.determinism import PROCESSES
from stockcast.models.model import Model
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.device import choose
from stockcast.models.networks.ensembles import Plan, train_ensembles
from stockcast.models.networks.fitted import FittedNetworks, load
from stockcast.models.networks.kinds import DESCRIBED
from stockcast.models.networks.material import gather
from stockcast.models.networks.training import Recipe
from stockcast.models.sample_set import SampleSet

DEPTHS = {"mlp": 2, "cnn": 3, "transformer": 2}
"""Layers where one is not the usual number."""


@dataclass(frozen=True)
class Settings:
    """How an ensemble of networks is made and trained.

    Attributes
    ----------
    recipe : Recipe
    width : int
        Hidden units of a layer.
    depth : int or None
        Layers; None: as many as `DEPTHS` says, else 1.
    dropout : float
    members : int
        Networks of the ensemble.
    train_every : int
        Each network sees every n-th training day, the k-th network from the k-th day on.
    experts, attention : str
        Of the two-level network.
    draws, dropout_draws
        Where `sigma_prob` comes from; see `stockcast.models.networks.forecast.forecast`.
    device, mixed_precision, compiled
        See `stockcast.models.networks.device.choose`. No setting of a fitted model.
    jobs : int
        Processes; no bit depends on it.
    checkpoints : Path or None
        Folder from which an interrupted training goes on.
    """

    recipe: Recipe = field(default_factory=lambda: Recipe(4, 2, 0.005, 8, 1.0))
    width: int = 16
    depth: int | None = None
    dropout: float = 0.1
    members: int = 5
    train_every: int = 5
    experts: str = "shared"
    attention: str = "importance"
    draws: str = "ensemble"
    dropout_draws: int = 16
    device: str = "auto"
    mixed_precision: bool = True
    compiled: bool = False
    jobs: int = PROCESSES
    checkpoints: Path | None = None

    def architecture(self, kind: str, features: int, stocks: int) -> Architecture:
        """The network of a kind for so many inputs and stocks."""
        depth = DEPTHS.get(kind, 1) if self.depth is None else self.depth
        return Architecture(
            features,
            stocks,
            self.width,
            self.experts,
            self.attention,
            dropout=self.dropout,
            kind=kind,
            depth=depth,
        )


def fit_networks(
    wanted: Mapping[str, tuple[str, Settings]], samples: SampleSet, seed: int
) -> dict[str, FittedNetworks]:
    """Train ensembles side by side.

    Look-ahead: they learn from the labels of "train", and stop by those of "valid".

    Parameters
    ----------
    wanted
        Kind and settings by the model's name. What the ensembles share (members, days, experts,
        device, processes, checkpoints) is taken from the first.
    samples
        Features are scaled by their training rows; NaN counts as the mean.
    seed
        The k-th network of each ensemble has seed + k.

    Raises
    ------
    InputError
        As `stockcast.models.networks.training.train` and `material.gather` do.
    """
    first = next(iter(wanted.values()))[1]
    material = gather(
        samples.features,
        samples.samples,
        lookback=samples.lookback,
        horizon=samples.horizon,
        experts=first.experts,
    )
    size = len(samples.names), len(material.codes)
    recipes = {
        name: (settings.architecture(kind, *size), settings.recipe)
        for name, (kind, settings) in wanted.items()
    }
    device = choose(first.device, first.mixed_precision, first.compiled)
    seeds = range(seed, seed + first.members)
    plan = Plan(seeds, first.train_every, None, first.jobs, first.checkpoints)
    return {
        name: FittedNetworks(
            ensemble,
            material.normaliser,
            samples.lookback,
            first.experts,
            wanted[name][1].draws,
            wanted[name][1].dropout_draws,
            seed,
        )
        for name, ensemble in train_ensembles(recipes, material, device, plan).items()
    }


def network(kind: str, settings: Settings | None = None, name: str = "") -> Model:
    """A kind of network behind the interface of all models.

    Parameters
    ----------
    kind
        A key of `stockcast.models.networks.kinds.KINDS`.
    settings
        None: those of `Settings`.
    name
        The forecast table's `model`; empty: the kind.
    """
    settings = Settings() if settings is None else settings
    name = name or kind
    return Model(name, 2, _sentence(kind, settings), partial(_fit_one, kind, settings, name), load)


def _fit_one(
    kind: str, settings: Settings, name: str, samples: SampleSet, seed: int
) -> FittedNetworks:
    return fit_networks({name: (kind, settings)}, samples, seed)[name]


def _sentence(kind: str, settings: Settings) -> str:
    every = settings.train_every
    days = "all training days" if every == 1 else f"one training day in {every}"
    return f"{DESCRIBED[kind]}; {settings.members} networks on {days} each"


NETWORKS: tuple[Model, ...] = tuple(network(kind) for kind in DESCRIBED)
"""All kinds, with the usual settings."""
