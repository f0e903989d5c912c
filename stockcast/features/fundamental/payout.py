"""What companies pay out, from the day it is announced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import known_from
from stockcast.features.fundamental.known import NONE, Figures, days_since_1970
from stockcast.features.fundamental.line import STATEMENTS, as_columns, feature
from stockcast.features.fundamental.statements import YEAR, Known, Statements, known, per
from stockcast.features.rows import Rows

LINTNER = "Lintner, American Economic Review 46 (1956)"
LITZENBERGER = "Litzenberger and Ramaswamy, Journal of Finance 37 (1982)"


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns.

    A dividend counts from the trading day after its first announcement (the plan), later stages
    from theirs. Nothing announced for the latest year whose statement is known counts as nothing
    paid.
    """
    if not tables.keys() >= {"dividends", "income"}:
        return {}
    s = _last_year(rows, tables)
    told = ~np.isnan(s.year("net_profit_parent"))
    paid = np.where(told, np.nan_to_num(s.at("paid")), np.nan)
    with np.errstate(all="ignore"):
        # Once the bonus shares are there, a share is a part of what was one.
        ex = s.known.today >= s.spread(s.at("ex_day"))
        more = np.where(ex, s.spread(s.at("bonus")), 0.0)
        yields = per(s.spread(paid) / (1 + more), rows["close"])
        found = {"announced_dividend_yield": yields}
        if "balance" in tables:
            total = paid * s.at("total_shares")
            found["payout_ratio"] = s.spread(per(total, s.year("net_profit_parent")))
    return as_columns(found)


def _last_year(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> Statements:
    """Figures of the latest whole year known, dividends among them."""
    found = known(rows, tables, STATEMENTS)
    rounds = tables["dividends"].sort_values("announced", kind="stable")
    rounds = rounds.assign(
        known=known_from(rounds["announced"]),
        paid=rounds["cash"],
        ex_day=days_since_1970(rounds["ex_date"]),
    )
    figures = {**found.figures, "dividends": Figures(rows, rounds.drop(columns="cash"))}
    all_known = Known.of(rows, figures)
    latest = figures["income"].latest(all_known.events)
    whole = np.where(latest == NONE, NONE, latest // YEAR * YEAR)  # fourth quarters divide by 4
    return all_known.seen("income", whole)


FEATURES = (
    feature("announced_dividend_yield", "payout", "cash a share announced for the latest whole "
            "year / (1 + its bonus shares once they are there) / close", 
            ("dividends", "income", "close"), "fraction", LITZENBERGER),
    feature("payout_ratio", "payout", "cash announced for the latest whole year x total shares at "
            "its end / parent's net profit of it; none for a loss",
            ("dividends", "income", "balance"), "fraction", LINTNER),
)  # fmt: skip
