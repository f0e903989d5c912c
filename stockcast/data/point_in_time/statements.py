"""Statements as they were known: versions by announcement, trailing quarters of what was known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.data.point_in_time.intervals import asof
from stockcast.data.point_in_time.public import known_from
from stockcast.errors import InputError

ORIGINAL, RESTATED = "1", "4"

_DEADLINES = {3: (4, 30, 0), 6: (8, 31, 0), 9: (10, 31, 0), 12: (4, 30, 1)}
_QUARTERS = (3, 6, 9, 12)


def deadline(period: pd.Series) -> pd.Series:
    """Last day on which the law lets a company publish a period's statement.

    Parameters
    ----------
    period : Series of datetimes
        Last days of quarters.

    Returns
    -------
    Series
        04-30 for the first quarter, 08-31 for the half-year, 10-31 for three quarters, 04-30 of
        the next year for the year (CSRC, measures on disclosure by listed companies, 2007, art.
        20: within one, two, one and four months). NaT stays.

    Raises
    ------
    InputError
        For a day that ends no quarter.
    """
    known = period.dropna()
    bad = ~(known.dt.is_quarter_end & known.eq(known.dt.normalize()))
    if bad.any():
        got = f"{known[bad].iloc[0]:%F}"
        raise InputError("period", "must hold last days of quarters", got, "such as 2017-09-30")
    rules = known.dt.month.map(_DEADLINES)
    days = pd.to_datetime(
        pd.DataFrame(
            {
                "year": known.dt.year + rules.str[2].astype(int),
                "month": rules.str[0].astype(int),
                "day": rules.str[1].astype(int),
            },
            index=known.index,
        )
    )
    return days.reindex(period.index).astype("datetime64[us]")


def versions(table: pd.DataFrame) -> pd.DataFrame:
    """Every version of every statement with the first trading day on which it was known.

    Parameters
    ----------
    table
        Canonical `income`, `balance`, `cash_flow` or `indicators`.

    Returns
    -------
    DataFrame
        The table's rows with `known` and `assumed`. A version counts from the trading day after
        `first_announced` (`announced` where that is missing or there is no such column). An
        original without any date counts from the day after its period's legal deadline, and
        `assumed` is true; a restatement without one is left out, since it would show a correction
        before it was made. Reports of other kinds (parent company, single quarter) are left out.

    Raises
    ------
    InputError
        For a period that ends no quarter.
    """
    rows = table
    if "report" in rows:
        rows = rows[rows["report"].isin(["", ORIGINAL, RESTATED])]
    announced = rows["announced"]
    if "first_announced" in rows:
        announced = rows["first_announced"].fillna(announced)
    assumed = announced.isna()
    if "report" in rows:
        kept = ~(assumed & rows["report"].eq(RESTATED))
        rows, announced, assumed = rows[kept], announced[kept], assumed[kept]
    announced = announced.fillna(deadline(rows["period"]))
    out = rows.assign(known=known_from(announced), assumed=assumed)
    order = [name for name in ("code", "period", "known", "report") if name in out]
    return out.sort_values(order, kind="stable", ignore_index=True)


def statements_asof(
    table: pd.DataFrame,
    dates: Sequence[pd.Timestamp] | pd.DatetimeIndex,
    codes: Sequence[str] | None = None,
    periods: int = 1,
) -> pd.DataFrame:
    """The latest statements public by the close of each day.

    Parameters
    ----------
    table
        Canonical statements, or what `versions` or `trailing` made of them.
    dates, codes, periods
        As in `asof`.

    Returns
    -------
    DataFrame
        One row per date, code and period, the period in its latest version public by then: the
        restated figure only from its own announcement on. `known`, `assumed` as in `versions`.
    """
    rows = table if "known" in table else versions(table)
    return asof(rows, dates, codes=codes, periods=periods)


def trailing(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Single quarters and trailing four quarters of figures that add up from the year's start.

    Parameters
    ----------
    table
        Canonical `income` or `cash_flow`, or `versions` of one.
    columns
        Figures to take apart.

    Returns
    -------
    DataFrame
        `code, period, known`, and for each column X `X_quarter` and `X_year`: one row per period
        and day on which any figure it is made of was published, computed from the versions known
        that day. NaN where one of them was not. To be read by `statements_asof`.

        quarter = year to date - year to date a quarter before (the first quarter: itself);
        year = year to date + the whole year before - year to date a year before (the fourth
        quarter: itself).
    """
    rows = table if "known" in table else versions(table)
    rows = rows.drop_duplicates(["code", "period", "known"], keep="last")
    period = rows["period"].dt.to_period("Q")
    rows = rows.assign(quarter=period.dt.quarter, number=period.dt.year * 4 + period.dt.quarter)
    events = _events(rows)
    figures = rows[["code", "number", "known", *columns]].sort_values("known", kind="stable")
    own = _figures(events, figures, 0)
    before = _figures(events, figures, 1)
    year_ago = _figures(events, figures, 4)
    whole = _figures(events, figures, events["quarter"].to_numpy())
    first, fourth = (events["quarter"].to_numpy()[:, None] == q for q in (1, 4))
    quarter = np.where(first, own, own - before)
    year = np.where(fourth, own, own + whole - year_ago)
    out = events[["code", "known"]].assign(period=_period_end(events["number"]))
    for place, name in enumerate(columns):
        out[f"{name}_quarter"], out[f"{name}_year"] = quarter[:, place], year[:, place]
    made = [name for name in out if name not in ("code", "known", "period")]
    out = out[["code", "period", "known", *made]]
    return out.sort_values(["code", "period", "known"], kind="stable", ignore_index=True)


def _events(rows: pd.DataFrame) -> pd.DataFrame:
    """Days on which a period's derived figures changed: its own and its parts' publications."""
    used_by = [rows.assign(number=rows["number"] + ahead) for ahead in (0, 1, 4)]
    used_by[1] = used_by[1][used_by[1]["quarter"] < 4]
    whole = rows[rows["quarter"] == 4]
    used_by += [whole.assign(number=whole["number"] + ahead) for ahead in (1, 2, 3)]
    events = pd.concat(used_by)[["code", "number", "known"]].drop_duplicates()
    first = rows.groupby(["code", "number"])["known"].min()
    known = first.reindex(pd.MultiIndex.from_frame(events[["code", "number"]])).to_numpy()
    events = events[events["known"].to_numpy() >= known]  # NaT: never published, compares false
    events = events.assign(quarter=(events["number"] - 1) % 4 + 1)
    return events.sort_values(["known", "code", "number"], ignore_index=True)


def _figures(events: pd.DataFrame, figures: pd.DataFrame, back: int | np.ndarray) -> np.ndarray:
    """Figures of the period `back` quarters earlier as known on each event's day."""
    wanted = events[["code", "known"]].assign(number=events["number"] - back)
    found = pd.merge_asof(wanted, figures, on="known", by=["code", "number"])
    return found.drop(columns=["code", "known", "number"]).to_numpy(float)


def _period_end(number: pd.Series) -> pd.Series:
    year, quarter = (number - 1) // 4, (number - 1) % 4
    first = pd.to_datetime(
        pd.DataFrame({"year": year, "month": np.take(_QUARTERS, quarter), "day": 1})
    )
    return (first + pd.offsets.MonthEnd(0)).astype("datetime64[us]")
