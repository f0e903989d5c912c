"""Figures along the paths of combinatorial purged cross-validation."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west
from stockcast.judge.metrics import daily_ic
from stockcast.judge.paths_of_folds import along_paths, cross_forecasts, over_paths
from stockcast.samples.combinatorial import combinatorial

DAYS = pd.bdate_range("2015-01-05", periods=121, name="date")
GROUPS, TESTED, HORIZON = 6, 2, 5


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    codes = [f"{600000 + n}.SH" for n in range(10)]
    keys = pd.MultiIndex.from_product([DAYS, codes], names=["date", "code"]).to_frame(index=False)
    x = rng.normal(size=(len(keys), 3))
    label = 0.3 * x[:, 0] + rng.normal(size=len(keys))
    label[::37] = np.nan
    return keys.assign(a=x[:, 0], b=x[:, 1], c=x[:, 2], label=label)


def _ridge(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    features = ["a", "b", "c"]
    return Ridge(1.0).fit(train[features], train["label"]).predict(test[features])


@pytest.fixture(scope="module")
def folds():
    return combinatorial(pd.DatetimeIndex(DAYS), GROUPS, TESTED, HORIZON)


@pytest.fixture(scope="module")
def forecasts(rows, folds):
    return cross_forecasts(rows, folds, _ridge)


def test_every_fold_is_fitted_on_its_own_days(rows, folds, forecasts):
    """Scores are those of a fit on the fold's training days, on all rows of its tested days."""
    assert len(forecasts) == len(rows) / GROUPS * len(folds) * TESTED
    for place in (0, 7, 14):
        train = rows[rows["date"].isin(folds[place].train)].dropna()
        test = rows[rows["date"].isin(folds[place].test)]
        said = forecasts[forecasts["fold"] == place]
        assert said["score"].to_numpy() == pytest.approx(_ridge(train, test))
        assert said["label"].to_numpy() == pytest.approx(test["label"].to_numpy(), nan_ok=True)


def test_scores_see_no_label(rows, folds):
    """What is forecast comes without its outcome."""

    def asks(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
        assert "label" in train
        assert "label" not in test
        assert not train["date"].isin(test["date"]).any()
        return np.zeros(len(test))

    cross_forecasts(rows, folds, asks)


def test_paths_of_the_book(forecasts):
    """Six groups taken by two make the five paths of López de Prado (2018), figure 12.1: each day
    once on every path, and every fold's group on one path only."""
    table = along_paths(forecasts, GROUPS, TESTED, daily_ic)
    assert list(table) == [1, 2, 3, 4, 5]
    assert table.index.equals(pd.DatetimeIndex(DAYS))
    by_fold = {fold: daily_ic(part) for fold, part in forecasts.groupby("fold")}
    chosen = list(combinations(range(GROUPS), TESTED))
    used = set()
    for group, days in enumerate(np.array_split(DAYS, GROUPS)):
        testing = [fold for fold, some in enumerate(chosen) if group in some]
        for path, fold in zip(table, testing, strict=True):
            assert table.loc[days, path].to_numpy() == pytest.approx(by_fold[fold][days].to_numpy())
            used.add((fold, group))
    assert len(used) == len(chosen) * TESTED


def test_over_paths(forecasts):
    """A row a path, with the interval that any daily series has."""
    table = along_paths(forecasts, GROUPS, TESTED, daily_ic)
    found = over_paths(table)
    sure = newey_west(table[3])
    assert found.loc[3, ["mean", "low", "high", "t"]].tolist() == pytest.approx(
        [sure.mean, sure.low, sure.high, sure.t]
    )
    assert found.loc[3, "ratio"] == pytest.approx(table[3].mean() / table[3].std())
    assert (found["low"] > 0).all()


def test_k_fold_has_one_path(rows):
    """Groups taken by one give plain purged k-fold: one path."""
    folds = combinatorial(pd.DatetimeIndex(DAYS), 4, 1, HORIZON)
    table = along_paths(cross_forecasts(rows, folds, _ridge), 4, 1, daily_ic)
    assert list(table) == [1]
    assert table[1].notna().all()


def test_other_numbers_are_refused(forecasts):
    """Folds of six groups do not pass for those of five."""
    with pytest.raises(InputError, match="10 folds"):
        along_paths(forecasts, 5, 2, daily_ic)
