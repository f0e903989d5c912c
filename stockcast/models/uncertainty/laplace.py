"""A posterior over the last layer of a trained network, by Laplace's approximation.

The layer is linear and the Fisher information of a Student-t is known in closed form, so the
curvature of the loss needs one pass over the training days and no second derivative.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from stockcast.errors import InputError
from stockcast.models import files
from stockcast.models.networks.days import Days
from stockcast.models.networks.training import Trained
from stockcast.models.uncertainty.head_draws import Triple, read_by_head
from stockcast.paths import replacing

_FLAT = 1e-6  # prior precision of the biases, which have no reason to be near 0
_ROUNDS = 100


@dataclass(frozen=True)
class LastLayer:
    """Normal posterior of the head's weights around their trained values.

    Attributes
    ----------
    root : ndarray of shape (2, size + 1, size + 1)
        For location and raw scale, a matrix whose product with its transpose is the covariance of
        the weights, the bias last.
    precision : ndarray of shape (2,)
        Of the weights' prior, a normal around 0.
    rows : int
        Outcomes that the curvature was summed over.
    """

    root: np.ndarray
    precision: np.ndarray
    rows: int

    @classmethod
    def fit(cls, trained: Trained, days: Days, batch_days: int = 8) -> LastLayer:
        """Posterior from the outcomes of `days`.

        Parameters
        ----------
        trained
            The network; its head's weights are the centre.
        days
            Training days. Outcomes of neighbouring days overlap and would be counted several
            times over: give every `horizon`-th day. Stocks of one day still count as independent.
        batch_days
            Days read at once.

        Raises
        ------
        InputError
            When no outcome is known.

        Notes
        -----
        Curvature: the expected Fisher information of the Student-t, (ν + 1) / ((ν + 3) s²) for
        the location and 2 ν / ((ν + 3) s²) for the scale s, which share no term; Lange, Little
        and Taylor (1989), "Robust statistical modeling using the t distribution", Journal of the
        American Statistical Association 84. The degrees of freedom are taken as known, and falls
        as not weighted. The prior's precision maximises the evidence: MacKay (1992), "Bayesian
        interpolation", Neural Computation 4. The method: Daxberger et al. (2021), "Laplace Redux",
        NeurIPS.
        """
        weight = trained.module.head.linear.weight.detach().cpu().double().numpy()
        size = weight.shape[1]
        curvature, rows = np.zeros((2, size + 1, size + 1)), 0
        for first in range(0, len(days), batch_days):
            chosen = np.arange(first, min(first + batch_days, len(days)))
            inputs, target = days.batch(chosen)
            read, information, known = _information(trained.module, inputs, target)
            for output in range(2):
                curvature[output] += (read * information[:, output, None]).T @ read
            rows += known
        if not rows:
            raise InputError("days", "must have known outcomes", hint="give training days")
        roots, precisions = zip(
            *(_posterior(curvature[k], weight[k]) for k in range(2)), strict=True
        )
        return cls(np.stack(roots), np.array(precisions), rows)

    def draws(self, module: nn.Module, read: Tensor, count: int) -> Iterator[Triple]:
        """Forecasts under `count` draws of the head's weights, from torch's generator."""
        head, device = module.head, read.device
        root = torch.as_tensor(self.root, dtype=torch.float32)
        for _ in range(count):
            normal = torch.randn(root.shape[0], root.shape[2])
            moved = torch.einsum("oij,oj->oi", root, normal).to(device)
            weights = {
                "linear.weight": head.linear.weight + moved[:, :-1],
                "linear.bias": head.linear.bias + moved[:, -1],
            }
            yield torch.func.functional_call(head, weights, (read,))


def _information(
    module: nn.Module, inputs: dict[str, Tensor], target: Tensor
) -> tuple[np.ndarray, np.ndarray, int]:
    """What the head reads of known outcomes (n, H + 1), and their Fisher information (n, 2)."""
    where = next(module.parameters()).device
    with torch.inference_mode():
        read = read_by_head(module, {name: value.to(where) for name, value in inputs.items()})
        raw = module.head.linear(read)[..., 1].double().cpu().numpy()
        _, scale, freedom = (value.double().cpu().numpy() for value in module.head(read))
    known = torch.isfinite(target).numpy()
    read = read.double().cpu().numpy()[known]
    scale, raw, v = scale[known], raw[known], float(freedom)
    slope = 1 / (1 + np.exp(-raw))  # of softplus
    information = np.stack(
        [(v + 1) / ((v + 3) * scale**2), 2 * v / ((v + 3) * scale**2) * slope**2], axis=1
    )
    return np.column_stack([read, np.ones(len(read))]), information, int(known.sum())


def _posterior(curvature: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Root of the covariance, and the prior precision of greatest evidence."""
    prior = np.ones(len(curvature))
    prior[-1] = _FLAT
    # The weights' own curvature, the bias integrated out.
    own = curvature[:-1, :-1] - np.outer(curvature[:-1, -1], curvature[-1, :-1]) / (
        curvature[-1, -1] + _FLAT
    )
    values = np.clip(np.linalg.eigvalsh(own), 0, None)
    precision, square = 1.0, max(float(weight @ weight), 1e-12)
    for _ in range(_ROUNDS):
        precision = float(np.clip((values / (values + precision)).sum() / square, 1e-6, 1e12))
    prior[:-1] = precision
    root = np.linalg.inv(np.linalg.cholesky(curvature + np.diag(prior))).T
    return root, precision


def save(posteriors: Sequence[LastLayer], path: Path) -> None:
    """Write the posteriors of an ensemble's networks, in order, as one safetensors file."""
    tensors = {}
    for number, one in enumerate(posteriors):
        tensors[f"{number}.root"] = np.ascontiguousarray(one.root)
        tensors[f"{number}.precision"] = one.precision
    about = json.dumps([one.rows for one in posteriors])
    with replacing(path) as scratch:
        save_file(tensors, scratch, {"rows": about})


def load(path: Path) -> tuple[LastLayer, ...]:
    """Read what `save` wrote.

    Raises
    ------
    InputError
        When there is no such file, or it is cut short.
    """
    rows, held = files.tensors(path, "rows")
    return tuple(
        LastLayer(held[f"{n}.root"].numpy(), held[f"{n}.precision"].numpy(), many)
        for n, many in enumerate(rows)
    )
