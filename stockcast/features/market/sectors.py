"""Sectors: how hot a stock's sector is, and where the stock stands in it.

A sector's figures are over those of its stocks that are members of the day's universe and traded.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market.breadth import TIE
from stockcast.features.market.relative import growth
from stockcast.features.rows import Rows, ratio, where

INDUSTRY = "Moskowitz and Grinblatt, Journal of Finance 54 (1999)"
WITHIN = "Asness, Porter and Stevens, Predicting Stock Returns Using Industry-Relative Firm " \
    "Characteristics (2000)"  # fmt: skip
LEADERS = "Hou, Review of Financial Studies 20 (2007)"

_PRICES = ("close", "adj_factor", "in_universe", "suspended", "sector")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Figures of each row's sector, and ranks."""
    sector, counted = rows["sector"], cross.counted(rows)
    market = cross.market_return(rows)
    one = _one_of_each(rows, counted)
    columns = {}
    for n in (1, 5, 20, 60):
        grown = rows["return"] if n == 1 else growth(rows, n)
        mean = cross.mean(rows, grown, counted, sector)
        columns[f"sectors.away_{n}"] = grown - mean
        columns[f"sectors.heat_{n}"] = mean - cross.mean(rows, grown, counted)
        columns[f"sectors.rank_{n}"] = cross.rank(rows, mean, one)
        columns[f"sectors.rank_within_{n}"] = cross.rank(rows, grown, counted, sector)
    columns["sectors.return"] = cross.mean(rows, rows["return"], counted, sector)
    columns["sectors.excess"] = columns["sectors.return"] - market
    columns["sectors.own_excess"] = rows["return"] - market
    shares = {"rising": (rows["return"] > TIE, rows["return"])}
    month = rows.mean("adj_close", 20)
    shares["above"] = (rows["adj_close"] > month * (1 + TIE), month)
    shares["at_limit"] = (rows["close"] >= rows["limit_up"] - 0.005, rows["return"])
    for name, (condition, known) in shares.items():
        flag = where(np.isfinite(known), condition.astype(float))
        columns[f"sectors.{name}"] = cross.mean(rows, flag, counted, sector)
    amount = rows["traded_amount"]
    columns["sectors.amount_share"] = ratio(
        cross.total(rows, amount, counted, sector), cross.total(rows, amount, counted)
    )
    columns["sectors.own_share"] = ratio(amount, cross.total(rows, amount, counted, sector))
    volatility = rows.std("return", 20)
    columns["sectors.rank_volatility"] = cross.rank(rows, volatility, counted, sector)
    return columns


def _one_of_each(rows: Rows, counted: np.ndarray) -> np.ndarray:
    """Bool per row: the first of its day's and sector's counted stocks, so that each counts once.

    With the same figure at all rows of a sector, ranking among these ranks the sectors.
    """
    sector = rows["sector"]
    key = rows.day * (int(sector.max(initial=0)) + 1) + sector
    places = np.flatnonzero(counted & (sector >= 0))
    _, first = np.unique(key[places], return_index=True)
    one = np.zeros(len(rows), bool)
    one[places[first]] = True
    return one


def _momentum(rows: Rows, days: int, skipped: int) -> np.ndarray:
    excess = rows.sum("sectors.excess", days - skipped)
    return rows.lag(excess, skipped)


def _turned(rows: Rows, name: str, days: int) -> np.ndarray:
    """Today's value over its mean, less 1."""
    return ratio(rows[name], rows.mean(name, days, days // 2)) - 1


FEATURES = (
    *(
        Feature(
            f"sector_{n}", "market", "sector", f"return over {n} days less the mean of the "
            "sector's traded members", _PRICES, n + 1, "fraction", INDUSTRY,
            itemgetter(f"sectors.away_{n}"),
        )
        for n in (1, 5, 20, 60)
    ),
    *(
        Feature(
            f"sector_heat_{n}", "market", "sector heat", f"mean return over {n} days of the "
            "sector's traded members less that of all", _PRICES, n + 1, "fraction", INDUSTRY,
            itemgetter(f"sectors.heat_{n}"),
        )
        for n in (1, 5, 20, 60)
    ),
    *(
        Feature(
            f"sector_rank_{n}", "market", "sector heat", "share of sectors whose mean return over "
            f"{n} days is lower, ties halved", _PRICES, n + 1, "share, 0 to 1", INDUSTRY,
            itemgetter(f"sectors.rank_{n}"),
        )
        for n in (5, 20)
    ),
    *(
        Feature(
            f"rank_in_sector_{n}", "market", "sector", "share of the sector's traded members whose "
            f"return over {n} days is lower, ties halved", _PRICES, n + 1, "share, 0 to 1", WITHIN,
            itemgetter(f"sectors.rank_within_{n}"),
        )
        for n in (1, 5, 20, 60)
    ),
    Feature(
        "rank_in_sector_volatility_20", "market", "sector", "share of the sector's traded members "
        "whose deviation of r over 20 days is lower, ties halved", _PRICES, 21, "share, 0 to 1",
        WITHIN, itemgetter("sectors.rank_volatility"),
    ),
    Feature(
        "sector_momentum_60", "market", "sector heat", "sum from 59 to 5 days before of the mean "
        "return of the sector's traded members less the market's", _PRICES, 61, "fraction",
        INDUSTRY, partial(_momentum, days=60, skipped=5),
    ),
    Feature(
        "sector_breadth", "market", "sector heat", "share of the sector's traded members with "
        "r > 0", _PRICES, 2, "share, 0 to 1", LEADERS, itemgetter("sectors.rising"),
    ),
    Feature(
        "sector_above_mean_20", "market", "sector heat", "share of the sector's traded members "
        "with C > mean of C over 20 days", _PRICES, 20, "share, 0 to 1", LEADERS,
        itemgetter("sectors.above"),
    ),
    Feature(
        "sector_limit_up_5", "market", "sector heat", "mean over 5 days of the share of the "
        "sector's traded members that close at limit-up", (*_PRICES, "limit_up"), 6,
        "share, 0 to 1", "Chen, Gao, He, Jiang and Xiong, Journal of Econometrics 208 (2019)",
        lambda rows: rows.mean("sectors.at_limit", 5),
    ),
    Feature(
        "sector_amount_20", "market", "sector heat", "sector's share of all traded members' amount "
        "/ its mean over 20 days (at least 10) - 1", (*_PRICES, "amount"), 10, "fraction",
        "Baker and Stein, Journal of Financial Markets 7 (2004)",
        partial(_turned, name="sectors.amount_share", days=20),
    ),
    Feature(
        "amount_in_sector_20", "market", "sector", "stock's amount / its sector's, over the mean "
        "of that over 20 days (at least 10), - 1", (*_PRICES, "amount"), 10, "fraction",
        "Gervais, Kaniel and Mingelgrin, Journal of Finance 56 (2001)",
        partial(_turned, name="sectors.own_share", days=20),
    ),
    Feature(
        "sector_volatility_20", "market", "sector heat", "deviation over 20 days of the mean "
        "return of the sector's traded members", _PRICES, 21, "fraction a day",
        "Campbell, Lettau, Malkiel and Xu, Journal of Finance 56 (2001)",
        lambda rows: rows.std("sectors.return", 20),
    ),
    Feature(
        "sector_beta_60", "market", "sector", "slope over 60 days of r - m on the sector's mean "
        "return less m, m the market's return", _PRICES, 61, "ratio",
        "Fama and French, Journal of Financial Economics 43 (1997)",
        lambda rows: rows.beta("sectors.own_excess", "sectors.excess", 60),
    ),
)  # fmt: skip
