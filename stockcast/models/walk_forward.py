"""Models fitted anew for every split, and judged on what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.determinism import PROCESSES
from stockcast.errors import InputError
from stockcast.models.measured import measured
from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from stockcast.models.side_by_side import in_processes
from stockcast.samples.splits import Split


@dataclass(frozen=True)
class Walked:
    """Forecasts of every test span, and what they cost.

    Attributes
    ----------
    forecasts : DataFrame
        As `stockcast.models.model.COLUMNS`, model after model, each in order of date and code.
    folds : DataFrame
        One row a model and split: `model`, `first`, `last` (days tested), `information_until`,
        `rows` (forecast), `fit_seconds`, `forecast_seconds`, `peak_mb`.
    """

    forecasts: pd.DataFrame
    folds: pd.DataFrame


def walk(
    models: Sequence[Model],
    samples: SampleSet,
    splits: Sequence[Split],
    seed: int,
    jobs: int = PROCESSES,
) -> Walked:
    """Fit each model on each split's "train" and "valid", and forecast its "test".

    Look-ahead: features were chosen before; a choice made on later days than a split's training
    knows more than the model could.

    Parameters
    ----------
    models
        Of different names.
    samples
        Their own split is not looked at.
    splits
        Whose test spans share no day, in order of time.
    seed
        Given to every fit.
    jobs
        Processes; the forecasts do not depend on it.

    Raises
    ------
    InputError
        When there is no split, test spans overlap, or a model refuses a split.
    """
    tested = [day for split in splits for day in split.test]
    if not tested:
        raise InputError("splits", "must not be empty")
    if (np.diff(pd.DatetimeIndex(tested).to_numpy()) <= np.timedelta64(0)).any():
        raise InputError("splits", "must test different days, in order of time")
    tasks = [(model, samples, split, seed) for model in models for split in splits]
    steps = in_processes(_step, tasks, jobs)
    return Walked(
        pd.concat([forecasts for forecasts, _ in steps], ignore_index=True),
        pd.DataFrame([row for _, row in steps]),
    )


def _step(model: Model, samples: SampleSet, split: Split, seed: int) -> tuple[pd.DataFrame, dict]:
    divided = samples.divided(split)
    fitted, learning = measured(model.fit, divided, seed)
    forecasts, asking = measured(fitted.forecast, divided)
    row = {
        "model": model.name,
        "first": forecasts["date"].min(),
        "last": forecasts["date"].max(),
        "information_until": fitted.information_until,
        "rows": len(forecasts),
        "fit_seconds": learning.seconds,
        "forecast_seconds": asking.seconds,
        "peak_mb": max(learning.peak_mb, asking.peak_mb),
    }
    return forecasts, row
