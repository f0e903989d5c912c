"""Figures of what the market does: links between stocks, and what a test of one can see.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter

from stockcast.book.figures import COLOURS, FAINT, INK, _figure


def p_values(tests: Mapping[str, pd.Series], level: float = 0.05) -> Figure:
    """Sorted p-values against those of tests where there is nothing.

    Parameters
    ----------
    tests : mapping from name to Series of p-values
        Zeros are drawn at the smallest positive number of their series.
    level
        Of the false discovery rate whose line is drawn.
    """
    figure, axes = _figure(3.6)
    lowest = 1.0
    for marker, (name, p) in zip("os^", tests.items(), strict=False):
        seen = np.sort(p.to_numpy())
        seen = np.maximum(seen, seen[seen > 0].min())
        expected = (np.arange(len(seen)) + 0.5) / len(seen)
        kept = np.unique(np.geomspace(1, len(seen), 200).astype(int)) - 1
        axes.plot(expected[kept], seen[kept], marker, markersize=3, label=name)
        lowest = min(lowest, expected[0])
    axes.plot([lowest, 1], [lowest, 1], color=INK, linewidth=1, label="nothing there")
    axes.plot([lowest, 1], [level * lowest, level], "--", color=FAINT, label="found, if below")
    axes.set(xscale="log", yscale="log", xlabel="expected p-value", ylabel="p-value")
    axes.legend(fontsize="small")
    return figure


def by_lag(groups: Mapping[str, pd.DataFrame]) -> Figure:
    """Mean correlation of a leader's move with a follower's, by the days between.

    Parameters
    ----------
    groups : mapping from name to DataFrame
        Indexed by lag, with the columns `mean`, `low`, `high`.
    """
    figure, axes = _figure(3.2)
    for place, (name, table) in enumerate(groups.items()):
        shift = 0.12 * (place - (len(groups) - 1) / 2)
        reach = np.abs(table[["low", "high"]].sub(table["mean"], axis=0)).T
        axes.errorbar(
            table.index + shift, table["mean"], reach, fmt="os^"[place], markersize=5, capsize=3,
            color=COLOURS[place], linestyle="none", label=name,
        )  # fmt: skip
    axes.axhline(0, color=INK, linewidth=1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel="days from the leader's move to the follower's", ylabel="correlation")
    figure.legend(loc="outside upper center", ncols=len(groups), fontsize="small")
    return figure


def power(sizes: pd.DataFrame, marked: Mapping[str, float]) -> Figure:
    """Smallest correlation that is found, by length of the history.

    Parameters
    ----------
    sizes : DataFrame indexed by years, a column per number of tests
    marked : mapping from what it is to a correlation
        Drawn as horizontal lines.
    """
    figure, axes = _figure(3.2)
    for name, line in sizes.items():
        axes.plot(line, label=str(name))
    for name, size in marked.items():
        axes.axhline(size, color=FAINT, linewidth=1)
        axes.text(sizes.index[-1], size, name, ha="right", va="bottom", fontsize="small")
    axes.set(xlabel="years of daily returns", ylabel="correlation", yscale="log")
    for axis in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        axis(FormatStrFormatter("%.2f"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize="small")
    return figure


def chosen_then(before: pd.Series, after: pd.Series, rest: tuple[float, float]) -> Figure:
    """What was chosen for its size, beside what became of it.

    Parameters
    ----------
    before, after : Series of one length
        Correlations in the span in which they were chosen, and in the next.
    rest
        Lower and upper end of the range that holds 95 % of all others afterwards.
    """
    figure, axes = _figure(3.2)
    axes.axhspan(*rest, color=FAINT, alpha=0.25, linewidth=0, label="95 % of all pairs, afterwards")
    axes.axhline(0, color=INK, linewidth=1)
    axes.plot(before, after, "o", markersize=5, label="pairs chosen")
    reach = float(np.abs(before).max())
    axes.plot([-reach, reach], [-reach, reach], "--", color=COLOURS[1], label="unchanged")
    axes.set(xlabel="correlation when chosen", ylabel="correlation afterwards")
    axes.legend(fontsize="small")
    return figure


def caterpillar(found: pd.DataFrame) -> Figure:
    """Intervals in order of their means, those that exclude zero in another colour.

    Parameters
    ----------
    found : DataFrame with the columns `rank_ic`, `low`, `high`, `claims`
    """
    figure, axes = _figure(3.2)
    table = found.sort_values("rank_ic", ignore_index=True)
    for claims, colour, name in ((False, FAINT, "claims nothing"), (True, COLOURS[1], "claims")):
        part = table[table.claims == claims]
        axes.vlines(part.index, part.low, part.high, color=colour, linewidth=1)
        axes.plot(part.index, part.rank_ic, "so"[claims], color=colour, markersize=2.5, label=name)
    axes.axhline(0, color=INK, linewidth=1)
    axes.set(xlabel="markets, in order", ylabel="Rank IC")
    axes.legend(fontsize="small")
    return figure
