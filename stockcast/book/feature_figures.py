"""Figures of many features at once: how sure they are, and how much alike.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stockcast.book.figures import COLOURS, INK, _figure


def certainty(found: pd.Series, placebo: pd.Series) -> Figure:
    """Histograms of t-values: of all features, and of the same features on labels moved in time.

    Parameters
    ----------
    found, placebo : Series of shape (n_features,)
        t-values of the mean Rank IC; NaN are left out.
    """
    figure, axes = _figure(3.0)
    reach = np.ceil(max(found.abs().max(), placebo.abs().max(), 3.0))
    edges = np.arange(-reach, reach + 0.1, 0.5)
    axes.hist(found.dropna(), edges, color=COLOURS[0], alpha=0.55, label="labels as they were")
    axes.hist(
        placebo.dropna(), edges, histtype="step", color=COLOURS[1], linewidth=1.8,
        label="labels moved in time",
    )  # fmt: skip
    for side in (-2, 2):
        axes.axvline(side, color=INK, linewidth=1, linestyle="--")
    axes.set(xlabel="t-value of the mean Rank IC", ylabel="features")
    axes.legend(fontsize="small")
    return figure


def likeness(alike: pd.DataFrame, groups: pd.Series) -> Figure:
    """Mean size of the correlations within and between groups of features, as squares.

    Parameters
    ----------
    alike : DataFrame of shape (n_features, n_features)
        Correlations, names on both sides.
    groups : Series indexed by feature
        Each feature's group, in the order in which groups are drawn.
    """
    size = alike.abs().mask(np.eye(len(alike), dtype=bool))
    held = groups.reindex(size.index)
    order = list(dict.fromkeys(groups[groups.index.isin(size.index)]))
    table = size.groupby(held).mean().T.groupby(held).mean().reindex(index=order, columns=order)
    inches = 5.0 / len(order)
    figure, axes = _figure(6.4, subplot_kw={"aspect": "equal"})
    row, column = np.tril_indices(len(order))
    value = np.nan_to_num(table.to_numpy()[row, column])
    axes.scatter(column, row, value * (0.9 * inches * 72) ** 2, marker="s", color=COLOURS[0])
    axes.set(xlim=(-0.7, len(order) - 0.3), ylim=(len(order) - 0.3, -0.7))
    letters = min(9.0, 60 * inches)
    axes.set_xticks(range(len(order)), order, rotation=90, fontsize=letters)
    axes.set_yticks(range(len(order)), order, fontsize=letters)
    axes.grid(visible=False)
    return figure


def importance(table: pd.DataFrame) -> Figure:
    """One dot per feature: the Rank IC lost without it; filled where it was kept.

    Parameters
    ----------
    table : DataFrame indexed by feature
        `importance` (Rank IC), `kept` (bool), in the order in which they are drawn from the top.
    """
    figure, axes = _figure(0.9 + 0.19 * len(table))
    place = np.arange(len(table))
    kept = table.kept.to_numpy(bool)
    axes.axvline(0, color=INK, linewidth=1)
    axes.plot(
        table.importance[kept], place[kept], "o", color=COLOURS[0], label="kept", linestyle="none"
    )
    axes.plot(
        table.importance[~kept], place[~kept], "o", color=COLOURS[0], markerfacecolor="none",
        label="not above chance", linestyle="none",
    )  # fmt: skip
    axes.set_yticks(place, table.index, fontsize=8)
    axes.set(ylim=(len(table) - 0.4, -0.6), xlabel="Rank IC lost when dealt anew")
    axes.legend(fontsize="small", loc="lower right")
    return figure
