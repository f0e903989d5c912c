"""How afraid the market is, from its prices alone: one value a day for all stocks.

The market's return m is the mean of that day's traded members. `fear_proxy_20` stands in for an
index of implied volatility where options are absent; it says what was, not what is expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.rows import Rows, ratio, where

SCHWERT = "Schwert, Journal of Finance 44 (1989)"
SEMIVARIANCE = "Barndorff-Nielsen, Kinnebrock and Shephard, Measuring Downside Risk (2010)"
CORRELATION = "Pollet and Wilson, Journal of Financial Economics 96 (2010)"

YEAR = 244
"""Trading days of a year in Shanghai, about."""
CRASH = -0.05

_INPUTS = ("close", "adj_factor", "in_universe", "suspended")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Series of the market's days."""
    with np.errstate(all="ignore"):
        return joined.spread_out(rows, "fear", **_series(rows))


def _series(rows: Rows) -> dict[str, np.ndarray]:
    counted = cross.counted(rows)
    crashed = where(np.isfinite(rows["return"]), (rows["return"] < CRASH).astype(float))
    days = joined.of_market(
        rows, m=cross.market_return(rows), crashed=cross.mean(rows, crashed, counted)
    )
    m = days["m"]
    fall = where(np.isfinite(m), np.square(np.minimum(m, 0)))
    index = np.exp(np.nancumsum(np.log1p(m)))
    proxy = 100 * np.sqrt(YEAR * days.ewm(m * m, 2 / 21, 20))
    change = proxy - days.lag(proxy, 5)
    return {
        "volatility_20": days.std("m", 20),
        "proxy_20": proxy,
        "proxy_change_5": change,
        "ratio": ratio(days.std("m", 5), days.std("m", 60)),
        "unrest_60": ratio(days.std(days.std("m", 5), 60), days.mean(days.std("m", 5), 60)),
        "downside_20": ratio(days.sum(fall, 20), days.sum(m * m, 20)),
        "falling_20": days.mean(where(np.isfinite(m), (m < 0).astype(float)), 20),
        "worst_20": days.min("m", 20),
        "skew_60": days.skew("m", 60),
        **{
            f"drawdown_{n}": where(np.isfinite(m), ratio(index, days.max(index, n)) - 1)
            for n in (60, 250)
        },
        "crashed_5": days.mean("crashed", 5),
        "correlation_20": _correlation(rows, counted, days),
    }


def _correlation(rows: Rows, counted: np.ndarray, days: Rows) -> np.ndarray:
    """Mean correlation that makes the members' deviations give the market's, shape (n_days,)."""
    own = rows.std("return", 20)
    known = counted & np.isfinite(own)
    number = cross.of_day(rows, cross.total(rows, known.astype(float), known))
    mean = cross.of_day(rows, cross.mean(rows, own, known))
    square = cross.of_day(rows, cross.mean(rows, own * own, known))
    market = days.std("m", 20) ** 2
    found = ratio(number * market - square, number * mean**2 - square)
    return where(number >= 2, found)


def _feature(
    name: str, formula: str, lookback: int, units: str, source: str, series: str = ""
) -> Feature:
    make = itemgetter(f"fear.{series or name}")
    return Feature(name, "market", "fear", formula, _INPUTS, lookback, units, source, make)


FEATURES = (
    _feature("market_volatility_20", "standard deviation of the market's return, 20 days", 21,
             "fraction a day", SCHWERT, "volatility_20"),
    _feature("fear_proxy_20", f"100 sqrt({YEAR} x exponential mean of m^2, span 20, from the "
             "panel's first day): realised volatility as a proxy for the implied", 21,
             "percent a year", "RiskMetrics, Technical Document (1996)", "proxy_20"),
    _feature("fear_proxy_change_5", "fear_proxy_20 less that of 5 days before", 26,
             "percentage points", "Whaley, Journal of Portfolio Management 26 (2000)",
             "proxy_change_5"),
    _feature("market_volatility_ratio_5_60", "deviation of m over 5 days / that over 60", 61,
             "ratio", SCHWERT, "ratio"),
    _feature("volatility_unrest_60", "deviation over 60 days of the 5-day deviation of m / its "
             "mean", 65, "ratio", "Corsi, Mittnik, Pigorsch and Pigorsch, Econometric Reviews 27 "
             "(2008)", "unrest_60"),
    _feature("market_downside_share_20", "sum of m^2 on the days with m < 0 / sum of m^2, 20 "
             "days", 21, "share, 0 to 1", SEMIVARIANCE, "downside_20"),
    _feature("falling_days_20", "share of 20 days with m < 0", 21, "share, 0 to 1", SEMIVARIANCE,
             "falling_20"),
    _feature("worst_day_20", "smallest m of 20 days", 21, "fraction",
             "Bali, Demirtas and Levy, Journal of Financial and Quantitative Analysis 44 (2009)",
             "worst_20"),
    _feature("market_skew_60", "skewness of m over 60 days", 61, "none",
             "Chang, Christoffersen and Jacobs, Journal of Financial Economics 107 (2013)",
             "skew_60"),
    *(
        _feature(f"market_drawdown_{n}", f"market's level / its highest of {n} days - 1", n,
                 "fraction", "Magdon-Ismail and Atiya, Risk 17 (2004)", f"drawdown_{n}")
        for n in (60, 250)
    ),
    _feature("crash_share_5", f"mean over 5 days of the share of traded members with r < {CRASH}",
             6, "share, 0 to 1", "Kelly and Jiang, Review of Financial Studies 27 (2014)",
             "crashed_5"),
    _feature("member_correlation_20", "(N var(m) - mean s^2) / (N (mean s)^2 - mean s^2), s the "
             "members' deviations over 20 days, N their number", 21, "correlation", CORRELATION,
             "correlation_20"),
)  # fmt: skip
