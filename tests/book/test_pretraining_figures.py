"""The figures of pre-training show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import pretraining_figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")


def drawn() -> dict[str, Figure]:
    """One of each figure, from small made-up tables."""
    rows = [(share, start) for share in (0.05, 0.2, 1.0) for start in ("scratch", "pretrained")]
    table = pd.DataFrame(rows, columns=["share", "start"]).assign(mean=np.linspace(0.01, 0.06, 6))
    table = table.assign(low=table["mean"] - 0.01, high=table["mean"] + 0.02)
    steps = pd.DataFrame({"step": [1, 2] * 2, "seed": [1, 1, 2, 2]})
    return {
        "worth": pretraining_figures.worth(table, "Rank IC"),
        "explained": pretraining_figures.explained(steps.assign(patches=0.1, next_day=-0.1)),
    }


def test_equal_input_gives_equal_bytes_and_no_titles():
    """Two drawings must be one file, and titles belong to the caption."""
    once, again = drawn(), drawn()
    for name, figure in once.items():
        assert png(figure) == png(again[name]), name
        assert not any(axes.get_title() for axes in figure.axes), name


def test_each_start_has_a_line_and_whiskers_that_end_where_the_intervals_do():
    """A point's whisker reaches from low to high; the legend names both starts."""
    (axes,) = drawn()["worth"].axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["scratch", "pretrained"]
    first = axes.collections[0].get_segments()[0]
    assert first[:, 1] == pytest.approx([0.0, 0.03])
    assert axes.get_xscale() == "log"
    assert list(axes.get_xticks()) == [0.05, 0.2, 1.0]


def test_one_legend_entry_a_task_not_one_a_seed():
    """Several seeds are several lines of one look."""
    (axes,) = drawn()["explained"].axes
    assert len(axes.get_legend().get_texts()) == 2
    assert len(axes.lines) == 1 + 2 * 2
