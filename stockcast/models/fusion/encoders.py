"""The reader of windows: what a stock's last days of some features come down to."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WEEK = 5  # days that the first layer reads at once


class Reader(nn.Module):
    """Reads some features over time, and all of them on the last day.

    Over time: a convolution over whole weeks and one over neighbouring weeks, both written as
    matrix products as in `stockcast.models.networks.augmented`. Causal: a week's state is made of
    it and the two weeks before. Windows that are no whole number of weeks are filled up with
    zeros, the mean, at their beginning. On the last day: one hidden layer, and the values as they
    are.

    Parameters
    ----------
    series
        The first so many features are read over time; 0: none.
    features
        All features; the last day of each is read.
    width
        Units of each layer.
    size
        Outputs.
    """

    def __init__(self, series: int, features: int, width: int, size: int) -> None:
        super().__init__()
        self.series = series
        if series:
            self.weeks = nn.Linear(WEEK * series, width)
            self.months = nn.Linear(3 * width, width)
        self.today = nn.Linear(features, width)
        self.out = nn.Linear((3 if series else 1) * width + features, size)

    def forward(self, x: Tensor) -> Tensor:
        """States (..., size) of windows (..., T, F)."""
        last = x[..., -1, :]
        read = [functional.gelu(self.today(last)), last]
        if self.series:
            read += self._over_time(x[..., : self.series])
        return functional.gelu(self.out(torch.cat(read, dim=-1)))

    def _over_time(self, x: Tensor) -> list[Tensor]:
        """Mean state of the weeks, and the last week's; each (..., width)."""
        short = -x.shape[-2] % WEEK
        whole = functional.pad(x, (0, 0, short, 0)) if short else x
        weeks = functional.gelu(self.weeks(whole.unflatten(-2, (-1, WEEK)).flatten(-2)))
        padded = functional.pad(weeks, (0, 0, 2, 0))
        three = [padded[..., :-2, :], padded[..., 1:-1, :], padded[..., 2:, :]]
        months = functional.gelu(self.months(torch.cat(three, dim=-1)))
        return [months.mean(dim=-2), months[..., -1, :]]

    @staticmethod
    def parameters_of(series: int, features: int, width: int, size: int) -> int:
        """How many numbers it learns."""
        over_time = (WEEK * series + 1) * width + (3 * width + 1) * width if series else 0
        out = ((3 if series else 1) * width + features + 1) * size
        return over_time + (features + 1) * width + out
