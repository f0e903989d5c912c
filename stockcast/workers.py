"""Many tasks side by side: in threads, in processes, or on a Dask cluster, by one setting."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from stockcast.determinism import PROCESSES
from stockcast.errors import InputError

SETTING = "STOCKCAST_WORKERS"


def run(function: Callable[..., Any], tasks: Iterable[tuple], how: str = "") -> Iterator[Any]:
    """`function(*task)` of every task, in the order of the tasks.

    Parameters
    ----------
    function, tasks
        For processes and clusters both must be picklable.
    how
        `threads`, `processes`, or the address of a Dask scheduler such as
        `tcp://127.0.0.1:8786`. Empty: the environment's `STOCKCAST_WORKERS`, else threads. It is
        no parameter of a run, since results are the same whichever it is.

    Raises
    ------
    InputError
        For another word, or a scheduler that does not answer.
    """
    import joblib

    how = _chosen(how)
    backends = {"threads": "threading", "processes": "loky"}
    if how in backends:
        parallel = joblib.Parallel(PROCESSES, backend=backends[how], return_as="generator")
        yield from parallel(joblib.delayed(function)(*task) for task in tasks)
        return
    if "://" not in how:
        raise InputError(
            SETTING, "must be threads, processes or a Dask address", how, "tcp://host:8786"
        )
    from distributed import Client

    try:
        client = Client(how, timeout="10s", set_as_default=False)
    except OSError:
        raise InputError(SETTING, "must be the address of a running Dask scheduler", how) from None
    with client, joblib.parallel_config(backend="dask", client=client):
        yield from joblib.Parallel()(joblib.delayed(function)(*task) for task in tasks)


def share_memory(how: str = "") -> bool:
    """Whether tasks may write into arrays of the caller: threads may."""
    return _chosen(how) == "threads"


def _chosen(how: str) -> str:
    return how or os.environ.get(SETTING, "threads")
