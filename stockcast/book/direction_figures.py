"""The figure of direction accuracy: what an IC gives, what was promised, what came.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stockcast.book.figures import COLOURS, FAINT, INK, _figure
from stockcast.judge.directions import needed_ic
from stockcast.judge.metrics import expected_sign_accuracy

_LETTERS = 7.5  # points
_LOOKS = ((COLOURS[0], "^"), (COLOURS[2], "v"))


def accuracy_over_ic(
    table: pd.DataFrame,
    promised: Mapping[str, float],
    named: Sequence[str] = (),
    truth: str = "oracle",
) -> Figure:
    """Accuracy over IC: above with the promises, below the same near the models.

    Parameters
    ----------
    table : DataFrame, index of models
        As `stockcast.judge.directions.accuracy_and_ic` makes it; rows with NaN are left out.
    promised
        Who promised to accuracy, a fraction above one half: dashed lines, whose names at the
        right say which IC each would take.
    named
        Models with a colour and a name of their own, at most two.
    truth
        Row to mark with a diamond; it need not be there.
    """
    table = table.dropna(subset=["accuracy", "ic"])
    figure, (above, below) = _figure(6.6, nrows=2, height_ratios=(3, 2))
    reach = float(needed_ic(max([*promised.values(), 0.55])))
    for axes, column, most in ((above, "ic", 1.06 * reach), (below, "ic_low", _most(table))):
        least = float(np.nanmin([0.0, *table[column]]))
        line = np.linspace(least, most, 200)
        axes.plot(line, expected_sign_accuracy(line), "-", color=INK, label="½ + asin(IC)/π")
        axes.set_xlim(least - 0.02 * (most - least), most)
        axes.set_ylabel("market-relative accuracy")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _draw_promises(above, promised, float(np.nanmin([0.49, *table["accuracy"]])) - 0.01)
    _draw_models(above, table, named, truth, whiskers=False)
    _draw_models(below, table, named, truth, whiskers=True)
    above.set_xlabel("IC")
    below.set_xlabel("IC, enlarged near zero")
    handles, labels = below.get_legend_handles_labels()
    figure.legend(handles, labels, ncols=3, loc="outside upper center", fontsize=_LETTERS + 0.5)
    return figure


def spread_out(wanted: Sequence[float], apart: float) -> np.ndarray:
    """Places near `wanted`, in its order, no two closer than `apart`.

    Neighbours that would overlap are put side by side around their common middle.
    """
    order = np.argsort(wanted, kind="stable")
    groups: list[tuple[float, int]] = []  # middle and size of each run of neighbours
    for value in np.asarray(wanted, dtype=float)[order]:
        middle, size = float(value), 1
        while groups and middle - groups[-1][0] < apart * (size + groups[-1][1]) / 2:
            before, count = groups.pop()
            middle = (middle * size + before * count) / (size + count)
            size += count
        groups.append((middle, size))
    places = np.empty(len(order))
    places[order] = np.concatenate(
        [middle + apart * (np.arange(size) - (size - 1) / 2) for middle, size in groups] or [[]]
    )
    return places


def _draw_promises(axes: Axes, promised: Mapping[str, float], low: float) -> None:
    values = np.array(list(promised.values()))
    high = max([*values, 0.55]) + 0.012
    axes.set_ylim(low, high)
    room = (high - low) / 2.9 * (_LETTERS + 2.5) / 72  # of a line of letters, as accuracy
    for (who, value), place in zip(promised.items(), spread_out(values, room), strict=True):
        axes.axhline(value, color=COLOURS[3], linestyle="--", linewidth=1)
        axes.plot(needed_ic(value), value, "x", color=COLOURS[3], markersize=6)
        axes.annotate(
            f"{100 * value:g} %, IC {needed_ic(value):.2f}: {who}",
            (1, value),
            (1.03, place),
            xycoords=axes.get_yaxis_transform(),
            textcoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=_LETTERS,
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.6, "shrinkB": 0},
        )


def _draw_models(
    axes: Axes, table: pd.DataFrame, named: Sequence[str], truth: str, whiskers: bool
) -> None:
    rest = [name for name in table.index if name not in (*named, truth)]
    looks = {"other models": (rest, FAINT, "o", 3.5)}
    for name, (colour, mark) in zip(named, _LOOKS, strict=False):
        looks[name] = ([name] if name in table.index else [], colour, mark, 6.5)
    looks[truth] = ([truth] if truth in table.index else [], COLOURS[1], "D", 6.5)
    for label, (names, colour, mark, size) in looks.items():
        rows = table.loc[names]
        if rows.empty:
            continue
        if whiskers:
            wide = 0.7 if label == "other models" else 1.6
            axes.vlines(
                rows["ic"], rows["accuracy_low"], rows["accuracy_high"], colour, "-", lw=wide
            )
            axes.hlines(rows["accuracy"], rows["ic_low"], rows["ic_high"], colour, "-", lw=wide)
        axes.plot(
            rows["ic"],
            rows["accuracy"],
            mark,
            color=colour,
            markersize=size,
            linestyle="none",
            label=label,
        )


def _most(table: pd.DataFrame) -> float:
    """Right end of the enlarged part."""
    ends = table[["ic", "ic_high"]].to_numpy(dtype=float)
    return max(0.02, 1.05 * float(np.nanmax(ends))) if np.isfinite(ends).any() else 0.1
