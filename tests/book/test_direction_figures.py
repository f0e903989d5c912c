"""The figure of direction accuracy shows what it was given."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from stockcast.book import direction_figures as drawn
from stockcast.judge.directions import needed_ic
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

PROMISED = {"now": 0.55, "first": 0.617, "list now": 0.60, "plan": 0.65, "list": 0.70, "one": 0.714}
TABLE = pd.DataFrame(
    {"accuracy": [0.52, 0.525, 0.51, 0.53], "ic": [0.04, 0.05, 0.02, 0.09]},
    ["a", "logistic", "b", "oracle"],
)
TABLE = TABLE.assign(accuracy_low=TABLE["accuracy"] - 0.01, accuracy_high=TABLE["accuracy"] + 0.01)
TABLE = TABLE.assign(ic_low=TABLE["ic"] - 0.03, ic_high=TABLE["ic"] + 0.03)


def points(axes) -> dict[str, list[list[float]]]:
    """Places of the marks that have a name."""
    lines = {line.get_label(): line for line in axes.lines if line.get_linestyle() == "None"}
    return {
        name: np.column_stack(line.get_data()).tolist()
        for name, line in lines.items()
        if not name.startswith("_")
    }


def test_equal_input_gives_equal_bytes() -> None:
    """Two drawings must be one file."""
    first, second = (drawn.accuracy_over_ic(TABLE, PROMISED, ["logistic"]) for _ in range(2))
    assert png(first) == png(second)


def test_every_model_is_a_point_and_the_oracle_its_own() -> None:
    """Models lie where their figures say, in both parts; those named have a mark of their own."""
    figure = drawn.accuracy_over_ic(TABLE, PROMISED, ["logistic"])
    for axes in figure.axes:
        found = points(axes)
        assert found["other models"] == [[0.04, 0.52], [0.02, 0.51]]
        assert found["logistic"] == [[0.05, 0.525]]
        assert found["oracle"] == [[0.09, 0.53]]


def test_a_real_market_has_no_oracle() -> None:
    """Without its row nothing is marked; rows that are not known are left out."""
    table = TABLE.drop(index="oracle")
    table.loc["b", ["accuracy", "accuracy_low", "accuracy_high"]] = np.nan
    figure = drawn.accuracy_over_ic(table, PROMISED, ["logistic"])
    found = points(figure.axes[0])
    assert set(found) == {"other models", "logistic"}
    assert found["other models"] == [[0.04, 0.52]]
    png(drawn.accuracy_over_ic(table.iloc[:0], PROMISED, ["logistic"]))


def test_promises_cross_the_curve_at_the_ic_that_they_take() -> None:
    """A dashed line a promise, a cross where the curve reaches it, and both in its name."""
    axes = drawn.accuracy_over_ic(TABLE, PROMISED).axes[0]
    dashed = sorted(line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--")
    assert dashed == sorted(PROMISED.values())
    crosses = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "x"]
    np.testing.assert_allclose(crosses, [(needed_ic(value), value) for value in PROMISED.values()])
    assert "65 %, IC 0.45: plan" in [text.get_text() for text in axes.texts]


def test_names_of_promises_do_not_overlap() -> None:
    """However close the promises, their names must be legible and in the order of the lines."""
    close = {"a": 0.60, "b": 0.601, "c": 0.602, "d": 0.70, "e": 0.603}
    figure = drawn.accuracy_over_ic(TABLE, close)
    FigureCanvasAgg(figure).draw()
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]  # without its arrow
    boxes = [boxes[number] for number in np.argsort(list(close.values()))]
    for lower, upper in itertools.pairwise(boxes):
        assert lower.y1 < upper.y0


def test_places_are_spread_around_their_middle() -> None:
    """Those far apart stay; those too close move no farther than they must."""
    places = drawn.spread_out([0.70, 0.10, 0.11, 0.12], 0.05)
    np.testing.assert_allclose(places, [0.70, 0.06, 0.11, 0.16])
    assert drawn.spread_out([], 0.05).size == 0
