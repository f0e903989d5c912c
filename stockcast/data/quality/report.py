"""The report: every check that the tables at hand allow, a line each."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

from stockcast.data.quality import (
    adjustment,
    completeness,
    consistency,
    membership,
    statements,
    survivorship,
    timeliness,
)
from stockcast.data.quality.check import FAIL, NOTE, Check, Finding, check
from stockcast.data.quality.subject import Subject
from stockcast.errors import InputError

COLUMNS = ("check", "severity", "rows", "share", "passed", "note")


@check("figures used before announced", FAIL, "look-ahead", needs="figures")
def used_early(subject: Subject) -> Finding:
    """Figures in use before the close that follows their announcement."""
    return statements.premature(subject.figures)


@check("too few corrections", NOTE, "perhaps only the latest figures were kept", needs="statements")
def uncorrected(subject: Subject) -> Finding:
    """Statement tables that correct less than they should."""
    return statements.uncorrected(subject.statements)


CHECKS: dict[str, Check] = {
    each.name: each
    for module in (completeness, consistency, timeliness, adjustment, survivorship, membership)
    for each in module.CHECKS
} | {used_early.name: used_early, uncorrected.name: uncorrected}
"""Every check of a panel by name, in the report's order."""

STATEMENT_CHECKS = {each.name: each for each in statements.CHECKS}
"""Every check of a statement table by name."""


def report(
    panel: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    *,
    original: pd.DataFrame | None = None,
    today: str | pd.Timestamp | None = None,
    members: int | None = None,
    index: pd.DataFrame | None = None,
    index_weights: pd.DataFrame | None = None,
    dividends: pd.DataFrame | None = None,
    figures: pd.DataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Look for everything that can be wrong with a complete panel and the tables beside it.

    Parameters
    ----------
    panel
        As `stockcast.data.sources.load` gives it.
    sessions
        Trading days of the exchange from the panel's first to its last.
    original
        The source's own table (`date`, `code`, `turn`, `is_st`, ...): the panel no longer has
        what the schema dropped or took for false.
    today
        Day by whose evening the panel should be up to date.
    members
        How many members the index has by its rules, see `membership.MEMBERS`.
    index
        `date`, `close` of the index whose members the universe is.
    index_weights, dividends
        As in `stockcast.market.tables`; `index_weights` of this index only.
    figures
        `date`, `code`, `announced` of figures in use, see `statements.premature`.
    tables
        Statement tables by name: income, balance, cash_flow, indicators, or a vendor's own.

    Returns
    -------
    DataFrame
        `check`; `severity` (fail or note); `rows` (how many rows, stocks, days or statements are
        at fault); `share` (of those looked at, a fraction); `passed` (the share is tolerated);
        `note` (what it means, and the first case). A clean panel has the same lines, with zeros;
        checks whose table is not given are left out.

    Raises
    ------
    InputError
        For a panel without rows, or a `today` that is no day.

    Notes
    -----
    The report looks at the whole panel, its last day included: it judges data, and nothing in it
    may become a feature.
    """
    if panel.empty:
        raise InputError("panel", "must have rows", "an empty table")
    subject = Subject(
        panel, sessions, original=original, members=members, index=index, figures=figures,
        index_weights=index_weights, dividends=dividends, statements=tables or None,
        today=_day(today),
    )  # fmt: skip
    lines = [each.line(subject) for each in CHECKS.values() if each.possible(subject)]
    for name, table in (tables or {}).items():
        lines += [each.line(name, table.reset_index(drop=True)) for each in statements.CHECKS]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _day(today: str | pd.Timestamp | None) -> pd.Timestamp | None:
    if today is None:
        return None
    try:
        return pd.Timestamp(today).normalize()
    except ValueError:
        raise InputError("today", "must be a day such as 2015-01-05", today) from None


def passed(found: pd.DataFrame) -> bool:
    """No check of severity `fail` found more than it tolerates."""
    return bool(found.passed[found.severity == FAIL].all())


def summary_json(found: pd.DataFrame) -> str:
    """A report as JSON text: `passed`, the names of what `failed` and `noted`, and every line."""
    broken = found[~found.passed]
    summary = {
        "passed": passed(found),
        "failed": broken.check[broken.severity == FAIL].tolist(),
        "noted": broken.check[broken.severity != FAIL].tolist(),
        "checks": found.to_dict("records"),
    }
    return json.dumps(summary, ensure_ascii=False, indent=1)
