"""The figures of the data show what they were given."""

from __future__ import annotations

import io

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import data_figures, figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

DAYS = pd.bdate_range("2017-01-02", periods=60)


def drawn() -> dict[str, Figure]:
    """One of each figure, from small made-up tables."""
    rng = np.random.default_rng(7)
    walk = pd.DataFrame(rng.normal(size=(60, 2)).cumsum(axis=0), DAYS, ["a", "b"])
    tails = pd.DataFrame(rng.standard_t(4, (60, 3)))
    names = ["one", "two", "three"]
    matrix = pd.DataFrame([[1, 0.9, -0.5], [0.9, 1, np.nan], [-0.5, np.nan, 1]], names, names)
    return {
        "over_time": data_figures.over_time({"price": walk, "share": walk[["a"]]}, ["share"]),
        "stylised": data_figures.stylised({"one": tails, "other": tails.where(tails > -1)}),
        "correlations": data_figures.correlations(matrix),
        "label_clock": data_figures.label_clock(5, 60),
    }


def test_equal_input_gives_equal_bytes_on_a_clear_ground():
    """Two drawings must be one file, of the book's width, the page's colour showing through."""
    once, again = drawn(), drawn()
    for name, figure in once.items():
        first = png(figure)
        assert first == png(again[name]), name
        pixels = matplotlib.image.imread(io.BytesIO(first))
        assert pixels.shape[1] == round(figures.WIDTH * 150), name
        assert pixels[0, 0, 3] == 0, name


def test_no_figure_carries_a_title():
    """Titles belong to the caption."""
    for name, figure in drawn().items():
        assert not any(axes.get_title() for axes in figure.axes), name


def test_the_size_and_kind_of_a_square_tell_the_correlation():
    """Positive ones are filled, negative ones hollow; areas are in proportion; NaN has none."""
    filled, hollow = drawn()["correlations"].axes[0].collections
    assert len(filled.get_sizes()) == 1
    assert list(hollow.get_sizes() / filled.get_sizes()[0]) == pytest.approx([0.5 / 0.9])
    assert len(hollow.get_facecolor()) == 0


def test_the_clock_names_the_days_that_the_horizon_asks_for():
    """The sale must stand at t + 1 + horizon."""
    words = [text.get_text() for text in data_figures.label_clock(3, 20).axes[0].texts]
    assert any(word.startswith("t+4: sell") for word in words)
    assert "window: 20 days" in words


def test_extreme_returns_are_drawn_at_the_edge_and_not_dropped():
    """The tails are the point of the picture."""
    wide = pd.DataFrame({"a": np.append(np.sin(np.arange(200.0)), 40.0)})
    line = data_figures.stylised({"one": wide}).axes[0].lines[0]
    assert max(line.get_xdata()) > 7.5
