"""The figures of a search show what they were given."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import search_figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

CURVES = pd.DataFrame(
    {
        "sampler": ["tpe"] * 3 + ["random"] * 3 + ["grid"] * 3,
        "trials": [1, 2, 3] * 3,
        "mean": [0.01, 0.02, 0.03, 0.01, 0.02, 0.02, 0.0, 0.01, 0.02],
    }
).assign(low=lambda t: t["mean"] - 0.01, high=lambda t: t["mean"] + 0.01)
SHARES = pd.DataFrame(
    {"fANOVA": [0.7, 0.2, 0.1], "PED-ANOVA": [0.5, 0.4, 0.1]},
    index=["learning_rate", "depth", "dropout"],
)
BEST = pd.DataFrame(
    {
        (part, column): [0.01 * sign, 0.02 * sign, 0.03 * sign]
        for part, sign in (("chosen_by", 1), ("later", -1))
        for column in ("mean", "low", "high")
    },
    index=pd.Index([1, 2, 4], name="n"),
)
HALVES = pd.DataFrame(
    {"sampler": ["tpe", "grid"] * 2, "chosen_by": [0.1, 0.2, 0.3, 0.4], "later": [0.0, 0.1, 0, 0.2]}
)


def drawn() -> dict[str, Figure]:
    """One of each figure, from small made-up tables."""
    return {
        "convergence": search_figures.convergence(CURVES),
        "importances": search_figures.importances(SHARES, SHARES / 2),
        "flattery": search_figures.flattery(BEST),
        "halves": search_figures.halves(HALVES),
    }


def test_equal_input_gives_equal_bytes_and_no_titles() -> None:
    """Two drawings must be one file, and titles belong to the caption."""
    once, again = drawn(), drawn()
    for name, figure in once.items():
        assert png(figure) == png(again[name]), name
        assert not any(axes.get_title() for axes in figure.axes), name


def test_one_panel_a_sampler_and_no_empty_one() -> None:
    """Three samplers fill three panels, each with its own line on top of all."""
    panels = [axes for axes in drawn()["convergence"].axes if axes.get_visible()]
    assert [axes.texts[0].get_text() for axes in panels] == ["tpe", "random", "grid"]
    assert list(panels[1].lines[-1].get_ydata()) == [0.01, 0.02, 0.02]
    assert all(len(axes.lines) == 4 for axes in panels)


def test_what_matters_most_is_on_top() -> None:
    """Rows are ordered by the mean of the methods, with readable names."""
    axes = drawn()["importances"].axes[0]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names == ["dropout", "depth", "learning rate"]
    assert sorted(bar.get_width() for bar in axes.patches) == [0.1, 0.1, 0.2, 0.4, 0.5, 0.7]


def test_both_parts_of_the_validation_are_drawn() -> None:
    """The days that chose lie above the later ones, at the counts given."""
    axes = drawn()["flattery"].axes[0]
    assert [line.get_ydata()[-1] for line in axes.lines] == [0.03, -0.03]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "4"]


def test_every_trial_is_a_point() -> None:
    """Points by sampler, none dropped."""
    axes = drawn()["halves"].axes[0]
    assert [len(points.get_offsets()) for points in axes.collections] == [2, 2]
