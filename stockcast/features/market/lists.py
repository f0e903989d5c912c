"""The exchanges' top list: which stocks were remarkable, and what the largest seats did there.

Published in the evening, so every feature takes it one trading day later. A stock that is not on
the list has no row, and counts as zero; several reasons on a day are one appearance.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.market.breadth import TIE
from stockcast.features.rows import Rows, where

ATTENTION = "Barber and Odean, Review of Financial Studies 21 (2008)"
SEATS = "Seasholes and Wu, Journal of Empirical Finance 14 (2007)"

INSTITUTIONS = "机构专用"
"""The seat under which funds and insurers trade."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Appearances, and net purchases as shares of the stock's amount, at each row's own day."""
    columns = {}
    if "top_list" in tables:
        once = tables["top_list"].drop_duplicates(["date", "code"])
        close, net = joined.of_stocks(rows, once, ["close", "net_rate"])
        listed, rose = np.isfinite(close), rows["return"] > TIE
        columns |= {
            "lists.on": listed.astype(float),
            "lists.rose": (listed & rose).astype(float),
            "lists.net": np.nan_to_num(net),
        }
    if "top_seats" in tables:
        columns |= _institutions(rows, tables["top_seats"])
    return columns


def _institutions(rows: Rows, seats: pd.DataFrame) -> dict[str, np.ndarray]:
    """Net purchases of the institutions' seats as a share of the amount.

    A seat stands under each reason, and may stand on both sides; once is enough.
    """
    seats = seats.assign(net_rate=seats["buy_rate"].fillna(0) - seats["sell_rate"].fillna(0))
    first = seats.drop_duplicates(["date", "code"])[["date", "code", "reason"]]
    seats = seats.merge(first, on=["date", "code", "reason"])
    of_side = ["date", "code", "seat", "buy", "sell"]
    institutions = seats[seats["seat"] == INSTITUTIONS].drop_duplicates(of_side)
    # One after another in the table's order: a sum of few numbers of one stock and day.
    bought = institutions.groupby(["date", "code"], as_index=False)["net_rate"].sum()
    (net,) = joined.of_stocks(rows, bought, ["net_rate"])
    return {"lists.institutions": np.nan_to_num(net)}


def _sum(rows: Rows, name: str, days: int) -> np.ndarray:
    return rows.lag(rows.sum(f"lists.{name}", days))


def _recency(rows: Rows) -> np.ndarray:
    since = rows.lag(rows.since("lists.on"))
    return where(np.isfinite(rows.lag("lists.on")), np.nan_to_num(np.exp(-since / 20)))


_DELAY = "days up to the one before"

FEATURES = (
    *(
        Feature(
            f"top_list_{n}", "market", "top list", f"appearances on the top list in the {n} "
            f"{_DELAY}", ("top_list",), n + 1, "days", ATTENTION, partial(_sum, name="on", days=n),
        )
        for n in (1, 5, 20, 60)
    ),
    Feature(
        "top_list_recency", "market", "top list", "exp(-days since the last appearance on the top "
        "list as of the day before / 20); 0 if there was none", ("top_list",), 2, "0 to 1",
        ATTENTION, _recency,
    ),
    Feature(
        "top_list_risen_60", "market", "top list", f"appearances with r > 0 in the 60 {_DELAY}",
        ("top_list", "close", "adj_factor"), 61, "days", SEATS, partial(_sum, name="rose", days=60),
    ),
    *(
        Feature(
            f"top_list_net_{n}", "market", "top list", "sum of (bought - sold by the listed seats) "
            f"/ amount over the appearances of the {n} {_DELAY}", ("top_list",), n + 1, "share",
            SEATS, partial(_sum, name="net", days=n),
        )
        for n in (5, 20)
    ),
    *(
        Feature(
            f"institution_net_{n}", "market", "top list", "sum of (bought - sold by institutions' "
            f"seats) / amount over the appearances of the {n} {_DELAY}", ("top_seats",), n + 1,
            "share", "Nofsinger and Sias, Journal of Finance 54 (1999)",
            partial(_sum, name="institutions", days=n),
        )
        for n in (20, 60)
    ),
)  # fmt: skip
