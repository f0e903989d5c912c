"""What a computation costs: seconds, and the most memory its process held."""

from __future__ import annotations

import contextlib
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
        Most resident memory of the process and of those it started meanwhile, in 2**20 bytes:
        what it held before is counted, and pages that processes share are counted for each.
    """

    seconds: float
    peak_mb: float


def measured(function: Callable[..., Any], *args: object, **kw: object) -> tuple[Any, Cost]:
    """The result of `function`, and its cost."""
    import psutil

    process, over = psutil.Process(), threading.Event()

    def held() -> int:
        total = process.memory_info().rss
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has just ended
                total += child.memory_info().rss
        return total

    peak = held()

    def watch() -> None:
        nonlocal peak
        while not over.wait(EVERY):
            peak = max(peak, held())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    try:
        found = function(*args, **kw)
    finally:
        seconds = time.perf_counter() - began
        over.set()
        watcher.join()
    peak = max(peak, held())
    return found, Cost(seconds, peak / 2**20)
