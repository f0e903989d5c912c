"""What a search may vary: ranges for samplers, levels for a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from stockcast.determinism import stream
from stockcast.errors import InputError


@dataclass(frozen=True)
class Range:
    """One hyperparameter.

    Attributes
    ----------
    distribution : optuna.distributions.BaseDistribution
        What samplers draw from.
    levels : tuple
        What a grid takes, in the order in which it adds them: the usual value comes first.
    """

    distribution: BaseDistribution
    levels: tuple[Any, ...]

    def __post_init__(self) -> None:
        held = self.distribution
        outside = [v for v in self.levels if not held._contains(held.to_internal_repr(v))]
        if outside or not self.levels:
            raise InputError("levels", f"must be values of {held}", outside or None)


Space = Mapping[str, Range]


def real(low: float, high: float, levels: Iterable[float], *, log: bool = True) -> Range:
    """A real number; `log`: equally likely on a logarithmic scale."""
    return Range(FloatDistribution(low, high, log=log), tuple(levels))


def whole(low: int, high: int, levels: Iterable[int], *, step: int = 1, log: bool = False) -> Range:
    """A whole number."""
    return Range(IntDistribution(low, high, step=step, log=log), tuple(levels))


def one_of(values: Iterable[str]) -> Range:
    """A name; a grid adds them in this order."""
    values = tuple(values)
    return Range(CategoricalDistribution(values), values)


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """What Optuna asks for."""
    return {name: held.distribution for name, held in space.items()}


def grid(space: Space, budget: int, seed: int) -> list[dict[str, Any]]:
    """Points of the smallest regular grid that uses up `budget`, in a random order.

    Parameters
    ----------
    space
        Hyperparameters in the order in which they get another level: the first gets its second
        level first, then the second, and so on, until there are enough points.
    budget
        Trials.
    seed
        Of the order; a search that stops early has then not tried one corner only.

    Returns
    -------
    list of dict
        Exactly `budget` points where the grid has more; all of it where every level of every
        hyperparameter gives fewer.
    """
    taken = dict.fromkeys(space, 1)
    while math.prod(taken.values()) < budget:
        can = [name for name in space if taken[name] < len(space[name].levels)]
        if not can:
            break
        taken[min(can, key=taken.__getitem__)] += 1
    axes = [space[name].levels[:count] for name, count in taken.items()]
    points = [dict(zip(taken, point, strict=True)) for point in itertools.product(*axes)]
    order = stream(seed, "search", "grid").permutation(len(points))
    return [points[place] for place in order[:budget]]
