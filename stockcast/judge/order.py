"""What an order of stocks is worth: how long it holds, how fast it changes, where it is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west
from stockcast.judge.metrics import daily_ic, quantile_spread, relative
from stockcast.judge.scorecard import interval_table

KEYS = ["date", "code"]


def decay_by_horizon(
    forecasts: pd.DataFrame,
    outcomes: Mapping[int, pd.DataFrame],
    method: Literal["pearson", "spearman"] = "spearman",
    lag: int = 10,
) -> pd.DataFrame:
    """Mean daily IC of one and the same score with returns over several horizons.

    Parameters
    ----------
    forecasts : DataFrame with the columns date, code, score
        One row a date and code.
    outcomes : mapping from horizon in trading days to DataFrame with the columns date, code, label
        As `stockcast.samples.labels.label` makes them. Rows of only one side are left out.
    lag
        As in `stockcast.judge.intervals.newey_west`; no fewer than the horizon are taken.

    Returns
    -------
    DataFrame, index `horizon`
        mean, low, high, t, days.

    Notes
    -----
    Grinold and Kahn (2000), Active Portfolio Management, 2nd ed., chapter 13 (the information
    horizon). Horizons differ in how much of the return is noise, so that the IC often rises with
    the horizon before the information is used up; `decay_by_age` holds the horizon fixed.
    """
    rows = {}
    for horizon, outcome in outcomes.items():
        joined = forecasts[[*KEYS, "score"]].merge(outcome[[*KEYS, "label"]], on=KEYS)
        if joined.empty:
            raise InputError(f"outcomes at {horizon}", "must share rows with the forecasts")
        rows[horizon] = newey_west(daily_ic(joined, method=method), max(lag, horizon))
    return interval_table(rows).rename_axis("horizon")


def decay_by_age(
    frame: pd.DataFrame,
    ages: Iterable[int],
    method: Literal["pearson", "spearman"] = "spearman",
    lag: int = 10,
) -> pd.DataFrame:
    """Mean daily IC of scores that are some trading days old, on one set of days.

    Parameters
    ----------
    frame : DataFrame with the columns date, code, score, label
        One row a date and code. Its own dates are the trading days.
    ages
        Trading days between the score and the day whose label it is held against; 0: fresh.

    Returns
    -------
    DataFrame, index `age`
        mean, low, high, t, days, all over the days that the oldest score reaches.

    Raises
    ------
    InputError
        For a negative age, which would know the future, or one as long as the table.
    """
    ages = list(ages)
    scores = frame.pivot(index="date", columns="code", values="score")
    if not ages or not all(0 <= age < len(scores) for age in ages):
        raise InputError("ages", f"must be 0 to {len(scores) - 1} trading days", ages)
    labels = frame.loc[frame["date"].isin(scores.index[max(ages) :]), [*KEYS, "label"]]
    rows = {}
    for age in ages:
        old = scores.shift(age).stack().rename("score").reset_index()
        rows[age] = newey_west(daily_ic(labels.merge(old, on=KEYS), method=method), lag)
    return interval_table(rows).rename_axis("age")


def forecast_turnover(frame: pd.DataFrame, score: str = "score") -> pd.Series:
    """How much of the order is new, by day: 1 minus the Rank IC with the day before's scores.

    0: the same order; 1: unrelated to yesterday's; 2: turned round. Over the stocks that both days
    rank; the first day is NaN.
    """
    scores = frame.pivot(index="date", columns="code", values=score)
    before = scores.shift().stack().rename("before").reset_index()
    both = frame[[*KEYS, score]].merge(before, on=KEYS)
    same = daily_ic(both, score=score, label="before", method="spearman")
    return (1 - same).reindex(scores.index).rename("turnover")


def list_turnover(frame: pd.DataFrame, k: int, score: str = "score") -> pd.Series:
    """Share of the day's `k` highest scores that were not among the day before's.

    Of equal scores the earlier row comes first, as in `recommendation_precision`. The first day is
    NaN. A blind list of k among n stocks has 1 - k / n.
    """
    if k < 1:
        raise InputError("k", "must be at least 1", k)
    ranked = frame.dropna(subset=[score]).sort_values(
        ["date", score], ascending=[True, False], kind="stable"
    )
    days = pd.DatetimeIndex(np.sort(frame["date"].unique()), name="date")
    listed = {
        date: set(part["code"]) for date, part in ranked.groupby("date").head(k).groupby("date")
    }
    turnover, before = {}, None
    for date in days:
        now = listed.get(date, set())
        turnover[date] = len(now - before) / len(now) if before and now else np.nan
        before = now
    return pd.Series(turnover, name="turnover", dtype=float).rename_axis("date")


def hit_rate_by_quantile(
    frame: pd.DataFrame, q: int = 5, score: str = "score", label: str = "label"
) -> pd.DataFrame:
    """Share of the stocks in each quantile of the day's score that beat the day's median.

    Returns
    -------
    DataFrame indexed by date with columns 1 (lowest scores) to `q` and "spread"
        Quantiles as in `stockcast.judge.metrics.quantile_spread`. A stock on the median counts
        half, so that a blind score has .5 in every quantile; NaN outcomes do not count. "spread"
        is the highest quantile's share less the lowest's.
    """
    hit = 0.5 + 0.5 * np.sign(relative(frame, label))
    return quantile_spread(frame.assign(_hit=hit), q, score, "_hit")
