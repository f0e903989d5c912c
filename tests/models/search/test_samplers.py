"""Every sampler on an objective whose best place is known."""

from __future__ import annotations

import optuna
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.search.evolution import suggest
from stockcast.models.search.samplers import SAMPLERS, sampler
from stockcast.models.search.space import distributions
from stockcast.models.search.study import Plan, search
from tests.models.search.conftest import SPACE, Planted, measure


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_values_lie_in_the_space_and_budgets_are_equal(name: str, planted: Planted) -> None:
    """Each sampler gives exactly the trials asked for, all inside the ranges."""
    trials = search(planted, measure, Plan(name, 3, 20)).trials
    assert trials["number"].tolist() == list(range(20))
    held = distributions(SPACE)
    for row in trials.to_dict("records"):
        for each, distribution in held.items():
            assert distribution._contains(distribution.to_internal_repr(row[each])), each


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_the_same_seed_gives_the_same_bits_and_another_does_not(
    name: str, planted: Planted
) -> None:
    """All chance comes from the seed."""
    one, two, other = (search(planted, measure, Plan(name, seed, 14)) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one.trials, two.trials, check_exact=True)
    pd.testing.assert_frame_equal(one.daily, two.daily, check_exact=True)
    assert not one.trials["rate"].equals(other.trials["rate"])


def test_guided_samplers_come_closer_than_chance(planted: Planted) -> None:
    """With fifty trials TPE and CMA-ES must beat the mean quality of random ones by far."""

    def late(name: str) -> float:
        trials = search(planted, measure, Plan(name, 5, 50, prune=False)).trials
        return trials.tail(15).apply(planted.quality, axis=1).mean()

    chance = late("random")
    assert late("tpe") > chance + 0.1
    assert late("cma_es") > chance + 0.1


def test_evolution_made_again_from_the_trials_equals_evolution_kept_in_memory() -> None:
    """Replaying told trials gives the draws of an optimizer that was never forgotten."""
    from cmaes import CatCMAwM

    held = {f"x{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(2)}
    kept = CatCMAwM(x_space=[[0.0, 1.0]] * 2, population_size=4, seed=7)
    told: list[optuna.trial.FrozenTrial] = []
    for _ in range(3):
        asked = [kept.ask() for _ in range(4)]
        for number, solution in enumerate(asked, start=len(told)):
            drawn = suggest(told, number, held, 7, 4)
            assert list(drawn.values()) == solution.x.tolist()
            if number % 4 == 3:
                worth = [-float((each.x**2).sum()) for each in asked]
                told += [optuna.create_trial(value=value) for value in worth]
        places = [sorted(worth, reverse=True).index(value) for value in worth]
        kept.tell(list(zip(asked, map(float, places), strict=True)))


def test_an_unknown_sampler_is_named_with_the_nearest() -> None:
    """A typo gets a suggestion."""
    with pytest.raises(InputError, match="did you mean 'random'"):
        sampler("randon", SPACE, 1, 10)
