"""The figures that chapters share, in one style.

Dark ink on a transparent ground, so that the page's own colour shows through and the style sheet
can invert a picture for dark mode. The colours are the dark half of Paul Tol's medium-contrast
scheme (https://sronpersonalpages.nl/~pault/): they stay apart for colour-blind eyes and in
greyscale, and lines differ in dash as well. No titles: captions belong to the page. Every function
returns a Figure that a notebook shows by naming it last in a cell; all are equally wide, so that
their letters are equally large on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

INK = "#1a1a1a"
FAINT = "#8a8a8a"
COLOURS = ("#004488", "#994455", "#997700", "#5a5a5a")
DASHES = ("-", "--", ":", "-.")
WIDTH, HEIGHT = 7.0, 3.6  # inches
PARTS = ("train", "valid", "test")

_STYLE: dict[str, Any] = {
    "figure.figsize": (WIDTH, HEIGHT),
    "figure.dpi": 150,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.dpi": 150,
    "savefig.facecolor": "none",
    "svg.hashsalt": "stockcast",
    "font.family": "DejaVu Sans",  # the one font matplotlib always brings
    "text.color": INK,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=COLOURS) + mpl.cycler(linestyle=DASHES),
    "grid.color": "#d0d0d0",
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
}


def style() -> None:
    """Make every later figure of this process a figure of the book.

    In a notebook, pictures become PNG without library versions in them: equal figures, equal bytes.
    """
    from IPython import get_ipython
    from matplotlib_inline.backend_inline import set_matplotlib_formats
    from matplotlib_inline.config import InlineBackend

    mpl.rcParams.update(_STYLE)
    if shell := get_ipython():
        inline = InlineBackend.instance(parent=shell)
        inline.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Software": None}}
        set_matplotlib_formats("png")


def intervals(
    table: pd.DataFrame, label: str = "", reference: float = 0.0, row: float = 0.38
) -> Figure:
    """Dots with whiskers, one named row each, against a reference line.

    Parameters
    ----------
    table : DataFrame, index of names, columns mean, low, high
        Rows with NaN are left empty but keep their name.
    label
        What the horizontal axis measures, with its unit.
    reference
        Where "no effect" lies.
    row
        Inches a row; less for long tables.
    """
    figure, axes = _figure(0.9 + row * len(table))
    rows = np.arange(len(table))[::-1]
    axes.axvline(reference, color=INK, linewidth=1)
    axes.hlines(rows, table["low"], table["high"], color=COLOURS[0], linewidth=2.2)
    axes.plot(table["mean"], rows, "o", color=COLOURS[0], markersize=6)
    axes.set_yticks(rows, [str(name) for name in table.index])
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlabel(label)
    axes.grid(axis="y", visible=False)
    return figure


def daily_and_cumulative(series: pd.Series, label: str = "", rolling: int = 20) -> Figure:
    """A daily figure with its rolling mean above, its running sum below.

    Parameters
    ----------
    series : Series of float, indexed by date
        NaN days are skipped.
    label
        Name of the daily figure, for example "Rank IC".
    rolling
        Days in the rolling mean, which looks back.
    """
    kept = series.dropna()
    figure, (daily, total) = _figure(4.6, nrows=2, sharex=True)
    daily.vlines(kept.index, 0, kept, color=FAINT, linewidth=0.7)
    daily.plot(kept.rolling(rolling).mean(), color=COLOURS[0], label=f"mean of {rolling} days")
    daily.axhline(0, color=INK, linewidth=1)
    daily.set_ylabel(label)
    daily.legend(loc="upper left")
    total.plot(kept.cumsum(), color=COLOURS[0])
    total.axhline(0, color=INK, linewidth=1)
    total.set_ylabel(f"{label}, summed")
    _dates(total)
    return figure


def coverage(curve: pd.DataFrame, mark: float | None = 0.1, base: float | None = None) -> Figure:
    """Accuracy against the share of forecasts kept, as the threshold on sigma moves.

    Parameters
    ----------
    curve : DataFrame, columns threshold, coverage, accuracy, low, high (fractions)
        As `stockcast.judge.metrics.coverage_curve` makes it; rows with NaN accuracy are dropped.
    mark
        Threshold to mark, the story's 0.1; the nearest row of the table that keeps anything.
    base
        Accuracy of always guessing the commoner side, a dashed line.
    """
    kept = curve.dropna(subset=["accuracy"]).sort_values("coverage")
    figure, axes = _figure()
    axes.fill_between(kept["coverage"], kept["low"], kept["high"], color=COLOURS[0], alpha=0.18)
    axes.plot(kept["coverage"], kept["accuracy"], color=COLOURS[0], label="accuracy")
    if base is not None:
        axes.axhline(base, color=INK, linestyle="--", linewidth=1, label="commoner side")
    if mark is not None and len(kept):
        at = kept.iloc[(kept["threshold"] - mark).abs().argmin()]
        label = f"sigma below {at['threshold']:g}"
        axes.plot(at["coverage"], at["accuracy"], "D", color=COLOURS[1], label=label)
    axes.set_xlabel("share of forecasts kept")
    axes.set_ylabel("accuracy")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend()
    return figure


def equity(curves: pd.DataFrame) -> Figure:
    """Growth of one yuan above, drawdown from the running peak below.

    Parameters
    ----------
    curves : DataFrame indexed by date, one column per account or index
        Any positive unit; each column is divided by its first value. NaN breaks a line.
    """
    figure, (upper, lower) = _figure(4.6, nrows=2, sharex=True, height_ratios=(2, 1))
    for name in curves:
        values = curves[name] / curves[name].dropna().iloc[0]
        (line,) = upper.plot(values, label=str(name))
        drawdown = values / values.cummax() - 1
        lower.plot(drawdown, color=line.get_color(), linestyle=line.get_linestyle())
    upper.axhline(1, color=INK, linewidth=1)
    upper.set_ylabel("value, start = 1")
    upper.legend()
    lower.set_ylabel("drawdown")
    lower.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _dates(lower)
    return figure


def calibration(table: pd.DataFrame) -> Figure:
    """How often the thing happened against how likely it was said to be.

    Parameters
    ----------
    table : DataFrame, columns said, seen, n
        As `stockcast.judge.metrics.calibration_table` makes it; the dots' area shows n, bins
        with n = 0 are left out.
    """
    table = table[table["n"] > 0]
    figure, axes = _figure(4.2, subplot_kw={"aspect": "equal"})
    axes.axline((0.5, 0.5), slope=1, color=INK, linewidth=1, label="perfect")
    axes.plot(table["said"], table["seen"], color=COLOURS[0], label="forecasts")
    axes.scatter(table["said"], table["seen"], 8 + 160 * table["n"] / table["n"].max())
    ends = table[["said", "seen"]].to_numpy()
    span = ends.min() - 0.01, ends.max() + 0.01  # the same on both sides: the diagonal must show
    axes.set(xlim=span, ylim=span)
    axes.set_xlabel("said probability")
    axes.set_ylabel("share that happened")
    axes.legend()
    return figure


def timeline(splits: Mapping[str, Any]) -> Figure:
    """Which days train, validate and test, one bar per split; the gaps are the purge.

    Parameters
    ----------
    splits : mapping from name to an object with `train`, `valid`, `test`, each a DatetimeIndex
        Empty parts are left out.
    """
    figure, axes = _figure(0.9 + 0.4 * len(splits))
    for part, colour, hatch in zip(PARTS, COLOURS, ("", "//", ".."), strict=False):
        look = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
        for row, split in enumerate(splits.values()):
            days = getattr(split, part)
            if len(days):
                axes.barh(row, days[-1] - days[0], 0.6, days[0], label="_" * row + part, **look)
    axes.invert_yaxis()
    axes.set_yticks(range(len(splits)), list(splits))
    axes.grid(axis="y", visible=False)
    figure.legend(ncols=len(PARTS), loc="outside upper center")
    _dates(axes)
    return figure


def training(histories: Mapping[str, Any]) -> Figure:
    """Loss by epoch: training solid, validation dashed, one colour per network.

    Parameters
    ----------
    histories : mapping from name to a table, columns epoch, train_loss, valid_loss
        A DataFrame or a list of dicts each, as `Trained.history` of `stockcast.models.networks.training`.
    """
    figure, axes = _figure()
    for row, (colour, history) in enumerate(zip(cycle(COLOURS), histories.values(), strict=False)):
        table = pd.DataFrame(history)
        hidden = "_" if row else ""  # one legend entry a kind of line, not one a network
        axes.plot(table["epoch"], table["train_loss"], "-", color=colour, label=f"{hidden}training")
        axes.plot(
            table["epoch"], table["valid_loss"], "--", color=colour, label=f"{hidden}validation"
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(ncols=2)
    return figure


def curves(table: pd.DataFrame, label: str, points: Mapping[float, float] | None = None) -> Figure:
    """A line per column against the index, with points marked on them.

    Parameters
    ----------
    table : DataFrame, index (named) of the horizontal values, a column per line
    label
        What the vertical axis measures.
    points
        Horizontal to vertical values of dots.
    """
    figure, axes = _figure()
    for name, values in table.items():
        axes.plot(values, label=str(name))
    if points:
        axes.plot(list(points), list(points.values()), "o", color=INK, markersize=6)
    axes.set_xlabel(str(table.index.name))
    axes.set_ylabel(label)
    axes.legend()
    return figure


def by_tenth(by: pd.Series, values: pd.Series, across: str, label: str) -> Figure:
    """Median and middle half of `values` in each tenth of the rows ordered by `by`."""
    tenth = pd.qcut(by.rank(method="first"), 10, labels=range(1, 11))
    low, middle, high = (
        values.groupby(tenth, observed=True).quantile(q) for q in (0.25, 0.5, 0.75)
    )
    figure, axes = _figure()
    axes.vlines(middle.index.astype(int), low, high, color=COLOURS[0], linewidth=2.2)
    axes.plot(middle.index.astype(int), middle, "o", color=COLOURS[0], markersize=6)
    axes.set_xlabel(across)
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    return figure


def by_month(table: pd.DataFrame, overall: pd.Series, label: str = "") -> Figure:
    """A bar per month, with the mean of all days and its interval as a band behind.

    Parameters
    ----------
    table : DataFrame indexed by months as text, column mean
        As `stockcast.judge.scorecard.by_period` makes it; NaN leaves a gap.
    overall : Series with mean, low, high
        A row of `stockcast.judge.scorecard.scorecard`.
    label
        What the vertical axis measures.
    """
    figure, axes = _figure()
    places = np.arange(len(table))
    axes.axhspan(overall["low"], overall["high"], color=COLOURS[1], alpha=0.18, linewidth=0)
    axes.axhline(overall["mean"], color=COLOURS[1], linestyle="--", label="all days")
    axes.bar(places, table["mean"], 0.7, color=COLOURS[0], label="one month")
    axes.axhline(0, color=INK, linewidth=1)
    step = max(1, -(-len(table) // 8))
    axes.set_xticks(places[::step], table.index[::step])
    axes.set_ylabel(label)
    axes.legend()
    return figure


def by_size(table: pd.DataFrame, label: str, marks: Mapping[str, float] | None = None) -> Figure:
    """A line per column against amounts of money on a logarithmic axis.

    Parameters
    ----------
    table : DataFrame, index (named) of amounts above zero, columns of fractions
    label
        What the vertical axis measures.
    marks
        Name to amount: vertical lines.
    """
    figure, axes = _figure()
    for name, values in table.items():
        axes.plot(values, marker="o" if len(table) < 20 else None, label=str(name))
    for (name, amount), dash in zip((marks or {}).items(), cycle(DASHES[1:])):
        axes.axvline(amount, color=INK, linewidth=1, linestyle=dash, label=name)
    axes.set_xscale("log")
    axes.set_xlabel(str(table.index.name))
    axes.set_ylabel(label)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend()
    return figure


def luck(drawn: pd.Series, marks: Mapping[str, float], label: str) -> Figure:
    """Histogram of what chance gives, and where the real ones stand.

    Parameters
    ----------
    drawn : Series of fractions
        One value a draw; NaN left out.
    marks
        Name to value: vertical lines.
    label
        What the horizontal axis measures.
    """
    figure, axes = _figure()
    axes.hist(drawn.dropna(), bins=20, color=FAINT, label="chance")
    for number, (name, value) in enumerate(marks.items()):
        look = {"color": COLOURS[number % 4], "linestyle": DASHES[number % 4]}
        axes.axvline(value, linewidth=2.2, label=name, **look)
    axes.set_xlabel(label)
    axes.set_ylabel("draws")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    figure.legend(ncols=3, loc="outside upper center")
    return figure


def _figure(height: float = HEIGHT, **grid: Any) -> tuple[Figure, Any]:
    """A figure and its axes outside pyplot: shown once, where a cell names it, and nowhere else."""
    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots(**grid)


def _dates(axes: Axes) -> None:
    locator = mdates.AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
