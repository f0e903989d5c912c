"""Shapley values of trees."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Ridge

from stockcast.errors import InputError
from stockcast.judge.explanation.rows import Rows
from stockcast.judge.explanation.trees import tree_shap

NAMES = ("signal", "noise", "gap")


def made(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, Rows]:
    """A target that `signal` drives; `gap` is missing throughout."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    y = x[:, 0] + 0.1 * rng.normal(size=n)
    x[:, 2] = np.nan
    day = np.datetime64("2016-01-04", "us") + np.arange(n).astype("timedelta64[D]")
    return x, y, Rows(NAMES, x, day, np.full(n, "a"), lambda x: x[:, 0])


def boosters() -> dict[str, object]:
    x, y, _ = made()
    quiet = {"verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5, "objective": "l2"}
    rise = quiet | {"objective": "binary"}
    one = {"nthread": 1, "max_depth": 3}
    up = (y > 0).astype(int)
    return {
        "lightgbm": lightgbm.train(quiet, lightgbm.Dataset(x, y), 20),
        "lightgbm rises": lightgbm.train(rise, lightgbm.Dataset(x, up), 20),
        "xgboost": xgboost.train(one, xgboost.DMatrix(x, y), 20),
        "xgboost rises": xgboost.XGBClassifier(n_estimators=20, n_jobs=1, max_depth=3).fit(x, up),
    }


def raw(model: object, x: np.ndarray) -> np.ndarray:
    if isinstance(model, lightgbm.Booster):
        return model.predict(x, raw_score=True)
    booster = model.get_booster() if isinstance(model, xgboost.XGBClassifier) else model
    return booster.predict(xgboost.DMatrix(x), output_margin=True)


@pytest.mark.parametrize("name", list(boosters()))
def test_boosters_values_add_up_to_their_scores(name: str) -> None:
    """Values sum to the raw score less a constant; the driver comes first, the missing get 0."""
    x, _, rows = made(seed=1)
    model = boosters()[name]
    found = tree_shap(model, rows)
    rest = raw(model, x) - found.values.sum(axis=1)
    assert np.ptp(rest) < 1e-4
    assert found.overall().index[0] == "signal"
    assert found.overall()["gap"] == 0


def test_the_mean_of_a_list_explains_the_mean_score() -> None:
    """Values of two models average to values of their mean."""
    x, _, rows = made()
    both = [boosters()["lightgbm"], boosters()["xgboost"]]
    found = tree_shap(both, rows)
    rest = np.mean([raw(model, x) for model in both], axis=0) - found.values.sum(axis=1)
    assert np.ptp(rest) < 1e-4


def test_forests() -> None:
    """Forests add up as well, to a mean or to the probability of a rise; they take no NaN."""
    x, y, rows = made(150)
    full = Rows(NAMES, np.nan_to_num(x), rows.date, rows.code, rows.score)
    trees = RandomForestRegressor(10, random_state=0).fit(full.x, y)
    rest = trees.predict(full.x) - tree_shap(trees, full).values.sum(axis=1)
    assert np.ptp(rest) < 1e-6
    rises = RandomForestClassifier(10, max_depth=4, random_state=0).fit(full.x, y > 0)
    rest = rises.predict_proba(full.x)[:, 1] - tree_shap(rises, full).values.sum(axis=1)
    assert np.ptp(rest) < 1e-6
    with pytest.raises(InputError, match="no NaN"):
        tree_shap(trees, rows)


def test_models_without_trees_are_refused() -> None:
    """A linear model has no trees to walk."""
    x, y, rows = made(50)
    with pytest.raises(InputError, match="made of trees"):
        tree_shap(Ridge().fit(np.nan_to_num(x), y), rows.some(np.arange(3)))
