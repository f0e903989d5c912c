"""Figures of the ledger: what was said came to what, evening by evening.

In the style of `stockcast.book.figures`, and like there every function returns a Figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stockcast.book.figures import COLOURS, FAINT, INK, _dates, _figure


def rolling_with_alarms(
    rolling: pd.Series, alarms: pd.DataFrame, label: str, daily: pd.Series | None = None
) -> Figure:
    """A rolling figure by the day on which it was known, with a mark where a rule speaks.

    Parameters
    ----------
    rolling : Series indexed by date
        NaN breaks the line.
    alarms : DataFrame with the columns date, rule
        As `stockcast.advice.anomalies.anomalies` gives them; a mark a day, whatever the rule.
    label
        What the vertical axis measures.
    daily : Series indexed by date
        The single days behind it, as thin bars.
    """
    figure, axes = _figure()
    if daily is not None:
        kept = daily.dropna()
        axes.vlines(kept.index, 0, kept, color=FAINT, linewidth=0.9, label="one evening")
    axes.plot(rolling, color=COLOURS[0], label="rolling mean")
    axes.axhline(0, color=INK, linewidth=1)
    days = pd.DatetimeIndex(alarms["date"].unique()).intersection(rolling.index)
    if len(days):
        heights = rolling.reindex(days).fillna(0.0)
        look = {"color": COLOURS[1], "markersize": 7, "label": "a rule speaks"}
        axes.plot(days, heights, "v", **look)
    axes.set_ylabel(label)
    axes.legend()
    _dates(axes)
    return figure


def coverage_over_time(rolling: pd.Series, nominal: float, scored: pd.Series) -> Figure:
    """Share of outcomes inside the intervals above, share of due forecasts that are scored below.

    Parameters
    ----------
    rolling, scored : Series of fractions, indexed by date
        As `stockcast.advice.evaluation.rolling` gives them.
    nominal
        What the intervals promise, a dashed line.
    """
    figure, (upper, lower) = _figure(4.2, nrows=2, sharex=True, height_ratios=(2, 1))
    upper.plot(rolling, color=COLOURS[0], label="inside the interval")
    upper.axhline(nominal, color=INK, linewidth=1, linestyle="--", label="promised")
    upper.set_ylabel("share of outcomes")
    upper.legend()
    lower.plot(scored, color=COLOURS[0])
    lower.set_ylim(0, 1.05)
    lower.set_ylabel("scored")
    for axes in (upper, lower):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _dates(lower)
    return figure


def reliability(table: pd.DataFrame) -> Figure:
    """Share that rose against the probability said, with intervals that resample days.

    Parameters
    ----------
    table : DataFrame, columns said, seen, low, high
        As `stockcast.judge.reliability.reliability` makes it.
    """
    figure, axes = _figure(4.2)
    axes.axline((0.5, 0.5), slope=1, color=INK, linewidth=1, label="perfect")
    axes.vlines(table["said"], table["low"], table["high"], color=COLOURS[0], linewidth=2.2)
    axes.plot(table["said"], table["seen"], "o", color=COLOURS[0], label="forecasts")
    away = np.ptp(table["said"]) * 0.1 + 0.01
    axes.set_xlim(table["said"].min() - away, table["said"].max() + away)
    axes.set_ylim(table["low"].min() - 0.02, table["high"].max() + 0.02)
    axes.set_xlabel("said probability of a rise")
    axes.set_ylabel("share that rose")
    axes.legend()
    return figure


def agreement(table: pd.DataFrame) -> Figure:
    """Kappa of each pair with its interval; zero is what chance gives.

    Parameters
    ----------
    table : DataFrame, columns one, other, kappa, low, high
        As `stockcast.advice.feedback.experts.agreement` makes it; NaN leaves a row empty.
    """
    figure, axes = _figure(0.9 + 0.42 * max(len(table), 1))
    rows = np.arange(len(table))[::-1]
    axes.axvline(0, color=INK, linewidth=1)
    axes.hlines(rows, table["low"], table["high"], color=COLOURS[0], linewidth=2.2)
    axes.plot(table["kappa"], rows, "o", color=COLOURS[0], markersize=6)
    names = [f"{one} and {other}" for one, other in zip(table["one"], table["other"], strict=True)]
    axes.set_yticks(rows, names)
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlabel("Cohen's kappa, 95 % interval")
    axes.grid(axis="y", visible=False)
    return figure


def alarms_by_rule(alarms: pd.DataFrame, rules: Sequence[str], days: pd.DatetimeIndex) -> Figure:
    """A line a rule, with a mark on each day on which it speaks.

    Parameters
    ----------
    alarms : DataFrame with the columns date, rule
    rules
        All of them, in the order from above.
    days
        The span that was looked at.
    """
    figure, axes = _figure(0.9 + 0.32 * len(rules))
    for row, rule in enumerate(reversed(list(rules))):
        axes.axhline(row, color=FAINT, linewidth=0.6)
        mine = alarms.loc[alarms["rule"] == rule, "date"]
        axes.plot(mine, np.full(len(mine), row), "v", color=COLOURS[1], markersize=6)
    axes.set_yticks(range(len(rules)), [rule.replace("_", " ") for rule in reversed(list(rules))])
    axes.set_xlim(days[0], days[-1])
    axes.grid(axis="y", visible=False)
    _dates(axes)
    return figure
