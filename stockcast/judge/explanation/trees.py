"""Exact Shapley values of boosted trees and forests."""

from __future__ import annotations

import warnings

import numpy as np

from stockcast.errors import InputError
from stockcast.judge.explanation import attributions, library
from stockcast.judge.explanation.attributions import Attributions
from stockcast.judge.explanation.rows import Rows


def tree_shap(trees: object, rows: Rows) -> Attributions:
    """Shapley values of each feature for each row.

    Parameters
    ----------
    trees
        A fitted LightGBM or XGBoost model (estimator or booster) or a forest of scikit-learn; or a
        list of such, whose mean is explained.
    rows
        What to explain; their `score` is not asked. NaN is a value to boosters; for scikit-learn's
        forests shap knows no missing values.

    Returns
    -------
    Attributions
        In the unit of the trees' raw score: log odds for boosted classifiers, probability of a rise
        for a forest that classifies. A row's values and the mean score of the training rows sum to
        the row's score.

    Raises
    ------
    InputError
        For another kind of model, or NaN given to a forest.

    Notes
    -----
    Lundberg, Erion and Lee (2018), "Consistent individualized feature attribution for tree
    ensembles", arXiv:1802.03888; the conditional expectations are those of the trees' own paths.
    Correlated features share the credit by how the trees happen to use them.
    """
    members = trees if isinstance(trees, list | tuple) else [trees]
    return attributions.mean(
        [
            Attributions(rows.names, rows.date, rows.code, _values(member, rows.x))
            for member in members
        ]
    )


def _values(member: object, x: np.ndarray) -> np.ndarray:
    """(n_rows, n_features) of one model."""
    shap = library.imported()
    try:
        explainer = shap.TreeExplainer(member, feature_perturbation="tree_path_dependent")
    except shap.utils._exceptions.InvalidModelError:
        raise InputError("model", "must be made of trees", type(member).__name__) from None
    sklearns = type(member).__module__.startswith("sklearn.")
    if sklearns and not np.isfinite(x).all():
        raise InputError("x", "must hold no NaN for a forest of scikit-learn", hint="fill it first")
    with warnings.catch_warnings():
        # LightGBM's binary classifiers once gave another shape; both are read below.
        warnings.filterwarnings("ignore", "LightGBM binary classifier", UserWarning)
        values = np.asarray(explainer.shap_values(x, check_additivity=False))
    # One table a class: the last is the rise.
    return (values[..., -1] if values.ndim == 3 else values).astype(np.float64)
