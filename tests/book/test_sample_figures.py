"""The figure of combinatorial folds shows what it was given."""

from __future__ import annotations

import matplotlib.dates as mdates
import pandas as pd
import pytest

from stockcast.book import sample_figures
from stockcast.samples.combinatorial import combinatorial, paths
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

DAYS = pd.bdate_range("2017-01-02", periods=120)
FOLDS = combinatorial(DAYS, 4, 2, 5, embargo=2)


def test_equal_input_gives_equal_bytes():
    """Two drawings must be one file."""
    first, again = (sample_figures.folds(DAYS, FOLDS, paths(4, 2)) for _ in range(2))
    assert png(first) == png(again)


def test_bars_are_the_runs_of_days():
    """Every unbroken run that trains or is tested is one bar from its first to its last day."""
    axes = sample_figures.folds(DAYS, FOLDS, paths(4, 2)).axes[0]
    drawn = [len(bars.get_paths()) for bars in axes.collections]
    # Fold 1 tests groups 1 and 2 in one block; fold 2 tests 1 and 3 and trains between and after.
    assert drawn[:4] == [1, 1, 2, 2]
    extent = axes.collections[1].get_paths()[0].get_extents()
    test = FOLDS[0].test
    assert (extent.x0, extent.x1) == tuple(mdates.date2num([test[0], test[-1]]))


def test_every_path_is_numbered_in_every_group():
    """Three paths through four groups are twelve numbers."""
    axes = sample_figures.folds(DAYS, FOLDS, paths(4, 2)).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == sorted("123" * 4)
