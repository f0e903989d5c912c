"""Features of dated policy events: is the stock themed, how long ago, how strongly.

An event counts from its date on, by the close of which it is public (from the next trading day
when that is none), and for `MEMORY` trading days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from stockcast.features.feature import Feature
from stockcast.features.grid import Grid

MEMORY = 60
"""Trading days after which an event is forgotten."""

FADE = 10.0
"""Trading days in which an event's weight falls to 1/e."""

MACKINLAY = "after MacKinlay, Journal of Economic Literature 35 (1997)"


def prepare(rows: pl.DataFrame, events: pd.DataFrame) -> pl.DataFrame:
    """Add `themed`, `recency` and `drift`, all zero for a stock without an event.

    Parameters
    ----------
    rows
        `date` and `code`, one row per stock and day.
    events
        `date`, `code`, `strength`; see `stockcast.data.sources.Tables`.
    """
    grid = Grid.of(rows)
    age = np.full((len(grid.dates), len(grid.codes)), np.inf)
    drift = grid.empty()
    place = {code: column for column, code in enumerate(grid.codes)}
    # Of one fixed length, so that no vector kernel can round differently on a shorter history.
    ages = np.arange(MEMORY, dtype=float)
    weight = np.exp(-ages / FADE)
    starts = np.searchsorted(grid.dates, events.date.to_numpy().astype(grid.dates.dtype))
    known = events.assign(start=starts).sort_values(["date", "code"], kind="stable")
    for event in known[known.code.isin(place)].itertuples():
        column = place[event.code]
        days = slice(event.start, event.start + MEMORY)
        length = len(grid.dates[days])
        age[days, column] = np.minimum(age[days, column], ages[:length])
        drift[days, column] += event.strength * weight[:length]
    recency = np.where(np.isfinite(age), weight[np.where(np.isfinite(age), age, 0).astype(int)], 0)
    return rows.with_columns(
        themed=grid.gather(np.isfinite(age).astype(float)),
        recency=grid.gather(recency),
        drift=grid.gather(drift),
    )


FEATURES = (
    Feature(
        "policy_themed", "policy", "1 for 60 trading days from an event that names the stock",
        ("events",), 1, "flag", MACKINLAY, pl.col("themed"),
    ),
    Feature(
        "policy_recency", "policy", "exp(-d / 10), d trading days since the latest such event",
        ("events",), 1, "weight, 0 to 1", MACKINLAY, pl.col("recency"),
    ),
    Feature(
        "policy_strength", "policy", "sum over such events of strength x exp(-d / 10)",
        ("events",), 1, "strength", MACKINLAY, pl.col("drift"),
    ),
)  # fmt: skip
