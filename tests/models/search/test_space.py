"""Ranges and the grids made of them."""

from __future__ import annotations

import itertools

import pytest

from stockcast.errors import InputError
from stockcast.models.search.space import grid, real
from tests.models.search.conftest import SPACE


def test_levels_outside_the_range_are_refused() -> None:
    """A grid may only hold values that the samplers could draw as well."""
    with pytest.raises(InputError, match=r"levels.*\[2\.0\]"):
        real(0.1, 1.0, (0.5, 2.0))


def test_a_grid_uses_up_its_budget_with_the_fewest_levels() -> None:
    """Eight trials are two levels of the first three hyperparameters, the others at their usual."""
    points = grid(SPACE, 8, seed=1)
    wanted = itertools.product((0.1, 0.01), ("good", "fair"), (1, 3), (0,))
    assert sorted(map(tuple, map(dict.values, points))) == sorted(wanted)


@pytest.mark.parametrize("budget", [1, 5, 30, 54])
def test_a_grid_has_as_many_points_as_trials(budget: int) -> None:
    """Budgets are equal across samplers, also where no grid has just so many points."""
    points = grid(SPACE, budget, seed=1)
    assert len(points) == budget
    assert len({tuple(point.values()) for point in points}) == budget


def test_a_budget_beyond_every_level_gives_all_of_the_grid() -> None:
    """There are 3 * 3 * 3 * 2 points, however large the budget."""
    assert len(grid(SPACE, 1000, seed=1)) == 54


def test_the_seed_orders_the_grid() -> None:
    """Another seed visits the same points in another order."""
    one, two = grid(SPACE, 54, seed=1), grid(SPACE, 54, seed=2)
    assert one != two
    assert all(point in two for point in one)
