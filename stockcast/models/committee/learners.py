"""Two ways to learn from ranks: boosted trees and a straight line.

Each is a `Learner`. Their settings were chosen on the real panel's walk-forward years 2013 to 2017
(`benchmarks/committee.py`), once for all runs, and are no parameters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stockcast.determinism import THREADS
from stockcast.models.committee.lesson import Lesson


@dataclass(frozen=True)
class Learner:
    """How a member learns.

    Attributes
    ----------
    fit : callable
        `fit(lesson, seed)` gives an estimator.
    raw : callable
        `raw(estimator, x)` gives scores, float64 of shape (n_rows,), for float32 ranks.
    save, load : callable
        `save(estimator, path)`, `load(path)`; nothing is pickled.
    suffix : str
        Of the file.
    """

    fit: Callable[[Lesson, int], Any]
    raw: Callable[[Any, np.ndarray], np.ndarray]
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Any]
    suffix: str


QUIET = logging.getLogger("stockcast.lightgbm")
QUIET.setLevel(logging.ERROR)

PENALTY = 0.01
"""Of the line: on the squared weights, for each row."""

ROUNDS, RATE, LEAVES = 200, 0.07, 63
"""Of the trees."""


def _line(lesson: Lesson, seed: int) -> np.ndarray:
    """Weights of a ridge regression, from its normal equations: float64 of shape (n_features,)."""
    size = len(lesson.columns)
    products, sums = np.zeros((size, size)), np.zeros(size)
    for at in lesson.chunks():
        x = lesson.x(at).astype(np.float64)
        products += x.T @ x
        sums += x.T @ lesson.y[at].astype(np.float64)
    products[np.diag_indices(size)] += PENALTY * len(lesson.y)
    return np.linalg.solve(products, sums)


def _line_raw(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64) @ weights


def _line_save(weights: np.ndarray, path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"weights": weights}, path)


def _line_load(path: Path) -> np.ndarray:
    from safetensors.numpy import load_file

    return load_file(path)["weights"]


def _trees(lesson: Lesson, seed: int) -> Any:
    import lightgbm

    options = {
        "objective": "l2",
        "learning_rate": RATE,
        "num_leaves": LEAVES,
        "min_data_in_leaf": max(20, len(lesson.y) // 1000),
        "feature_fraction": 0.15,
        "bagging_fraction": 0.5,
        "bagging_freq": 1,
        "lambda_l2": 100.0,
        "max_bin": 63,
        "num_threads": THREADS,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }

    class Pieces(lightgbm.Sequence):
        """Rows in double precision, a batch at a time."""

        batch_size = 4096

        def __getitem__(self, at: int | slice | list[int]) -> np.ndarray:
            if isinstance(at, int | np.integer):
                return lesson.x(slice(at, at + 1))[0].astype(np.float64)
            return lesson.x(at).astype(np.float64)

        def __len__(self) -> int:
            return len(lesson.rows)

    # Bins are found on a sample that is held in double precision; ranks are even, few rows do.
    # LightGBM warns of that, whatever its verbosity says.
    lightgbm.register_logger(QUIET)
    binning = {"max_bin": 63, "bin_construct_sample_cnt": 50_000, "verbosity": -1}
    about = {"params": binning, "free_raw_data": True}
    return lightgbm.train(options, lightgbm.Dataset(Pieces(), lesson.y, **about), ROUNDS)


def _trees_raw(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.predict(x, num_threads=THREADS)


def _trees_save(estimator: Any, path: Path) -> None:
    path.write_text(estimator.model_to_string(), encoding="utf-8")


def _trees_load(path: Path) -> Any:
    import lightgbm

    return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))


LEARNERS = {
    "line": Learner(_line, _line_raw, _line_save, _line_load, ".safetensors"),
    "trees": Learner(_trees, _trees_raw, _trees_save, _trees_load, ".txt"),
}
"""line: ridge regression. trees: LightGBM (Ke et al. 2017, NIPS 30)."""
