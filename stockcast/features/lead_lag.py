"""Features of a stock's disclosed supply-chain partners, whose moves reach it some days later.

A link says that the leader's move of day s reaches the follower on day s + lag. Of the moves known
at the close of t, those of the last lag - 1 days arrive on t + 2 or later, where the label starts:
they are pending. Each partner's move arrives on top of the others', so they are summed. Only links
marked `public` are read. Moves from before the leader's first day count as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows, ratio

COHEN = "Cohen and Frazzini, Journal of Finance 63 (2008)"
MENZLY = "Menzly and Ozbas, Journal of Finance 65 (2010)"
GERVAIS = "after Gervais, Kaniel and Mingelgrin, Journal of Finance 56 (2001)"

_INPUTS = ("close", "adj_factor", "in_universe", "suspended", "links")

LONGEST = 20
"""Trading days over which leaders' moves are summed at most."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The moves of each row's disclosed leaders, summed; 0 for a stock without one."""
    moves = np.nan_to_num(rows["return"] - cross.market_return(rows))
    surprise = _volume_surprise(rows)
    place = {code: stock for stock, code in enumerate(rows.codes)}
    links = tables["links"]
    public = links[links["public"] & links.leader.isin(place) & links.follower.isin(place)]
    public = public.sort_values(["leader", "follower", "lag"], kind="stable")
    names = ("pending", "due", "day", "week", "month", "links", "leaders", "volume", "traded")
    made = {name: np.zeros(len(rows)) for name in names}
    # One link at a time: a matrix product would round differently on a shorter history.
    for code, of_leader in public.groupby("leader"):
        lines = _lines(rows, place[code], moves, surprise, of_leader["lag"].unique())
        seen = of_leader["follower"].duplicated()
        for follower, lag, again in zip(of_leader["follower"], of_leader["lag"], seen, strict=True):
            at = slice(*rows.bounds[place[follower] : place[follower] + 2])
            for name in ("day", "week", "month", "links", "volume", "traded"):
                made[name][at] += lines[name][rows.day[at]]
            for name in ("pending", "due"):
                made[name][at] += lines[name, lag][rows.day[at]]
            if not again:
                made["leaders"][at] += lines["links"][rows.day[at]]
    made["spread"] = ratio(made["week"], made["links"]) - rows.sum(moves, 5, least=1)
    made["surprise"] = ratio(made.pop("volume"), made.pop("traded"))
    return {f"lead_{name}_rows": values for name, values in made.items()}


def _lines(
    rows: Rows, stock: int, moves: np.ndarray, surprise: np.ndarray, lags: np.ndarray
) -> dict[object, np.ndarray]:
    """What a leader sends each trading day, (n_days,); 0 where it has no row or no number."""
    move, there = _spread(rows, moves, stock), _spread(rows, np.ones(len(rows)), stock)
    known = np.isfinite(surprise)
    lines: dict[object, np.ndarray] = {
        "day": move,
        "week": _last(move, 5),
        "month": _last(move, LONGEST),
        "links": there,
        "volume": _spread(rows, np.where(known, surprise, 0.0), stock),
        "traded": _spread(rows, known.astype(float), stock),
    }
    for lag in lags:
        lines["pending", lag] = _last(move, lag - 1)
        lines["due", lag] = _shifted(move, lag - 2) if lag >= 2 else np.zeros(len(move))
    return lines


def _volume_surprise(rows: Rows) -> np.ndarray:
    """Log of the day's volume over its mean on the 20 days before; NaN on a day without a trade."""
    usual = rows.lag(rows.mean("traded_volume", 20, least=10))
    growth = ratio(rows["traded_volume"], usual)
    return np.log(growth, out=np.full(len(rows), np.nan), where=growth > 0)


def _spread(rows: Rows, values: np.ndarray, stock: int) -> np.ndarray:
    """A stock's rows laid out by trading day, 0 where it has none."""
    at = slice(*rows.bounds[stock : stock + 2])
    out = np.zeros(len(rows.dates))
    out[rows.day[at]] = values[at]
    return out


def _shifted(moves: np.ndarray, days: int) -> np.ndarray:
    """`moves` as they were `days` trading days earlier, 0 before the first."""
    if days == 0:
        return moves
    out = np.zeros_like(moves)
    out[days:] = moves[:-days]
    return out


def _last(moves: np.ndarray, days: int) -> np.ndarray:
    """Sum over the last `days` trading days, the day itself included; 0 for no days."""
    out = np.zeros_like(moves)
    for ago in range(days):
        out += _shifted(moves, ago)
    return out


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[f"lead_{name}_rows"]


def _feature(
    name: str, column: str, group: str, formula: str, units: str, source: str,
    inputs: tuple[str, ...] = _INPUTS,
) -> Feature:  # fmt: skip
    return Feature(
        name, "lead_lag", group, formula, inputs, 1, units, source, partial(_column, name=column)
    )


FEATURES = (
    _feature(
        "lead_pending", "pending", "under way",
        "sum over leaders of their r - m on t-lag+2 ... t: under way, not yet arrived",
        "fraction", MENZLY,
    ),
    _feature(
        "lead_due", "due", "under way",
        "sum over leaders of their r - m on t-lag+2, which arrives on t+2; 0 for lag 1",
        "fraction", MENZLY,
    ),
    _feature(
        "lead_return_1", "day", "leaders' returns", "sum over leaders of their r - m", "fraction",
        COHEN,
    ),
    _feature(
        "lead_return_5", "week", "leaders' returns",
        "sum over leaders of their r - m over the last 5 days", "fraction", COHEN,
    ),
    _feature(
        "lead_return_20", "month", "leaders' returns",
        "sum over leaders of their r - m over the last 20 days", "fraction", COHEN,
    ),
    _feature(
        "lead_spread_5", "spread", "leaders' returns",
        "mean over leaders of their r - m over the last 5 days, less the stock's own", "fraction",
        COHEN,
    ),
    _feature(
        "lead_volume", "surprise", "leaders' trade",
        "mean over leaders of log(V / mean(V, 20) of the day before)", "log ratio", GERVAIS,
        (*_INPUTS, "volume"),
    ),
    _feature(
        "lead_count", "leaders", "web", "disclosed leaders listed that day", "stocks", COHEN,
    ),
)  # fmt: skip
