"""Many fitted ensembles asked side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from multiprocessing import current_process

import pandas as pd
from joblib import Parallel, delayed

from stockcast.determinism import PROCESSES
from stockcast.models.fusion.fitted import FittedFusion
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.sample_set import SampleSet


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
    side = parallel(jobs, (one.ensemble for one in fitted.values()))
    tables = side(delayed(one.scores)(samples, part, every=every) for one in fitted.values())
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
    tables = parallel(jobs, (one.ensemble for one in fitted.values()))(
        delayed(one.forecast)(samples, part) for one in fitted.values()
    )
    named = [table.assign(model=name) for name, table in zip(fitted, tables, strict=True)]
    return pd.concat(named, ignore_index=True)


def parallel(jobs: int, ensembles: Iterable[Ensemble]) -> Parallel:
    """So many processes; one within another's worker, and for networks on a GPU."""
    members = (member for ensemble in ensembles for member in ensemble.members)
    on_gpu = any(value.is_cuda for member in members for value in member.module.parameters())
    alone = on_gpu or current_process().name != "MainProcess"
    return Parallel(n_jobs=1 if alone else jobs, backend="loky")
