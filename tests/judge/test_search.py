"""What a search found, checked against enumeration and against known luck."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge.search import (
    best_of,
    convergence,
    daily_figures,
    flattery,
    halves_of,
    persistence,
    pruned_later,
)
from stockcast.models.search.study import Plan, search
from tests.models.search.conftest import Planted, measure


def _halves(skill: float, seeds: int = 40, trials: int = 20) -> pd.DataFrame:
    """Trials whose two halves share a part of size `skill` and have luck of size 1 each."""
    rng = np.random.default_rng(0)
    shared = skill * rng.normal(size=(seeds, trials))
    keys = itertools.product(["random"], range(seeds), range(trials))
    table = pd.DataFrame(keys, columns=["sampler", "seed", "number"])
    for name in ("chosen_by", "later"):
        table[name] = (shared + rng.normal(size=shared.shape)).ravel()
    return table


def test_best_of_n_is_the_mean_over_all_ways_to_take_n() -> None:
    """The formula equals enumeration."""
    halves = _halves(0.5, seeds=1, trials=6)
    by_formula = best_of(halves, (1, 3, 6, 9)).set_index("n")
    assert list(by_formula.index) == [1, 3, 6]
    for n in (1, 3, 6):
        picks = [
            halves.loc[list(some)].nlargest(1, "chosen_by").iloc[0]
            for some in itertools.combinations(halves.index, n)
        ]
        for column in ("chosen_by", "later"):
            wanted = np.mean([pick[column] for pick in picks])
            assert by_formula.loc[n, column] == pytest.approx(wanted)


def test_luck_alone_flatters_by_all_it_shows() -> None:
    """Where trials do not differ, the best of twenty falls back by the expected maximum of luck."""
    fall = flattery(best_of(_halves(0.0), (1, 20)), "random")
    assert fall.loc[1, "mean"] == 0
    assert fall.loc[20, "low"] < 1.867 < fall.loc[20, "high"]  # of 20 standard normals


def test_skill_survives() -> None:
    """Where trials differ by far more than luck, next to nothing falls back, and order persists."""
    halves = _halves(20.0)
    best = best_of(halves, (1, 20))
    kept = best[best["n"] == 20]
    assert (kept["later"].mean() / kept["chosen_by"].mean()) > 0.95
    assert persistence(halves).loc["random", "low"] > 0.9
    assert persistence(_halves(0.0)).loc["random", "mean"] == pytest.approx(0, abs=0.1)


def test_the_best_so_far_never_falls_and_starts_with_a_complete_trial() -> None:
    """Pruned and failed trials cannot be the best."""
    trials = pd.DataFrame(
        {
            "sampler": "random",
            "seed": np.repeat([1, 2], 4),
            "number": np.tile(range(4), 2),
            "state": ["pruned", "complete", "complete", "failed"] * 2,
            "value": [9.0, 1.0, 2.0, np.nan, 9.0, 3.0, 1.0, np.nan],
        }
    )
    curve = convergence(trials)
    assert curve["trials"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(curve["mean"], [np.nan, 2.0, 2.5, 2.5])


def test_halves_average_their_own_days_only() -> None:
    """The purged days between them are in neither mean."""
    days = pd.bdate_range("2015-01-01", periods=5)
    daily = pd.DataFrame(
        {"sampler": "random", "seed": 1, "number": 0, "date": days,
         "rank_ic": [1.0, 3.0, 100.0, 5.0, np.nan]}
    )  # fmt: skip
    found = halves_of(daily, days[:2], days[3:]).iloc[0]
    assert (found["chosen_by"], found["later"]) == (2.0, 5.0)


def test_daily_figures_are_those_of_the_metrics() -> None:
    """Perfect scores have Rank IC 1, and the spread of the outcomes' own fifths."""
    frame = pd.DataFrame(
        {"date": pd.Timestamp("2015-01-05"), "score": range(10), "label": np.arange(10) / 10}
    )
    found = daily_figures(frame).iloc[0]
    assert found["rank_ic"] == pytest.approx(1)
    assert found["spread"] == pytest.approx(0.8)


def test_too_few_trials_are_refused() -> None:
    """No count that the trials allow: an error, not an empty table."""
    with pytest.raises(InputError, match="trials"):
        best_of(_halves(0.0, seeds=1, trials=3), (5,))


def test_pruning_in_retrospect_is_what_pruning_does() -> None:
    """From the steps of a full random search, the same saving as from a search that was pruned."""
    planted = Planted.of()
    full = search(planted, measure, Plan("random", 3, 40, prune=False))
    cut = search(planted, measure, Plan("random", 3, 40))
    told = pruned_later(full.steps).iloc[0]
    assert told["saved"] == pytest.approx(1 - cut.trials["steps"].sum() / len(full.steps))
    best = cut.trials.loc[cut.trials["state"] == "complete", "value"].max()
    assert told["lost"] == pytest.approx(full.trials["value"].max() - best)
