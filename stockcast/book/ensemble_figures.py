"""Figures of ensembles: how alike members are, how weights move, what diversity takes off.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stockcast.book.figures import COLOURS, DASHES, INK, _dates, _figure


def alike(table: pd.DataFrame) -> Figure:
    """Correlations between members, darker for more alike.

    Parameters
    ----------
    table : DataFrame of shape (n_members, n_members)
        As `stockcast.ensemble.diversity.score_correlation` makes it; the diagonal is left empty.
    """
    size = len(table)
    values = table.to_numpy(float).copy()
    values[np.eye(size, dtype=bool)] = np.nan
    figure, axes = _figure(1.6 + 0.26 * size)
    image = axes.imshow(values, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    names = [str(name).replace("_", " ") for name in table.index]
    axes.set_xticks(range(size), names, rotation=90)
    axes.set_yticks(range(size), names)
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="rank correlation within the day")
    return figure


def effective_members(weights: Mapping[str, pd.DataFrame]) -> Figure:
    """How many members the weights amount to, day by day: 1 / sum of squared weights.

    Parameters
    ----------
    weights : mapping from a name to a DataFrame indexed by date, one column a member
        Rows that sum to 1.
    """
    figure, axes = _figure()
    for row, (name, table) in enumerate(weights.items()):
        number = 1 / (table**2).sum(axis=1)
        look = {"color": COLOURS[row % len(COLOURS)], "linestyle": DASHES[row // len(COLOURS) % 4]}
        axes.plot(number.index, number, label=name.replace("_", " "), **look)
    axes.set_ylabel("members, effective number")
    axes.set_ylim(bottom=0)
    _dates(axes)
    figure.legend(ncols=3, loc="outside upper center")
    return figure


def decomposition(table: pd.DataFrame) -> Figure:
    """A bar an ensemble: its error, and what diversity has taken off its members' error.

    Parameters
    ----------
    table : DataFrame, index of names, columns ensemble, members, diversity
        Means of `stockcast.ensemble.diversity.ambiguity`.
    """
    figure, axes = _figure(1.0 + 0.4 * len(table))
    rows = np.arange(len(table))[::-1]
    axes.barh(rows, table["ensemble"], 0.6, color=COLOURS[0], label="error of the ensemble")
    look = {"color": COLOURS[2], "hatch": "//", "edgecolor": "white", "linewidth": 0}
    axes.barh(rows, table["diversity"], 0.6, left=table["ensemble"], label="diversity", **look)
    axes.axvline(2.0, color=INK, linewidth=1, linestyle="--", label="a member without knowledge")
    axes.set_yticks(rows, [str(name).replace("_", " ") for name in table.index])
    axes.set_xlabel(
        "squared error in variances of a rank; the whole bar is the members' mean error"
    )
    axes.grid(axis="y", visible=False)
    figure.legend(ncols=3, loc="outside upper center")
    return figure
