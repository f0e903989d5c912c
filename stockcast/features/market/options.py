"""What options expect: an index of implied volatility, its premium, slope and skew.

Settlement prices are public at the close of their day, so dated t they are those of t. Without
options these features are not there; `fear_proxy_20` is made of prices alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market import ivix, joined
from stockcast.features.market.fear import YEAR
from stockcast.features.rows import Rows

IVIX = "CBOE, Volatility Index: Methodology; SSE, iVIX (2015)"
PREMIUM = "Bollerslev, Tauchen and Zhou, Review of Financial Studies 22 (2009)"
SKEW = "Xing, Zhang and Zhao, Journal of Financial and Quantitative Analysis 45 (2010)"
PUTS = "Pan and Poteshman, Review of Financial Studies 19 (2006)"

_TABLES = ("option_contracts", "option_bars")
_INPUTS = (*_TABLES, "rates")
_WITH_PRICES = (*_INPUTS, "close", "adj_factor", "in_universe", "suspended")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The index of every day, and its past."""
    if not {*_INPUTS} <= {*tables}:
        return {}
    found = ivix.by_day(*(tables[name] for name in _INPUTS))
    market = joined.of_market(rows, m=cross.market_return(rows))
    with np.errstate(all="ignore"):
        logs = {"log": np.log(found["index"].to_numpy()), "far": np.log(found["far"].to_numpy())}
        of = {name: found[name].to_numpy() for name in found.columns[1:]} | logs
        days = joined.of_market(
            rows,
            **{n: joined.of_days(rows, found["date"], x, same_day=True) for n, x in of.items()},
        )
        index = days["index"]
        series = {
            "index": index,
            **{f"change_{n}": days["log"] - days.lag("log", n) for n in (1, 5)},
            "rank_60": days.rank("index", 60, 30),
            "premium_20": index - 100 * np.sqrt(YEAR) * market.std("m", 20),
            "slope": days["far"] - days["log"],
            "skew": days["skew"],
            "skew_change_5": days["skew"] - days.lag("skew", 5),
            "put_volume_5": days.mean("put_volume", 5, 3),
            "put_interest": days["put_interest"],
        }
    return joined.spread_out(rows, "options", **series)


def _feature(
    name: str, group: str, formula: str, lookback: int, units: str, source: str, series: str,
    inputs: tuple[str, ...] = _INPUTS,
) -> Feature:  # fmt: skip
    make = itemgetter(f"options.{series}")
    return Feature(name, "market", group, formula, inputs, lookback, units, source, make)


FEATURES = (
    _feature(
        "vix", "implied volatility", "100 sqrt(model-free implied variance a year of the next 30 "
        "days), from the settlement prices of options on a fund", 1, "percent a year", IVIX,
        "index",
    ),
    *(
        _feature(
            f"vix_change_{n}", "implied volatility", f"ln(vix / vix of {n} days before)", n + 1,
            "ln", "Whaley, Journal of Portfolio Management 26 (2000)", f"change_{n}",
        )
        for n in (1, 5)
    ),
    _feature(
        "vix_rank_60", "implied volatility", "share of the last 60 days (at least 30) with a lower "
        "vix, ties halved", 30, "share, 0 to 1", IVIX, "rank_60",
    ),
    _feature(
        "vix_premium_20", "implied volatility", f"vix - 100 sqrt({YEAR}) x deviation of the "
        "market's return over 20 days", 21, "percentage points", PREMIUM, "premium_20",
        _WITH_PRICES,
    ),
    _feature(
        "vix_slope", "implied volatility", "ln(the last expiry's implied volatility / vix)", 1,
        "ln", "Johnson, Journal of Financial and Quantitative Analysis 52 (2017)", "slope",
    ),
    _feature(
        "option_skew", "options", "slope of the implied volatilities out of the money on "
        "ln(K / F) / sqrt(T), mean of the first two expiries more than a week away", 1,
        "fraction a standard deviation", SKEW, "skew",
    ),
    _feature(
        "option_skew_change_5", "options", "option_skew less that of 5 days before", 6,
        "fraction a standard deviation", SKEW, "skew_change_5",
    ),
    _feature(
        "put_call_volume_5", "options", "mean over 5 days (at least 3) of ln(puts traded / calls "
        "traded)", 3, "ln", PUTS, "put_volume_5",
    ),
    _feature(
        "put_call_interest", "options", "ln(puts open / calls open)", 1, "ln", PUTS,
        "put_interest",
    ),
)  # fmt: skip
