"""The ways to choose the next trial, each with all its options written out.

A sampler draws trial n from random numbers of its own, made from the study's seed and n, and from
the trials before it: a study that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler, nsgaii
from optuna.study import Study
from optuna.trial import FrozenTrial

from stockcast.determinism import stream
from stockcast.errors import InputError, nearest
from stockcast.models.search import evolution
from stockcast.models.search.space import Space, distributions, grid

STARTUP = 10
"""Random trials before TPE begins to model."""

SAMPLERS = {
    "random": "every trial independent of the others",
    "grid": "the points of a regular grid, in a random order",
    "tpe": "where good trials are dense and bad ones are not (Bayesian, by Parzen estimators)",
    "cma_es": "a population whose mean, step and shape evolve towards its better half",
    "nsga_ii": "a population whose better members are crossed and mutated",
}


class PerTrial(BaseSampler):
    """Draws all hyperparameters of a trial at once, from random numbers of that trial.

    Parameters
    ----------
    space
        What is varied.
    draw
        `draw(study, trial)` gives values for all of `space`.
    """

    def __init__(
        self,
        space: dict[str, BaseDistribution],
        draw: Callable[[Study, FrozenTrial], dict[str, Any]],
    ) -> None:
        self.space, self.draw = space, draw

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All of the space."""
        return self.space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values for all of the space."""
        return self.draw(study, trial)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: object
    ) -> Any:
        """Never needed: `sample_relative` leaves nothing out."""
        raise InputError(param_name, "must be in the space of the study")


def sampler(name: str, space: Space, seed: int, trials: int, together: int = 1) -> PerTrial:
    """The sampler `name` for a study.

    Parameters
    ----------
    name
        A key of `SAMPLERS`.
    space
        What is varied.
    seed
        Of the study.
    trials
        Its budget; the grid is cut to it.
    together
        Trials asked for at once. TPE takes those not yet told for bad ones, so that a batch
        spreads out.

    Notes
    -----
    TPE: Bergstra et al. (2011), "Algorithms for hyper-parameter optimization", NeurIPS 24, here
    with one estimator over all hyperparameters. NSGA-II: Deb et al. (2002), IEEE Transactions on
    Evolutionary Computation 6. Random against grid: Bergstra and Bengio (2012), Journal of Machine
    Learning Research 13.
    """
    held = distributions(space)
    size = evolution.population(len(held), together)
    if name == "grid":
        points = grid(space, trials, seed)
        return PerTrial(held, lambda study, trial: points[trial.number % len(points)])
    if name == "cma_es":
        start = _number(seed, name)
        return PerTrial(
            held,
            lambda study, trial: evolution.suggest(
                study.get_trials(deepcopy=False), trial.number, held, start, size
            ),
        )
    make = _LIBRARY.get(name)
    if make is None:
        raise InputError("sampler", "must be a sampler", name, nearest(name, SAMPLERS))

    varied = {
        each: distribution for each, distribution in held.items() if not distribution.single()
    }

    def draw(study: Study, trial: FrozenTrial) -> dict[str, Any]:
        inner = make(_number(seed, name, trial.number), size)
        values = inner.sample_relative(study, trial, varied)
        for each, distribution in held.items():
            if each not in values:
                values[each] = inner.sample_independent(study, trial, each, distribution)
        return values

    return PerTrial(held, draw)


def _number(seed: int, *purpose: str | int) -> int:
    return int(stream(seed, "search", *purpose).integers(2**31))


_LIBRARY: dict[str, Callable[[int, int], BaseSampler]] = {
    "random": lambda seed, _: RandomSampler(seed=seed),
    "tpe": lambda seed, _: TPESampler(
        n_startup_trials=STARTUP,
        n_ei_candidates=24,
        multivariate=True,
        group=False,
        constant_liar=True,
        constraints_func=None,
        seed=seed,
    ),
    "nsga_ii": lambda seed, size: NSGAIISampler(
        population_size=size,
        mutation_prob=None,  # one hyperparameter a child, on average
        crossover=nsgaii.UniformCrossover(swapping_prob=0.5),
        crossover_prob=0.9,
        swapping_prob=0.5,
        constraints_func=None,
        seed=seed,
    ),
}
