"""Figures of bad times: how surprising the days are, and whether intervals hold on such days.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter

from stockcast.book.figures import COLOURS, FAINT, INK, _dates, _figure

_MARKS = ("o", "D", "s", "^")


def surprise_over_time(
    distance: pd.Series, threshold: float, until: pd.Timestamp | str, named: int = 4
) -> Figure:
    """Distance of each day from those of training, the threshold, and the days beyond it.

    Parameters
    ----------
    distance : Series by date
        In standard deviations; NaN leaves a gap.
    threshold
        Of the training days; days above it are marked.
    until
        Last day of training, a vertical line.
    named
        Days after training whose dates are written, those farthest beyond the threshold.
    """
    figure, axes = _figure()
    axes.vlines(distance.index, 0, distance, color=FAINT, linewidth=0.7)
    axes.axhline(threshold, color=INK, linewidth=1, linestyle="--", label="threshold of training")
    flagged = distance[distance > threshold]
    axes.plot(flagged, "o", color=COLOURS[1], markersize=4, linestyle="none", label="beyond it")
    axes.axvline(pd.Timestamp(until), color=COLOURS[0], linewidth=1.6, label="end of training")
    later = flagged[flagged.index > pd.Timestamp(until)]
    middle = distance.index[len(distance) // 2]
    for day, value in later.nlargest(named).items():
        left = day > middle
        axes.annotate(
            f"{day:%Y-%m-%d}",
            (day, value),
            (-5 if left else 5, 3),
            textcoords="offset points",
            fontsize=7,
            ha="right" if left else "left",
        )
    axes.set_ylim(bottom=0)
    axes.set_ylabel("distance, standard deviations")
    figure.legend(ncols=3, loc="outside upper center")
    _dates(axes)
    return figure


def shocked_days(beyond: Mapping[str, pd.Series]) -> Figure:
    """Every day's distance over the threshold, a row a kind of day, on a logarithmic axis.

    Parameters
    ----------
    beyond : mapping from kind to Series
        Above 1 the day is called surprising. NaN days are left out.
    """
    figure, axes = _figure(1.0 + 0.45 * len(beyond))
    places = np.arange(len(beyond))[::-1]
    axes.axvline(1, color=INK, linewidth=1, linestyle="--")
    for place, (number, values) in zip(places, enumerate(beyond.values()), strict=True):
        shown = values.dropna().to_numpy()
        # Spread by rank and not by chance: equal input, equal bytes.
        shift = 0.3 * (np.arange(len(shown)) % 7 - 3) / 3
        axes.plot(shown, place + shift, _MARKS[number % 4], color=COLOURS[number % 4], markersize=3)
    axes.set_xscale("log")
    axes.set_yticks(places, list(beyond))
    axes.set_ylim(-0.6, len(beyond) - 0.4)
    axes.set_xlabel("distance over the threshold")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", visible=False)
    return figure


def coverage_by_surprise(table: pd.DataFrame, promised: float = 0.9) -> Figure:
    """Share of outcomes inside their intervals, from the least to the most surprising days.

    Parameters
    ----------
    table : DataFrame, index of tenths, a column a kind of forecast
        As `stockcast.judge.stress.by_tenth` makes it; fractions.
    promised
        The share that the intervals claim, a line.
    """
    figure, axes = _figure()
    axes.axhline(promised, color=INK, linewidth=1, label="promised")
    for number, (name, values) in enumerate(table.items()):
        shift = 0.14 * (number - (len(table.columns) - 1) / 2)
        axes.plot(
            table.index.to_numpy(float) + shift,
            values,
            _MARKS[number % 4],
            color=COLOURS[number % 4],
            linestyle="none",
            label=str(name),
        )
    axes.set_xticks(table.index.to_numpy())
    axes.set_xlabel("days in tenths, the most surprising on the right")
    axes.set_ylabel("share of outcomes inside")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(ncols=1 + len(table.columns), loc="outside upper center")
    return figure
