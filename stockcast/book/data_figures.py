"""Figures of what goes into a model: the panel, the features, the samples.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from scipy import stats

from stockcast.book.figures import COLOURS, INK, _dates, _figure
from stockcast.data import facts


def over_time(panels: Mapping[str, pd.DataFrame], percent: Collection[str] = ()) -> Figure:
    """Lines over a shared horizontal axis, one pair of axes above the other.

    Parameters
    ----------
    panels : mapping from what is measured to a DataFrame, a column per line
        Indexed by date, or by a number with a name. NaN breaks a line. A single column is named by
        the axis alone.
    percent
        Keys whose values are fractions to be shown as percentages.
    """
    figure, grid = _figure(1.0 + 1.7 * len(panels), nrows=len(panels), sharex=True, squeeze=False)
    for axes, (label, table) in zip(grid[:, 0], panels.items(), strict=True):
        for name, values in table.items():
            axes.plot(values, label=str(name))
        if table.shape[1] > 1:
            axes.legend(fontsize="small", ncols=2)
        if label in percent:
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylabel(label)
    if isinstance(table.index, pd.DatetimeIndex):
        _dates(axes)
    else:
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel(str(table.index.name))
    return figure


def stylised(markets: Mapping[str, pd.DataFrame]) -> Figure:
    """Tails of the returns beside their memory, markets side by side.

    Parameters
    ----------
    markets : mapping from name to DataFrame of shape (n_days, n_stocks), two at most
        Daily returns; NaN is left out.
    """
    figure, (tails, memory) = _figure(3.4, ncols=2)
    edges = np.arange(-8.0, 8.01, 0.25)
    middle = (edges[1:] + edges[:-1]) / 2
    lags = np.arange(1, 21)
    for (name, wide), marker, colour in zip(markets.items(), "os", COLOURS, strict=False):
        units = facts.scaled(wide).to_numpy().ravel()
        kept = np.clip(units[np.isfinite(units)], -7.99, 7.99)
        share = np.histogram(kept, edges, density=True)[0]
        look = {"color": colour, "linestyle": "none", "marker": marker}
        tails.plot(middle[share > 0], share[share > 0], markersize=3, label=name, **look)
        size, direction = (facts.autocorrelation(each, lags) for each in (wide.abs(), wide))
        memory.plot(size, markersize=4, label=f"{name}, absolute", **look)
        memory.plot(direction, markersize=4, markerfacecolor="none", label=name, **look)
    tails.plot(middle, stats.norm.pdf(middle), "--", color=INK, linewidth=1, label="normal")
    tails.set(yscale="log", ylim=(1e-6, 1), ylabel="density")
    tails.set_xlabel("return, standard deviations")
    memory.axhline(0, color=INK, linewidth=1)
    memory.xaxis.get_major_locator().set_params(integer=True)
    memory.set(xlabel="days between", ylabel="autocorrelation")
    for axes in (tails, memory):
        axes.legend(fontsize="small")
    return figure


def correlations(matrix: pd.DataFrame) -> Figure:
    """A correlation matrix below its diagonal, readable without colour.

    Parameters
    ----------
    matrix : DataFrame, square, names on both sides
        A square's area is the correlation's size; filled ones are positive, hollow ones negative.
    """
    count = len(matrix)
    inches = 5.4 / count  # room of a square; the names take the rest
    figure, axes = _figure(6.6, subplot_kw={"aspect": "equal"})
    row, column = np.tril_indices(count, -1)
    value = matrix.to_numpy()[row, column]
    looks = {"color": COLOURS[0]}, {"facecolor": "none", "edgecolor": COLOURS[1], "linewidth": 0.8}
    for side, look in zip((value > 0, value < 0), looks, strict=True):
        area = np.abs(value[side]) * (0.8 * inches * 72) ** 2
        axes.scatter(column[side], row[side], area, marker="s", **look)
    axes.set(xlim=(-0.7, count - 1.3), ylim=(count - 0.4, 0.4))
    size = min(9.0, 60 * inches)
    axes.set_xticks(range(count - 1), matrix.columns[:-1], rotation=90, fontsize=size)
    axes.set_yticks(range(1, count), matrix.index[1:], fontsize=size)
    axes.grid(visible=False)
    return figure


def label_clock(horizon: int, lookback: int) -> Figure:
    """When a sample knows, buys and sells: its window, the day between, and its label."""
    figure, axes = _figure(1.9)
    shown = 8  # days of the window that are drawn
    axes.plot([-shown - 1.2, horizon + 2.2], [0, 0], color=INK, linewidth=1)
    axes.plot(np.arange(-shown, horizon + 2), np.zeros(shown + horizon + 2), "|", color=INK)
    axes.plot([-shown - 0.8, 0], [0.55, 0.55], "-", color=COLOURS[0], linewidth=7)
    axes.plot([1, horizon + 1], [0.55, 0.55], "-", color=COLOURS[1], linewidth=7)
    axes.text(-shown / 2, 0.85, f"window: {lookback} days", ha="center", color=COLOURS[0])
    axes.text(1 + horizon / 2, 0.85, f"label: {horizon} days", ha="center", color=COLOURS[1])
    closes = {
        0: ("right", "t: last close known,\nforecast in the evening"),
        1: ("left", "t+1: buy\nat the close"),
        horizon + 1: ("left", f"t+{horizon + 1}: sell\nat the close"),
    }
    for day, (side, words) in closes.items():
        axes.plot(day, 0, "o", color=INK, markersize=5)
        axes.text(day, -0.25, words, ha=side, va="top", fontsize="small")
    axes.set(ylim=(-0.9, 1.1), xlim=(-shown - 1.4, horizon + 3))
    axes.set_axis_off()
    return figure
