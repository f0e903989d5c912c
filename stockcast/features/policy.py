"""Features of dated policy events: is the stock themed, how long ago, how strongly, what followed.

An event counts from its date on, by the close of which it is public (from the next trading day
when that is none), and is alive for `MEMORY` trading days. A theme is the stocks that one event
names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows
from stockcast.market import calendar

MEMORY = 60
"""Trading days after which an event is forgotten."""

FADE = 10.0
"""Trading days in which an event's weight falls to 1/e."""

LONG = 250
"""Trading days over which events are counted, and beyond which the latest one's age is not."""

MACKINLAY = "after MacKinlay, Journal of Economic Literature 35 (1997)"
HONG = "after Hong and Stein, Journal of Finance 54 (1999)"

# Of one fixed length, so that no vector kernel can round differently on a shorter history.
_WEIGHT = np.exp(-np.arange(MEMORY, dtype=float) / FADE)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """What events say of each row's stock, all zero (age: `LONG`) for a stock without one."""
    n = len(rows)
    made = {name: np.zeros(n) for name in ("themed", "drift", "strongest", "count", "count_long")}
    age = np.full(n, float(LONG))
    made |= {"age": age, "reaction": np.zeros(n), "gap": np.zeros(n)}
    events = _placed(tables["events"], rows)
    for (_, start), theme in events.groupby(["event", "start"], sort=False):
        spans = [_alive(rows, stock, start, LONG) for stock in theme["stock"]]
        own = [_since_eve(rows, span, start) for span in spans]
        mean = _theme(rows, spans, own, start)
        for span, strength, moved in zip(spans, theme["strength"], own, strict=True):
            _add(made, rows.day[span] - start, span, strength, mean[rows.day[span] - start], moved)
    alive = age < MEMORY
    made["themed"] = alive.astype(float)
    made["recency"] = np.where(alive, _WEIGHT[np.where(alive, age, 0).astype(int)], 0.0)
    made["breadth"] = cross.mean(rows, made["themed"], rows["in_universe"])
    return {f"policy_{name}_rows": values for name, values in made.items()}


def _placed(events: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Events of the rows' stocks in order of date, event and code, with `stock` and `start`.

    `start` is the place in `rows.dates` of the first day on which an event counts; below zero for
    one from before, counted back along the exchange's calendar.
    """
    stock = pd.Index(rows.codes).get_indexer(events["code"])
    start = rows.dates.searchsorted(events["date"], side="left").astype(np.int64)
    first = rows.dates[0]
    for day in events["date"][events["date"] < first].unique():
        start[events["date"] == day] = -len(calendar.sessions(day, first)[:-1])
    known = events.assign(stock=stock, start=start)
    known = known[(stock >= 0) & (start < len(rows.dates))]
    return known.sort_values(["date", "event", "code"], kind="stable")


def _alive(rows: Rows, stock: int, start: int, days: int) -> slice:
    """The stock's rows on the `days` trading days from `start` on."""
    first, last = rows.bounds[stock], rows.bounds[stock + 1]
    within = np.searchsorted(rows.day[first:last], [start, start + days])
    return slice(first + within[0], first + within[1])


def _since_eve(rows: Rows, span: slice, start: int) -> np.ndarray:
    """Return since the stock's last close before the event, NaN where there was none."""
    price = rows["adj_close"]
    eve = span.start - 1
    before = span.start < span.stop and eve >= 0 and _same_stock(rows, eve, span.start)
    if not before or not price[eve] > 0:
        return np.full(span.stop - span.start, np.nan)
    return price[span] / price[eve] - 1


def _same_stock(rows: Rows, row: int, following: int) -> bool:
    return np.searchsorted(rows.bounds, row, "right") == np.searchsorted(
        rows.bounds, following, "right"
    )


def _theme(rows: Rows, spans: list[slice], own: list[np.ndarray], start: int) -> np.ndarray:
    """Mean return of the theme since its eve on the days after `start`, 0 where none is known."""
    total, count = np.zeros(LONG), np.zeros(LONG)
    for span, moved in zip(spans, own, strict=True):
        there = np.isfinite(moved)
        days = (rows.day[span] - start)[there]
        total[days] += moved[there]
        count[days] += 1
    return np.divide(total, count, out=np.zeros(LONG), where=count > 0)


def _add(
    made: dict[str, np.ndarray],
    age: np.ndarray,
    span: slice,
    strength: float,
    theme: np.ndarray,
    own: np.ndarray,
) -> None:
    """Enter one event into the rows of one of its stocks; later events come later."""
    short = age < MEMORY
    fresh = slice(span.start, span.start + short.sum())
    made["drift"][fresh] += strength * _WEIGHT[age[short]]
    made["strongest"][fresh] = np.maximum(made["strongest"][fresh], strength)
    made["count"][fresh] += 1
    made["count_long"][span] += 1
    made["age"][span] = age
    made["reaction"][fresh] = theme[short]
    made["gap"][fresh] = np.where(np.isfinite(own), theme - own, 0.0)[short]


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[f"policy_{name}_rows"]


def _feature(
    name: str, column: str, group: str, formula: str, units: str, source: str,
    inputs: tuple[str, ...] = ("events",),
) -> Feature:  # fmt: skip
    return Feature(
        name, "policy", group, formula, inputs, 1, units, source, partial(_column, name=column)
    )


_PRICED = ("close", "adj_factor", "events")

FEATURES = (
    _feature(
        "policy_themed", "themed", "events",
        "1 for 60 trading days from an event that names the stock", "flag", MACKINLAY,
    ),
    _feature(
        "policy_recency", "recency", "events",
        "exp(-d / 10), d trading days since the latest such event", "weight, 0 to 1", MACKINLAY,
    ),
    _feature(
        "policy_strength", "drift", "events", "sum over such events of strength x exp(-d / 10)",
        "strength", MACKINLAY,
    ),
    _feature(
        "policy_strongest", "strongest", "events",
        "largest strength of the events of the last 60 days; 0 without one", "strength", MACKINLAY,
    ),
    _feature(
        "policy_age", "age", "events",
        "trading days since the latest event that names the stock, at most 250", "trading days",
        MACKINLAY,
    ),
    _feature(
        "policy_count_60", "count", "events", "events of the last 60 days that name the stock",
        "events", MACKINLAY,
    ),
    _feature(
        "policy_count_250", "count_long", "events",
        "events of the last 250 days that name the stock", "events", MACKINLAY,
    ),
    _feature(
        "policy_breadth", "breadth", "theme", "share of the day's members that are themed",
        "fraction", HONG, ("in_universe", "events"),
    ),
    _feature(
        "policy_reaction", "reaction", "theme",
        "mean return of the latest event's stocks since the close before it; 0 if not themed",
        "fraction", MACKINLAY, _PRICED,
    ),
    _feature(
        "policy_gap", "gap", "theme", "policy_reaction less the stock's own return since then",
        "fraction", HONG, _PRICED,
    ),
)  # fmt: skip
