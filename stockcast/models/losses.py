"""The asymmetric loss without its bias, and the Student-t that forecasts are read from.

Weighting falls by w > 1 shows a network not P, the returns as they come, but Q ∝ w P: more falls
than there are. A network that fits Q says too few rises; for a classifier the cure is
p = w q / (1 + (w - 1) q). A Student-t fitted to Q and corrected so is still off by some percent,
since Q, with its step at 0, is no Student-t. The loss here therefore fits w p / ∫ w p to Q: the
weights count, and what the head returns is p.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def log_density(z: Tensor, freedom: Tensor) -> Tensor:
    """Logarithm of the standard Student-t density at `z`, any shape."""
    constant = (
        torch.lgamma((freedom + 1) / 2)
        - torch.lgamma(freedom / 2)
        - 0.5 * torch.log(freedom * math.pi)
    )
    return constant - (freedom + 1) / 2 * torch.log1p(z**2 / freedom)


def cumulative(z: Tensor, freedom: Tensor) -> Tensor:
    """Standard Student-t distribution function at `z`, differentiable in both arguments.

    torch has none. By Gauss-Legendre quadrature of the density from 0 to `z`, with 16 nodes: within
    1e-6 for |z| < 4, where forecasts of returns live.
    """
    nodes = torch.as_tensor((_NODES + 1) / 2, dtype=z.dtype, device=z.device)
    weights = torch.as_tensor(_WEIGHTS / 2, dtype=z.dtype, device=z.device)
    density = log_density(z.unsqueeze(-1) * nodes, freedom).exp()
    return 0.5 + z * (density * weights).sum(-1)


class StudentLoss(nn.Module):
    """Mean negative log likelihood of a Student-t, falls weighted by `down_weight`.

    The likelihood is that of w p / ∫ w p (see the module), so weights shift no probability. With
    weight 1 it is the plain likelihood. Targets that are NaN (padding, suspended at an end of the
    holding) count nothing.
    """

    def __init__(self, down_weight: float = 1.0) -> None:
        super().__init__()
        self.down_weight = down_weight

    def forward(self, forecast: tuple[Tensor, Tensor, Tensor], target: Tensor) -> Tensor:
        """Scalar loss of (location, scale, freedom) against `target`, the scaled return."""
        location, scale, freedom = forecast
        known = torch.isfinite(target)
        y = torch.where(known, target, torch.zeros_like(target))
        log_p = log_density((y - location) / scale, freedom) - scale.log()
        if self.down_weight != 1:
            fall = cumulative(-location / scale, freedom)
            log_p = log_p - torch.log1p((self.down_weight - 1) * fall)
        weight = known * torch.where(y < 0, self.down_weight, 1.0)
        return -(weight * log_p).sum() / weight.sum().clamp(min=1.0)


def biased(prob_up: np.ndarray, down_weight: float) -> np.ndarray:
    """q, the probability of a rise that a weighted loss alone would teach, from p."""
    return prob_up / (prob_up + down_weight * (1 - prob_up))


def undone(biased_prob_up: np.ndarray, down_weight: float) -> np.ndarray:
    """p = w q / (1 + (w - 1) q), the inverse of `biased`."""
    return down_weight * biased_prob_up / (1 + (down_weight - 1) * biased_prob_up)


@dataclass(frozen=True)
class Student:
    """A Student-t per stock.

    Attributes
    ----------
    location, scale : ndarray
        In any unit, the same for both.
    freedom : float
        Above 2.
    """

    location: np.ndarray
    scale: np.ndarray
    freedom: float

    def prob_up(self) -> np.ndarray:
        """P(y > 0) = T_ν(location / scale)."""
        return stats.t.cdf(self.location / self.scale, self.freedom)

    def sigma(self) -> np.ndarray:
        """Standard deviation, scale · √(ν / (ν - 2))."""
        return self.scale * math.sqrt(self.freedom / (self.freedom - 2))

    def quantile(self, level: float) -> np.ndarray:
        """y with P(Y <= y) = `level`."""
        return self.location + self.scale * stats.t.ppf(level, self.freedom)
