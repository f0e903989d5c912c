"""Calls a minute, one pace for each interface."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem


class Pace:
    """Waits so that no more than `per_minute` calls fall into any minute.

    Parameters
    ----------
    per_minute
        Calls allowed in a sliding minute.
    clock, sleep
        Seconds since any moment, and how to wait; tests pass their own.
    """

    def __init__(
        self, per_minute: int, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        # The bucket alone: pyrate-limiter's Limiter sleeps by itself and keeps a thread running.
        self._bucket = InMemoryBucket([_rate(per_minute)])
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()

    @property
    def per_minute(self) -> int:
        """Calls allowed in a minute at present."""
        return self._bucket.rates[0].limit

    def wait(self) -> None:
        """Return when the next call may be made, and count it."""
        while milliseconds := self._wait_needed():
            self._sleep(milliseconds / 1000)

    def slow_down(self, per_minute: int) -> None:
        """Allow no more than `per_minute` from now on; calls made already count."""
        with self._lock:
            self._bucket.rates = [_rate(min(per_minute, self.per_minute))]

    def _wait_needed(self) -> int:
        with self._lock:
            call = RateItem("call", int(self._clock() * 1000))
            self._bucket.leak(call.timestamp)
            return 0 if self._bucket.put(call) else max(1, self._bucket.waiting(call))


def _rate(per_minute: int) -> Rate:
    return Rate(max(1, per_minute), Duration.MINUTE)
