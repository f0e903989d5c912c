"""Requests a minute, counted for each token and interface."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock

from stockcast.market.sandbox import refusals

MINUTE = 60.0


class Meter:
    """Counts requests over the last sixty seconds, refused ones not.

    Tushare's two wordings of the refusal come in turn, so that a client must know both.

    Parameters
    ----------
    seconds
        Monotonic time in seconds.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._lock = seconds, Lock()
        self._times: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._refused: dict[tuple[str, str], int] = defaultdict(int)

    def count(self, token: str, interface: str, limit: int) -> None:
        """Count one request, or raise a Refusal when there were `limit` already; 0: no limit."""
        if not limit:
            return
        with self._lock:
            now, times = self._seconds(), self._times[token, interface]
            while times and times[0] <= now - MINUTE:
                times.popleft()
            if len(times) >= limit:
                self._refused[token, interface] += 1
                second = self._refused[token, interface] % 2 == 0
                raise refusals.too_often(interface, limit, short=second)
            times.append(now)
