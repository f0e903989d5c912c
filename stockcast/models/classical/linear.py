"""Ridge regression of the relative return, and logistic regression of its sign."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockcast.errors import InputError
from stockcast.models.classical.kind import Kind, Part, Settings, load_sklearn, save_sklearn

PENALTIES = (1.0, 0.1, 0.01, 0.001)
"""Penalty on the squared weights, for each row's weight in the fit."""


def _ridge(train: Part, settings: Settings, seed: int) -> Any:
    from sklearn.linear_model import Ridge

    ridge = Ridge(alpha=settings["penalty"] * train.weight.sum(), solver="cholesky")
    return ridge.fit(filled(train.x), train.y, sample_weight=train.weight)


def _logistic(train: Part, settings: Settings, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    # Half the sum of squares over C is scikit-learn's penalty.
    strength = 1 / (2 * settings["penalty"] * train.weight.sum())
    logistic = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)
    return logistic.fit(filled(train.x), beats(train), sample_weight=train.weight)


def _predicted(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.predict(filled(x)).astype(np.float64)


def margin(estimator: Any, x: np.ndarray) -> np.ndarray:
    """Log-odds, or distance from the boundary."""
    return estimator.decision_function(filled(x)).astype(np.float64)


def filled(x: np.ndarray) -> np.ndarray:
    """`x` in float64, missing values at the middle of their day, which is 0."""
    return np.nan_to_num(x.astype(np.float64), nan=0.0)


def beats(part: Part) -> np.ndarray:
    """Whether each row's return is above its day's mean, as bool.

    Raises
    ------
    InputError
        When all rows are of one class.
    """
    above = part.y > 0
    if above.all() or not above.any():
        raise InputError("labels", "must be of both classes", hint="train on more days")
    return above


RIDGE = Kind(
    name="ridge",
    described="Linear regression of the market-relative return, its squared weights penalised.",
    grid=tuple({"penalty": penalty} for penalty in PENALTIES),
    fit=_ridge,
    raw=_predicted,
    save=save_sklearn,
    load=load_sklearn,
    suffix=".skops",
)

LOGISTIC = Kind(
    name="logistic",
    described="Logistic regression of beating the day's mean, its squared weights penalised.",
    grid=tuple({"penalty": penalty} for penalty in PENALTIES),
    fit=_logistic,
    raw=margin,
    save=save_sklearn,
    load=load_sklearn,
    suffix=".skops",
)
