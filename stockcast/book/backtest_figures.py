"""Figures of a tear sheet: an account by window, by month, by kind of cost and by size.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stockcast.book.figures import COLOURS, FAINT, INK, _dates, _figure

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GAINS = LinearSegmentedColormap.from_list("gains", [COLOURS[1], "#ffffff", COLOURS[0]])
_HATCHES = ("", "//", "..", "xx", "--")


def rolling_sharpe(curves: pd.DataFrame, error: float | None = None) -> Figure:
    """Rolling Sharpe ratios, a line a column.

    Parameters
    ----------
    curves : DataFrame by date
        As `stockcast.trading.tearsheet.rolling_sharpe` makes each; NaN breaks a line.
    error
        Standard error around zero: a band of twice that on either side.
    """
    figure, axes = _figure()
    if error is not None:
        axes.axhspan(-2 * error, 2 * error, color=FAINT, alpha=0.18, linewidth=0, label="luck")
    for name, values in curves.items():
        axes.plot(values, label=str(name))
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_ylabel("Sharpe ratio, a year")
    figure.legend(ncols=4, loc="outside upper center")
    _dates(axes)
    return figure


def monthly(table: pd.DataFrame) -> Figure:
    """A cell a month, with its return in per cent.

    Parameters
    ----------
    table : DataFrame indexed by year, columns 1 to 12
        As `stockcast.trading.tearsheet.monthly` makes it; NaN stays empty.
    """
    figure, axes = _figure(0.9 + 0.42 * len(table))
    values = table.to_numpy(dtype=float)
    reach = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    reach = reach or 1.0
    axes.imshow(values, cmap=_GAINS, vmin=-reach, vmax=reach, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = "white" if abs(value) > 0.6 * reach else INK
            axes.text(column, row, f"{100 * value:+.1f}", ha="center", va="center", color=ink)
    axes.set_xticks(range(12), _MONTHS)
    axes.set_yticks(range(len(table)), [str(year) for year in table.index])
    axes.grid(visible=False)
    return figure


def activity(table: pd.DataFrame) -> Figure:
    """Exposure above, turnover below.

    Parameters
    ----------
    table : DataFrame by date, columns exposure, turnover
        As `stockcast.trading.tearsheet.activity` makes it.
    """
    figure, (upper, lower) = _figure(4.0, nrows=2, sharex=True)
    upper.fill_between(table.index, table["exposure"], color=COLOURS[0], alpha=0.3, linewidth=0)
    upper.plot(table["exposure"], color=COLOURS[0])
    upper.set_ylim(0, 1.05)
    upper.set_ylabel("in stocks")
    upper.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    lower.plot(table["turnover"], color=COLOURS[1])
    lower.set_ylim(bottom=0)
    lower.set_ylabel("turnover, times a year")
    _dates(lower)
    return figure


def costs_by_year(table: pd.DataFrame) -> Figure:
    """A bar a year, stacked of the kinds of cost.

    Parameters
    ----------
    table : DataFrame indexed by year, columns of fractions of the account
        As `stockcast.trading.tearsheet.costs_by_year` makes it.
    """
    figure, axes = _figure(0.9 + 0.5 * len(table))
    rows, left = np.arange(len(table)), np.zeros(len(table))
    looks = zip(cycle(COLOURS), _HATCHES, strict=False)
    for (name, values), (colour, hatch) in zip(table.items(), looks, strict=False):
        label = str(name).replace("_", " ")
        axes.barh(rows, values, 0.6, left, color=colour, hatch=hatch, edgecolor="white",
                  linewidth=0, label=label)  # fmt: skip
        left = left + values.to_numpy()
    axes.invert_yaxis()
    axes.set_yticks(rows, [str(year) for year in table.index])
    axes.set_xlabel("cost, share of the account")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="y", visible=False)
    figure.legend(ncols=5, loc="outside upper center", fontsize=8)
    return figure


def capacity(table: pd.DataFrame, own: float) -> Figure:
    """Return by the size of the account, as the rules have it and with an assumed impact.

    Parameters
    ----------
    table : DataFrame indexed by size, columns annual_return, with_impact, invested
        As `stockcast.trading.tearsheet.capacity` makes it.
    own
        Size of this run's account, a vertical line.
    """
    figure, (upper, lower) = _figure(4.6, nrows=2, sharex=True, height_ratios=(2, 1))
    upper.plot(table["annual_return"], marker="o", label="rules and volume")
    upper.plot(table["with_impact"], marker="s", label="and an assumed impact")
    upper.axhline(0, color=INK, linewidth=1)
    upper.set_ylabel("return a year")
    lower.plot(table["invested"], marker="o", color=COLOURS[2], linestyle=":")
    lower.set_ylim(0, 1.05)
    lower.set_ylabel("in stocks")
    for axes in (upper, lower):
        axes.axvline(own, color=INK, linewidth=1, linestyle="-.", label="this run")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    lower.set_xscale("log")
    lower.set_xlabel(str(table.index.name))
    upper.legend()
    return figure
