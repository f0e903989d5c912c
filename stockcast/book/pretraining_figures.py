"""The figures of pre-training, in the style of `stockcast.book.figures`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from stockcast.book.figures import COLOURS, DASHES, HEIGHT, INK, WIDTH


def worth(table: pd.DataFrame, label: str) -> Figure:
    """A figure by share of the labels, one line with whiskers for each start.

    Parameters
    ----------
    table : DataFrame, columns share, start, mean, low, high
        Shares above 0; NaN ends leave a point without whiskers.
    label
        What the vertical axis measures.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.subplots()
    axes.axhline(0, color=INK, linewidth=1)
    starts = list(dict.fromkeys(table["start"]))
    for number, start in enumerate(starts):
        mine = table[table["start"] == start].sort_values("share")
        # Side by side on the logarithmic axis, so that no whisker hides another.
        place = mine["share"] * 1.06 ** (number - (len(starts) - 1) / 2)
        look = {"color": COLOURS[number % 4], "linestyle": DASHES[number % 4]}
        axes.plot(place, mine["mean"], marker="o", label=str(start), **look)
        axes.vlines(place, mine["low"], mine["high"], color=COLOURS[number % 4], linewidth=2.2)
    shares = np.sort(table["share"].unique())
    axes.set_xscale("log")
    axes.set_xticks(shares)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("share of the training days whose labels are shown")
    axes.set_ylabel(label)
    axes.legend()
    return figure


def explained(histories: pd.DataFrame) -> Figure:
    """What pre-training explains of the last days, held out, as it goes on.

    Parameters
    ----------
    histories : DataFrame, columns seed, step, patches, next_day
        As `Pretrained.history` has them, one after the other; shares of the variance.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.subplots()
    axes.axhline(0, color=INK, linewidth=1)
    for number, (column, label) in enumerate(
        {"next_day": "the next day", "patches": "hidden patches"}.items()
    ):
        for row, (_, mine) in enumerate(histories.groupby("seed")):
            look = {"color": COLOURS[number], "linestyle": DASHES[number]}
            axes.plot(mine["step"], mine[column], marker="o", label="_" * bool(row) + label, **look)
    axes.set_xlabel("step")
    axes.set_ylabel("share of the variance explained")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend()
    return figure
