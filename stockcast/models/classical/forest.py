"""A random forest of the relative return (Breiman 2001, Machine Learning 45)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from stockcast.determinism import THREADS
from stockcast.errors import InputError
from stockcast.models.classical.kind import Kind, Part, Settings, load_sklearn, save_sklearn

TREES = 30
"""Trees of one member; the forest has as many for each."""

ROWS_OF_A_TREE = 20_000


def _fit(train: Part, settings: Settings, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    rows = min(len(train.y), ROWS_OF_A_TREE)
    forest = RandomForestRegressor(
        n_estimators=TREES,
        max_features=settings["features"],
        min_samples_leaf=max(1, int(settings["leaf"] * rows)),
        max_samples=rows,
        random_state=seed,
        n_jobs=THREADS,
    )
    return forest.fit(train.x, train.y, sample_weight=train.weight)


def _raw(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.predict(x)


def _load(path: Path) -> Any:
    """skops trusts no trees, since a forged node could point outside the tree: nodes are checked.

    In scikit-learn's trees a child has a higher number than its parent, and -1 stands for none.
    """
    forest = load_sklearn(path, trusted=["sklearn.tree._tree.Tree"])
    for estimator in forest.estimators_:
        tree = estimator.tree_
        left, right, nodes = tree.children_left, tree.children_right, np.arange(tree.node_count)
        leaf = (left == -1) & (right == -1)
        inner = (left > nodes) & (right > nodes) & (np.maximum(left, right) < tree.node_count)
        known = (tree.feature >= 0) & (tree.feature < forest.n_features_in_)
        if not (leaf | (inner & known)).all():
            raise InputError(path.name, "must hold trees whose nodes lie within them")
    return forest


FOREST = Kind(
    name="random_forest",
    described=(
        f"Random forest of the market-relative return; a tree sees at most {ROWS_OF_A_TREE:,} "
        f"rows, drawn anew for each."
    ),
    grid=tuple(
        {"leaf": leaf, "features": features} for leaf in (0.03, 0.01) for features in (0.2, 0.5)
    ),
    fit=_fit,
    raw=_raw,
    save=save_sklearn,
    load=_load,
    suffix=".skops",
    rowwise=True,
)
