"""Figures of how sure forecasts are, and whether they are right to be.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stockcast.book.figures import COLOURS, DASHES, INK, _figure

MARKERS = "os^D"


def reliability(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Said probability against the share that happened, one line a kind of forecast.

    Parameters
    ----------
    tables : mapping from name to DataFrame, columns said, seen, low, high
        As `stockcast.judge.reliability.reliability` makes them; at most four. Whiskers are drawn
        for the first alone: the same days make all.
    """
    figure, axes = _figure(4.2)
    axes.axline((0.5, 0.5), slope=1, color=INK, linewidth=1, label="as said")
    for place, (name, table) in enumerate(tables.items()):
        look = {"color": COLOURS[place], "linestyle": DASHES[place], "marker": MARKERS[place]}
        if not place:
            axes.vlines(table["said"], table["low"], table["high"], color=COLOURS[0], alpha=0.4)
        axes.plot(table["said"], table["seen"], markersize=5, label=name, **look)
    said = pd.concat([table["said"] for table in tables.values()])
    margin = 0.05 * max(float(np.ptp(said)), 0.02)
    axes.set_xlim(said.min() - margin, said.max() + margin)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set(xlabel="said chance", ylabel="share that came true")
    axes.legend(fontsize="small")
    return figure


def coverage_by(tables: Mapping[str, pd.DataFrame], promised: float) -> Figure:
    """Share of outcomes inside their intervals, by group of days and kind of interval.

    Parameters
    ----------
    tables : mapping from name to DataFrame, index of groups, columns mean, low, high
        As `stockcast.judge.reliability.by_group` makes them, all with the same groups.
    promised
        The share that the intervals claim.
    """
    groups = list(next(iter(tables.values())).index)
    figure, axes = _figure(1.2 + 0.5 * len(groups))
    rows = np.arange(len(groups))[::-1]
    for place, (name, table) in enumerate(tables.items()):
        at = rows - 0.18 * (place - (len(tables) - 1) / 2)
        axes.hlines(at, table["low"], table["high"], color=COLOURS[place], linewidth=2)
        axes.plot(table["mean"], at, MARKERS[place], color=COLOURS[place], markersize=5, label=name)
    axes.axvline(promised, color=INK, linewidth=1)
    axes.set_yticks(rows, groups)
    axes.set_ylim(-0.6, len(groups) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("share of outcomes inside")
    figure.legend(ncols=len(tables), loc="outside upper center", fontsize="small")
    return figure


def brakes(curves: Mapping[str, pd.DataFrame], base: float) -> Figure:
    """Accuracy of the forecasts kept, against the share kept, one panel a kind of doubt.

    Parameters
    ----------
    curves : mapping from name to DataFrame, columns coverage, accuracy, low, high (fractions)
        As `stockcast.judge.metrics.coverage_curve` makes them, one or more.
    base
        Accuracy of all forecasts, a dashed line.
    """
    across = min(3, len(curves))
    down = -(-len(curves) // across)
    figure, grid = _figure(0.5 + 2.3 * down, nrows=down, ncols=across, sharex=True, sharey=True,
                           squeeze=False)  # fmt: skip
    for axes in grid.flat[len(curves) :]:
        axes.set_visible(False)
    for axes in grid.flat[max(0, len(curves) - across) : len(curves)]:
        axes.tick_params(labelbottom=True)
    for axes, (name, curve) in zip(grid.flat, curves.items(), strict=False):
        kept = curve.dropna(subset=["accuracy"]).sort_values("coverage")
        axes.fill_between(kept["coverage"], kept["low"], kept["high"], color=COLOURS[0], alpha=0.18)
        axes.plot(kept["coverage"], kept["accuracy"], color=COLOURS[0])
        axes.axhline(base, color=INK, linestyle="--", linewidth=1)
        axes.annotate(name, (0.98, 0.96), xycoords="axes fraction", ha="right", va="top")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0))
    figure.supxlabel("share of forecasts kept", fontsize="medium")
    figure.supylabel("accuracy", fontsize="medium")
    return figure
