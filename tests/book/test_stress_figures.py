"""Figures of bad times show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.book import stress_figures as drawn
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

RNG = np.random.default_rng(0)
DAYS = pd.bdate_range("2014-01-01", periods=300)
DISTANCE = pd.Series(RNG.chisquare(5, 300) ** 0.5, DAYS)
DISTANCE.iloc[[250, 280]] = 9.0, 12.0
UNTIL = DAYS[150]
BEYOND = {"ordinary": DISTANCE.iloc[:150] / 6, "shocked": pd.Series([2.0, np.nan, 3.0])}
TENTHS = pd.DataFrame(
    RNG.uniform(0.7, 0.95, (10, 2)), index=range(1, 11), columns=["untouched", "lowered"]
)

FIGURES = {
    "surprise_over_time": lambda: drawn.surprise_over_time(DISTANCE, 6.0, UNTIL),
    "shocked_days": lambda: drawn.shocked_days(BEYOND),
    "coverage_by_surprise": lambda: drawn.coverage_by_surprise(TENTHS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_equal_input_gives_equal_bytes(name: str) -> None:
    """Two drawings must be one file."""
    assert png(FIGURES[name]()) == png(FIGURES[name]())


def test_days_beyond_the_threshold_are_marked_and_the_farthest_dated() -> None:
    """Marks are the flagged days, and only later ones than training are dated."""
    axes = drawn.surprise_over_time(DISTANCE, 6.0, UNTIL, named=1).axes[0]
    marks = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(marks.get_ydata(), DISTANCE[DISTANCE > 6.0])
    assert [text.get_text() for text in axes.texts] == [f"{DAYS[280]:%Y-%m-%d}"]


def test_no_flagged_day_draws_no_mark() -> None:
    """A calm history is a figure too."""
    axes = drawn.surprise_over_time(DISTANCE, 99.0, UNTIL).axes[0]
    marks = next(line for line in axes.lines if line.get_marker() == "o")
    assert len(marks.get_ydata()) == 0
    assert not axes.texts


def test_every_known_day_is_a_point_of_its_kind() -> None:
    """Rows hold the days given, those without a value left out."""
    axes = drawn.shocked_days(BEYOND).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(BEYOND)
    points = [line for line in axes.lines if line.get_marker() in ("o", "D")]
    assert [len(line.get_xdata()) for line in points] == [150, 2]
    np.testing.assert_array_equal(points[1].get_xdata(), [2.0, 3.0])


def test_coverage_is_the_tables() -> None:
    """Points are the table's, a mark a forecast, with the promise as a line."""
    axes = drawn.coverage_by_surprise(TENTHS, promised=0.8).axes[0]
    promised, before, after = axes.lines
    assert set(promised.get_ydata()) == {0.8}
    np.testing.assert_array_equal(before.get_ydata(), TENTHS["untouched"])
    np.testing.assert_array_equal(after.get_ydata(), TENTHS["lowered"])
