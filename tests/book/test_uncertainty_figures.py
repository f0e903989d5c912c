"""The figures of how sure forecasts are show what they were given."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import uncertainty_figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

SAID = pd.DataFrame(
    {"said": [0.45, 0.55], "seen": [0.48, 0.5], "low": [0.4, 0.45], "high": [0.55, 0.56]}
)
GROUPS = pd.DataFrame(
    {"mean": [0.9, 0.85], "low": [0.88, 0.8], "high": [0.92, 0.9]}, index=["2016", "2017"]
)
CURVE = pd.DataFrame(
    {"coverage": [1.0, 0.1], "accuracy": [0.52, 0.55], "low": [0.5, 0.5], "high": [0.54, 0.6]}
)


def drawn() -> dict[str, Figure]:
    """One of each figure, from small made-up tables."""
    return {
        "reliability": uncertainty_figures.reliability({"as forecast": SAID, "isotonic": SAID}),
        "coverage_by": uncertainty_figures.coverage_by({"a": GROUPS, "b": GROUPS - 0.1}, 0.9),
        "brakes": uncertainty_figures.brakes(dict.fromkeys("wxyz", CURVE), 0.52),
    }


def test_equal_input_gives_equal_bytes_and_no_titles():
    """Two drawings must be one file, and titles belong to the caption."""
    once, again = drawn(), drawn()
    for name, figure in once.items():
        assert png(figure) == png(again[name]), name
        assert not any(axes.get_title() for axes in figure.axes), name


def test_one_panel_a_brake_and_no_empty_one():
    """Four kinds of doubt fill four panels of six, each named."""
    panels = [axes for axes in drawn()["brakes"].axes if axes.get_visible()]
    assert [axes.texts[0].get_text() for axes in panels] == list("wxyz")


def test_coverage_shows_the_promise_and_every_group():
    """The promised share is a line, the groups are rows from the top, kinds lie apart."""
    axes = drawn()["coverage_by"].axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["2016", "2017"]
    kinds = [
        line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_marker() in "os"
    ]
    assert list(kinds[0].get_xdata()) == [0.9, 0.85]
    assert kinds[0].get_ydata()[0] > kinds[1].get_ydata()[0] > kinds[0].get_ydata()[1]
