"""Pre-training: fill in the hidden patches of a window, and say what the next day brings.

Neither needs a label: the bars themselves hold the answers. Every stock of the panel takes part,
member of the index or not, on every day up to the end of the training span and on none later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from stockcast.determinism import settle_torch, stream
from stockcast.errors import InputError
from stockcast.models import progress
from stockcast.models.networks.device import Device, choose
from stockcast.models.pretraining.bars import data_hash, up_to
from stockcast.models.pretraining.checkpoint import Pretrained
from stockcast.models.pretraining.patches import Architecture, PatchEncoder, PretrainingHeads
from stockcast.samples.windows import Normaliser, Windows

HELD_OUT = 0.1
"""Share of the days, the last ones, that pre-training is measured on and does not learn from."""

_MEASURED = 2048  # windows held out, at most


@dataclass(frozen=True)
class Recipe:
    """How the encoder is pre-trained.

    Attributes
    ----------
    steps, batch : int
        Optimiser's steps, and windows in each.
    learning_rate : float
        Peak of a one-cycle schedule.
    masked : float
        Share of a window's patches that are hidden; never the last, whose days the next-day task
        reads.
    next_day : float
        Weight of the next-day task; the reconstruction has 1. 0 leaves it out.
    weight_decay : float
        Of AdamW.
    """

    steps: int = 300
    batch: int = 512
    learning_rate: float = 3e-3
    masked: float = 0.4
    next_day: float = 1.0
    weight_decay: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 < self.masked < 1:
            raise InputError("masked", "must lie between 0 and 1", self.masked)
        if self.steps < 1 or self.batch < 1:
            raise InputError("steps and batch", "must be at least 1", (self.steps, self.batch))


@dataclass(frozen=True)
class _Pool:
    """Windows to draw from, by stock and last day; the day after each is known."""

    windows: Windows
    stock: np.ndarray
    day: np.ndarray

    def batch(self, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """Windows (N, T, F) and the channels of the day after (N, F)."""
        stock, day = self.stock[chosen], self.day[chosen]
        back = np.arange(1 - self.windows.lookback, 1)
        values = self.windows.values
        x = values[stock[:, None], day[:, None] + back]
        return torch.from_numpy(x), torch.from_numpy(values[stock, day + 1])


def pretrain(
    bars: pd.DataFrame,
    until: pd.Timestamp | str,
    *,
    lookback: int,
    seed: int,
    recipe: Recipe | None = None,
    device: Device | None = None,
    **architecture: object,
) -> Pretrained:
    """Pre-train an encoder on the bars of every stock up to a day.

    Parameters
    ----------
    bars
        date, code, then one float column a channel, as `stockcast.models.pretraining.bars.bars`
        makes it. NaN counts as the mean. Rows after `until` are dropped before anything is done.
    until
        Last day of the training span.
    lookback
        Days in a window.
    seed
        Of the initial weights, the order of the windows and the masks.
    recipe
        None: the defaults.
    device
        Where; None: what `stockcast.models.networks.device.choose` finds. The encoder comes back
        on the CPU.
    architecture
        `patch`, `width`, `depth`, `heads`, `dropout` of `Architecture`. A patch is 10 days unless
        said, fewer where a window would have less than four of them.

    Returns
    -------
    Pretrained
        Its `history` says, every fifth of the steps, which share of the variance of the hidden
        patches and of the next day the encoder explains on the last days, held out.

    Raises
    ------
    InputError
        When no stock has `lookback` + 1 days up to `until`, or the loss is no longer finite.

    Notes
    -----
    Hiding patches of a series and filling them in: Nie et al. (2023), "A time series is worth 64
    words", ICLR; hiding and filling in at all: Devlin et al. (2019), "BERT", NAACL. Both losses are
    squared errors in units of each channel's standard deviation, over the hidden patches and over
    the next day.
    """
    recipe = recipe or Recipe()
    table = up_to(bars, pd.Timestamp(until))
    every = np.ones(len(table), bool)
    normaliser = Normaliser.fit(table, every, relative=True)
    windows = Windows.build(table, every, lookback, normaliser)
    shape = {"patch": min(10, max(1, lookback // 4))} | architecture
    made = Architecture(len(normaliser.names), lookback, **shape)
    fit, held = _pools(windows)
    settle_torch(seed)
    encoder = PatchEncoder(made)
    where = device or choose()
    history = tuple(_train(encoder, PretrainingHeads(made), fit, held, recipe, seed, where))
    return Pretrained(
        encoder=encoder.eval().cpu(),
        architecture=made,
        normaliser=normaliser,
        information_until=windows.dates[-1],
        data=data_hash(table),
        parameters={**asdict(recipe), "seed": seed},
        history=history,
        seen={"stocks": len(windows.codes), "days": len(windows.dates), "windows": len(fit.day)},
    )


def _pools(windows: Windows) -> tuple[_Pool, _Pool]:
    """Windows to learn from, and some of the last days' to measure on."""
    followed = windows.seen[:, :-1] & windows.seen[:, 1:]
    stock, day = np.nonzero(followed)
    days = np.unique(day)
    if len(days) < 10:
        rule = f"must have a stock with {windows.lookback + 10} days in the training span"
        raise InputError("bars", rule, hint="start the run earlier or shorten lookback")
    first_held = days[-max(1, int(HELD_OUT * len(days)))]
    # The day after a window is an answer: the last one learned from precedes the first measured.
    learned = np.flatnonzero(day + 1 < first_held)
    measured = np.flatnonzero(day >= first_held)
    measured = measured[:: -(-len(measured) // _MEASURED)]
    return tuple(_Pool(windows, stock[rows], day[rows]) for rows in (learned, measured))


def _train(
    encoder: PatchEncoder,
    heads: PretrainingHeads,
    fit: _Pool,
    held: _Pool,
    recipe: Recipe,
    seed: int,
    device: Device,
) -> Iterator[dict[str, float]]:
    """Take the steps; yield the history."""
    encoder.to(device.name)
    heads.to(device.name)
    weights = [*encoder.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(weights, recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.steps + 1
    )
    order = stream(seed, "pretraining", "order")
    tell = max(1, recipe.steps // 5)

    for step in progress.bar(range(1, recipe.steps + 1), recipe.steps, "pre-training"):
        encoder.train()
        x, after = fit.batch(order.integers(len(fit.day), size=recipe.batch))
        hidden = _hidden(len(x), encoder.architecture.patches, recipe.masked, order)
        filled, ahead = _errors(encoder, heads, x, after, hidden, device)
        loss = filled.mean() + recipe.next_day * ahead.mean()
        if not torch.isfinite(loss):
            hint = "lower the learning rate"
            raise InputError("pre-training", "must have a finite loss", loss.item(), hint)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        if step % tell == 0 or step == recipe.steps:
            yield {
                "step": step,
                "train_loss": float(loss.detach()),
                **_explained(encoder, heads, held, recipe, seed, device),
            }


def _hidden(count: int, patches: int, share: float, rng: np.random.Generator) -> Tensor:
    """Which patches are hidden, bool (count, patches): equally many in each window."""
    many = min(max(1, round(share * patches)), patches - 1)
    rank = rng.random((count, patches - 1)).argsort(axis=1).argsort(axis=1)
    masked = np.zeros((count, patches), bool)
    masked[:, :-1] = rank < many
    return torch.from_numpy(masked)


def _errors(
    encoder: PatchEncoder,
    heads: PretrainingHeads,
    x: Tensor,
    after: Tensor,
    hidden: Tensor,
    device: Device,
) -> tuple[Tensor, Tensor]:
    """Squared errors of the hidden patches (n_hidden, D * F) and of the next day (N, F)."""
    x, after, hidden = (each.to(device.name) for each in (x, after, hidden))
    with torch.autocast(device.name, dtype=device.half, enabled=device.half is not None):
        patches, next_day = heads(encoder(x, hidden))
    return (patches - encoder.patched(x))[hidden] ** 2, (next_day - after) ** 2


def _explained(
    encoder: PatchEncoder,
    heads: PretrainingHeads,
    held: _Pool,
    recipe: Recipe,
    seed: int,
    device: Device,
) -> dict[str, float]:
    """1 - squared error / square, of the hidden patches and of the next day held out."""
    rng = stream(seed, "pretraining", "held out")
    encoder.eval()
    sums = np.zeros(4)
    with torch.inference_mode():
        for rows in np.array_split(np.arange(len(held.day)), -(-len(held.day) // 512)):
            x, after = held.batch(rows)
            hidden = _hidden(len(x), encoder.architecture.patches, recipe.masked, rng)
            filled, ahead = _errors(encoder, heads, x, after, hidden, device)
            truth = encoder.patched(x)[hidden]
            parts = (filled, truth**2, ahead, after**2)
            sums += [float(part.double().sum()) for part in parts]
    filled, ahead = 1 - sums[0::2] / sums[1::2]
    return {"patches": float(filled), "next_day": float(ahead)}
