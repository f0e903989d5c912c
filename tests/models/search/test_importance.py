"""Importances where it is known what matters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.search.importance import METHODS, by_chance, importance
from stockcast.models.search.space import real

SPACE = {name: real(0.0, 1.0, (0.5,), log=False) for name in ("strong", "weak", "nothing")}


def _trials(count: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.uniform(size=count) for name in SPACE})
    table["value"] = 3 * table["strong"] + table["weak"]
    return table.assign(sampler="random", seed=1, number=range(count), state="complete")


@pytest.mark.parametrize("method", list(METHODS))
def test_what_moves_the_value_most_comes_first(method: str) -> None:
    """The strong hyperparameter leads, the idle one stays within what chance gives."""
    found = importance(_trials(), SPACE, method, seed=1)
    assert found.sum() == pytest.approx(1)
    assert found["strong"] > found["weak"]
    assert found["strong"] > 0.6
    chance = by_chance(_trials(), SPACE, method, seed=1, draws=5)
    assert found["strong"] > chance["strong"].max()
    assert found["nothing"] < chance["nothing"].max()


@pytest.mark.parametrize("method", list(METHODS))
def test_failed_trials_are_left_out(method: str) -> None:
    """A trial without a value changes nothing."""
    trials = _trials()
    failed = trials.iloc[[0]].assign(value=np.nan, state="failed", number=99)
    more = pd.concat([trials, failed], ignore_index=True)
    pd.testing.assert_series_equal(
        importance(trials, SPACE, method, seed=1), importance(more, SPACE, method, seed=1)
    )


def test_few_trials_or_an_unknown_method_are_refused() -> None:
    """Nine trials say nothing, and methods are known by name."""
    with pytest.raises(InputError, match="at least 10"):
        importance(_trials(9), SPACE, "fANOVA", seed=1)
    with pytest.raises(InputError, match="must be a method"):
        importance(_trials(), SPACE, "fanova", seed=1)
