"""Does augmentation help? One small network, trained on windows varied in each way.

Every arm trains the same network from the same initial weights, on the same windows in the same
order and for as many steps; only what it is shown differs. Each window comes in five variants,
itself and four varied ones (without augmentation, five times itself). Nothing is chosen on the
validation days, on which the arms are compared: there is no early stopping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.determinism import PROCESSES, settle_torch, stream
from stockcast.errors import InputError
from stockcast.models.side_by_side import in_processes
from stockcast.samples.augmentation import VARIANTS, WAYS, Ground, move_class, resample
from stockcast.samples.windows import Normaliser, Windows

BASELINE = "none"

ARMS = {
    BASELINE: "five times the window itself",
    "stretch": "time up to 5 % faster or slower",
    "jitter": "noise on calm days' returns, by their volatility",
    "shift": "policy events up to three days earlier or later",
    "warp": "time now faster, now slower, within the same days",
    "noise": "every value off by about a tenth of itself",
    "rare": "windows drawn so that each class of move is equally frequent",
    "story": "fivefold as told: stretched, jittered or shifted at random",
}

LIMIT = 3.0  # scaled returns further out count as this far
LEARNING_RATE, BATCH, WIDTH = 3e-3, 256, 24
WEEK = 5  # days that the first convolution reads at once


class Reader(nn.Module):
    """A convolution over whole weeks, one over neighbouring weeks, and a glance at the last day.

    Both are written as matrix products, which take a third of `nn.Conv1d`'s time at this size.

    Parameters
    ----------
    features
        Inputs a day.
    width
        Channels of both convolutions.
    """

    def __init__(self, features: int, width: int = WIDTH) -> None:
        super().__init__()
        self.weeks = nn.Linear(WEEK * features, width)
        self.months = nn.Linear(3 * width, width)
        self.head = nn.Linear(2 * width + features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (n,) of windows (n, lookback, features)."""
        whole = x[:, x.shape[1] % WEEK :]  # whole weeks; the last ends with the last day
        weeks = functional.gelu(self.weeks(whole.reshape(len(x), -1, WEEK * x.shape[2])))
        padded = functional.pad(weeks, (0, 0, 2, 0))  # (n, weeks + 2, width)
        three = torch.cat([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], dim=2)
        months = functional.gelu(self.months(three))  # (n, weeks, width)
        read = torch.cat([months.mean(dim=1), months[:, -1], x[:, -1]], dim=1)
        return self.head(read).squeeze(1)


@dataclass(frozen=True)
class _Task:
    """What all trainings share."""

    ground: Ground
    label: np.ndarray  # (stocks, days), returns
    target: np.ndarray  # (stocks, days), NaN where nothing is to be learned
    train: np.ndarray  # positions of the training days
    judged: np.ndarray  # positions of the validation days
    ranked: np.ndarray  # (stocks, days), bool


def ablation(
    features: pd.DataFrame,
    samples: pd.DataFrame,
    *,
    lookback: int,
    seeds: Sequence[int],
    arms: Sequence[str] = tuple(ARMS),
    most: int = 16_000,
    jobs: int = PROCESSES,
) -> pd.DataFrame:
    """Train every arm on every seed and forecast the validation days.

    Parameters
    ----------
    features
        date, code, then one float column a feature: what the networks read, `return_1` among
        them; see `Ground.of`. Without columns `policy_...` the arm "shift" is left out.
    samples
        date, code, label, scale, trainable, member, split; the same rows as `features`.
    lookback
        Days in a window, at least 5.
    seeds
        One network an arm and seed. Every arm of a seed starts from the same weights.
    arms
        Keys of `ARMS`.
    most
        Windows that a seed trains on, about. Where there are more, it sees every n-th training day,
        the k-th seed from the k-th day on.
    jobs
        Processes, one thread each. No bit depends on it.

    Returns
    -------
    DataFrame
        `arm`, `seed`, `date`, `code`, `score`, `label` for the members of each validation day that
        have a full window; `label` is the return, NaN where unknown. `score` ranks the stocks of a
        day and is in no unit. `stockcast.judge.ablation` makes Rank ICs and differences of them.

    Raises
    ------
    InputError
        For an unknown arm, too short a window, a missing `return_1`, or when training or
        validation has no day with a full window.

    Notes
    -----
    The networks learn the return in units of its trailing volatility, less the day's mean over the
    stocks that train, by squared error. Test days are never looked at.
    """
    unknown = [arm for arm in arms if arm not in ARMS]
    if unknown or not arms:
        raise InputError("arms", f"must be some of {', '.join(ARMS)}", ", ".join(unknown) or None)
    if lookback < WEEK:
        raise InputError("lookback", f"must be at least {WEEK} days", lookback)
    task = _task(features, samples, lookback)
    grid = [
        (arm, number)
        for number in range(len(seeds))
        for arm in arms
        if arm != "shift" or task.ground.events
    ]
    known = int(np.isfinite(task.target[:, task.train]).sum())
    every = min(-(-known // most), len(task.train))
    tasks = [
        (arm, task, seeds[number], task.train[number % every :: every]) for arm, number in grid
    ]
    tables = in_processes(_one, tasks, jobs, "networks")
    return pd.concat(tables, ignore_index=True)


def _task(features: pd.DataFrame, samples: pd.DataFrame, lookback: int) -> _Task:
    if len(features) != len(samples):
        raise InputError("samples", "must have the rows of features", len(samples))
    trains = (samples.split == "train").to_numpy() & samples.trainable.to_numpy(bool)
    normaliser = Normaliser.fit(features, trains, relative=True)
    windows = Windows.build(features, samples.member.to_numpy(bool), lookback, normaliser)
    split = samples.groupby("date").split.first().reindex(windows.dates).to_numpy()
    ranked = windows.grid(samples, "member", fill=False) & windows.seen
    label = windows.grid(samples, "label")
    target = label / windows.grid(samples, "scale")
    target[~(windows.grid(samples, "trainable", fill=False) & windows.seen)] = np.nan
    learned = np.isfinite(target)
    target -= np.nansum(target, axis=0) / np.maximum(learned.sum(axis=0), 1)
    days = {
        "train": np.flatnonzero((split == "train") & learned.any(axis=0)),
        "valid": np.flatnonzero((split == "valid") & ranked.any(axis=0)),
    }
    for name, found in days.items():
        if not len(found):
            raise InputError(f"split {name}", f"must have a day with a full window of {lookback}")
    ground = Ground.of(windows, features, normaliser, int(days["train"][-1]))
    return _Task(
        ground, label, np.clip(target, -LIMIT, LIMIT), days["train"], days["valid"], ranked
    )


def _one(arm: str, task: _Task, seed: int, days: np.ndarray) -> pd.DataFrame:
    """Train one network and forecast."""
    stock, place = np.nonzero(np.isfinite(task.target[:, days]))
    day = days[place]
    target = task.target[stock, day].astype(np.float32)
    rng = stream(seed, "augmentation", "order")
    order = rng.permutation(VARIANTS * len(day))
    chosen, variant = order % len(day), order // len(day)
    if arm == "rare":
        classes = move_class(task.label[stock, day])
        chosen = resample(classes, len(order), stream(seed, "augmentation", "rare"))
    shown = WAYS.get(arm, WAYS[BASELINE])(task.ground, seed)
    settle_torch(seed)
    net = Reader(task.ground.windows.values.shape[2])
    steps = -(-len(order) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for first in range(0, len(order), BATCH):
        some, which = chosen[first : first + BATCH], variant[first : first + BATCH]
        x = torch.from_numpy(shown(stock[some], day[some], which))
        loss = functional.mse_loss(net(x), torch.from_numpy(target[some]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return _forecast(net.eval(), task).assign(arm=arm, seed=seed)[
        ["arm", "seed", "date", "code", "score", "label"]
    ]


def _forecast(net: nn.Module, task: _Task) -> pd.DataFrame:
    """Scores of the validation days, one batch a day."""
    windows = task.ground.windows
    tables = []
    with torch.inference_mode():
        for day in task.judged:
            stock = np.flatnonzero(task.ranked[:, day])
            score = net(torch.from_numpy(windows.of_day(day)[stock]))
            table = {"code": np.asarray(windows.codes)[stock], "score": score.numpy()}
            table["label"] = task.label[stock, day]
            tables.append(pd.DataFrame(table).assign(date=windows.dates[day]))
    return pd.concat(tables, ignore_index=True)
