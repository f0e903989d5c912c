"""What goes wrong between a server and its client, at given rates and always in the same order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from stockcast.errors import InputError

KINDS = ("error_500", "error_502", "silence", "cut", "empty", "reset", "slow")


@dataclass(frozen=True)
class Faults:
    """Rates of faults, each a share of the requests.

    Parameters
    ----------
    error_500, error_502
        HTTP errors with a page of HTML.
    silence
        No reply for `silent_seconds`, then the connection ends.
    cut
        Status 200 and the first half of the JSON.
    empty
        Status 200 and nothing.
    reset
        The connection ends without a reply.
    slow
        A whole reply after `slow_seconds`.
    in_a_row
        Most failures of one request before it succeeds, however often it is repeated.
    seed
        Of the draws; the same requests in the same order meet the same faults.

    Raises
    ------
    InputError
        When a rate is outside 0 to 1, or all together exceed 1.
    """

    error_500: float = 0.0
    error_502: float = 0.0
    silence: float = 0.0
    cut: float = 0.0
    empty: float = 0.0
    reset: float = 0.0
    slow: float = 0.0
    in_a_row: int = 2
    silent_seconds: float = 60.0
    slow_seconds: float = 0.5
    seed: int = 2017

    def __post_init__(self) -> None:
        for name, rate in zip(KINDS, self.rates, strict=True):
            if not 0 <= rate <= 1:
                raise InputError(name, "must lie between 0 and 1", rate)
        if sum(self.rates) > 1 + 1e-9:
            raise InputError("faults", "must add up to at most 1", sum(self.rates))

    @property
    def rates(self) -> tuple[float, ...]:
        """Rates in the order of `KINDS`."""
        return tuple(getattr(self, name) for name in KINDS)

    @classmethod
    def every_kind(cls, rate: float, **others: float) -> Self:
        """Every kind at `rate`."""
        names = {field.name for field in fields(cls)} & set(KINDS)
        return cls(**(dict.fromkeys(names, rate) | others))


class Dice:
    """Draws the fault of each request.

    Parameters
    ----------
    faults
        Their rates.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._draws = np.random.default_rng(faults.seed)
        self._failed: dict[bytes, int] = {}
        rest = max(0.0, 1 - sum(faults.rates))
        self._rates = np.array([*faults.rates, rest]) / (sum(faults.rates) + rest)

    def throw(self, request: bytes) -> str:
        """The fault `request` meets: one of `KINDS`, or empty text.

        A request that failed `in_a_row` times is spared, so that who retries gets through.
        """
        kind = (*KINDS, "")[self._draws.choice(len(KINDS) + 1, p=self._rates)]
        failed = self._failed.pop(request, 0)
        if kind in ("", "slow"):
            return kind
        if failed >= self._faults.in_a_row:
            return ""
        self._failed[request] = failed + 1
        return kind
