"""Money from Hong Kong: what the connection bought, and what it holds of each stock.

Both tables are published in the evening, so every feature takes them one trading day later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features import cross, kernels
from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.rows import Rows, ratio

FLOWS = "Froot, O'Connell and Seasholes, Journal of Financial Economics 59 (2001)"
HOLDERS = "Ferreira and Matos, Journal of Financial Economics 88 (2008)"

USUAL, LEAST = 60, 20
"""Days of the connection that say what is usual, and how many there must be."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Flows by day, and holdings on each row's own day."""
    columns = {}
    if "northbound" in tables:
        columns |= joined.spread_out(rows, "foreign", **_flows(rows, tables["northbound"]))
    if "northbound_holdings" in tables:
        (held,) = joined.of_stocks(rows, tables["northbound_holdings"], ["share_of_float"])
        columns["foreign.held"] = held
        columns["foreign.rank"] = cross.rank(rows, held, rows["in_universe"])
    return columns


def _flows(rows: Rows, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Net purchases in units of their usual size, by the panel's days.

    Rolled over the connection's own days: on holidays of Hong Kong it is shut.
    """
    table = table.sort_values("date", kind="stable")
    bounds = np.array([0, len(table)], np.int64)
    out = {}
    for name in ("north", "south"):
        net = np.ascontiguousarray(table[name], np.float64)
        usual = kernels.rolling_std(net, bounds, USUAL, LEAST)
        for n in (1, 5, 20):
            total = kernels.rolling_sum(net, bounds, n, n)
            values = ratio(total, usual * np.sqrt(n))
            out[f"{name}_{n}"] = joined.of_days(rows, table["date"], values, same_day=False)
    return out


def _change(rows: Rows, days: int) -> np.ndarray:
    held = rows.lag("foreign.held")
    return held - rows.lag(held, days)


FEATURES = (
    *(
        Feature(
            f"northbound_{n}", "market", "foreign money", f"net purchases from Hong Kong over {n} "
            f"days up to the one before / (their daily deviation over {USUAL} days, at least "
            f"{LEAST}, x sqrt({n}))", ("northbound",), LEAST + 1, "standard deviations", FLOWS,
            itemgetter(f"foreign.north_{n}"),
        )
        for n in (1, 5, 20)
    ),
    Feature(
        "southbound_5", "market", "foreign money", "net purchases in Hong Kong over 5 days up to "
        f"the one before / (their daily deviation over {USUAL} days, at least {LEAST}, x sqrt(5))",
        ("northbound",), LEAST + 1, "standard deviations", FLOWS, itemgetter("foreign.south_5"),
    ),
    Feature(
        "northbound_holding", "market", "foreign money", "share of the float held through the "
        "connection, of the day before", ("northbound_holdings",), 2, "share, 0 to 1", HOLDERS,
        partial(Rows.lag, of="foreign.held"),
    ),
    *(
        Feature(
            f"northbound_holding_change_{n}", "market", "foreign money", "share of the float held "
            f"through the connection on the day before, less that of {n} days earlier",
            ("northbound_holdings",), n + 2, "share of the float", FLOWS, partial(_change, days=n),
        )
        for n in (1, 5, 20)
    ),
    Feature(
        "rank_northbound_holding", "market", "foreign money", "share of the members whose share of "
        "the float held through the connection was lower the day before, ties halved",
        ("northbound_holdings", "in_universe"), 2, "share, 0 to 1", HOLDERS,
        partial(Rows.lag, of="foreign.rank"),
    ),
)  # fmt: skip
