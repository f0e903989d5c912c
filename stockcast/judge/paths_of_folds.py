"""What a method shows along each path of combinatorial purged cross-validation.

The folds and paths are those of `stockcast.samples.combinatorial`. A path strings together one
forecast a day, each made by a fit that has not seen that day's outcome (but has seen later days'),
so one history gives several figures instead of one. They scatter as the method's fit scatters; the
paths share their outcomes, and so their spread is no interval for the next year.

López de Prado (2018), Advances in Financial Machine Learning, chapter 12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west
from stockcast.samples.combinatorial import Fold, paths

Scores = Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]


def cross_forecasts(rows: pd.DataFrame, folds: Sequence[Fold], scores: Scores) -> pd.DataFrame:
    """Scores of every fold's tested days.

    Parameters
    ----------
    rows : DataFrame with the columns date, code, label and whatever `scores` needs
        Rows whose label is NaN do not train; they are forecast all the same.
    folds
        As `stockcast.samples.combinatorial.combinatorial` makes them.
    scores
        `scores(train, test)` fits on the one table and returns one score a row of the other, whose
        labels it is not given.

    Returns
    -------
    DataFrame
        fold (position in `folds`), date, code, score, label; fold after fold.
    """
    known = rows[rows["label"].notna()]
    tables = []
    for place, fold in enumerate(folds):
        train, test = known[known["date"].isin(fold.train)], rows[rows["date"].isin(fold.test)]
        said = test[["date", "code"]].assign(
            fold=place, score=scores(train, test.drop(columns="label")), label=test["label"]
        )
        tables.append(said)
    columns = ["fold", "date", "code", "score", "label"]
    return pd.concat(tables, ignore_index=True)[columns]


def along_paths(
    forecasts: pd.DataFrame,
    groups: int,
    tested: int,
    figure: Callable[[pd.DataFrame], pd.Series],
) -> pd.DataFrame:
    """A daily figure along every path.

    Parameters
    ----------
    forecasts
        As `cross_forecasts` makes them, of `combinatorial(days, groups, tested, ...)`.
    groups, tested
        As given there.
    figure
        Daily figure of a forecast table, such as `stockcast.judge.metrics.daily_ic`.

    Returns
    -------
    DataFrame of shape (n_days, n_paths), index date, columns 1, 2, ...

    Raises
    ------
    InputError
        When the folds are not those of so many groups.
    """
    by_fold = {fold: figure(part) for fold, part in forecasts.groupby("fold", sort=True)}
    chosen = list(combinations(range(groups), tested))
    if sorted(by_fold) != list(range(len(chosen))):
        raise InputError("forecasts", f"must hold {len(chosen)} folds", len(by_fold))
    pieces = {fold: _pieces(by_fold[fold], forecasts, groups) for fold in by_fold}
    table = {}
    for number, folds in enumerate(paths(groups, tested), start=1):
        table[number] = pd.concat([pieces[fold][group] for group, fold in enumerate(folds)])
    return pd.DataFrame(table).rename_axis("date")


def over_paths(table: pd.DataFrame, lag: int = 10) -> pd.DataFrame:
    """Each path's mean with its Newey-West interval.

    Parameters
    ----------
    table : DataFrame of shape (n_days, n_paths)
        As `along_paths` makes it.

    Returns
    -------
    DataFrame, index `path`
        mean, low, high, t, days, and `ratio`, the mean over the standard deviation of the days (an
        ICIR or a Sharpe ratio, of one day).
    """
    rows = {}
    for path, series in table.items():
        sure = newey_west(series, lag)
        ratio = float(series.mean() / series.std(ddof=1))
        rows[path] = (sure.mean, sure.low, sure.high, sure.t, sure.n, ratio)
    columns = ["mean", "low", "high", "t", "days", "ratio"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("path")


def _pieces(daily: pd.Series, forecasts: pd.DataFrame, groups: int) -> list[pd.Series]:
    """The days of each group in one fold's figures; empty where the fold does not test it."""
    days = np.sort(forecasts["date"].unique())
    return [daily[daily.index.isin(part)] for part in np.array_split(days, groups)]
