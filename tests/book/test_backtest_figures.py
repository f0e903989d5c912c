"""Figures of a tear sheet show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.book import backtest_figures as drawn
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

DAYS = pd.bdate_range("2016-01-04", periods=300)
RNG = np.random.default_rng(0)
RATIOS = pd.DataFrame(RNG.normal(size=(300, 2)).cumsum(0), DAYS, ["own", "equal weight"])
MONTHS = pd.DataFrame(RNG.normal(0, 0.05, (2, 12)), [2016, 2017], range(1, 13))
MONTHS.loc[2017, 12] = np.nan
ACTIVE = pd.DataFrame({"exposure": RNG.random(300), "turnover": 10 * RNG.random(300)}, DAYS)
COSTS = pd.DataFrame(
    {"commission": [0.01, 0.02], "stamp_tax": [0.02, 0.02], "dividend_tax": [0.0, 0.01]},
    [2016, 2017],
)
SIZES = pd.DataFrame(
    {"annual_return": [0.1, 0.2, 0.1], "with_impact": [0.1, 0.1, -0.1], "invested": [0.5, 1, 0.4]},
    pd.Index([1e3, 1e5, 1e7], name="yuan at the start"),
)

FIGURES = {
    "rolling_sharpe": lambda: drawn.rolling_sharpe(RATIOS, 1.4),
    "monthly": lambda: drawn.monthly(MONTHS),
    "activity": lambda: drawn.activity(ACTIVE),
    "costs_by_year": lambda: drawn.costs_by_year(COSTS),
    "capacity": lambda: drawn.capacity(SIZES, 1e6),
}


@pytest.mark.parametrize("name", FIGURES)
def test_equal_input_gives_equal_bytes(name: str) -> None:
    """Two drawings must be one file."""
    assert png(FIGURES[name]()) == png(FIGURES[name]())


def test_a_line_per_account() -> None:
    """Each column is a line with its own values, beside the zero."""
    axes = drawn.rolling_sharpe(RATIOS).axes[0]
    for line, name in zip(axes.lines, RATIOS, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), RATIOS[name])


def test_every_known_month_is_written() -> None:
    """23 of 24 months, in per cent, and the empty one is not."""
    axes = drawn.monthly(MONTHS).axes[0]
    assert len(axes.texts) == 23
    assert axes.texts[0].get_text() == f"{100 * MONTHS.loc[2016, 1]:+.1f}"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2016", "2017"]


def test_a_table_of_nothing_is_drawn() -> None:
    """A run shorter than a month, and one that never traded, have a figure too."""
    for table in (MONTHS * np.nan, MONTHS * 0.0):
        png(drawn.monthly(table))


def test_bars_stand_on_each_other() -> None:
    """The last kind of cost ends where the year's sum is."""
    axes = drawn.costs_by_year(COSTS).axes[0]
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches[-2:]]
    assert ends == pytest.approx(COSTS.sum(axis=1).tolist())


def test_both_curves_of_the_capacity() -> None:
    """What the rules have and what the impact leaves."""
    upper = drawn.capacity(SIZES, 1e6).axes[0]
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), SIZES["annual_return"])
    np.testing.assert_array_equal(upper.lines[1].get_ydata(), SIZES["with_impact"])
