"""Features of a stock's disclosed supply-chain partners, whose moves reach it some days later.

A link says that the leader's move of day s reaches the follower on day s + lag. Of the moves known
at the close of t, those of the last lag - 1 days arrive on t + 2 or later, where the label starts:
they are pending. Each partner's move arrives on top of the others', so they are summed. Only links
marked `public` are read. Moves from before the leader's first day count as zero.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from stockcast.features.feature import Feature
from stockcast.features.grid import Grid

COHEN = "Cohen and Frazzini, Journal of Finance 63 (2008)"
MENZLY = "Menzly and Ozbas, Journal of Finance 65 (2010)"

_INPUTS = ("close", "adj_factor", "in_universe", "suspended", "links")


def prepare(rows: pl.DataFrame, links: pd.DataFrame) -> pl.DataFrame:
    """Add the moves of a stock's disclosed leaders, summed; 0 for a stock without one.

    Parameters
    ----------
    rows
        With `return` and `market`, so after the market family's `prepare`.
    links
        `leader`, `follower`, `lag` (trading days, at least 1), `public`.
    """
    grid = Grid.of(rows)
    relative = (pl.col("return") - pl.col("market")).alias("relative")
    moves = grid.spread(rows.select(relative)["relative"].to_numpy())
    place = {code: column for column, code in enumerate(grid.codes)}
    public = links[links["public"] & links.leader.isin(place) & links.follower.isin(place)]
    public = public.sort_values(["follower", "leader", "lag"], kind="stable")
    pending, due, day, week = (grid.empty() for _ in range(4))
    last_week = _last(moves, 5)
    recent = {lag: _last(moves, lag - 1) for lag in public.lag.unique()}
    # One link at a time: a matrix product would round differently on a shorter history.
    for link in public.itertuples():
        leader, follower = place[link.leader], place[link.follower]
        pending[:, follower] += recent[link.lag][:, leader]
        if link.lag >= 2:
            due[:, follower] += _shifted(moves[:, leader], link.lag - 2)
        day[:, follower] += moves[:, leader]
        week[:, follower] += last_week[:, leader]
    sums = {"lead_pending": pending, "lead_due": due, "lead_day": day, "lead_week": week}
    return rows.with_columns(**{name: grid.gather(total) for name, total in sums.items()})


def _shifted(moves: np.ndarray, days: int) -> np.ndarray:
    """`moves` as they were `days` rows earlier, 0 before the first."""
    if days == 0:
        return moves
    out = np.zeros_like(moves)
    out[days:] = moves[:-days]
    return out


def _last(moves: np.ndarray, days: int) -> np.ndarray:
    """Sum over the last `days` rows, the row itself included; 0 for no days."""
    out = np.zeros_like(moves)
    for ago in range(days):
        out += _shifted(moves, ago)
    return out


FEATURES = (
    Feature(
        "lead_pending", "lead_lag",
        "sum over leaders of their r - m on t-lag+2 ... t: under way, not yet arrived",
        _INPUTS, 1, "fraction", MENZLY, pl.col("lead_pending"),
    ),
    Feature(
        "lead_due", "lead_lag",
        "sum over leaders of their r - m on t-lag+2, which arrives on t+2; 0 for lag 1",
        _INPUTS, 1, "fraction", MENZLY, pl.col("lead_due"),
    ),
    Feature(
        "lead_return_1", "lead_lag", "sum over leaders of their r - m", _INPUTS, 1, "fraction",
        COHEN, pl.col("lead_day"),
    ),
    Feature(
        "lead_return_5", "lead_lag", "sum over leaders of their r - m over the last 5 days",
        _INPUTS, 1, "fraction", COHEN, pl.col("lead_week"),
    ),
)  # fmt: skip
