"""The figures of ensembles show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import ensemble_figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

NAMES = ["ridge", "xgboost", "cnn"]
ALIKE = pd.DataFrame([[1, 0.8, 0.3], [0.8, 1, 0.5], [0.3, 0.5, 1]], index=NAMES, columns=NAMES)
DAYS = pd.date_range("2016-01-04", periods=3)
WEIGHTS = pd.DataFrame([[1 / 3] * 3, [0.5, 0.5, 0], [1, 0, 0]], index=DAYS, columns=NAMES)
ERRORS = pd.DataFrame(
    {"ensemble": [1.6, 1.8], "members": [1.9, 1.9], "diversity": [0.3, 0.1]}, index=["a", "b"]
)


def drawn() -> dict[str, Figure]:
    """One of each figure."""
    return {
        "alike": ensemble_figures.alike(ALIKE),
        "effective": ensemble_figures.effective_members({"equal": WEIGHTS, "other": WEIGHTS}),
        "decomposition": ensemble_figures.decomposition(ERRORS),
    }


def test_figures_are_the_same_bytes_each_time():
    """Drawn twice, every figure is the same picture."""
    one, two = drawn(), drawn()
    for name, figure in one.items():
        assert png(figure) == png(two[name]), name


def test_alike_shows_the_table():
    """The picture holds the correlations, with the diagonal empty."""
    shown = ensemble_figures.alike(ALIKE).axes[0].images[0].get_array()
    assert np.ma.is_masked(shown[0, 0]) or np.isnan(shown[0, 0])
    assert shown[0, 2] == 0.3


def test_effective_members_by_hand():
    """Equal weights count all, a single weight counts one."""
    (line,) = ensemble_figures.effective_members({"equal": WEIGHTS}).axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [3, 2, 1])


def test_decomposition_adds_up():
    """Bars end where the members' mean error is, first ensemble on top."""
    bars = ensemble_figures.decomposition(ERRORS).axes[0].containers
    ends = [bar.get_x() + bar.get_width() for bar in bars[1]]
    np.testing.assert_allclose(ends, ERRORS["members"])
    assert bars[0][0].get_y() > bars[0][1].get_y()
