"""Membership: is the universe the index it says it is, and what kind of index is that?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from stockcast.data.quality.check import ANY, FAIL, NOTE, Finding, check
from stockcast.data.quality.subject import Subject

MEMBERS = {
    "000300.SH": 300, "399300.SZ": 300, "000905.SH": 500, "000016.SH": 50, "000852.SH": 1000,
}  # fmt: skip
"""Members of an index by its own rules (China Securities Index Company, index methodologies)."""

_LOPSIDED, _WEEK = 3, 5
_CASH = 0.06  # factor steps up to this are taken for dividends, larger ones for splits
_WEIGHT_DAYS = 120


def _flags(subject: Subject) -> pd.DataFrame:
    """Member or not, days x codes; duplicated rows count once."""
    rows = subject.rows.drop_duplicates(["date", "code"])
    return rows.pivot(index="date", columns="code", values="in_universe").eq(True)


@check("lopsided membership changes", NOTE, "an index swaps its members one for one, the same day")
def lopsided(subject: Subject) -> Finding:
    """Days on which members come and none goes, within a week of days on which members go.

    Three or more must come, or go, alone. An index that only grows, or only shrinks, is let be.
    """
    now = _flags(subject)
    before = now.shift(fill_value=False)
    come = (now & ~before).sum(axis=1).to_numpy().copy()
    go = (~now & before).sum(axis=1).to_numpy()
    come[0] = 0  # the panel begins, nobody joins
    alone = np.where(go == 0, come, 0) >= _LOPSIDED, np.where(come == 0, go, 0) >= _LOPSIDED
    odd = (alone[0] & _near(alone[1])) | (alone[1] & _near(alone[0]))
    return Finding.days(now.index[odd], len(now))


def _near(at: np.ndarray) -> np.ndarray:
    """Within five trading days of a day that `at` marks."""
    return np.convolve(at, np.ones(2 * _WEEK + 1), mode="full")[_WEEK : _WEEK + len(at)] > 0.5


@check("universe off its number", NOTE, "who is missing is not ranked that day", needs="members")
def off_number(subject: Subject) -> Finding:
    """Days on which the members are more or fewer than the index has by its rules."""
    size = subject.rows.in_universe.groupby(subject.rows.date).sum()
    off = size != subject.members
    detail = f"{size.min()} to {size.max()} instead of {subject.members}"
    return Finding.days(size.index[off], len(size), detail)


@check("members that vanish", NOTE, "rows end while the stock is still in the universe")
def vanish(subject: Subject) -> Finding:
    """Stocks that end early as members: an index drops a stock before it is delisted."""
    last = subject.rows.groupby("code").in_universe.last()
    return Finding.stocks(subject.ended & last)


@check("index members not in the panel", FAIL, "in the index's own list, without a row that day",
       needs="index_weights", tolerated=1e-2)  # fmt: skip
def absent_members(subject: Subject) -> Finding:
    """Members in the snapshots of an index who have no row in the panel that day.

    One in a hundred is tolerated: a member halted since before the panel begins has no row yet.
    """
    inside = subject.index_weights.date.isin(subject.sessions)
    listed = subject.index_weights.loc[inside, ["date", "code"]]
    found = listed.merge(subject.rows[["date", "code"]], how="left", indicator="known")
    return Finding(found.loc[found.known.eq("left_only"), ["date", "code"]], len(listed))


@check("universe, smallest day", NOTE, "members on the day with the fewest", tolerated=ANY)
def smallest(subject: Subject) -> Finding:
    """Members on the day that has the fewest."""
    return _members_on(subject, "idxmin")


@check("universe, largest day", NOTE, "members on the day with the most", tolerated=ANY)
def largest(subject: Subject) -> Finding:
    """Members on the day that has the most."""
    return _members_on(subject, "idxmax")


def _members_on(subject: Subject, which: str) -> Finding:
    rows = subject.rows
    day = getattr(rows.in_universe.groupby(rows.date).sum(), which)()
    found = rows.loc[rows.date.eq(day) & rows.in_universe, ["date", "code"]]
    return Finding(found, rows.code.nunique())


@check("never members", NOTE, "stocks that are never ranked", tolerated=ANY)
def never(subject: Subject) -> Finding:
    """Stocks that are in the universe on no day."""
    return Finding.stocks(~subject.rows.groupby("code").in_universe.any())


@check("index without dividends", NOTE, "a price index: portfolios with dividends beat it unearned",
       needs="index")  # fmt: skip
def price_index(subject: Subject) -> Finding:
    """The index falls behind its members' total return on the days they pay dividends.

    The index's return less the members', weighted by their trading over 120 days, is regressed
    on their return and on the cash they pay that day (factor steps up to 6 %). A total return
    index has slope 0 on the cash, a price index -1; found when the slope is three standard errors
    (White's) below 0 and nearer to -1. Needs a hundred members and five years to be sure of.
    """
    table = _paid(subject)
    gap = (table["index"] - table.members).to_numpy()
    design = sm.add_constant(table[["members", "cash"]].to_numpy(), has_constant="add")
    if len(table) < 100 or not table.cash.any():
        return Finding.whole(False, "too few days or dividends to say")
    fit = sm.OLS(gap, design).fit(cov_type="HC1")
    slope, error = fit.params[2], fit.bse[2]
    detail = f"slope {slope:.2f} ± {error:.2f}; dividends {table.cash.mean() * 244:.1%} a year"
    return Finding.whole(bool(slope + 3 * error < 0 and slope < -0.5), detail)


def _paid(subject: Subject) -> pd.DataFrame:
    """Per day: return of the `index` and of its `members`, and the `cash` they pay; fractions."""
    rows = subject.rows
    weight = rows.groupby("code").amount.transform(
        lambda amount: amount.rolling(_WEIGHT_DAYS, min_periods=20).mean().shift()
    )
    step = np.nan_to_num(subject.step)
    used = subject.traded & rows.in_universe & np.isfinite(subject.move) & weight.notna()
    weight = weight.where(used, 0.0)
    daily = pd.DataFrame(
        {
            "weight": weight,
            "members": weight * np.nan_to_num(np.clip(subject.move, -0.2, 0.2)),
            "cash": weight * np.where((step > 0) & (step < _CASH), step, 0.0),
        }
    )
    daily = daily.groupby(rows.date).sum()
    daily = daily[["members", "cash"]].div(daily.weight.where(daily.weight > 0), axis=0)
    daily["index"] = subject.index.set_index("date").close.pct_change()
    return daily.dropna()


CHECKS = (
    lopsided, off_number, vanish, absent_members, smallest, largest, never, price_index,
)  # fmt: skip
