"""Training a network on days: skorch's loop, fed with whole days.

A sample is a day with all its stocks, because the coordinator reads them together. Batches are
gathered from the window array in one indexing operation; nothing is collated sample by sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping, GradientNormClipping, LRScheduler
from skorch.helper import predefined_split
from torch import Tensor
from torch.utils.data import Dataset

from stockcast.determinism import settle_torch
from stockcast.models.device import Device
from stockcast.models.losses import StudentLoss
from stockcast.models.two_level import Architecture, TwoLevel
from stockcast.samples.windows import Windows


@dataclass(frozen=True)
class Days(Dataset):
    """Days to train, validate or forecast on.

    Attributes
    ----------
    windows : Windows
    days : ndarray of int
        Positions in `windows.dates`.
    rows : ndarray of shape (n_stocks, n_days), bool
        Stocks that take part on each day.
    numbers : ndarray of shape (n_stocks,), int
        Each stock's number in the network, 0 for unknown.
    target : ndarray of shape (n_stocks, n_days) or None
        Scaled returns; NaN counts nothing.
    fixed : bool
        Every batch holds all stocks in order, absent ones marked so, as experts of their own need.
    """

    windows: Windows
    days: np.ndarray
    rows: np.ndarray
    numbers: np.ndarray
    target: np.ndarray | None = None
    fixed: bool = False

    def __len__(self) -> int:
        return len(self.days)

    def __getitem__(self, index: int) -> tuple[dict[str, Tensor], Tensor]:
        return self.batch(np.array([index]))

    def stocks_of(self, day: int) -> np.ndarray:
        """Rows of `windows.values` that take part on `day`, in order."""
        return np.flatnonzero(self.rows[:, day] & self.windows.seen[:, day])

    def batch(self, chosen: np.ndarray) -> tuple[dict[str, Tensor], Tensor]:
        """Inputs and target of the days at positions `chosen` of `days`, padded to one width."""
        days = self.days[chosen]
        if self.fixed:
            stock = np.tile(np.arange(len(self.numbers)), (len(days), 1))
            present = (self.rows & self.windows.seen)[:, days].T
        else:
            groups = [self.stocks_of(day) for day in days]
            widest = max(len(group) for group in groups)
            stock = np.zeros((len(days), widest), int)
            present = np.zeros((len(days), widest), bool)
            for row, group in enumerate(groups):
                stock[row, : len(group)], present[row, : len(group)] = group, True
        back = np.arange(1 - self.windows.lookback, 1)
        x = self.windows.values[stock[:, :, None], days[:, None, None] + back]  # (B, S, T, F)
        inputs = {
            "x": torch.from_numpy(x),
            "stock": torch.from_numpy(np.where(present | self.fixed, self.numbers[stock], 0)),
            "present": torch.from_numpy(present),
        }
        target = np.full(stock.shape, np.nan)
        if self.target is not None:
            target = np.where(present, self.target[stock, days[:, None]], np.nan)
        return inputs, torch.from_numpy(target.astype(np.float32))


class DayBatches:
    """skorch's iterator: batches of whole days, shuffled by torch's generator when asked."""

    def __init__(self, dataset: Days, batch_size: int, shuffle: bool = False) -> None:
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        count = len(self.dataset)
        order = (torch.randperm(count) if self.shuffle else torch.arange(count)).numpy()
        for first in range(0, count, self.batch_size):
            yield self.dataset.batch(order[first : first + self.batch_size])


class Network(NeuralNet):
    """`skorch.NeuralNet` whose forward passes run under autocast when `half` is a type."""

    def __init__(self, module: type, *args: object, half: torch.dtype | None = None, **kw: object):
        self.half = half
        super().__init__(module, *args, **kw)

    def infer(self, x: object, **fit_params: object) -> object:
        """Forward pass; the head returns float32 in any case."""
        with torch.autocast(self.device, dtype=self.half, enabled=self.half is not None):
            return super().infer(x, **fit_params)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; see the parameters of the same names."""

    epochs: int
    patience: int
    learning_rate: float
    batch_days: int
    down_weight: float
    weight_decay: float = 1e-3


@dataclass(frozen=True)
class Trained:
    """A network after training.

    Attributes
    ----------
    module : TwoLevel
        In evaluation mode, on the device it trained on; the weights of the best epoch.
    architecture : Architecture
    down_weight : float
        Weight of falls in the loss it was fitted with.
    history : list of dict
        Per epoch: `epoch`, `train_loss`, `valid_loss`, `learning_rate`.
    """

    module: TwoLevel
    architecture: Architecture
    down_weight: float
    history: list[dict[str, float]]


def train(
    architecture: Architecture, recipe: Recipe, fit: Days, valid: Days, device: Device, seed: int
) -> Trained:
    """Train one network.

    AdamW under a one-cycle learning rate with clipped gradients; stops when the validation loss
    has not improved for `recipe.patience` epochs and returns to the best epoch.

    Look-ahead: whatever `fit` and `valid` hold, the network knows. The last label of either must
    end before the first forecast.
    """
    settle_torch(seed)
    batches = len(DayBatches(fit, recipe.batch_days))
    net = Network(
        TwoLevel,
        StudentLoss,
        module__architecture=architecture,
        criterion__down_weight=recipe.down_weight,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=recipe.weight_decay,
        lr=recipe.learning_rate,
        max_epochs=recipe.epochs,
        batch_size=recipe.batch_days,
        iterator_train=DayBatches,
        iterator_train__shuffle=True,
        iterator_valid=DayBatches,
        train_split=predefined_split(valid),
        callbacks=[
            ("clip", GradientNormClipping(1.0)),
            (
                "schedule",
                LRScheduler(
                    torch.optim.lr_scheduler.OneCycleLR,
                    max_lr=recipe.learning_rate,
                    total_steps=recipe.epochs * batches + 1,
                    step_every="batch",
                ),
            ),
            ("stop", EarlyStopping(patience=recipe.patience, load_best=True, sink=_silent)),
        ],
        callbacks__print_log=None,
        device=device.name,
        half=device.half,
    )
    net.fit(fit, y=None)
    history = [
        {
            "epoch": row["epoch"],
            "train_loss": float(row["train_loss"]),
            "valid_loss": float(row["valid_loss"]),
        }
        for row in net.history
    ]
    return Trained(net.module_.eval(), architecture, recipe.down_weight, history)


def _silent(_: str) -> None:
    """Early stopping's messages would differ between pages for no reader's gain."""
