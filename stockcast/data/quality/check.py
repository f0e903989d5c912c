"""What a check is: a rule with a name, a severity, and the largest share of faults that passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockcast.data.quality.subject import Subject

FAIL, NOTE = "fail", "note"
ANY = 1.0
"""Tolerated share of a check that counts what a reader should know and judges nothing."""

CHANCE = 1e-3
"""A panel as odd as this by chance alone is called faulty."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    found : DataFrame
        A row per fault, with the columns that name it: `date`, `code`, or others.
    out_of : int
        How many there were to look at.
    detail : str
        What the count cannot say.
    """

    found: pd.DataFrame
    out_of: int
    detail: str = ""

    @classmethod
    def rows(cls, subject: Subject, at: npt.ArrayLike, detail: str = "") -> Finding:
        """Faulty rows of the panel; `at` (n_rows,) bool, in the order of `subject.rows`."""
        found = subject.rows.loc[np.asarray(at, bool), ["date", "code"]]
        return cls(found, len(subject.rows), detail)

    @classmethod
    def stocks(cls, at: pd.Series, detail: str = "") -> Finding:
        """Faulty stocks; `at` bool by code."""
        codes = pd.Series(at.index[at.to_numpy(bool)], name="code", dtype="str")
        return cls(codes.to_frame(), len(at), detail)

    @classmethod
    def days(cls, days: pd.DatetimeIndex, out_of: int, detail: str = "") -> Finding:
        """Faulty days."""
        return cls(pd.DataFrame({"date": pd.DatetimeIndex(days).as_unit("us")}), out_of, detail)

    @classmethod
    def whole(cls, faulty: bool, detail: str) -> Finding:
        """A fault that the panel has as a whole, or has not."""
        return cls(pd.DataFrame({"panel": ["panel"] if faulty else []}, dtype="str"), 1, detail)

    @property
    def share(self) -> float:
        """Faults as a fraction of what was looked at."""
        return len(self.found) / self.out_of if self.out_of else 0.0


@dataclass(frozen=True)
class Check:
    """One rule.

    Attributes
    ----------
    name : str
        Line of the report.
    severity : str
        `fail`: numbers made from such a panel are wrong. `note`: a reader has to know it.
    about : str
        What a fault of this kind means.
    tolerated : float
        The largest share of faults that passes, a fraction; `ANY` judges nothing.
    needs : str
        The table beside the panel without which the check is left out; empty: none.
    find : callable
        Gives the `Finding` of a `Subject`; its docstring says what cannot be seen.
    """

    name: str
    severity: str
    about: str
    tolerated: float
    needs: str
    find: Callable[[Subject], Finding]

    def possible(self, subject: Subject) -> bool:
        """What it needs is there."""
        return not self.needs or getattr(subject, self.needs) is not None

    def line(self, subject: Subject) -> tuple:
        """Its line of the report: check, severity, rows, share, passed, note."""
        return line(self.name, self.severity, self.tolerated, self.about, self.find(subject))


def line(name: str, severity: str, tolerated: float, about: str, finding: Finding) -> tuple:
    """A line of the report: check, severity, rows, share, passed, note."""
    parts = [about, finding.detail, _first(finding.found)]
    note = "; ".join(part for part in parts if part)
    share = float(finding.share)
    return name, severity, len(finding.found), share, share <= tolerated, note


def _first(found: pd.DataFrame) -> str:
    """How many stocks are concerned, and the first case."""
    if found.empty:
        return ""
    if {"date", "code"} <= set(found):
        first = found.sort_values(["date", "code"]).iloc[0]
        return f"{found.code.nunique()} stocks, first {first.code} on {first.date:%Y-%m-%d}"
    if "code" in found:
        return "first " + ", ".join(sorted(found.code.unique())[:3])
    if "date" in found:
        return f"first {found.date.min():%Y-%m-%d}"
    return ""


def check(
    name: str, severity: str, about: str, *, tolerated: float = 0.0, needs: str = ""
) -> Callable[[Callable[[Subject], Finding]], Check]:
    """Make a check of the function below it."""

    def made(find: Callable[[Subject], Finding]) -> Check:
        return Check(name, severity, about, tolerated, needs, find)

    return made
