"""What all networks end with: a Student-t for each stock."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

MINIMUM_FREEDOM = 2.1  # a Student-t has a variance above 2 degrees of freedom only


class StudentHead(nn.Module):
    """Location and scale of a Student-t per stock, and its degrees of freedom.

    The location starts at 0 and the scale near 1: before any training the forecast is "nothing
    known, volatility as usual".
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, 2)
        nn.init.zeros_(self.linear.weight)
        self.linear.bias = nn.Parameter(torch.tensor([0.0, 0.5413]))  # softplus(0.5413) = 1
        self.freedom = nn.Parameter(torch.tensor(3.0))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Location, scale (both x's shape less its last axis) and degrees of freedom ()."""
        location, scale = self.linear(x).float().unbind(-1)
        freedom = MINIMUM_FREEDOM + functional.softplus(self.freedom)
        return location, functional.softplus(scale) + 1e-3, freedom
