"""Survivorship: who is missing from a panel, and who can be told by it; prices nobody traded at."""

from __future__ import annotations

import pandas as pd
from scipy import stats

from stockcast.data.quality.check import ANY, CHANCE, FAIL, NOTE, Finding, check
from stockcast.data.quality.subject import Subject

DELISTED_A_YEAR = 0.0016
"""Share of A-shares that leave the exchanges in a year, 2010 to 2019 (Sinolink Securities,
comparison of delisting systems, 2024-03-11); .32 % over 1999 to 2020 and .64 % since, so that the
check errs on the panel's side."""

_SESSIONS_A_YEAR = 244


@check("not as traded", FAIL,
       "a vendor's adjusted prices: no rules, no VWAP, results also without them")  # fmt: skip
def not_as_traded(subject: Subject) -> Finding:
    """Stocks whose own prices say so: off the tick, or far from amount / volume.

    The flag `as_traded` is not looked at. Prices adjusted by a constant within 1 % of 1 and
    rounded to the tick again cannot be told.
    """
    signs = subject.signs
    rows = int(subject.spans["rows"][signs.adjusted].sum())
    detail = f"{rows:,} rows ({rows / len(subject.rows):.1%}), amount / volume up to "
    average = (subject.average / subject.rows.close)[~subject.genuine]
    detail = f"{detail}{average.max():.0f} times the close" if rows else ""
    return Finding.stocks(signs.adjusted, detail)


@check("not as traded, and not marked", FAIL, "the flag as_traded and the prices disagree")
def unmarked(subject: Subject) -> Finding:
    """Stocks whose prices are found adjusted while `as_traded` is true, or the reverse."""
    marked = ~subject.rows.groupby("code").as_traded.agg("min").astype(bool)
    return Finding.stocks(marked != subject.signs.adjusted)


@check("stocks that end early", NOTE, "delisted, merged, or simply cut", tolerated=ANY)
def early(subject: Subject) -> Finding:
    """Stocks without a row on the panel's last day, counted."""
    return Finding.stocks(subject.ended)


@check("too few stocks end early", FAIL, "delisted stocks were left out: survivorship")
def survivors(subject: Subject) -> Finding:
    """Fewer ends than delistings at the stated base rate, up to some year's end.

    Poisson, with .16 % of the stocks listed a year. Each year's end is a look, at .1 %; ten looks
    at one growing count raise the chance of a false alarm to .12 % only (200,000 draws). Needs
    4,300 stock-years without an end to say anything.
    """
    spans, days = subject.spans, subject.sessions
    ends = pd.Series(range(len(days))).groupby(days.year.to_numpy()).max()
    lines = []
    for year, end in ends.items():
        lived = (spans["last"].clip(upper=end) - spans["first"] + 1).clip(lower=0).sum()
        expected = DELISTED_A_YEAR * lived / _SESSIONS_A_YEAR
        seen = int((subject.ended & (spans["last"] < end)).sum())
        lines.append((stats.poisson.cdf(seen, expected), year, seen, expected))
    chance, year, seen, expected = min(lines)
    detail = f"{seen} by the end of {year}, at least {expected:.1f} expected"
    return Finding.whole(chance < CHANCE, detail)


@check("early ends can be told", FAIL, "stocks that will end are marked by adjusted prices: a leak")
def told(subject: Subject) -> Finding:
    """Stocks that end early are the ones not as traded, more often than chance allows.

    Fisher's exact test of both traits, one-sided, at .1 %; found are the stocks with both.
    """
    ended, adjusted = subject.ended, subject.signs.adjusted.reindex(subject.ended.index)
    both = ended & adjusted
    table = [
        [both.sum(), (ended & ~adjusted).sum()],
        [(~ended & adjusted).sum(), (~ended & ~adjusted).sum()],
    ]
    chance = stats.fisher_exact(table, alternative="greater").pvalue
    detail = f"{both.sum()} of {ended.sum()} that end early"
    return Finding.stocks(both & (chance < CHANCE), detail if both.any() else "")


CHECKS = (not_as_traded, unmarked, early, survivors, told)
