"""Independent models trained in several processes, with the bits that one process gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stockcast.determinism import PROCESSES
from stockcast.errors import InputError
from stockcast.models import progress
from stockcast.models.measured import Cost, measured
from stockcast.models.model import Fitted, Model
from stockcast.models.sample_set import SampleSet


@dataclass(frozen=True)
class Trained:
    """A fitted model and what fitting it cost."""

    fitted: Fitted
    cost: Cost


def fit_all(
    models: Sequence[Model], samples: SampleSet, seed: int, jobs: int = PROCESSES
) -> dict[str, Trained]:
    """Fit each model on the same samples.

    Parameters
    ----------
    models
        Of different names, in the order in which they are begun: the slowest first keeps all
        processes busy to the end.
    samples, seed
        Given to each model.
    jobs
        Processes, one thread each; 1: this one. The models do not depend on it. The tables are not
        copied: processes map the same memory.

    Returns
    -------
    dict
        By the model's name, in the order of `models`.

    Raises
    ------
    InputError
        When two models share a name, a model refuses the samples, or a process runs out of memory.
    """
    names = [model.name for model in models]
    if len(set(names)) < len(names):
        raise InputError("models", "must have different names", names)
    found = in_processes(_fit, [(model, samples, seed) for model in models], jobs, "models")
    return dict(zip(names, found, strict=True))


def in_processes(
    function: Callable[..., Any], tasks: Sequence[tuple], jobs: int, what: str = ""
) -> list[Any]:
    """`function(*task)` of every task in order, each in one of `jobs` processes; 1: in this one.

    Parameters
    ----------
    function, tasks
        Picklable where there are processes.
    jobs
        At most so many; within another's worker process always 1.
    what
        The progress bar's word for them, where someone looks on.

    Raises
    ------
    InputError
        When a process dies, as it does when memory runs out; what a task raises.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    jobs = 1 if progress.alone() else min(jobs, len(tasks))
    if jobs <= 1:
        done = (function(*task) for task in tasks)
        return list(progress.bar(done, len(tasks), what))
    # Feature tables may be many small blocks: map them all, not only those above a megabyte.
    parallel = Parallel(
        jobs, batch_size=1, pre_dispatch=jobs, max_nbytes="64K", return_as="generator"
    )
    try:
        with warnings.catch_warnings():
            # joblib replaces a process that has grown, and tells the page: no reader's concern
            warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
            done = parallel(delayed(function)(*task) for task in tasks)
            return list(progress.bar(done, len(tasks), what))
    except TerminatedWorkerError:
        raise InputError(
            "memory", f"must suffice for {jobs} processes", hint="train with jobs = 1"
        ) from None


def _fit(model: Model, samples: SampleSet, seed: int) -> Trained:
    return Trained(*measured(model.fit, samples, seed))
