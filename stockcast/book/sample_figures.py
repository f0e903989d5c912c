"""Figures of how samples are cut.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stockcast.book.figures import COLOURS, _dates, _figure
from stockcast.samples.combinatorial import Fold


def folds(days: pd.DatetimeIndex, folds: Sequence[Fold], paths: np.ndarray) -> Figure:
    """Which days train and which are tested, one row a fold; the gaps are purge and embargo.

    Parameters
    ----------
    days
        All days that were cut.
    folds
        As `stockcast.samples.combinatorial.combinatorial` gives them.
    paths : ndarray of shape (n_paths, n_groups)
        Of the same numbers; a tested block carries the number of its path, counted from 1.
    """
    figure, axes = _figure(1.0 + 0.24 * len(folds))
    looks = {
        "train": {"facecolor": COLOURS[0], "linewidth": 0},
        "test": {"facecolor": COLOURS[2], "hatch": "//", "edgecolor": "white", "linewidth": 0},
    }
    for row, fold in enumerate(folds):
        for part, look in looks.items():
            bars = [
                (days[first], days[last] - days[first]) for first, last in _runs(days, fold, part)
            ]
            axes.broken_barh(bars, (row - 0.36, 0.72), label="_" * row + part, **look)
    blocks = np.array_split(np.arange(len(days)), paths.shape[1])
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "linewidth": 0}
    for path, walked in enumerate(paths):
        for group, row in enumerate(walked):
            middle = days[int(blocks[group].mean())]
            axes.text(middle, row, path + 1, ha="center", va="center", fontsize=7, bbox=box)
    axes.invert_yaxis()
    axes.set_yticks(range(len(folds)), [str(row + 1) for row in range(len(folds))], fontsize=7)
    axes.set_ylabel("fold")
    axes.grid(axis="y", visible=False)
    figure.legend(ncols=2, loc="outside upper center")
    _dates(axes)
    return figure


def _runs(days: pd.DatetimeIndex, fold: Fold, part: str) -> list[np.ndarray]:
    """First and last position of each unbroken run of days."""
    places = days.get_indexer(getattr(fold, part))
    return [run[[0, -1]] for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)]
