"""The story's code as told, kept so that its faults can be measured.

Retold from chapter 2 of 《2017:我为AI点亮火种》 by 李林, CC BY-NC 4.0: the same operations in the
same order, with the smallest additions that let them run (the story shows no `TinyLSTM` and
elides the shift). Nothing else in the package uses this module; `two_level` is the repaired model.
"""

from __future__ import annotations

import random

import torch
from torch import Tensor, nn
from torch.nn import functional


class ManualAttention(nn.Module):
    """Importance weights drawn from a normal distribution: about half are negative."""

    def __init__(self, features: int = 6, stocks: int = 5) -> None:
        super().__init__()
        self.importance_weights = nn.Parameter(torch.randn(stocks, features))

    def forward(self, x: Tensor) -> Tensor:
        """`x` (batch, stocks, days, features), weighted."""
        return x * self.importance_weights.unsqueeze(1)


class TinyLSTM(nn.Module):
    """An expert; the story names it and does not show it. Returns its last hidden state."""

    def __init__(self, features: int, hidden: int = 32) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, hidden) from (batch, days, features)."""
        out, _ = self.lstm(x)
        return out[:, -1]


class TwoLevelAsTold(nn.Module):
    """A Python loop over experts, then a coordinator that takes the batch for time.

    `nn.LSTM` without `batch_first` reads a two-dimensional input as one unbatched sequence, so the
    samples of a batch become the days of one history: a forecast depends on its neighbours in the
    batch and on their order.
    """

    def __init__(self, features: int, stocks: int = 5) -> None:
        super().__init__()
        self.stock_experts = nn.ModuleList([TinyLSTM(features) for _ in range(stocks)])
        self.coordinator = nn.LSTM(input_size=stocks * 32, hidden_size=64)

    def forward(self, x_list: list[Tensor]) -> Tensor:
        """(batch, 64) from one (batch, days, features) tensor per stock."""
        outputs = [expert(x_list[i]) for i, expert in enumerate(self.stock_experts)]
        combined = torch.cat(outputs, dim=-1)
        out, _ = self.coordinator(combined)
        return out


class BayesianOutput(nn.Module):
    """A probability and a "σ" that no loss ever sees."""

    def __init__(self, inputs: int, outputs: int = 1) -> None:
        super().__init__()
        self.fc_mu = nn.Linear(inputs, outputs)
        self.fc_sigma = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Probability of a rise, and σ."""
        return torch.sigmoid(self.fc_mu(x)), functional.softplus(self.fc_sigma(x))


class AsymmetricLoss(nn.Module):
    """Cross-entropy with falls weighted; the probabilities it teaches are biased and stay so."""

    def __init__(self, up_weight: float = 1.0, down_weight: float = 1.5) -> None:
        super().__init__()
        self.up_weight, self.down_weight = up_weight, down_weight

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Scalar loss."""
        basic = functional.binary_cross_entropy(pred, target, reduction="none")
        weight = torch.where(target == 0, self.down_weight, self.up_weight)
        return (basic * weight).mean()


def augment(series: Tensor, kind: str) -> Tensor | None:
    """The story's augmentation of one price series: "scale", "jitter" or "shift".

    Scaling returns another length, so labels no longer line up; jitter asks one volatility, of
    price differences in yuan, whether the whole series gets noise; shift is elided in the story
    and returns None.
    """
    if kind == "scale":
        length = int(len(series) * random.uniform(0.95, 1.05))
        return functional.interpolate(series[None, None], size=length, mode="linear").squeeze()
    if kind == "jitter":
        volatility = series.diff().std()
        return series + torch.randn_like(series) * 0.01 if volatility < 0.02 else series
    return None
