"""Price against earnings, book and sales, and size, from the daily valuation alone.

Inverse multiples come first: they are fractions of the price, near zero where a multiple runs off.
The multiples beside them rank stocks the other way round and know nothing else. The table has no
multiple of a loss, so neither has a value then; `ebit_to_enterprise_value` has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.fundamental.known import on_days, take
from stockcast.features.fundamental.line import PREFIX, as_columns, feature
from stockcast.features.fundamental.sectors import sector_of
from stockcast.features.rows import Rows, ratio

ALONE, IN_SECTOR = ("valuation",), ("valuation", "sector_members")

BASU = "Basu, Journal of Finance 32 (1977)"
FAMA = "Fama and French, Journal of Finance 47 (1992)"
BARBEE = "Barbee, Mukherji and Raines, Financial Analysts Journal 52 (1996)"
LITZENBERGER = "Litzenberger and Ramaswamy, Journal of Financial Economics 7 (1979)"
BANZ = "Banz, Journal of Financial Economics 9 (1981)"
LIU = "Liu, Stambaugh and Yuan, Journal of Financial Economics 134 (2019)"
DATAR = "Datar, Naik and Radcliffe, Journal of Financial Markets 1 (1998)"
ASNESS = "Asness, Porter and Stevens, Predicting stock returns, working paper (2000)"
CARRIED = "; carried over suspended days"

_INVERSE = {
    "earnings_to_price": ("pe_ttm", "parent's net profit of the trailing year / market value",
                          BASU),
    "year_earnings_to_price": ("pe", "parent's net profit of the last whole year / market value",
                               BASU),
    "book_to_price": ("pb", "parent's equity / market value", FAMA),
    "sales_to_price": ("ps_ttm", "revenue of the trailing year / market value", BARBEE),
}  # fmt: skip
"""Feature -> the multiple whose inverse it is, formula, source."""
_TURNOVER = PREFIX + "float_turnover"


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from each day's own valuation."""
    if "valuation" not in tables:
        return {}
    place = on_days(rows, tables["valuation"])

    def of(name: str) -> np.ndarray:
        return take(tables["valuation"][name].to_numpy(float), place)

    with np.errstate(all="ignore"):
        out = {
            name: ratio(np.ones(len(rows)), _positive(of(multiple)))
            for name, (multiple, _, _) in _INVERSE.items()
        }
        out |= {
            "price_to_earnings": _positive(of("pe_ttm")),
            "price_to_book": _positive(of("pb")),
            "dividend_yield": of("dividend_yield_ttm"),
            "log_market_cap": np.log(_positive(of("market_cap"))),
            "log_float_cap": np.log(_positive(of("float_cap"))),
            "float_share": ratio(of("float_shares"), _positive(of("total_shares"))),
            "float_turnover": np.where(rows["traded"], of("turnover"), np.nan),
        }
    if "sector_members" in tables:
        sector = sector_of(rows, tables["sector_members"])
        for name in ("earnings_to_price", "book_to_price"):
            out[f"{name}_in_sector"] = cross.rank(rows, out[name], cross.counted(rows), sector)
    return as_columns(out)


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, np.nan)


def _own_rank(rows: Rows, name: str, days: int) -> np.ndarray:
    return rows.rank(PREFIX + name, days, days // 2)


def _turnover(rows: Rows, days: int) -> np.ndarray:
    return rows.mean(_TURNOVER, days, days // 2)


def _abnormal_turnover(rows: Rows, short: int, long: int) -> np.ndarray:
    return ratio(_turnover(rows, short), _turnover(rows, long))


def _rolling(name: str, group: str, formula: str, units: str, source: str, lookback: int,
             make: partial) -> Feature:  # fmt: skip
    return Feature(name, "fundamental", group, formula, ALONE, lookback, units, source, make)


FEATURES = (
    *(
        feature(name, "valuation", formula + CARRIED, ALONE, "fraction", source)
        for name, (_, formula, source) in _INVERSE.items()
    ),
    feature("price_to_earnings", "valuation", "market value / parent's net profit of the trailing "
            "year, none for a loss" + CARRIED, ALONE, "ratio", BASU),
    feature("price_to_book", "valuation", "market value / parent's equity, none below zero"
            + CARRIED, ALONE, "ratio", FAMA),
    *(
        feature(f"{name}_in_sector", "valuation", f"share of the sector's members of the universe "
                f"that traded today with a lower {name}", IN_SECTOR, "fraction", ASNESS)
        for name in ("earnings_to_price", "book_to_price")
    ),
    *(
        _rolling(f"{name}_rank_250", "valuation", f"share of the last 250 days with a lower {name},"
                 " ties counted half, at least 125 of them known", "fraction", ASNESS, 125,
                 partial(_own_rank, name=name, days=250))
        for name in ("earnings_to_price", "book_to_price")
    ),
    feature("dividend_yield", "payout", "cash of all ex-days within a year / market value; none "
            "where nothing was paid", ALONE, "fraction", LITZENBERGER),
    feature("log_market_cap", "size", "ln(close x total shares)" + CARRIED, ALONE, "ln yuan",
            BANZ),
    feature("log_float_cap", "size", "ln(close x shares that float)" + CARRIED, ALONE, "ln yuan",
            LIU),
    feature("float_share", "size", "shares that float / total shares" + CARRIED, ALONE,
            "fraction", LIU),
    *(
        _rolling(f"float_turnover_{n}", "size", f"mean over {n} days of volume / shares that "
                 "float; suspended days left out, at least half there", "fraction a day", DATAR,
                 n // 2, partial(_turnover, days=n))
        for n in (20, 120)
    ),
    _rolling("abnormal_turnover_20_250", "size", "float_turnover_20 / the same over 250 days",
             "ratio", LIU, 125, partial(_abnormal_turnover, short=20, long=250)),
)  # fmt: skip
