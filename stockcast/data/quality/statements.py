"""Look-ahead in fundamentals: figures that a table knows before anyone could.

Statement tables are those of `stockcast.market.tables` (income, balance, cash_flow, indicators),
or any table with `code`, a `period` (a day, or text such as 2014Q1 or 2014_1) and figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.data.quality.check import CHANCE, FAIL, NOTE, Finding, line

SOONEST = 4
"""Calendar days after a period's end before which nobody can have closed the books and published.
An assumption on the safe side: the first reports of a season come in its second week."""
RESTATED = 0.003
"""Share of statements that are corrected later. An assumption on the safe side."""

_PUBLIC = ("first_announced", "announced", "report_date", "pubDate", "ann_date")
_KEYS = ("code", "period", "announced", "first_announced", "report", "name", "table", "distrib")
_PERIOD = r"^(?P<year>\d{4})\D*(?P<quarter>[1-4])$"
_DATED = r"^\d{4}-?\d{2}-?\d{2}"
_MONTH_DAY = r"^\d{1,2}-\d{1,2}$"
_LATE = 0.02


@dataclass(frozen=True)
class Statements:
    """One table of statements, with its periods and days of publication read."""

    table: pd.DataFrame

    @cached_property
    def period(self) -> pd.Series:
        """Last day of the reported period; NaT where it cannot be read."""
        period = self.table.period
        if pd.api.types.is_datetime64_any_dtype(period):
            return period
        parts = period.astype("str").str.extract(_PERIOD).astype(float)
        month = (parts.year - 1970) * 12 + parts.quarter * 3  # months from 1970 to the period's end
        ends = pd.Series(pd.NaT, period.index, dtype="datetime64[s]")
        known = month.notna()
        first = month[known].astype("int64").to_numpy().astype("datetime64[M]")
        ends[known] = first.astype("datetime64[D]") - np.timedelta64(1, "D")
        return ends

    @cached_property
    def public(self) -> pd.Series:
        """Day it was published, from the first column that says; NaT where no full date is."""
        named = [name for name in _PUBLIC if name in self.table]
        if not named:
            return pd.Series(pd.NaT, self.table.index, dtype="datetime64[s]")
        told = self.table[named[0]]
        if pd.api.types.is_datetime64_any_dtype(told):
            return told
        told = told.astype("str")
        return pd.to_datetime(told.where(told.str.contains(_DATED, na=False)), errors="coerce")

    @cached_property
    def lag(self) -> pd.Series:
        """Days from the period's end to publication; NaN where either is unknown."""
        return (self.public - self.period) / pd.Timedelta(days=1)

    @cached_property
    def figures(self) -> list[str]:
        """Columns with the figures."""
        numbers = self.table.select_dtypes("number")
        return [name for name in numbers if name not in _KEYS]

    def finding(self, at: pd.Series, detail: str = "") -> Finding:
        """Faulty statements; the date is the period's end."""
        found = pd.DataFrame({"date": self.period, "code": self.table.code})
        return Finding(found[at.to_numpy(bool)], len(self.table), detail)

    @cached_property
    def versions(self) -> pd.DataFrame:
        """Each statement that has an earlier version beside that version's day and figures.

        Indexed like the table; `public_before`, then the figures under their own names. Versions
        are told by `report` (4 is restated), else by the day of publication.
        """
        table = self.table[self.figures].assign(public_before=self.public)
        order = self.table[["code"]].assign(period=self.period, public=self.public)
        order["report"] = self.table.report.astype("str") if "report" in self.table else ""
        place = order.sort_values(["code", "period", "report", "public"], kind="stable").index
        keys = [order.code[place], order.period[place]]
        before = table.loc[place].groupby(keys).shift()
        later = order.loc[place].groupby(keys).cumcount().gt(0)
        return before[later.to_numpy()]


@dataclass(frozen=True)
class StatementCheck:
    """A rule for one table of statements; see `stockcast.data.quality.Check`."""

    name: str
    severity: str
    about: str
    tolerated: float
    find: Callable[[Statements], Finding]

    def line(self, name: str, table: pd.DataFrame) -> tuple:
        """Its line of the report, for the table called `name`."""
        found = self.find(Statements(table))
        return line(f"{name}: {self.name}", self.severity, self.tolerated, self.about, found)


def undated(statements: Statements) -> Finding:
    """Statements without a full announcement date: they count from the legal deadline at best."""
    named = [name for name in _PUBLIC if name in statements.table]
    detail = "no column says when"
    if named:
        told = statements.table[named[0]].astype("str")
        yearless = told.str.contains(_MONTH_DAY, na=False).any()
        detail = f"{named[0]} has month and day only" if yearless else ""
    gone = statements.public.isna()
    return statements.finding(gone, detail if gone.any() else "")


def unborn(statements: Statements) -> Finding:
    """Statements announced on or before the last day of the period they report."""
    return statements.finding(statements.lag <= 0)


def too_soon(statements: Statements) -> Finding:
    """Statements announced within three days of the period's end."""
    return statements.finding((statements.lag > 0) & (statements.lag < SOONEST))


def late(statements: Statements) -> Finding:
    """First versions announced after the legal deadline of their period.

    Annual and first-quarter reports by 30 April, half-year reports by 31 August, third-quarter
    reports by 31 October (Securities Law, art. 79; CSRC disclosure rules). What a company publishes
    on its first day of all, as in a prospectus, is bound to no deadline.
    """
    period = statements.period
    after = period.dt.month.map({3: 1, 6: 2, 9: 1, 12: 4})
    month = period.to_numpy().astype("datetime64[M]")
    deadline = (month + after.fillna(0).to_numpy().astype("timedelta64[M]") + 1).astype(
        "datetime64[D]"
    )
    first = ~statements.table.index.isin(statements.versions.index)
    bound = statements.public > statements.public.groupby(statements.table.code).transform("min")
    return statements.finding(statements.public.ge(deadline) & first & bound)


def backdated(statements: Statements) -> Finding:
    """Corrected statements dated no later than the version they correct."""
    before = statements.versions.public_before
    at = pd.Series(False, statements.table.index)
    at[before.index] = statements.public[before.index] <= before
    return statements.finding(at)


def overwritten(statements: Statements) -> Finding:
    """Corrected statements whose every figure the earlier version has already.

    A correction changes something; where nothing differs, the first version was rewritten with
    figures that nobody knew. A vendor who drops the first version leaves no trace here, but see
    `uncorrected`.
    """
    before = statements.versions[statements.figures]
    now = statements.table.loc[before.index, statements.figures]
    alike = np.isclose(now, before, rtol=1e-9, atol=0, equal_nan=True).all(axis=1)
    at = pd.Series(False, statements.table.index)
    at[before.index] = alike
    return statements.finding(at)


def uncorrected(tables: Mapping[str, pd.DataFrame]) -> Finding:
    """Fewer corrections than the base rate makes credible: only the latest versions were kept.

    The table with the most is judged, since some statements are seldom corrected (cash flows).
    Poisson with .3 % of the statements, at .1 %; needs about 2,300 statements to say anything.
    """
    seen = {name: len(Statements(table).versions) for name, table in tables.items()}
    most = max(seen, key=lambda name: seen[name] / max(len(tables[name]), 1))
    expected = RESTATED * (len(tables[most]) - seen[most])
    detail = f"{seen[most]} corrections in {most}, at least {expected:.0f} expected"
    return Finding.whole(bool(stats.poisson.cdf(seen[most], expected) < CHANCE), detail)


CHECKS = tuple(
    StatementCheck(*each)
    for each in (
        ("no announcement date", FAIL, "cannot be placed in time", 0.0, undated),
        ("announced before the period's end", FAIL, "figures of days to come", 0.0, unborn),
        ("announced implausibly soon", FAIL, "within three days of the period's end", 0.0,
         too_soon),
        ("announced after the deadline", NOTE, "late, or dated by a later version", _LATE, late),
        ("correction dated as the first", FAIL, "known before it was made", 0.0, backdated),
        ("first figures equal the corrected", FAIL, "history was overwritten", 0.0, overwritten),
    )
)  # fmt: skip


def premature(figures: pd.DataFrame) -> Finding:
    """Figures in use before they were announced.

    Parameters
    ----------
    figures
        `date` (the day a figure is used at the close of), `code`, `announced` (when it was
        published, NaT: unknown, which counts as premature).
    """
    close = figures.date + pd.Timedelta(hours=15)
    early = ~(figures.announced <= close)
    return Finding(figures.loc[early, ["date", "code"]], len(figures))
