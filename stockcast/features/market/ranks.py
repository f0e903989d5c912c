"""A stock's standing among the day's members of the universe."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.market.relative import growth
from stockcast.features.rows import Rows

REVERSAL = "Jegadeesh, Journal of Finance 45 (1990)"

_INPUTS = ("close", "adj_factor", "in_universe", "suspended")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Ranks among the members; non-members are ranked among them too."""
    of = {f"{n}": growth(rows, n) for n in (5, 20, 60)}
    of["volatility_20"] = rows.std("return", 20)
    of["largest_20"] = rows.max("return", 20)
    of["amount_20"] = rows.mean("traded_amount", 20, 10)
    if "valuation" in tables:
        (turnover,) = joined.of_stocks(rows, tables["valuation"], ["turnover"])
        of["turnover_20"] = rows.mean(turnover, 20, 10)
    return {f"ranks.{name}": cross.rank(rows, x, rows["in_universe"]) for name, x in of.items()}


def _rank(name: str, what: str, inputs: tuple[str, ...], lookback: int, source: str) -> Feature:
    return Feature(
        f"rank_{name}", "market", "rank", f"share of the day's members whose {what} is lower, "
        "ties halved", inputs, lookback, "share, 0 to 1", source, itemgetter(f"ranks.{name}"),
    )  # fmt: skip


FEATURES = (
    *(_rank(f"{n}", f"return over {n} days", _INPUTS, n + 1, REVERSAL) for n in (5, 20, 60)),
    _rank(
        "volatility_20", "deviation of r over 20 days", _INPUTS, 21,
        "Ang, Hodrick, Xing and Zhang, Journal of Finance 61 (2006)",
    ),
    _rank(
        "largest_20", "largest r of 20 days", _INPUTS, 21,
        "Bali, Cakici and Whitelaw, Journal of Financial Economics 99 (2011)",
    ),
    _rank(
        "amount_20", "mean amount of the traded ones (at least 10) of 20 days",
        ("amount", "in_universe", "suspended"), 10,
        "Brennan, Chordia and Subrahmanyam, Journal of Financial Economics 49 (1998)",
    ),
    _rank(
        "turnover_20", "mean turnover of the traded ones (at least 10) of 20 days",
        ("in_universe", "valuation"), 10,
        "Datar, Naik and Radcliffe, Journal of Financial Markets 1 (1998)",
    ),
)  # fmt: skip
