"""Candidates made by tsfresh: what they are, and that none sees the future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.features.choice.creation import create, names

PLAIN = {
    "sum_values": np.sum,
    "median": np.median,
    "mean": np.mean,
    "length": len,
    "standard_deviation": np.std,
    "variance": np.var,
    "root_mean_square": lambda x: np.sqrt(np.mean(x * x)),
    "maximum": np.max,
    "absolute_maximum": lambda x: np.max(np.abs(x)),
    "minimum": np.min,
}


@pytest.fixture(scope="module")
def panel(tables) -> pd.DataFrame:
    """Six stocks of the small market."""
    codes = tables.panel.code.unique()[:6]
    return tables.panel[tables.panel.code.isin(codes)].reset_index(drop=True)


@pytest.fixture(scope="module")
def made(panel) -> pd.DataFrame:
    """All candidates of every row."""
    return create(panel)


def test_candidates_are_the_minimal_set_of_every_window(made):
    """Three windows, ten statistics each, named by both."""
    assert tuple(made.columns[2:]) == names()
    assert len(names()) == 30
    assert {name.split("__")[1] for name in names()} == set(PLAIN)
    assert made.notna().any().all()


def test_candidates_equal_the_plain_spelling(panel, made):
    """Each must be what NumPy makes of the last 60 days, to single precision."""
    one = panel[panel.code == panel.code.iloc[0]].sort_values("date")
    price = one.close * one.adj_factor / one.adj_factor.iloc[0]
    series = {
        "window_return": price.pct_change().to_numpy(),
        "window_volume": (one.volume / one.adj_factor * one.adj_factor.iloc[0]).to_numpy(),
        "window_range": np.log(one.high / one.low).to_numpy(),
    }
    of_one = made[made.code == one.code.iloc[0]]
    for place in (60, 200, len(one) - 1):
        for name in names():
            column, statistic = name.split("__")
            window = series[column][place - 59 : place + 1]
            if column == "window_volume":
                window = window / window.mean()
            expected = PLAIN[statistic](window)
            assert of_one[name].iloc[place] == pytest.approx(expected, rel=1e-5, abs=1e-6), name


def test_candidates_know_nothing_of_later_days(panel, made):
    """Dropping all later rows must leave earlier values bit-identical."""
    days = np.sort(panel.date.unique())
    for cut in days[[70, 250]]:
        before = create(panel[panel.date <= cut])
        pd.testing.assert_frame_equal(
            before, made[made.date <= cut].reset_index(drop=True), check_exact=True
        )


def test_a_factors_level_changes_nothing(panel, made):
    """Twice the adjustment factor is the same stock."""
    doubled = panel.assign(adj_factor=panel.adj_factor * 2)
    keep = (panel.date == panel.date.max()).to_numpy()
    last = made[made.date == made.date.max()].reset_index(drop=True)
    pd.testing.assert_frame_equal(create(doubled, keep), last, check_exact=True)


def test_only_the_rows_and_names_asked_for_are_made(panel, made):
    """A few rows and names must be the same values as out of the whole."""
    wanted = ["window_range__maximum", "window_return__variance"]
    keep = np.random.default_rng(0).random(len(panel)) < 0.05
    some = create(panel, keep, wanted=wanted)
    assert list(some.columns) == ["date", "code", *wanted]
    assert len(some) == keep.sum()
    same = some[["date", "code"]].merge(made[["date", "code", *wanted]], on=["date", "code"])
    pd.testing.assert_frame_equal(some, same, check_exact=True)


def test_what_is_not_known_is_missing(panel):
    """Too few days, a missing or untraded day: NaN where the window has it, and no error."""
    broken = panel.copy()
    broken.loc[broken.code == broken.code.iloc[0], "volume"] = 0.0
    broken.loc[broken.code == broken.code.iloc[1], "high"] = np.nan
    short = broken[broken.date.isin(np.sort(broken.date.unique())[-62:])]
    found = create(short)
    by_code = {code: rows.sort_values("date") for code, rows in found.groupby("code")}
    still, blind = (by_code[code] for code in broken.code.iloc[:2])
    assert still.window_volume__maximum.isna().all()
    assert blind.window_range__mean.isna().all()
    # A return needs the day before, so its first full window ends a day later.
    assert still.window_return__mean.notna().sum() == 2
    assert still.window_range__mean.notna().sum() == 3
    assert not np.isinf(found.iloc[:, 2:].to_numpy()).any()


def test_an_unknown_candidate_is_refused_with_the_nearest(panel):
    """A mistyped name must not be an empty column."""
    with pytest.raises(InputError, match="did you mean 'window_return__variance'"):
        create(panel, wanted=["window_return_variance"])
