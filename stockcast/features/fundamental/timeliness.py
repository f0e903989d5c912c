"""When statements came, how old they are, and whether they had to be corrected."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import deadline, versions
from stockcast.data.point_in_time.statements import RESTATED
from stockcast.features.fundamental.known import (
    NONE,
    Events,
    Figures,
    days_since_1970,
    quarter_ends,
)
from stockcast.features.fundamental.line import as_columns, feature
from stockcast.features.fundamental.statements import YEAR, add
from stockcast.features.rows import Rows

INPUTS = ("income",)
HISTORY = 12
"""Quarters in which a correction is remembered."""

BALL = "Ball and Brown, Journal of Accounting Research 6 (1968)"
BERNARD = "Bernard and Thomas, Journal of Accounting Research 27 Supplement (1989)"
CHAMBERS = "Chambers and Penman, Journal of Accounting Research 22 (1984)"
HRIBAR = "Hribar and Jenkins, Review of Accounting Studies 9 (2004)"
CSRC = "CSRC, measures on disclosure by listed companies (2007), art. 20"


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from the dates of income statements."""
    if "income" not in tables:
        return {}
    figures = Figures(rows, _dates(rows, tables["income"]))
    events = Events.of(rows, [figures])
    number = figures.latest(events)
    today = days_since_1970(rows.dates)[rows.day]

    def first(name: str, back: int = 0) -> np.ndarray:
        return figures.value(name, figures.find(events, number - back, first=True))

    def corrected(back: int) -> np.ndarray:
        return np.nan_to_num(figures.value("corrected", figures.find(events, number - back)))

    lag, lag_before = (first("published", q) - first("ended", q) for q in (0, YEAR))
    columns = {
        "days_since_statement": today - events.spread(first("published")),
        "statement_age": today - events.spread(first("ended")),
        "days_until_deadline": events.spread(_next_deadline(number)) - today,
        "reporting_lag": events.spread(lag),
        "reporting_lag_change": events.spread(lag - lag_before),
        "restated": events.spread(np.minimum(add(*map(corrected, range(HISTORY))), 1.0)),
    }
    return as_columns(columns)


def _dates(rows: Rows, income: pd.DataFrame) -> pd.DataFrame:
    """Versions with days since 1970 of the period's end and of the publication."""
    held = versions(income[income["code"].isin(rows.codes)])
    published = held["first_announced"].fillna(held["announced"])
    published = published.fillna(deadline(held["period"]))
    return held[["code", "period", "known"]].assign(
        ended=days_since_1970(held["period"]),
        published=days_since_1970(published),
        corrected=held["report"].eq(RESTATED).to_numpy(float),
    )


def _next_deadline(number: np.ndarray) -> np.ndarray:
    """Days since 1970 of the deadline of the quarter after each, (n_events,)."""
    ends = pd.Series(quarter_ends(np.where(number == NONE, NONE, number + 1)))
    days = deadline(pd.to_datetime(ends, unit="D", origin="unix"))
    return days_since_1970(days)


FEATURES = (
    feature("days_since_statement", "timeliness", "calendar days since the latest period's "
            "statement was first published", INPUTS, "days", BERNARD),
    feature("statement_age", "timeliness", "calendar days since the end of the latest period "
            "published", INPUTS, "days", BALL),
    feature("days_until_deadline", "timeliness", "calendar days until the law's last day for the "
            "next period; negative when overdue", INPUTS, "days", CSRC),
    feature("reporting_lag", "timeliness", "calendar days from the latest period's end to its "
            "publication", INPUTS, "days", CHAMBERS),
    feature("reporting_lag_change", "timeliness", "reporting_lag - that of the same period a year "
            "before", INPUTS, "days", CHAMBERS),
    feature("restated", "timeliness", "1 where a statement of the last 12 quarters had been "
            "corrected by that day, else 0", INPUTS, "flag", HRIBAR),
)  # fmt: skip
