"""Money-market rates: their level against their past, and the slope of their terms.

Shibor is public at 11:00 of its day, so dated t the rates are those of t.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.rows import Rows, ratio

SLOPE = "Fama and French, Journal of Financial Economics 25 (1989)"
MONEY = "Thorbecke, Journal of Finance 52 (1997)"

_NAMES = ("shibor_on", "shibor_1w", "shibor_3m", "shibor_1y")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Series of the panel's days from each rate's latest value."""
    table = tables["rates"].sort_values("date", kind="stable")
    found = {}
    for name in _NAMES:
        one = table[(table["rate"] == name) & table["value"].notna()].reset_index(drop=True)
        values = one["value"].to_numpy(float)
        found[name] = joined.of_days(rows, one["date"], values, same_day=True)
    days = joined.of_market(rows, **found)
    series = {
        "slope": days["shibor_1y"] - days["shibor_on"],
        "stress": ratio(days["shibor_on"], days.mean("shibor_on", 60, 40)) - 1,
        "change_20": days["shibor_3m"] - days.lag("shibor_3m", 20),
        "week": days["shibor_1w"] - days["shibor_on"],
    }
    return joined.spread_out(rows, "rates", **series)


def _feature(
    name: str, formula: str, lookback: int, units: str, source: str, series: str
) -> Feature:
    make = itemgetter(f"rates.{series}")
    return Feature(name, "market", "rates", formula, ("rates",), lookback, units, source, make)


FEATURES = (
    _feature("shibor_slope", "Shibor of a year - Shibor overnight", 1, "fraction a year", SLOPE,
             "slope"),
    _feature("shibor_week", "Shibor of a week - Shibor overnight", 1, "fraction a year", SLOPE,
             "week"),
    _feature("shibor_stress_60", "Shibor overnight / its mean over 60 days (at least 40) - 1", 40,
             "fraction", MONEY, "stress"),
    _feature("shibor_change_20", "Shibor of 3 months - that of 20 days before", 21,
             "fraction a year", MONEY, "change_20"),
)  # fmt: skip
