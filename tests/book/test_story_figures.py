"""The story's figures show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.book import story_figures as drawn
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

DAYS = pd.to_datetime(["2017-11-07", "2017-11-08", "2017-11-09"])
BARS = pd.DataFrame(
    {"date": DAYS, "high": [6.6, 6.8, 6.5], "low": [6.3, 6.4, 6.2], "close": [6.53, 6.44, 6.52]}
)
CALLS = pd.DataFrame(
    {
        "prob_up": [0.5, 0.75, 0.4, 0.6],
        "sigma_prob": [0.02, 0.05, 0.01, 0.03],
        "label": [0.01, -0.02, -0.01, np.nan],
    }
)


def named(figure) -> dict[str, list]:
    """Lines of the figure that have a name."""
    (axes,) = figure.axes
    return {
        line.get_label(): list(map(list, zip(*line.get_data(), strict=True)))
        for line in axes.lines
        if not line.get_label().startswith("_")
    }


def test_told_prices_stand_beside_the_closes():
    """Crosses where the story traded; none where it did not."""
    with_told = named(drawn.beside_market(BARS, {DAYS[1]: 4.12}))
    assert [y for _, y in with_told["close"]] == [6.53, 6.44, 6.52]
    assert [y for _, y in with_told["as told"]] == [4.12]
    assert "as told" not in named(drawn.beside_market(BARS, {}))


def test_calls_are_sorted_by_their_outcome():
    """A rise, two falls; what has no outcome is left out; the evening is marked."""
    shown = named(drawn.dared(CALLS, 0.714, 0.1, (0.55, 0.04)))
    assert shown["rose"] == [[0.5, 0.02]]
    assert shown["fell"] == [[0.75, 0.05], [0.4, 0.01]]
    assert shown["the story's evening"] == [[0.55, 0.04]]


def test_equal_input_gives_equal_bytes():
    """Two drawings must be one file."""
    first, second = (png(drawn.dared(CALLS, 0.714, 0.1, (0.55, 0.04))) for _ in range(2))
    assert first == second
