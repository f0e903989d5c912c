"""Small simulated markets for pipelines to run on, and what of them was public on a day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import known_by
from stockcast.determinism import stream
from stockcast.judge.leaks.pipeline import Dates, Tables
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

DATES = Dates("2012-01-04", "2013-01-31", "2013-05-31", "2013-11-29")
QUOTES = (
    "date", "code", "open", "high", "low", "close", "volume", "amount", "adj_factor", "suspended"
)  # fmt: skip
STATEMENT = (
    "code", "period", "report", "first_announced", "announced", "revenue", "net_profit_parent"
)  # fmt: skip
RUIN = 0.65
"""A stock that closes this far below its highest close is delisted in these markets: the simulated
market delists one in a hundred in two years, too few for leaving them out to show."""


def markets(seed: int, groups: int = 8, stocks: int = 30) -> list[dict[str, pd.DataFrame]]:
    """Tables of several small markets: disjoint groups of the stocks of one simulated market.

    Parameters
    ----------
    seed
        Of the simulated market.
    groups, stocks
        How many, and how many stocks each.

    Returns
    -------
    list of dict of DataFrame
        The tables named in `stockcast.judge.leaks.pipeline`, over the days of `DATES`.
    """
    days = sessions(DATES.start, DATES.end)
    market = simulate(days, groups * stocks, Strengths(), stream(seed, "leaks"))
    codes = np.sort(market.panel.code.unique())
    order = stream(seed, "leaks", "groups").permutation(len(codes))
    tables = {
        "quotes": market.panel[list(QUOTES)],
        "stocks": market.table("stocks"),
        "index_weights": market.table("index_weights"),
        "income": market.table("income")[list(STATEMENT)],
    }
    tables = _delisted(tables)
    return [_kept(tables, set(codes[part])) for part in np.array_split(order, groups)]


def public(tables: Tables, day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """The tables as they stood at the close of `day`; statements of that day come in its evening.

    Parameters
    ----------
    tables
        As `markets` gives them.
    day
        A trading day.
    """
    quotes = tables["quotes"]
    side = {name: table for name, table in tables.items() if name != "quotes"}
    return {"quotes": quotes[quotes.date <= day].reset_index(drop=True), **known_by(side, day)}


def _delisted(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    quotes, stocks = tables["quotes"], tables["stocks"]
    worth = quotes.close * quotes.adj_factor
    ruined = worth < (1 - RUIN) * worth.groupby(quotes.code).cummax()
    last = quotes.date[ruined].groupby(quotes.code[ruined]).min()
    kept = ~(quotes.date > quotes.code.map(last))
    gone = stocks.code.map(last).astype(stocks.delist_date.dtype)
    return {
        **tables,
        "quotes": quotes[kept].reset_index(drop=True),
        "stocks": stocks.assign(delist_date=stocks.delist_date.fillna(gone)),
    }


def _kept(tables: dict[str, pd.DataFrame], codes: set[str]) -> dict[str, pd.DataFrame]:
    return {
        name: table[table.code.isin(codes)].reset_index(drop=True) for name, table in tables.items()
    }
