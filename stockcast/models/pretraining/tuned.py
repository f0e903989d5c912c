"""Fine-tuning: the pre-trained encoder under a Student-t head, taught the run's own labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from stockcast import paths
from stockcast.errors import InputError
from stockcast.models import files
from stockcast.models.model import COLUMNS, Model, check_later
from stockcast.models.networks import training
from stockcast.models.networks.device import Device, choose
from stockcast.models.networks.forecast import Ensemble, load, save
from stockcast.models.pretraining.checkpoint import Pretrained, described, normaliser_of
from stockcast.models.pretraining.layout import Tuning, fit_head, locations
from stockcast.models.pretraining.patches import Architecture
from stockcast.models.pretraining.tasks import Recipe, pretrain
from stockcast.models.sample_set import SampleSet
from stockcast.models.score_head import ScoreHead
from stockcast.models.side_by_side import in_processes
from stockcast.samples.windows import Normaliser

MEMBERS = 3
"""Networks fine-tuned from one encoder, by other seeds: `sigma_prob` is drawn over them."""

TUNING = training.Recipe(epochs=6, patience=3, learning_rate=1e-3, batch_days=4, down_weight=1.0)
"""A third of the rate that is used from scratch, so that little of what was learned is lost."""


_NETWORKS, _ABOUT = "networks.safetensors", "tuned.json"


@dataclass(frozen=True)
class Started:
    """An architecture whose network starts from a pre-trained encoder, not from chance."""

    architecture: Architecture
    pretrained: Pretrained

    def build(self) -> nn.Module:
        """The encoder as pre-trained, the head fresh."""
        module = self.architecture.build()
        module.encoder.load_state_dict(self.pretrained.encoder.state_dict())
        return module

    def to_dict(self) -> dict[str, object]:
        """As `Architecture.to_dict`: beside the weights, all that is needed to rebuild it."""
        return self.architecture.to_dict()


@dataclass(frozen=True)
class Tuned:
    """Networks fine-tuned from one encoder; a `stockcast.models.model.Fitted`.

    Attributes
    ----------
    ensemble : Ensemble
    head : ScoreHead
        From the networks' locations to the forecast's columns.
    normaliser : Normaliser
        The encoder's.
    """

    ensemble: Ensemble
    head: ScoreHead
    normaliser: Normaliser

    @property
    def name(self) -> str:
        """The forecast table's `model`."""
        return self.ensemble.name

    @property
    def information_until(self) -> pd.Timestamp:
        """Last date that any label used."""
        return self.ensemble.information_until

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts for the members on the days of `part`; see `stockcast.models.model.Fitted`.

        A member without a full window has none.
        """
        tuning = Tuning.of(samples, self.normaliser)
        days = tuning.days(part)
        check_later(tuning.windows.dates[days.days], self.information_until)
        tables = []
        for position, draws in enumerate(locations(self.ensemble.members, days)):
            day = days.days[position]
            stocks = days.stocks_of(day)
            told = pd.DataFrame(self.head.read(draws, tuning.unit[stocks, day]))
            codes = np.asarray(tuning.windows.codes)[stocks]
            tables.append(told.assign(date=tuning.windows.dates[day], code=codes))
        out = pd.concat(tables, ignore_index=True).astype({"code": "str"})
        out = out.assign(run=samples.run, model=self.name, horizon=samples.horizon)
        return out[list(COLUMNS)]

    def save(self, folder: Path) -> None:
        """`networks.safetensors`, and `tuned.json` last: without it there is no model."""
        folder = Path(folder)
        (folder / _ABOUT).unlink(missing_ok=True)
        save(self.ensemble, folder / _NETWORKS)
        about = {"normaliser": described(self.normaliser), "head": self.head.to_dict()}
        with paths.replacing(folder / _ABOUT) as scratch:
            scratch.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", "utf-8")


def load_tuned(folder: Path) -> Tuned:
    """What `Tuned.save` wrote.

    Raises
    ------
    InputError
        When the folder holds no such model.
    """
    about = files.description(Path(folder) / _ABOUT)
    ensemble = load(Path(folder) / _NETWORKS, Architecture)
    return Tuned(ensemble, ScoreHead(**about["head"]), normaliser_of(about["normaliser"]))


def tune(
    pretrained: Pretrained,
    samples: SampleSet,
    seed: int,
    *,
    name: str = "pretrained",
    recipe: training.Recipe = TUNING,
    members: int = MEMBERS,
    every: int = 1,
    device: Device | None = None,
    jobs: int = 1,
) -> Tuned:
    """Fine-tune an encoder to a sample set's universe.

    Parameters
    ----------
    pretrained
        Must have seen no day from the first validation day on: what was chosen there would have
        been chosen knowingly.
    samples
        Must hold the encoder's channels among its features, and have its lookback.
    seed
        Of the first network; the others take the following ones.
    recipe, members, device
        How, how many, and where.
    every
        Each network learns from every n-th training day, the k-th from the k-th day on, so that
        together they see them all; so it is with the validation days that decide when to stop.
    jobs
        Processes, one thread each. No bit depends on it. On CUDA always 1.

    Raises
    ------
    InputError
        When the encoder knows validation days, reads other features or windows, or when training
        fails as `stockcast.models.networks.training.train` says.
    """
    check_before_validation(pretrained, samples)
    if samples.lookback != pretrained.architecture.lookback:
        rule = f"must be the encoder's {pretrained.architecture.lookback} days"
        raise InputError("lookback", rule, samples.lookback)
    tuning = Tuning.of(samples, pretrained.normaliser)
    start, where = Started(pretrained.architecture, pretrained), device or choose()
    shown = [[tuning.days(part, every, k) for part in ("train", "valid")] for k in range(members)]
    tasks = [(start, recipe, *days, where, seed + k) for k, days in enumerate(shown)]
    found = in_processes(training.train, tasks, jobs if where.name == "cpu" else 1, "networks")
    networks = [replace(trained, architecture=pretrained.architecture) for trained in found]
    until, codes = samples.information_until, tuning.windows.codes
    return Tuned(
        Ensemble(name, tuple(networks), codes, until),
        fit_head(networks, tuning, tuning.days("valid")),
        pretrained.normaliser,
    )


def check_before_validation(pretrained: Pretrained, samples: SampleSet) -> None:
    """Refuse an encoder that has seen validation or test days.

    Raises
    ------
    InputError
    """
    first = samples.samples["date"][samples.samples["split"].isin(["valid", "test"])].min()
    if pd.notna(first) and pretrained.information_until >= first:
        raise InputError(
            "pre-training",
            f"must end before {first:%Y-%m-%d}, the first day it is judged on",
            f"{pretrained.information_until:%Y-%m-%d}",
            "pre-train on the training span",
        )


def model(
    name: str = "pretrained",
    *,
    pretrained: Callable[[SampleSet, int], Pretrained] | Pretrained | None = None,
    recipe: training.Recipe = TUNING,
    members: int = MEMBERS,
    every: int = 1,
    device: Device | None = None,
) -> Model:
    """A `Model` that is fine-tuned from an encoder.

    Parameters
    ----------
    name
        The forecast table's `model`.
    pretrained
        The encoder, or what makes one of (samples, seed); None: `of_samples`.
    recipe, members, every
        Of the fine-tuning; see `tune`.
    device
        Where; None: what `stockcast.models.networks.device.choose` finds.
    """

    def fit(samples: SampleSet, seed: int) -> Tuned:
        encoder = pretrained if isinstance(pretrained, Pretrained) else None
        if encoder is None:
            make = pretrained or partial(of_samples, device=device)
            encoder = make(samples, seed)
        how = {"name": name, "recipe": recipe, "members": members, "every": every}
        return tune(encoder, samples, seed, **how, device=device)

    return Model(
        name=name,
        level=3,
        described="A Transformer over patches of days, pre-trained without labels on every stock "
        "of the run up to the last training day (hidden patches, the next day), then fine-tuned "
        "on the labels; every training day of every stock is used.",
        fit=fit,
        load=load_tuned,
    )


def of_samples(
    samples: SampleSet,
    seed: int,
    recipe: Recipe | None = None,
    *,
    device: Device | None = None,
    **architecture: object,
) -> Pretrained:
    """An encoder of all features of a sample set: every row up to the last training day.

    Members and others, rows with and without labels. `architecture` as `pretrain` takes it.

    Raises
    ------
    InputError
        When there is no training day.
    """
    last = samples.samples["date"][samples.samples["split"] == "train"].max()
    if pd.isna(last):
        raise InputError("split train", "must have a day", hint="start the run earlier")
    how = {"lookback": samples.lookback, "seed": seed, "recipe": recipe, "device": device}
    return pretrain(samples.features, last, **how, **architecture)


PRETRAINED: tuple[Model, ...] = (model(),)
"""Models of this folder that need nothing but a sample set."""
