"""Adjustment breaks: a factor that does not carry the price over splits and dividends."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.data.quality.check import FAIL, NOTE, Finding, check
from stockcast.data.quality.subject import HALF_TICK, Subject

DISAGREEMENT = 0.005
"""Of a return: more than this between two accounts of the same day is no rounding."""

_STEP = 1e-6  # a factor's relative change below this is a vendor's rounding


def quarantine(panel: pd.DataFrame) -> pd.Series:
    """Rows whose return must not be used: factor and official change tell different stories.

    Parameters
    ----------
    panel
        Complete; `pct_chg` (percent) where the source has it. Where it is missing, close /
        pre_close - 1 stands in for it, which says nothing when `pre_close` was itself derived
        from the factor.

    Returns
    -------
    Series of bool
        By the panel's index: the return of close x adj_factor since the stock's row before and
        the official one differ by more than 0.5 % and by more than half a tick.

    Notes
    -----
    Uses each row and the one before. A label or feature over a quarantined row holds a jump that
    nobody earned.
    """
    rows = panel.reset_index(drop=True).sort_values(["code", "date"], kind="stable")
    adjusted = rows.close * rows.adj_factor
    move = adjusted / adjusted.groupby(rows.code).shift() - 1
    official = rows.close / rows.pre_close - 1
    if "pct_chg" in rows:
        official = (rows.pct_chg / 100).fillna(official.where(rows.as_traded))
    apart = _apart(move.to_numpy(), official.to_numpy(), rows.pre_close.to_numpy())
    out = np.zeros(len(panel), bool)
    out[rows.index] = apart
    return pd.Series(out, panel.index, name="quarantined")


def _apart(one: np.ndarray, other: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Two returns differ by more than half a per cent, and by more than a tick's rounding."""
    gap = np.abs(one - other)
    return gap > DISAGREEMENT + HALF_TICK / np.where(price > 0, price, np.inf)


@check("factor falls", FAIL, "a vendor's revision, or a reverse split")
def falls(subject: Subject) -> Finding:
    """Days on which the cumulative factor goes down."""
    return Finding.rows(subject, subject.step < -1e-9)


@check("factor against reference price", FAIL,
       "adjusted return and close / pre_close differ by more than 0.5 %")  # fmt: skip
def against_reference(subject: Subject) -> Finding:
    """Days on which the factor and the exchange's reference price disagree.

    Sees nothing where `pre_close` was derived from the factor, and no step below 0.5 %.
    """
    rows = subject.rows
    price = rows.pre_close.to_numpy()
    apart = _apart(subject.move, rows.close.to_numpy() / price - 1, price)
    return Finding.rows(subject, apart & subject.genuine)


@check("factor against official change", FAIL,
       "adjusted return and the official one differ by more than 0.5 %")  # fmt: skip
def against_official(subject: Subject) -> Finding:
    """Days in quarantine; none where the panel has no `pct_chg`."""
    if "pct_chg" not in subject.rows:
        return Finding.rows(subject, np.zeros(len(subject.rows), bool))
    known = subject.rows.pct_chg.notna()
    return Finding.rows(subject, quarantine(subject.rows) & known)


@check("factor does not start at 1", NOTE, "scale-free features do not mind; levels would")
def start(subject: Subject) -> Finding:
    """Stocks whose first factor in the panel is not 1."""
    first = subject.rows.groupby("code").adj_factor.agg("first")
    return Finding.stocks((first - 1).abs() > _STEP, f"up to {first.max():,.0f}")


@check("steps without payout", FAIL, "the factor moves, and no dividend or split says why",
       needs="dividends")  # fmt: skip
def unexplained(subject: Subject) -> Finding:
    """Days on which the factor changes by more than 0.5 % without an ex-day.

    Ex-days during a suspension count for the first day traded after it.
    """
    rows = subject.rows
    stepped = rows[np.abs(subject.step) > DISAGREEMENT][["date", "code"]]
    paid = _ex_days(subject)
    found = stepped.merge(paid, on=["date", "code"], how="left", indicator="known")
    return Finding(found.loc[found.known.eq("left_only"), ["date", "code"]], len(rows))


@check("payouts without step", FAIL, "a dividend or split that the factor ignores",
       needs="dividends")  # fmt: skip
def ignored(subject: Subject) -> Finding:
    """Ex-days of the dividends table, of payouts above 0.5 %, on which the factor stands still."""
    rows = subject.rows
    still = rows.assign(before=rows.close.shift())[subject.same & (np.abs(subject.step) < _STEP)]
    paid = still.merge(_ex_days(subject), on=["date", "code"])
    owed = (paid.cash / paid.before + paid.bonus) > DISAGREEMENT
    return Finding(paid.loc[owed, ["date", "code"]], len(rows))


def _ex_days(subject: Subject) -> pd.DataFrame:
    """`date`, `code`, `cash`, `bonus` of payouts carried out, a row for each ex-day."""
    paid = subject.dividends[subject.dividends.ex_date.notna()]
    paid = paid.groupby(["ex_date", "code"], as_index=False)[["cash", "bonus"]].max()
    return paid.rename(columns={"ex_date": "date"})


CHECKS = (falls, against_reference, against_official, start, unexplained, ignored)
