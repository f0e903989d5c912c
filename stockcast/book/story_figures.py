"""The figures of the story's chapter: a told trade beside the market, and what networks dared to say.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stockcast.book.figures import COLOURS, FAINT, INK, _figure


def beside_market(bars: pd.DataFrame, told: Mapping[pd.Timestamp, float]) -> Figure:
    """Daily ranges and closes of a stock, and prices that somebody told.

    Parameters
    ----------
    bars
        date, high, low, close, yuan as traded.
    told
        Price by day; may be empty.
    """
    figure, axes = _figure()
    axes.vlines(bars["date"], bars["low"], bars["high"], color=FAINT, linewidth=3, label="range")
    axes.plot(bars["date"], bars["close"], "o-", color=COLOURS[0], markersize=4, label="close")
    if told:
        axes.plot(
            list(told), list(told.values()), "X", color=COLOURS[1], markersize=9, label="as told"
        )
    axes.set_ylabel("yuan")
    axes.xaxis.set_major_formatter(DateFormatter("%m-%d"))
    axes.legend()
    return figure


def dared(table: pd.DataFrame, chance: float, gate: float, one: tuple[float, float]) -> Figure:
    """Forecast probabilities against how much the networks differ, and which calls pass a rule.

    Parameters
    ----------
    table
        prob_up, sigma_prob, label: one dot a forecast, by whether the stock rose; NaN labels are
        left out.
    chance, gate
        Calls have a `prob_up` of at least `chance` and a `sigma_prob` below `gate`: the corner
        that two lines cut out.
    one
        prob_up and sigma_prob of one forecast, marked.
    """
    figure, axes = _figure(4.0)
    known = table.dropna(subset=["label"])
    rose = known["label"] > 0
    for part, colour, mark, name in (
        (known[rose], COLOURS[0], "^", "rose"),
        (known[~rose], COLOURS[1], "v", "fell"),
    ):
        axes.plot(
            part["prob_up"], part["sigma_prob"], mark, color=colour, markersize=2.5, alpha=0.45,
            label=name,
        )  # fmt: skip
    axes.plot(*one, "D", color=INK, markersize=8, label="the story's evening")
    axes.axvline(chance, color=INK, linewidth=1)
    axes.axhline(gate, color=INK, linewidth=1, linestyle="--")
    axes.set_xlim(min(0.2, float(table["prob_up"].min())), max(0.8, float(table["prob_up"].max())))
    axes.set_ylim(0, max(1.2 * gate, float(table["sigma_prob"].max())))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("prob_up, mean over the networks")
    axes.set_ylabel("sigma_prob")
    axes.legend(markerscale=1.6)
    return figure
