"""Days as samples, and batches of them.

A sample is a day with all its stocks, because a coordinator reads them together. Batches are
gathered from the window array in one indexing operation; nothing is collated sample by sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

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
    """skorch's iterator: batches of whole days, shuffled by torch's generator when asked.

    Parameters
    ----------
    dataset
        The days.
    batch_size
        Days in a batch; the last may hold fewer.
    shuffle
        Another order each time.
    device
        Where the tensors are wanted. For "cuda" they go through pinned memory, which the GPU
        copies from while the processor goes on.
    """

    def __init__(
        self, dataset: Days, batch_size: int, shuffle: bool = False, device: str = "cpu"
    ) -> None:
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.device = device

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        count = len(self.dataset)
        order = (torch.randperm(count) if self.shuffle else torch.arange(count)).numpy()
        for first in range(0, count, self.batch_size):
            inputs, target = self.dataset.batch(order[first : first + self.batch_size])
            if self.device == "cpu":
                yield inputs, target
            else:
                yield (
                    {name: self._sent(value) for name, value in inputs.items()},
                    self._sent(target),
                )

    def _sent(self, value: Tensor) -> Tensor:
        return value.pin_memory().to(self.device, non_blocking=True)
