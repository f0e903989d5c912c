"""Forecasts in bad times: by regime, and in named spans of the real market."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west
from stockcast.judge.metrics import daily_ic
from stockcast.judge.reliability import daily_coverage

FEWEST = 30
"""Days below which a group of days has a mean but no interval."""

NORMAL_ERROR = float(np.sqrt(2 / np.pi))
"""Mean of \\|error\\| / sigma where errors are normal and sigma is right: 0.798."""


def spans() -> pd.DataFrame:
    """Named spans in which the Chinese market fell or stood still.

    Returns
    -------
    DataFrame
        `name`, `first` and `last` (trading days), what they are (`first_is`, `last_is`) and the
        `source`; in order of date, without overlap.
    """
    with (files(__package__) / "stress_spans.csv").open(encoding="utf-8") as lines:
        table = pd.read_csv(lines, parse_dates=["first", "last"])
    return table.astype({"first": "datetime64[us]", "last": "datetime64[us]"})


def span_of(days: pd.DatetimeIndex, table: pd.DataFrame | None = None) -> pd.Series:
    """Name of the span that each day lies in, of ordered categories; missing outside all."""
    table = spans() if table is None else table
    days = pd.DatetimeIndex(days)
    found = np.full(len(days), -1)
    for number, row in enumerate(table.itertuples()):
        found[(days >= row.first) & (days <= row.last)] = number
    names = pd.Categorical.from_codes(found, list(table["name"]), ordered=True)
    return pd.Series(names, days.rename("date"), name="span")


def reached(days: pd.DatetimeIndex, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which spans some judged days reach.

    Parameters
    ----------
    days
        Days of the test, without gaps other than those of the market.
    table
        As `spans` makes it; those by default.

    Returns
    -------
    DataFrame indexed by name
        `first`, `last`; `days` of the test in it; `whole`, whether the test covers all of it.
    """
    table = spans() if table is None else table
    days = pd.DatetimeIndex(days)
    if days.empty:
        raise InputError("days", "must not be empty")
    counts = span_of(days, table).value_counts(sort=False)
    found = table.set_index("name")[["first", "last"]].assign(days=counts.astype(int))
    found["whole"] = (found["first"] >= days.min()) & (found["last"] <= days.max())
    return found


def daily_figures(frame: pd.DataFrame) -> pd.DataFrame:
    """What a forecast is judged by in bad times, one row a day.

    Parameters
    ----------
    frame : DataFrame with date, score, mu, sigma, interval_low, interval_high and label
        Rows without a label are left out.

    Returns
    -------
    DataFrame indexed by date
        - `rank_ic`: rank correlation with the outcome; the market's own move cancels in it
        - `coverage`: share of outcomes in their 90 % interval
        - `error`: mean of \\|label - mu\\| / sigma, to be held against `NORMAL_ERROR`

        NaN on days without enough outcomes.

    Raises
    ------
    InputError
        When a column is missing or a sigma is not above zero.
    """
    for name in ("date", "score", "mu", "sigma", "interval_low", "interval_high", "label"):
        if name not in frame:
            raise InputError(f"frame, column {name}", "must be there")
    if (frame["sigma"] <= 0).any():
        raise InputError("frame, column sigma", "must be above 0", float(frame["sigma"].min()))
    error = ((frame["label"] - frame["mu"]).abs() / frame["sigma"]).groupby(frame["date"]).mean()
    figures = {
        "rank_ic": daily_ic(frame, method="spearman"),
        "coverage": daily_coverage(frame),
        "error": error,
    }
    return pd.DataFrame(figures).rename_axis("date")


def by_days(
    figures: pd.DataFrame, group: pd.Series, lag: int = 10, fewest: int = FEWEST
) -> pd.DataFrame:
    """Mean of each daily figure within each group of days, with Newey-West intervals.

    Parameters
    ----------
    figures : DataFrame indexed by date
        As `daily_figures` makes it.
    group : Series by date
        Name of each day's group; days without one are left out. Days of a group count as
        neighbours even where others lie between them.
    lag
        Of `stockcast.judge.intervals.newey_west`, at least the horizon.
    fewest
        Days that an interval needs; with fewer its ends, and t, are NaN.

    Returns
    -------
    DataFrame, index of group and figure
        mean, low, high, t, days; groups in the order of the categories, or sorted.
    """
    group = group.dropna()
    shared = figures.index.intersection(group.index)
    rows = {}
    for name, days in figures.loc[shared].groupby(group.loc[shared], observed=True):
        for figure, series in days.items():
            sure = newey_west(series, lag)
            ends = (sure.low, sure.high, sure.t) if sure.n >= fewest else (np.nan,) * 3
            rows[str(name), figure] = (sure.mean, *ends, sure.n)
    index = pd.MultiIndex.from_tuples(list(rows), names=["group", "figure"])
    columns = ["mean", "low", "high", "t", "days"]
    return pd.DataFrame(list(rows.values()), index=index, columns=columns)


def by_tenth(daily: Mapping[str, pd.Series], distance: pd.Series) -> pd.DataFrame:
    """Mean of daily figures in each tenth of the days, ordered by how surprising they are.

    Parameters
    ----------
    daily : mapping from name to Series by date
        Such as the coverage of two forecasts.
    distance : Series by date
        As `stockcast.ensemble.surprise.Surprise.score` makes it.

    Returns
    -------
    DataFrame, index 1 (most ordinary) to 10, one column a name
        On the days that all of them and the distance have.

    Raises
    ------
    InputError
        When there are fewer than ten such days.
    """
    table = pd.DataFrame({**daily, "distance": distance}).dropna()
    if len(table) < 10:
        raise InputError("daily", "must share ten days with the distance", len(table))
    order = table.pop("distance").rank(method="first")
    tenth = pd.qcut(order, 10, labels=range(1, 11)).astype(int).rename("tenth")
    return table.groupby(tenth).mean()


def deepest_fall(market: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of the largest fall from a peak of the running sum of log returns.

    Parameters
    ----------
    market : Series by date
        Daily log returns; NaN counts as 0.

    Returns
    -------
    tuple of Timestamp
        The day after the peak and the day of the trough: chosen with hindsight, to describe.

    Raises
    ------
    InputError
        When the market never fell.
    """
    level = market.fillna(0.0).cumsum()
    peak = level.cummax().clip(lower=0.0)
    fall = peak - level
    if not fall.max() > 0:
        raise InputError("market", "must fall at some time")
    trough = fall.idxmax()
    before = level.loc[:trough]
    risen = before.index[before >= peak.loc[trough]]
    first = before.index[before.index > risen[-1]][0] if len(risen) else before.index[0]
    return first, trough
