"""What pre-training is worth: fine-tuned against untrained, where labels are few and where many.

Both start from the same architecture, learn from the same days in the same order, take equally
many steps by the same recipe, and stop by the same validation days. Only the weights that the
encoder starts from differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pandas as pd

from stockcast.determinism import PROCESSES, settle_torch
from stockcast.errors import InputError
from stockcast.models.model import check_later
from stockcast.models.networks import training
from stockcast.models.networks.device import Device, choose
from stockcast.models.pretraining.checkpoint import Pretrained
from stockcast.models.pretraining.layout import Tuning, locations
from stockcast.models.pretraining.tasks import Recipe
from stockcast.models.pretraining.tuned import (
    TUNING,
    Started,
    check_before_validation,
    of_samples,
)
from stockcast.models.sample_set import SampleSet
from stockcast.models.side_by_side import in_processes

SHARES = (0.05, 0.2, 1.0)
"""Of the training days, whose labels are shown."""

STARTS = {"scratch": "random weights", "pretrained": "the encoder's weights"}


def encoders(
    samples: SampleSet,
    seeds: Sequence[int],
    recipe: Recipe | None = None,
    *,
    device: Device | None = None,
    jobs: int = PROCESSES,
    **architecture: object,
) -> tuple[Pretrained, ...]:
    """An encoder a seed, as `stockcast.models.pretraining.tuned.of_samples` makes one."""
    where = device or choose()
    tasks = [(samples, seed, recipe, where, architecture) for seed in seeds]
    return tuple(in_processes(_encoder, tasks, _processes(jobs, where), "encoders"))


def _encoder(
    samples: SampleSet, seed: int, recipe: Recipe | None, device: Device, architecture: dict
) -> Pretrained:
    return of_samples(samples, seed, recipe, device=device, **architecture)


def _processes(jobs: int, device: Device) -> int:
    return jobs if device.name == "cpu" else 1


def worth(
    pretrained: Sequence[Pretrained],
    samples: SampleSet,
    *,
    seeds: Sequence[int],
    shares: Sequence[float] = SHARES,
    steps: int = 100,
    recipe: training.Recipe = TUNING,
    part: str = "test",
    every: int = 1,
    device: Device | None = None,
    jobs: int = PROCESSES,
) -> pd.DataFrame:
    """Train from both starts on each share of the labels, and forecast.

    Parameters
    ----------
    pretrained
        An encoder a seed, each pre-trained by its own.
    samples
        Holds the encoders' channels among its features.
    seeds
        As many as encoders: of the head's weights and the order of the days. The k-th learns from
        every n-th training day from the k-th on, so that luck in the labels shown counts as luck.
    shares
        Of the training days: 0.05 shows every 20th.
    steps
        Optimiser's steps that each training takes, about: as many epochs as come nearest.
    recipe
        Its `epochs` are not read. Training does not stop early, but returns to its best epoch by
        every `samples.horizon`-th validation day.
    part, every
        Every n-th day of this part is forecast.
    device
        Where to train; None: what `stockcast.models.networks.device.choose` finds.
    jobs
        Processes, one thread each. No bit depends on it. On CUDA always 1.

    Returns
    -------
    DataFrame
        `share`, `start` (of `STARTS`), `seed`, `days` (shown), `date`, `code`, `score`: the
        location, in no unit, which ranks the stocks of a day.

    Raises
    ------
    InputError
        For a share that is not in (0, 1], encoders and seeds that are not equally many, an encoder
        that has seen validation days, and as `train` does.
    """
    wrong = [share for share in shares if not 0 < share <= 1]
    if wrong or not shares:
        raise InputError("shares", "must lie in (0, 1]", wrong or None)
    if len(pretrained) != len(seeds):
        raise InputError("seeds", f"must be as many as the {len(pretrained)} encoders", len(seeds))
    for encoder in pretrained:
        check_before_validation(encoder, samples)
    recipe = dataclasses.replace(recipe, patience=steps)
    grid = [(share, start, k) for share in shares for k in range(len(seeds)) for start in STARTS]
    where = device or choose()
    tasks = [
        (pretrained[k], samples, share, start, seeds[k], k, steps, recipe, part, every, where)
        for share, start, k in grid
    ]
    tables = in_processes(_one, tasks, _processes(jobs, where), "networks")
    return pd.concat(tables, ignore_index=True)


def _one(
    pretrained: Pretrained,
    samples: SampleSet,
    share: float,
    start: str,
    seed: int,
    number: int,
    steps: int,
    recipe: training.Recipe,
    part: str,
    every: int,
    device: Device,
) -> pd.DataFrame:
    """Train one network and forecast."""
    settle_torch(seed)
    tuning = Tuning.of(samples, pretrained.normaliser)
    fit = tuning.days("train", round(1 / share), number)
    valid = tuning.days("valid", samples.horizon)
    judged = tuning.days(part, every)
    check_later(tuning.windows.dates[judged.days], samples.information_until)
    batches = -(-len(fit) // recipe.batch_days)
    recipe = dataclasses.replace(recipe, epochs=max(1, round(steps / batches)))
    made = pretrained.architecture
    begun = Started(made, pretrained) if start == "pretrained" else made
    network = training.train(begun, recipe, fit, valid, device, seed)
    tables = []
    for position, location in enumerate(locations([network], judged)):
        day = judged.days[position]
        codes = [tuning.windows.codes[stock] for stock in judged.stocks_of(day)]
        told = {"date": tuning.windows.dates[day], "code": codes, "score": location[0]}
        tables.append(pd.DataFrame(told))
    out = pd.concat(tables, ignore_index=True)
    out = out.assign(share=share, start=start, seed=seed, days=len(fit))
    return out[["share", "start", "seed", "days", "date", "code", "score"]]
