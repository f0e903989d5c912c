"""Faults planted in membership, payouts and statements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stockcast.data.quality.adjustment import DISAGREEMENT
from stockcast.data.quality.break_quotes import N_DAYS, N_ROWS, Broken, _codes, _stocks, _with
from stockcast.data.quality.statements import Statements
from stockcast.data.quality.subject import Subject

_KEY = ["date", "code"]


def _quiet_days(subject: Subject, rng: np.random.Generator) -> np.ndarray:
    """Positions of days, apart from each other, around which no member comes or goes."""
    rows = subject.rows
    flags = rows.pivot(index="date", columns="code", values="in_universe").eq(True).to_numpy()
    changed = np.append(True, (flags[1:] != flags[:-1]).any(axis=1))
    near = changed | np.append(changed[1:], True) | np.append(changed[2:], [True, True])
    quiet = np.flatnonzero(~near)
    return np.sort(rng.choice(quiet[quiet % 3 == 0], N_DAYS, replace=False))


def lopsided(subject: Subject, rng: np.random.Generator) -> Broken:
    """Members who go on a day and come back the next, with nobody in their place."""
    rows, days = subject.rows.copy(), subject.sessions
    at = _quiet_days(subject, rng)
    for day in at:
        inside = rows.index[rows.in_universe & rows.date.eq(days[day])]
        rows.loc[rng.choice(inside, min(5, len(inside)), replace=False), "in_universe"] = False
    truth = days[np.sort(np.concatenate([at, at + 1]))]
    return _with(subject, rows), pd.DataFrame({"date": truth.as_unit("us")})


def off_number(subject: Subject, rng: np.random.Generator) -> Broken:
    """A fixed index of which one member is missing on some days."""
    whole = subject.spans.index[subject.spans["rows"] == len(subject.sessions)]
    index = rng.choice(whole.to_numpy(), len(whole) // 2, replace=False)
    days = rng.choice(subject.sessions, N_DAYS, replace=False)
    rows = subject.rows.assign(in_universe=subject.rows.code.isin(index))
    rows.loc[rows.code.eq(index[0]) & rows.date.isin(days), "in_universe"] = False
    truth = pd.DataFrame({"date": pd.DatetimeIndex(days).as_unit("us")})
    return replace(_with(subject, rows), members=len(index)), truth


def vanish(subject: Subject, rng: np.random.Generator) -> Broken:
    """Members whose rows stop."""
    rows, days = subject.rows, subject.sessions
    codes = _codes(subject, rng)
    ends = days[rng.integers(len(days) // 2, len(days) - 1, len(codes))]
    end = rows.code.map(dict(zip(codes, ends, strict=True)))
    rows = rows.assign(in_universe=rows.in_universe | end.notna())
    return _with(subject, rows[~(rows.date > end)]), _stocks(codes)


def absent_members(subject: Subject, rng: np.random.Generator) -> Broken:
    """Members in the index's own monthly list whose rows were never collected."""
    rows = subject.rows
    firsts = subject.sessions.to_series().groupby(subject.sessions.to_period("M")).first()
    listed = rows.loc[rows.date.isin(firsts) & rows.in_universe, _KEY]
    gone = rng.choice(listed.code.unique(), 3, replace=False)
    broken = _with(subject, rows[~rows.code.isin(gone)])
    return replace(broken, index_weights=listed), listed[listed.code.isin(gone)]


def _payouts(subject: Subject) -> pd.DataFrame:
    """A dividends table that explains every step of the factor."""
    paid = subject.rows[np.abs(np.nan_to_num(subject.step)) > DISAGREEMENT]
    bonus = subject.step[paid.index]
    return pd.DataFrame({"ex_date": paid.date, "code": paid.code, "cash": 0.0, "bonus": bonus})


def unexplained(subject: Subject, rng: np.random.Generator) -> Broken:
    """Payouts that the dividends table does not have."""
    table = _payouts(subject)
    gone = table.index.isin(rng.choice(table.index, min(N_ROWS, len(table) // 2), replace=False))
    truth = table[gone].rename(columns={"ex_date": "date"})[_KEY]
    return replace(subject, dividends=table[~gone]), truth


def ignored(subject: Subject, rng: np.random.Generator) -> Broken:
    """Payouts that the factor knows nothing of."""
    table = _payouts(subject)
    at = rng.choice(table.index, min(N_ROWS, len(table) // 2), replace=False)
    undo = pd.Series(1 + subject.step[at], at).reindex(subject.rows.index).fillna(1.0)
    rows = subject.rows
    rows = rows.assign(adj_factor=rows.adj_factor / undo.groupby(rows.code).cumprod())
    truth = table.loc[at].rename(columns={"ex_date": "date"})[_KEY]
    return replace(_with(subject, rows), dividends=table), truth


def used_early(subject: Subject, rng: np.random.Generator) -> Broken:
    """Figures used some days before they were announced, among others used after."""
    codes = rng.choice(subject.rows.code.unique(), 3 * N_ROWS)
    announced = subject.sessions[rng.integers(20, len(subject.sessions) - 20, len(codes))]
    late = np.arange(len(codes)) >= N_ROWS
    shift = np.where(late, rng.integers(0, 20, len(codes)), -rng.integers(1, 20, len(codes)))
    figures = pd.DataFrame(
        {"date": announced + pd.to_timedelta(shift, "D"), "code": codes, "announced": announced}
    )
    return replace(subject, figures=figures), figures.loc[~late, _KEY]


Table = tuple[pd.DataFrame, pd.DataFrame]
"""A statement table with its fault, and the statements broken: `date` (period) and `code`."""


def _first_versions(
    table: pd.DataFrame, rng: np.random.Generator, among: pd.Series | bool = True
) -> np.ndarray:
    """Labels of some statements of which there is one version only."""
    alone = ~table.duplicated(["code", "period"], keep=False) & among
    return rng.choice(table.index[alone], min(N_ROWS, int(alone.sum())), replace=False)


def _redated(table: pd.DataFrame, at: np.ndarray, days: pd.DatetimeIndex | pd.Series) -> Table:
    table = table.copy()
    for name in {"announced", "first_announced"} & set(table):
        table.loc[at, name] = np.asarray(days, "datetime64[us]")
    return table, _names(table.loc[at])


def _names(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"date": Statements(rows).period, "code": rows.code})


def undated(table: pd.DataFrame, rng: np.random.Generator) -> Table:
    """Announcement dates that are missing."""
    at = _first_versions(table, rng)
    return _redated(table, at, pd.DatetimeIndex([pd.NaT] * len(at)))


def unborn(table: pd.DataFrame, rng: np.random.Generator) -> Table:
    """Statements announced before their period has ended."""
    at = _first_versions(table, rng)
    early = pd.to_timedelta(rng.integers(0, 60, len(at)), "D")
    return _redated(table, at, table.period[at] - early)


def too_soon(table: pd.DataFrame, rng: np.random.Generator) -> Table:
    """Statements announced within three days of their period's end."""
    at = _first_versions(table, rng)
    return _redated(table, at, table.period[at] + pd.to_timedelta(rng.integers(1, 4, len(at)), "D"))


def late(table: pd.DataFrame, rng: np.random.Generator) -> Table:
    """Statements announced after every deadline, other than a prospectus's."""
    public = Statements(table).public
    bound = (public - table.period).dt.days.lt(125) & (
        public > public.groupby(table.code).transform("min")
    )
    at = _first_versions(table, rng, bound)
    days = pd.to_timedelta(rng.integers(125, 300, len(at)), "D")
    return _redated(table, at, table.period[at] + days)


def _corrected(table: pd.DataFrame, at: np.ndarray, times: float, days: int) -> Table:
    """A further version of some statements, its figures multiplied, published `days` later."""
    again = table.loc[at].copy()
    figures = Statements(table).figures
    again[figures] = again[figures] * times
    if "report" in again:
        again["report"] = "4"
    for name in {"announced", "first_announced"} & set(again):
        again[name] = again[name] + pd.Timedelta(days=days)
    return pd.concat([table, again], ignore_index=True), _names(again)


def backdated(table: pd.DataFrame, rng: np.random.Generator) -> Table:
    """Corrections that bear the day of what they correct."""
    return _corrected(table, _first_versions(table, rng), 1.1, 0)


def overwritten(table: pd.DataFrame, rng: np.random.Generator) -> Table:
    """First versions that have the corrected figures."""
    return _corrected(table, _first_versions(table, rng), 1.0, 200)
