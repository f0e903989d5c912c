"""Progress bars, for whoever looks on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from multiprocessing import current_process
from typing import Any

VARIABLE = "STOCKCAST_PROGRESS"
"""Set to 1, it shows bars where standard error is no terminal, as in JupyterLab (`make lab`)."""

MAIN = "MainProcess"  # what multiprocessing calls the process that starts the others


def alone() -> bool:
    """Whether this process is itself a worker, and should not start others."""
    return current_process().name != MAIN


def watched() -> bool:
    """Whether someone looks on. A helping process shows no bars, and neither does a log."""
    return not alone() and (sys.stderr.isatty() or os.environ.get(VARIABLE) == "1")


def bar(done: Iterable[Any], total: int, what: str) -> Iterator[Any]:
    """What `done` gives, counted on standard error where someone looks on."""
    if not watched():
        yield from done
        return
    from tqdm.auto import tqdm

    yield from tqdm(done, desc=what, total=total, leave=False, file=sys.stderr)
