"""Forecasts of models that a long study keeps, so that it can be interrupted and joined later."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from stockcast.models.measured import measured
from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from stockcast.paths import replacing


def write(table: pd.DataFrame, path: Path) -> None:
    with replacing(path) as scratch:
        table.to_parquet(scratch, index=False)


def forecasts_of(model: Model, samples: SampleSet, seed: int, path: Path) -> pd.DataFrame:
    """A model's forecasts of the test, with what they cost in every row; made once."""
    if not path.is_file():
        fitted, learning = measured(model.fit, samples, seed)
        table, asking = measured(fitted.forecast, samples)
        costs = {
            "fit_seconds": learning.seconds,
            "forecast_seconds": asking.seconds,
            "peak_mb": max(learning.peak_mb, asking.peak_mb),
        }
        write(table.assign(**costs), path)
    return pd.read_parquet(path)


def apart(function: Callable[..., None], tasks: Iterable[tuple], jobs: int) -> None:
    """`function(*task)` of each task in a process of its own, so that no memory is another's."""
    new = multiprocessing.get_context("spawn")

    def alone(task: tuple) -> None:
        process = new.Process(target=function, args=task)
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{task} ended with status {process.exitcode}")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(alone, tasks))
