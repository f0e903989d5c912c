"""Gradient boosting of the relative return: XGBoost and LightGBM.

Chen and Guestrin (2016), "XGBoost: a scalable tree boosting system", KDD; Ke et al. (2017),
"LightGBM: a highly efficient gradient boosting decision tree", NIPS 30.

Rounds are a setting of the grid. Stopping at the lowest validation error instead would leave to
chance what the grid can compare: where half a percent of the variance is known beforehand, the
error curve of some hundred validation days is flat and its lowest point anywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from stockcast.determinism import THREADS
from stockcast.errors import InputError
from stockcast.models.classical.kind import Kind, Part, Settings

RATE = 0.05
BINS = 63
"""Of a feature's values; ranks carry no finer news."""

COLUMNS = 0.2
"""Share of the features that a tree may split on."""

_LEAF = 0.01
"""Least share of the rows in a leaf."""


def _lightgbm(train: Part, settings: Settings, seed: int) -> Any:
    import lightgbm

    rows = int(train.weight.sum())
    options = {
        "objective": "l2",
        "learning_rate": RATE,
        "num_leaves": settings["leaves"],
        "min_data_in_leaf": max(1, int(_LEAF * rows)),
        "feature_fraction": COLUMNS,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": BINS,
        "num_threads": THREADS,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    about = {"free_raw_data": True, "params": {"max_bin": BINS, "verbosity": -1}}
    fit = lightgbm.Dataset(train.x, train.y, weight=train.weight, **about)
    return lightgbm.train(options, fit, num_boost_round=settings["rounds"])


def _lightgbm_raw(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.predict(x, num_threads=THREADS)


def _lightgbm_save(estimator: Any, path: Path) -> None:
    path.write_text(estimator.model_to_string(), encoding="utf-8")


def _lightgbm_load(path: Path) -> Any:
    import lightgbm

    try:
        return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))
    except lightgbm.basic.LightGBMError as error:
        raise InputError(path.name, "must be a LightGBM model", str(error)) from None


def _xgboost(train: Part, settings: Settings, seed: int) -> Any:
    import xgboost

    options = {
        "objective": "reg:squarederror",
        "learning_rate": RATE,
        "max_depth": settings["depth"],
        "min_child_weight": max(1.0, _LEAF * float(train.weight.sum())),
        "colsample_bytree": COLUMNS,
        "subsample": 0.7,
        "tree_method": "hist",
        "max_bin": BINS,
        "nthread": THREADS,
        "seed": seed,
    }
    fit = xgboost.QuantileDMatrix(
        train.x, train.y, weight=train.weight, max_bin=BINS, nthread=THREADS
    )
    return xgboost.train(options, fit, num_boost_round=settings["rounds"])


def _xgboost_raw(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.inplace_predict(x).astype(np.float64)


def _xgboost_save(estimator: Any, path: Path) -> None:
    path.write_bytes(estimator.save_raw("ubj"))


def _xgboost_load(path: Path) -> Any:
    import xgboost

    try:
        return xgboost.Booster({"nthread": THREADS}, model_file=bytearray(path.read_bytes()))
    except xgboost.core.XGBoostError as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(path.name, "must be an XGBoost model", first) from None


LIGHTGBM = Kind(
    name="lightgbm",
    described="LightGBM: boosted trees grown leaf by leaf, squared error of the relative return.",
    grid=tuple({"leaves": leaves, "rounds": rounds} for leaves in (4, 16) for rounds in (60, 240)),
    fit=_lightgbm,
    raw=_lightgbm_raw,
    save=_lightgbm_save,
    load=_lightgbm_load,
    suffix=".txt",
    rowwise=True,
)

XGBOOST = Kind(
    name="xgboost",
    described="XGBoost: boosted trees grown level by level, squared error of the relative return.",
    grid=tuple({"depth": depth, "rounds": rounds} for depth in (2, 4) for rounds in (60, 240)),
    fit=_xgboost,
    raw=_xgboost_raw,
    save=_xgboost_save,
    load=_xgboost_load,
    suffix=".ubj",
    rowwise=True,
)
