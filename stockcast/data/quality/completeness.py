"""Completeness: what should be in the panel and is not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.data.quality.check import ANY, FAIL, NOTE, Finding, check
from stockcast.data.quality.subject import Subject


@check("sessions without any row", FAIL, "trading days nobody has")
def absent_sessions(subject: Subject) -> Finding:
    """Sessions on which no stock has a row."""
    return Finding.days(subject.sessions.difference(subject.rows.date), len(subject.sessions))


@check("missing rows", FAIL, "between a stock's first and last day")
def missing_rows(subject: Subject) -> Finding:
    """Days between a stock's first and last without a row.

    Blind to a gap at a stock's end, and to rows that completion has filled (`filled rows`).
    """
    spans = subject.spans
    holed = spans.index[spans["last"] - spans["first"] + 1 > spans["rows"]]
    found = [pd.DataFrame({"date": pd.DatetimeIndex([]), "code": pd.Series([], dtype="str")})]
    some = subject.rows[subject.rows.code.isin(holed)]
    for code, days in some.groupby("code").date:
        inside = subject.sessions[spans["first"][code] : spans["last"][code] + 1]
        found.append(pd.DataFrame({"date": inside.difference(days), "code": code}))
    return Finding(pd.concat(found, ignore_index=True), len(subject.rows))


@check("filled rows", NOTE, "carried flat where the source has no row", tolerated=1e-3)
def filled_rows(subject: Subject) -> Finding:
    """Suspended rows without an amount: an exchange's own suspended days have amount zero.

    A source that says nothing about the amount of suspended days looks the same.
    """
    return Finding.rows(subject, subject.rows.suspended & subject.rows.amount.isna())


@check("amount missing", NOTE, "traded; how much?", tolerated=1e-3)
def amount_missing(subject: Subject) -> Finding:
    """Days that traded, without an amount."""
    return Finding.rows(subject, subject.rows.amount.isna() & subject.traded)


@check("turnover missing", NOTE, "in the source's own table", tolerated=1e-2, needs="original")
def turnover_missing(subject: Subject) -> Finding:
    """Rows of the source's own table without turnover; all of them when it has no such column."""
    table = subject.original
    names = [name for name in ("turn", "turnover", "turnover_rate") if name in table]
    gone = table[names[0]].isna() if names else pd.Series(True, table.index)
    return _gone(table, gone)


@check(
    "special treatment unknown", NOTE, "limits taken for ±10 % may be ±5 %",
    tolerated=1e-2, needs="original",
)  # fmt: skip
def treatment_unknown(subject: Subject) -> Finding:
    """Rows of the source's own table that do not say whether the stock is ST."""
    table = subject.original
    known = table.is_st.isin([0, 1]) if "is_st" in table else pd.Series(False, table.index)
    return _gone(table, ~known)


def _gone(table: pd.DataFrame, gone: pd.Series) -> Finding:
    """Rows without a value, and the month from which on most are without."""
    month = table.date.dt.to_period("M")
    mostly = gone.groupby(month).mean().gt(0.5)
    tail = mostly[::-1].cummin()[::-1]  # true as long as every later month is mostly without
    detail = f"most rows from {tail.idxmax()} on" if tail.any() else ""
    return Finding(table.loc[gone.to_numpy(bool), ["date", "code"]], len(table), detail)


@check("suspended", NOTE, "no trade; carried flat", tolerated=ANY)
def suspended(subject: Subject) -> Finding:
    """Days without trade, counted."""
    return Finding.rows(subject, ~subject.traded)


@check("special treatment", NOTE, "ST, where known", tolerated=ANY)
def special_treatment(subject: Subject) -> Finding:
    """ST days, counted."""
    return Finding.rows(subject, subject.rows.is_st)


@check("no reference price", NOTE, "a stock's first day", tolerated=ANY)
def no_reference(subject: Subject) -> Finding:
    """Rows without pre_close, counted."""
    return Finding.rows(subject, np.isnan(subject.rows.pre_close.to_numpy()))


CHECKS = (
    absent_sessions, missing_rows, filled_rows, amount_missing, turnover_missing,
    treatment_unknown, suspended, special_treatment, no_reference,
)  # fmt: skip
