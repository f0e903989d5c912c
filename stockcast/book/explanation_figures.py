"""Figures of what forecasts rest on.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from stockcast.book.figures import COLOURS, DASHES, INK, _dates, _figure

_MARKS = ("o", "D", "s", "^")
_NOWHERE = "#d9d9d9"
_SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", COLOURS[0]])


def one_forecast(table: pd.DataFrame, label: str, most: int = 10) -> Figure:
    """What each feature adds to one forecast, a mark a method.

    Parameters
    ----------
    table : DataFrame, index of features, a column a method
        Signed contributions; NaN draws nothing. Rows are drawn in the order of the largest
        absolute contribution, up to `most` of them.
    label
        What the horizontal axis measures, with its unit.
    """
    order = table.abs().max(axis=1).sort_values(ascending=False, kind="stable").index[:most]
    figure, axes = _figure(1.1 + 0.27 * len(order))
    places = np.arange(len(order))[::-1]
    axes.axvline(0, color=INK, linewidth=1)
    for number, name in enumerate(table):
        look = {"marker": _MARKS[number % 4], "color": COLOURS[number % 4], "linestyle": "none"}
        shift = 0.16 * ((len(table.columns) - 1) / 2 - number)
        axes.plot(table.loc[order, name], places + shift, label=str(name), **look)
    axes.set_yticks(places, list(order))
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    figure.legend(ncols=len(table.columns), loc="outside upper center")
    return figure


def by_lag(table: pd.DataFrame, most: int = 10, days: int = 20) -> Figure:
    """How far back in its window a network looks, a row a feature; darker is more.

    Parameters
    ----------
    table : DataFrame, index of days back (0: the day itself), a column a feature
        As `WindowAttributions.by_lag` makes it.
    most, days
        Features and days back that are drawn.
    """
    order = table.sum().sort_values(ascending=False, kind="stable").index[:most]
    shown = table.loc[: days - 1, order]
    figure, axes = _figure(1.3 + 0.24 * len(order))
    mesh = axes.pcolormesh(
        shown.index, np.arange(len(order)), shown.to_numpy().T, cmap=_SHADES, vmin=0
    )
    axes.invert_yaxis()
    axes.set_yticks(np.arange(len(order)), list(order))
    axes.set_xlabel("days back")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    figure.colorbar(mesh, ax=axes, label="mean |attribution|", pad=0.02)
    return figure


def heat(table: pd.DataFrame, label: str, across: str) -> Figure:
    """A number of each row and column, as shades: white is the least, dark the most; NaN is grey.

    Parameters
    ----------
    table : DataFrame
        Rows are drawn from the top. Dates as columns are written as months.
    label
        What the shades measure, with its unit.
    across
        What the columns are.
    """
    figure, axes = _figure(1.3 + 0.2 * len(table))
    axes.set_facecolor(_NOWHERE)
    columns = table.columns
    dates = isinstance(columns, pd.DatetimeIndex)
    mesh = axes.pcolormesh(
        np.arange(len(columns) + 1),
        np.arange(len(table) + 1),
        np.ma.masked_invalid(table.to_numpy(float)[::-1]),
        cmap=_SHADES,
    )
    axes.set_yticks(np.arange(len(table)) + 0.5, list(table.index)[::-1])
    places = np.linspace(0, len(columns) - 1, min(len(columns), 6 if dates else 14)).astype(int)
    names = [f"{columns[p]:%Y-%m}" if dates else str(columns[p]) for p in places]
    turn = {} if dates else {"rotation": 30, "ha": "right"}
    axes.set_xticks(places + 0.5, names, **turn)
    axes.set_xlabel(across)
    axes.grid(visible=False)
    figure.colorbar(mesh, ax=axes, label=label, pad=0.02)
    return figure


def over_time(table: pd.DataFrame, most: int = 4, window: int = 5) -> Figure:
    """Which share of the explanation each group of features has, as time goes by.

    Parameters
    ----------
    table : DataFrame indexed by date, a column a group
        Mean absolute attributions; a day's sum is taken as 1.
    most
        Groups drawn, those with the largest mean.
    window
        Rows in the rolling mean, which looks back.
    """
    share = table.div(table.sum(axis=1), axis=0)
    order = share.mean().sort_values(ascending=False, kind="stable").index[:most]
    figure, axes = _figure()
    for number, name in enumerate(order):
        look = {"color": COLOURS[number % 4], "linestyle": DASHES[number % 4]}
        axes.plot(share[name].rolling(window, min_periods=1).mean(), label=str(name), **look)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("share of the explanation")
    figure.legend(ncols=min(most, 4), loc="outside upper center")
    _dates(axes)
    return figure


def relied_and_helped(table: pd.DataFrame, named: int = 6) -> Figure:
    """How much the order rests on a feature against how much the feature helps.

    Parameters
    ----------
    table : DataFrame, index of features, columns reliance, mean, low, high
        The last three: drop of the Rank IC and its interval.
    named
        Features whose names are written, those relied on most.
    """
    figure, axes = _figure(4.0)
    axes.axhline(0, color=INK, linewidth=1)
    axes.vlines(table["reliance"], table["low"], table["high"], color=COLOURS[3], linewidth=1)
    axes.plot(table["reliance"], table["mean"], "o", color=COLOURS[0], markersize=5)
    _name(axes, table["reliance"], table["mean"], named)
    axes.set_xlabel("reliance: 1 − rank correlation with the forecast as it is")
    axes.set_ylabel("drop of the Rank IC")
    return figure


def against_truth(table: pd.DataFrame, named: int = 6) -> Figure:
    """Share of the explanation of the model that learned from outcomes, against the one told all.

    Parameters
    ----------
    table : DataFrame, index of features, columns truth and outcomes
        Shares, each column summing to 1.
    named
        Features whose names are written, those with the largest share in either.
    """
    figure, axes = _figure(4.0)
    axes.axline((0.05, 0.05), slope=1, color=INK, linewidth=1)
    axes.plot(table["truth"], table["outcomes"], "o", color=COLOURS[0], markersize=5)
    _name(axes, table["truth"], table["outcomes"], named, table.max(axis=1))
    top = 1.08 * table.to_numpy().max()
    axes.set(xlim=(0, top), ylim=(0, top))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("share, taught the expected return itself")
    axes.set_ylabel("share, taught by outcomes")
    return figure


def _name(axes: Axes, x: pd.Series, y: pd.Series, count: int, by: pd.Series | None = None) -> None:
    """Write the names of the points with the largest `by`, or `x`, towards the middle."""
    by = x if by is None else by
    for name in by.sort_values(ascending=False, kind="stable").index[:count]:
        right = x[name] > x.max() / 2
        axes.annotate(
            str(name),
            (x[name], y[name]),
            (-5 if right else 5, 4),
            textcoords="offset points",
            fontsize=7,
            ha="right" if right else "left",
        )


def shares(table: pd.DataFrame) -> Figure:
    """Bars of shares, a group of them for each row.

    Parameters
    ----------
    table : DataFrame, index of names, a column for each that is compared
        Fractions; the last row is drawn on top.
    """
    figure, axes = _figure(0.9 + 0.34 * len(table))
    height = 0.8 / len(table.columns)
    for number, (name, values) in enumerate(table.items()):
        at = np.arange(len(table)) + height * ((len(table.columns) - 1) / 2 - number)
        axes.barh(at, values, height, label=str(name), color=COLOURS[number])
    axes.set_yticks(range(len(table)), [str(name).replace("_", " ") for name in table.index])
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="y", visible=False)
    axes.legend()
    return figure
