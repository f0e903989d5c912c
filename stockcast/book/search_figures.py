"""Figures of a search: how it converged, what mattered, and how much the best score flatters.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stockcast.book.figures import COLOURS, DASHES, FAINT, INK, _figure


def convergence(curves: pd.DataFrame, label: str = "best mean Rank IC so far") -> Figure:
    """A line and its interval over seeds for each sampler, against the trials made.

    Parameters
    ----------
    curves : DataFrame, columns sampler, trials, mean, low, high
        As `stockcast.judge.search.convergence` makes it. One panel a sampler, so that intervals do
        not hide each other; the others are drawn faintly behind.
    """
    names = list(dict.fromkeys(curves["sampler"]))
    lines = {name: curves[curves["sampler"] == name] for name in names}
    columns = min(2, len(names))
    rows = -(-len(names) // columns)
    figure, grid = _figure(
        1.0 + 1.9 * rows, nrows=rows, ncols=columns, sharex=True, sharey=True, squeeze=False
    )
    for place, axes in enumerate(grid.flat):
        if place >= len(names):
            axes.set_visible(False)
            continue
        for other in names:
            axes.plot(lines[other]["trials"], lines[other]["mean"], "-", color=FAINT, linewidth=0.7)
        mine = lines[names[place]]
        colour = COLOURS[place % len(COLOURS)]
        axes.fill_between(mine["trials"], mine["low"], mine["high"], color=colour, alpha=0.18)
        axes.plot(mine["trials"], mine["mean"], "-", color=colour, linewidth=2.2)
        axes.annotate(names[place], (0.03, 0.94), xycoords="axes fraction", va="top")
    means = curves["mean"].dropna()
    room = 0.1 * (means.max() - means.min() or 1.0)
    grid[0, 0].set_ylim(curves["low"].clip(lower=means.min() - 4 * room).min(), None)
    figure.supxlabel("trials", fontsize="medium")
    figure.supylabel(label, fontsize="medium")
    return figure


def importances(found: pd.DataFrame, chance: pd.DataFrame) -> Figure:
    """A bar a hyperparameter for each method, and where chance alone would end.

    Parameters
    ----------
    found : DataFrame of shape (n_hyperparameters, n_methods)
        Shares that sum to 1 in each column.
    chance : DataFrame of the same shape
        What 95 % of trials without any influence stay below.
    """
    ordered = found.loc[found.mean(axis=1).sort_values().index]
    figure, axes = _figure(1.0 + 0.5 * len(found))
    places, height = np.arange(len(ordered)), 0.8 / len(found.columns)
    for number, method in enumerate(ordered):
        at = places + 0.4 - height * (number + 0.5)
        hatch = ("", "//", "..")[number % 3]
        look = {"color": COLOURS[number % 4], "hatch": hatch, "edgecolor": "white", "linewidth": 0}
        axes.barh(at, ordered[method], height, label=method, **look)
        limit = chance.loc[ordered.index, method]
        axes.vlines(
            limit, at - height / 2, at + height / 2, color=INK, linewidth=1.6,
            label="_" * number + "95 % of chance stay below",
        )  # fmt: skip
    axes.set_yticks(places, [name.replace("_", " ") for name in ordered.index])
    axes.set_xlabel("share of the importance")
    axes.grid(axis="y", visible=False)
    figure.legend(ncols=3, loc="outside upper center")
    return figure


def flattery(best: pd.DataFrame) -> Figure:
    """What the best of n trials shows on the days that chose it, and on later days.

    Parameters
    ----------
    best : DataFrame, index n, columns of pairs (part, mean/low/high)
        `part` is "chosen_by" or "later"; intervals over seeds as bands.
    """
    figure, axes = _figure()
    shown = {"chosen_by": "days that chose", "later": "later days"}
    for number, (part, label) in enumerate(shown.items()):
        line = best[part]
        colour = COLOURS[number]
        axes.fill_between(best.index, line["low"], line["high"], color=colour, alpha=0.18)
        axes.plot(best.index, line["mean"], DASHES[number], color=colour, label=label)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(best.index), [str(n) for n in best.index])
    axes.minorticks_off()
    axes.set_xlabel("trials of which the best was taken")
    axes.set_ylabel("mean Rank IC")
    axes.legend()
    return figure


def halves(table: pd.DataFrame) -> Figure:
    """Every trial: the days that chose across, later days upwards, a colour a sampler.

    Parameters
    ----------
    table : DataFrame, columns sampler, chosen_by, later
        As `stockcast.judge.search.halves_of` makes it.
    """
    figure, axes = _figure(4.4)
    axes.axline((0, 0), slope=1, color=INK, linewidth=1, linestyle="--", label="no loss")
    for number, (name, mine) in enumerate(table.groupby("sampler", sort=False)):
        axes.scatter(
            mine["chosen_by"], mine["later"], 14, color=COLOURS[number % 4], alpha=0.7,
            marker="os^D*"[number % 5], label=str(name), linewidths=0,
        )  # fmt: skip
    axes.set_xlabel("mean Rank IC, days that chose")
    axes.set_ylabel("mean Rank IC, later days")
    axes.legend()
    return figure
