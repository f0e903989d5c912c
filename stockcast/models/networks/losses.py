"""What a network is taught to make small, each loss from the same head and without bias.

A loss takes what the head says, (location, scale, freedom) of a Student-t per stock, and the
returns that followed, in units of the trailing volatility. The last axis of both runs over the
stocks of a day. A return of NaN (padding, suspended at an end of the holding) counts nothing.

Weighting falls by w > 1 shows a network not P, the returns as they come, but Q ∝ w P: more falls
than there are. A network that fits Q says too few rises; for a classifier the cure is
p = w q / (1 + (w - 1) q). A Student-t fitted to Q and corrected so is still off by some percent,
since Q, with its step at 0, is no Student-t. The losses here therefore fit w p / ∫ w p, or q of p,
to Q: the weights count, and what the head returns is p.

A loss that sees only signs or only the order of the stocks leaves part of the Student-t without a
teacher. What it cannot see is taught by the likelihood beside it; each class says what that is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.models.networks.student_t import Student, cumulative, log_density

__all__ = [
    "LOSSES",
    "CrossEntropyLoss",
    "FocalLoss",
    "ICLoss",
    "PairwiseLoss",
    "Student",
    "StudentLoss",
    "biased",
    "undone",
]

Forecast = tuple[Tensor, Tensor, Tensor]

_SURE = 1e-4  # probabilities nearer to 0 or 1 count as this near: the quadrature ends there
_SPREAD = 0.02  # locations that differ by less, in volatilities, have no order worth a slope


class StudentLoss(nn.Module):
    """Mean negative log likelihood of a Student-t, falls weighted by `down_weight`.

    The likelihood is that of w p / ∫ w p (see the module), so weights shift no probability. With
    weight 1 it is the plain likelihood.
    """

    def __init__(self, down_weight: float = 1.0) -> None:
        super().__init__()
        self.down_weight = down_weight

    def forward(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Scalar loss of (location, scale, freedom) against `target`, the scaled return."""
        location, scale, freedom = forecast
        known, y = _known(target)
        log_p = log_density((y - location) / scale, freedom) - scale.log()
        if self.down_weight != 1:
            fall = cumulative(-location / scale, freedom)
            log_p = log_p - torch.log1p((self.down_weight - 1) * fall)
        return _weighted_mean(-log_p, known * torch.where(y < 0, self.down_weight, 1.0))


class CrossEntropyLoss(nn.Module):
    """Cross-entropy of the sign of the return, falls weighted by `down_weight`.

    The probability of a rise is T_ν(location / scale); q = p / (p + w (1 - p)) of it is compared
    with the weighted signs, so that p itself is without bias. Signs identify location / scale
    alone: scale and freedom also learn from the likelihood, around the location as it is. A return
    of exactly 0 is no rise.
    """

    def __init__(self, down_weight: float = 1.0) -> None:
        super().__init__()
        self.down_weight = down_weight
        self.likelihood = StudentLoss()

    def taught(self, prob_up: Tensor) -> Tensor:
        """q, which a weighted loss teaches where `prob_up` is true."""
        return prob_up / (prob_up + self.down_weight * (1 - prob_up))

    def of_side(self, q: Tensor) -> Tensor:
        """Loss where the side that came true was given probability `q`."""
        return -q.log()

    def forward(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Scalar loss of (location, scale, freedom) against `target`, the scaled return."""
        location, scale, freedom = forecast
        known, y = _known(target)
        up = cumulative(location / scale, freedom).clamp(_SURE, 1 - _SURE)
        q = self.taught(up)
        rose = y > 0
        weight = known * torch.where(rose, 1.0, self.down_weight)
        signs = _weighted_mean(self.of_side(torch.where(rose, q, 1 - q)), weight)
        return signs + self.likelihood((location.detach(), scale, freedom), target)


class FocalLoss(CrossEntropyLoss):
    """Focal loss of the sign, -(1 - q)^2 log q, falls weighted by `down_weight`.

    It gives rows that are already called rightly and surely less weight, and for that teaches a
    q nearer to one half than p. Where q minimises the expected loss,

        p = w f(1 - q) / (f(q) + w f(1 - q)),  f(q) = (1 - q)^2 / q - 2 (1 - q) log q,

    which is solved for q: p, which the head returns, is without bias. Else as `CrossEntropyLoss`.

    Notes
    -----
    Lin, Goyal, Girshick, He and Dollár (2017), "Focal loss for dense object detection", ICCV, with
    their exponent 2. The bias: Charoenphakdee, Vongkulbhakdi, Chairatanakul and Sugiyama (2021),
    "On focal loss for class-posterior probability estimation", CVPR.
    """

    def of_side(self, q: Tensor) -> Tensor:
        """Loss where the side that came true was given probability `q`."""
        return -((1 - q) ** 2) * q.log()

    def taught(self, prob_up: Tensor) -> Tensor:
        """q, which the loss teaches where `prob_up` is true; its slope is that of the inverse."""
        goal = prob_up.detach()
        low, high = torch.zeros_like(goal), torch.ones_like(goal)
        for _ in range(24):  # bisection, to the precision of float32
            middle = (low + high) / 2
            above = self.undone(middle) > goal
            low, high = torch.where(above, low, middle), torch.where(above, middle, high)
        with torch.enable_grad():
            q = ((low + high) / 2).clamp(_SURE**2, 1 - _SURE**2).requires_grad_()
            (slope,) = torch.autograd.grad(self.undone(q).sum(), q)
        return q.detach() + (prob_up - goal) / slope

    def undone(self, q: Tensor) -> Tensor:
        """p, the probability of a rise for which the loss teaches `q`."""
        up, down = self._pull(q), self.down_weight * self._pull(1 - q)
        return down / (up + down)

    @staticmethod
    def _pull(q: Tensor) -> Tensor:
        return (1 - q) ** 2 / q - 2 * (1 - q) * q.log()


class PairwiseLoss(nn.Module):
    """Every two stocks of a day in the right order, plus the likelihood.

    Softplus of the lower stock's location less the higher one's: the negative log probability,
    logistic, of the order that came true; equal returns are no pair. Pairs whose lower stock fell
    count `down_weight`. Order says nothing about level and spread: `StudentLoss`, added with
    weight 1, teaches them, and the location too.

    Notes
    -----
    Burges et al. (2005), "Learning to rank using gradient descent", ICML.
    """

    def __init__(self, down_weight: float = 1.0) -> None:
        super().__init__()
        self.down_weight = down_weight
        self.likelihood = StudentLoss(down_weight)

    def forward(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Scalar loss of (location, scale, freedom) against `target`, the scaled return."""
        location = forecast[0]
        known, y = _known(target)
        wins = y.unsqueeze(-1) > y.unsqueeze(-2)
        wins = wins & known.unsqueeze(-1) & known.unsqueeze(-2)
        weight = wins * torch.where(y < 0, self.down_weight, 1.0).unsqueeze(-2)
        wrong = functional.softplus(location.unsqueeze(-2) - location.unsqueeze(-1))
        return _weighted_mean(wrong, weight) + self.likelihood(forecast, target)


class ICLoss(nn.Module):
    """Less the day's correlation of locations with the ranks of the returns, plus the likelihood.

    The mean over days of the Pearson correlation that the Rank IC would have if the locations were
    ranks, which have no slope to learn from. Days with fewer than two known returns, or equal ones
    only, count nothing. A correlation says nothing about level, size and spread: `StudentLoss`,
    added with weight 1, teaches them; `down_weight` is its alone.
    """

    def __init__(self, down_weight: float = 1.0) -> None:
        super().__init__()
        self.down_weight = down_weight
        self.likelihood = StudentLoss(down_weight)

    def forward(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Scalar loss of (location, scale, freedom) against `target`, the scaled return."""
        known, y = _known(target)
        count = known.sum(-1, keepdim=True).clamp(min=1)
        both = known.unsqueeze(-1) & known.unsqueeze(-2)
        above = ((y.unsqueeze(-1) > y.unsqueeze(-2)) & both).sum(-1)
        below = ((y.unsqueeze(-1) < y.unsqueeze(-2)) & both).sum(-1)
        rank = (above - below).to(y.dtype) / count  # centred; ties share a place
        mean = (forecast[0] * known).sum(-1, keepdim=True) / count
        centred = (forecast[0] - mean) * known
        spread = (centred.square().sum(-1) / count.squeeze(-1) + _SPREAD**2).sqrt()
        size = (rank.square().sum(-1) / count.squeeze(-1)).sqrt()
        ic = (centred * rank).sum(-1) / count.squeeze(-1) / (spread * size.clamp(min=1e-6))
        return _weighted_mean(-ic, (size > 0).to(ic.dtype)) + self.likelihood(forecast, target)


LOSSES: dict[str, type[nn.Module]] = {
    "student": StudentLoss,
    "cross_entropy": CrossEntropyLoss,
    "focal": FocalLoss,
    "pairwise": PairwiseLoss,
    "ic": ICLoss,
}
"""Losses by the name that a recipe gives; each is made from `down_weight`."""


def biased(prob_up: np.ndarray, down_weight: float) -> np.ndarray:
    """q, the probability of a rise that a weighted loss alone would teach, from p."""
    return prob_up / (prob_up + down_weight * (1 - prob_up))


def undone(biased_prob_up: np.ndarray, down_weight: float) -> np.ndarray:
    """p = w q / (1 + (w - 1) q), the inverse of `biased`."""
    return down_weight * biased_prob_up / (1 + (down_weight - 1) * biased_prob_up)


def _known(target: Tensor) -> tuple[Tensor, Tensor]:
    """Where the return is known, and the return, 0 where it is not."""
    known = torch.isfinite(target)
    return known, torch.where(known, target, torch.zeros_like(target))


def _weighted_mean(loss: Tensor, weight: Tensor) -> Tensor:
    """Mean by weights; 0, with slopes of 0, where nothing counts."""
    return (weight * loss).sum() / weight.sum().clamp(min=1.0)
