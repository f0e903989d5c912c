"""Claims beside measurements: told, measured, verdict, in one table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from stockcast.judge.intervals import Interval
from stockcast.judge.scorecard import verdict


@dataclass(frozen=True)
class Claim:
    """One claim and what was measured of it.

    Attributes
    ----------
    name : str
        What is claimed, in a few words.
    told : float
        The number claimed.
    measured, low, high : float
        The measurement and its interval. Arithmetic has an interval of no width; NaN ends: it
        could not be judged.
    form : str
        Format of the three, such as ".1%".
    at_most : bool
        The claim is kept by a number as small as told; otherwise by one as large.
    basis : str
        What the measurement rests on.
    """

    name: str
    told: float
    measured: float
    low: float
    high: float
    form: str = ".2f"
    at_most: bool = False
    basis: str = "arithmetic"

    @classmethod
    def exact(cls, name: str, told: float, measured: float, form: str = ".2f", **more) -> Claim:
        """A claim about a number that needs no interval."""
        return cls(name, told, measured, measured, measured, form, **more)

    @classmethod
    def sampled(cls, name: str, told: float, found: Interval, form: str = ".1%", **more) -> Claim:
        """A claim about a mean that is known up to an interval."""
        return cls(name, told, found.mean, found.low, found.high, form, **more)

    @property
    def verdict(self) -> str:
        """ "kept", "open", "broken" or "unknown"; see `stockcast.judge.scorecard.verdict`."""
        if self.at_most:
            return verdict(-self.high, -self.low, -self.told)
        return verdict(self.low, self.high, self.told)

    def shown(self) -> str:
        """The measurement as text, with its interval where that has a width."""
        if math.isnan(self.measured):
            return "none"
        text = format(self.measured, self.form)
        if self.low == self.high == self.measured:
            return text
        if math.isnan(self.low) or math.isnan(self.high):
            return f"{text} (no interval)"
        return f"{text} ({self.low:{self.form}} to {self.high:{self.form}})"


def table(claims: Sequence[Claim]) -> pd.DataFrame:
    """One row a claim, as text: told, measured, verdict, basis; index the claims' names."""
    rows = [
        {
            "told": f"{'≤ ' if c.at_most else ''}{c.told:{c.form}}",
            "measured": c.shown(),
            "verdict": c.verdict,
            "basis": c.basis,
        }
        for c in claims
    ]
    return pd.DataFrame(rows, pd.Index([c.name for c in claims], name="claim"))


def values(claims: Sequence[Claim]) -> pd.DataFrame:
    """The same as numbers: claim, told, measured, low, high, at_most, verdict, basis."""
    names = ("name", "told", "measured", "low", "high", "at_most", "verdict", "basis")
    rows = [{name: getattr(claim, name) for name in names} for claim in claims]
    return pd.DataFrame(rows, columns=list(names)).rename(columns={"name": "claim"})
