"""Evolution of a population of trials, with nothing kept but the trials themselves.

Optuna's own CMA-ES sampler stores its state pickled in the study. Here the state is made again
from the trials that have been told: the same numbers, and nothing to unpickle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial


def population(count: int, together: int) -> int:
    """Trials in a generation for `count` hyperparameters: the usual 4 + 3 ln n, or a little more.

    Whole batches of `together`, since a generation must be told before the next is drawn.
    """
    usual = 4 + math.floor(3 * math.log(count))
    return max(together * -(-usual // together), 2)


def suggest(
    trials: Sequence[FrozenTrial],
    number: int,
    space: Mapping[str, BaseDistribution],
    seed: int,
    size: int,
) -> dict[str, Any]:
    """Hyperparameters of trial `number` by CMA-ES, given the earlier trials of its study.

    Parameters
    ----------
    trials
        Of the study, in the order of their numbers; those of earlier generations are finished. A
        pruned trial counts with the last value it reported, a failed one is behind all others.
    number
        Of the trial to draw.
    space
        Real and whole numbers evolve by a normal distribution, whole ones with a margin that keeps
        every value possible; names, and whole numbers with two values, by a categorical one.
    seed, size
        Of the random numbers, and trials in a generation.

    Notes
    -----
    Hansen and Ostermeier (2001), "Completely derandomized self-adaptation in evolution
    strategies", Evolutionary Computation 9; for names and whole numbers CatCMA with margin, Hamano
    et al. (2025), arXiv:2504.07884, as the library `cmaes` has it.
    """
    axes = _Axes(space)
    optimizer = axes.optimizer(seed, size)
    for first in range(0, number - number % size, size):
        asked = [optimizer.ask() for _ in range(size)]
        optimizer.tell(list(zip(asked, _places_of(trials[first : first + size]), strict=True)))
    for _ in range(number % size):
        optimizer.ask()
    return axes.read(optimizer.ask())


def _places_of(told: Sequence[FrozenTrial]) -> list[float]:
    """Place of each trial in its generation, 0 for the best; of equals the earlier comes first.

    Evolution looks at the order alone. The values themselves would also set how hard the bounds
    push back, which cannot be done where half of a generation failed.
    """
    values = [t.value if t.values is not None else -math.inf for t in told]
    order = sorted(range(len(told)), key=lambda place: -values[place])
    return [float(order.index(place)) for place in range(len(told))]


class _Axes:
    """The space as `cmaes` wants it: [0, 1] for reals, equal steps for whole numbers."""

    def __init__(self, space: Mapping[str, BaseDistribution]) -> None:
        self.space = {name: held for name, held in space.items() if not held.single()}
        self.values = {name: _values(held) for name, held in self.space.items()}
        self.names = [
            name
            for name, values in self.values.items()
            if values is not None
            and (len(values) == 2 or isinstance(self.space[name], CategoricalDistribution))
        ]
        self.reals = [name for name, values in self.values.items() if values is None]
        self.wholes = [n for n in self.space if n not in self.names and n not in self.reals]

    def optimizer(self, seed: int, size: int) -> Any:
        from cmaes import CatCMAwM

        return CatCMAwM(
            x_space=[[0.0, 1.0]] * len(self.reals) or None,
            z_space=[_places(self.space[n], self.values[n]) for n in self.wholes] or None,
            c_space=[len(self.values[n]) for n in self.names] or None,
            population_size=size,
            seed=seed,
        )

    def read(self, solution: Any) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for at, name in enumerate(self.reals):
            out[name] = _real(self.space[name], float(solution.x[at]))
        for at, name in enumerate(self.wholes):
            values = self.values[name]
            places = np.asarray(_places(self.space[name], values))
            out[name] = values[int(np.abs(places - solution.z[at]).argmin())]
        for at, name in enumerate(self.names):
            out[name] = self.values[name][int(np.argmax(solution.c[at]))]
        return out


def _values(held: BaseDistribution) -> list[Any] | None:
    if isinstance(held, CategoricalDistribution):
        return list(held.choices)
    if isinstance(held, IntDistribution):
        return list(range(held.low, held.high + 1, held.step))
    return None


def _places(held: BaseDistribution, values: list[int]) -> list[float]:
    """Where whole numbers lie between 0 and 1, by their logarithm where the range is so meant."""
    at = np.log(values) if held.log else np.asarray(values, float)
    return list((at - at[0]) / (at[-1] - at[0]))


def _real(held: Any, place: float) -> float:
    low, high = (np.log(held.low), np.log(held.high)) if held.log else (held.low, held.high)
    value = low + place * (high - low)
    return float(np.clip(np.exp(value) if held.log else value, held.low, held.high))
