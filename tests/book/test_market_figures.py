"""The figures of links and of empty markets show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import market_figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")


def found() -> pd.DataFrame:
    """Four intervals, the first and the last without zero."""
    table = pd.DataFrame({"rank_ic": [0.02, -0.04, 0.0, 0.05]})
    table = table.assign(low=table.rank_ic - 0.03, high=table.rank_ic + 0.03)
    return table.assign(claims=(table.low > 0) | (table.high < 0))


def drawn() -> dict[str, Figure]:
    """One of each figure, from small made-up tables."""
    rng = np.random.default_rng(7)
    p = pd.Series(rng.uniform(size=300))
    lags = pd.DataFrame({"mean": [0.1, 0.0], "low": [0.05, -0.1], "high": [0.2, 0.1]}, [1, 2])
    sizes = pd.DataFrame({"one": [0.2, 0.1], "many": [0.4, 0.2]}, index=[1, 4])
    chosen = pd.Series([0.2, -0.2, 0.15])
    return {
        "p_values": market_figures.p_values({"a": p, "b": p**2}),
        "by_lag": market_figures.by_lag({"linked": lags, "others": lags}),
        "power": market_figures.power(sizes, {"a link": 0.15}),
        "chosen_then": market_figures.chosen_then(chosen, chosen / 4, (-0.1, 0.1)),
        "caterpillar": market_figures.caterpillar(found()),
    }


def test_equal_input_gives_equal_bytes_and_no_titles():
    """Two drawings must be one file, and titles belong to the caption."""
    once, again = drawn(), drawn()
    for name, figure in once.items():
        assert png(figure) == png(again[name]), name
        assert not any(axes.get_title() for axes in figure.axes), name


def test_error_bars_end_where_the_intervals_do():
    """A point's bar reaches from low to high, not as far above as below."""
    axes = drawn()["by_lag"].axes[0]
    bars = axes.collections[0].get_segments()
    assert [list(bar[:, 1]) for bar in bars] == [
        pytest.approx([0.05, 0.2]),
        pytest.approx([-0.1, 0.1]),
    ]


def test_false_claims_stand_apart():
    """Intervals that exclude zero are drawn in another colour, in their place in the order."""
    quiet, claiming = market_figures.caterpillar(found()).axes[0].collections
    assert [segment[0, 0] for segment in quiet.get_segments()] == [1, 2]
    assert [segment[0, 0] for segment in claiming.get_segments()] == [0, 3]


def test_a_p_value_of_zero_is_drawn():
    """On a logarithmic axis zero has no place; it goes to the smallest number of its series."""
    axes = market_figures.p_values({"a": pd.Series([0.0, 0.001, 0.5])}).axes[0]
    assert min(axes.lines[0].get_ydata()) == 0.001
