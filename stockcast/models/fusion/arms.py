"""Many fitted ensembles asked side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from stockcast.determinism import PROCESSES
from stockcast.models.fusion.fitted import FittedFusion
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.sample_set import SampleSet
from stockcast.models.side_by_side import in_processes


def score_all(
    fitted: Mapping[str, FittedFusion],
    samples: SampleSet,
    part: str = "test",
    *,
    every: int = 1,
    jobs: int = PROCESSES,
) -> pd.DataFrame:
    """Scores of every network of several ensembles, with what happened.

    Parameters
    ----------
    fitted
        By the name of the arm. All must read `samples`.
    samples, part
        Days that come after what the ensembles know.
    every
        Every n-th day; the horizon's number of days keeps labels from overlapping.
    jobs
        Processes; no bit depends on it.

    Returns
    -------
    DataFrame
        `arm`, `seed`, `date`, `code`, `score`, `label`, as `stockcast.judge.ablation` takes it.
    """
    tasks = [(one, samples, part, every) for one in fitted.values()]
    tables = of_ensembles(_scores, tasks, (one.ensemble for one in fitted.values()), jobs)
    named = [table.assign(arm=arm) for arm, table in zip(fitted, tables, strict=True)]
    truth = samples.samples[["date", "code", "label"]]
    out = pd.concat(named, ignore_index=True).merge(truth, on=["date", "code"], how="left")
    return out[["arm", "seed", "date", "code", "score", "label"]]


def forecast_all(
    fitted: Mapping[str, FittedFusion],
    samples: SampleSet,
    part: str = "test",
    *,
    jobs: int = PROCESSES,
) -> pd.DataFrame:
    """Forecasts of several ensembles, each under its name in `fitted`."""
    tasks = [(one, samples, part) for one in fitted.values()]
    tables = of_ensembles(_forecasts, tasks, (one.ensemble for one in fitted.values()), jobs)
    named = [table.assign(model=name) for name, table in zip(fitted, tables, strict=True)]
    return pd.concat(named, ignore_index=True)


def of_ensembles(
    function: Callable[..., Any], tasks: list[tuple], ensembles: Iterable[Ensemble], jobs: int
) -> list[Any]:
    """`in_processes`, one after the other where networks are on a GPU."""
    members = (member for ensemble in ensembles for member in ensemble.members)
    on_gpu = any(value.is_cuda for member in members for value in member.module.parameters())
    return in_processes(function, tasks, 1 if on_gpu else jobs, "ensembles")


def _scores(one: FittedFusion, samples: SampleSet, part: str, every: int) -> pd.DataFrame:
    return one.scores(samples, part, every=every)


def _forecasts(one: FittedFusion, samples: SampleSet, part: str) -> pd.DataFrame:
    return one.forecast(samples, part)
