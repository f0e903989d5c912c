"""What a computation costs: seconds, and the most memory its process held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EVERY = 0.05  # seconds between looks at the memory


@dataclass(frozen=True)
class Cost:
    """Of one computation.

    Attributes
    ----------
    seconds : float
        By the clock.
    peak_mb : float
        Most resident memory of the process meanwhile, in 2**20 bytes: what it held before, and
        pages it shares with other processes, are counted.
    """

    seconds: float
    peak_mb: float


def measured(function: Callable[..., Any], *args: object, **kw: object) -> tuple[Any, Cost]:
    """The result of `function`, and its cost."""
    import psutil

    process, over = psutil.Process(), threading.Event()
    peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not over.wait(EVERY):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    try:
        found = function(*args, **kw)
    finally:
        seconds = time.perf_counter() - began
        over.set()
        watcher.join()
    peak = max(peak, process.memory_info().rss)
    return found, Cost(seconds, peak / 2**20)
