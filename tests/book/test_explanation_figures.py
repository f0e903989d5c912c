"""Figures of explanations show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.book import explanation_figures as drawn
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

NAMES = list("abcdefgh")
RNG = np.random.default_rng(0)
FORECAST = pd.DataFrame(RNG.normal(size=(8, 3)), NAMES, ["SHAP", "LIME", "gradients"])
LAGS = pd.DataFrame(RNG.uniform(size=(30, 8)) * np.arange(1, 9), columns=NAMES)
DAYS = pd.DataFrame(
    RNG.uniform(size=(40, 5)) + np.arange(4, -1, -1),
    index=pd.bdate_range("2016-01-04", periods=40),
    columns=list("abcde"),
)
RELIED = pd.DataFrame({"reliance": RNG.uniform(size=8), "mean": RNG.normal(size=8)}, NAMES)
RELIED = RELIED.assign(low=RELIED["mean"] - 1, high=RELIED["mean"] + 1)
TRUTH = pd.DataFrame(RNG.dirichlet(np.ones(8), 2).T, NAMES, ["truth", "outcomes"])

FIGURES = {
    "one_forecast": lambda: drawn.one_forecast(FORECAST, "contribution"),
    "by_lag": lambda: drawn.by_lag(LAGS),
    "over_time": lambda: drawn.over_time(DAYS),
    "relied_and_helped": lambda: drawn.relied_and_helped(RELIED),
    "against_truth": lambda: drawn.against_truth(TRUTH),
    "shares": lambda: drawn.shares(TRUTH),
}


@pytest.mark.parametrize("name", FIGURES)
def test_equal_input_gives_equal_bytes(name: str) -> None:
    """Two drawings must be one file."""
    assert png(FIGURES[name]()) == png(FIGURES[name]())


def test_one_forecast_marks_every_method() -> None:
    """Features stand in the order of their largest contribution, a mark a method."""
    axes = drawn.one_forecast(FORECAST, "contribution", most=4).axes[0]
    order = FORECAST.abs().max(axis=1).sort_values(ascending=False).index[:4]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(order)
    marks = [line for line in axes.lines if line.get_marker() not in ("", "None")]
    assert len(marks) == 3
    np.testing.assert_array_equal(marks[1].get_xdata(), FORECAST.loc[order, "LIME"])


def test_lags_are_the_last_days_of_the_largest_features() -> None:
    """Cells are the table's, features by their sum, the day of the forecast first."""
    axes = drawn.by_lag(LAGS, most=3, days=12).axes[0]
    cells = np.asarray(axes.collections[0].get_array())
    order = LAGS.sum().sort_values(ascending=False).index[:3]
    np.testing.assert_array_equal(cells, LAGS.loc[:11, order].to_numpy().T)


def test_shares_over_time_are_of_each_day() -> None:
    """Up to four groups are drawn, as shares of their day, averaged looking back."""
    axes = drawn.over_time(DAYS, most=4, window=5).axes[0]
    share = DAYS.div(DAYS.sum(axis=1), axis=0)
    assert [line.get_label() for line in axes.lines] == list("abcd")
    assert axes.lines[0].get_ydata()[20] == pytest.approx(share["a"].iloc[16:21].mean())


def test_points_and_names() -> None:
    """All features are points; those relied on most, or with the largest shares, are named."""
    axes = drawn.relied_and_helped(RELIED, named=3).axes[0]
    assert [text.get_text() for text in axes.texts] == list(
        RELIED["reliance"].sort_values(ascending=False).index[:3]
    )
    points = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(points.get_ydata(), RELIED["mean"])
    axes = drawn.against_truth(TRUTH, named=2).axes[0]
    points = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(points.get_xdata(), TRUTH["truth"])
    assert len(axes.texts) == 2


def test_shares_have_a_bar_a_row_and_column() -> None:
    """Every share is drawn, as long as it is."""
    [axes] = drawn.shares(TRUTH).axes
    widths = sorted(bar.get_width() for bar in axes.patches)
    assert widths == pytest.approx(sorted(TRUTH.to_numpy().ravel()))
