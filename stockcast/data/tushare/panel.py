"""The panel, joined from the canonical tables of Tushare or of the simulated market."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from stockcast.data.boards import board
from stockcast.errors import InputError
from stockcast.market.tables import TABLES

PRICES = ("open", "high", "low", "close", "pre_close")
_SPECIAL = r"S?\*?ST"
"""Begins the name of a stock under special treatment; S marks a share reform still to come."""


class _Rows(NamedTuple):
    """The panel's rows: days by position, stocks by position, ascending by `key`."""

    days: pd.DatetimeIndex
    codes: pd.Index
    day: np.ndarray
    stock: np.ndarray

    @property
    def key(self) -> np.ndarray:
        return self.day * len(self.codes) + self.stock

    def find(self, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Which rows of `table` are rows here, and where."""
        day, stock = self.days.get_indexer(table.date), self.codes.get_indexer(table.code)
        wanted = day * len(self.codes) + stock
        place = np.minimum(np.searchsorted(self.key, wanted), len(self.day) - 1)
        there = (day >= 0) & (stock >= 0) & (self.key[place] == wanted)
        return there, place[there]

    def column(self, table: pd.DataFrame, name: str) -> np.ndarray:
        """A column of `table` in the panel's rows, NaN where it has none."""
        there, place = self.find(table)
        values = np.full(len(self.day), np.nan)
        values[place] = table[name].to_numpy()[there]
        return values

    def holds(self, table: pd.DataFrame) -> np.ndarray:
        """Whether `table` has the panel's row."""
        found = np.zeros(len(self.day), dtype=bool)
        found[self.find(table)[1]] = True
        return found


def panel(tables: Mapping[str, pd.DataFrame], index: str) -> pd.DataFrame:
    """One row for each trading day and listed stock.

    Parameters
    ----------
    tables
        Canonical tables by name (`stockcast.market.tables.TABLES`): `stocks`, `bars` and `factors`
        are needed; `limits`, `suspensions`, `names` and `index_weights` are used where given.
    index
        Code of the index whose members are `in_universe`.

    Returns
    -------
    DataFrame
        The panel's columns and `sector`, sorted by date and code, in the units of the tables.
        Trading days are those on which any stock has a bar. A listed stock without a bar is
        suspended: prices stand at its last adjusted close, so that they move only with the
        factor, volume is 0, and amount is 0 where `suspensions` names the day, NaN where nothing
        explains the missing bar. Days before a stock's first bar are left out, because nothing
        tells its price. A missing factor is the day's before. `is_st` is told by the name in
        force, `in_universe` by the latest snapshot of weights. Without `limits` the two columns
        are left out.

    Raises
    ------
    InputError
        A needed table is missing, there are no bars, or a stock with bars is not in `stocks`.
    """
    stocks, bars = _checked(tables)
    rows = _listed(stocks, bars)
    table = pd.DataFrame(
        {"date": rows.days.take(rows.day), "code": rows.codes.take(rows.stock)}
        | {name: rows.column(bars, name) for name in (*PRICES, "volume", "amount")}
        | {"adj_factor": rows.column(tables["factors"], "adj_factor")}
    )
    if "limits" in tables:
        for name in ("limit_up", "limit_down"):
            table[name] = rows.column(tables["limits"], name)
    born = stocks.set_index("code").loc[rows.codes]
    table["board"] = pd.array(_boards(born), dtype="str").take(rows.stock)
    table["list_date"] = born.list_date.to_numpy()[rows.stock]
    table["suspended"] = ~rows.holds(bars)
    table["is_st"] = _special(table, tables.get("names"))
    table["in_universe"] = _members(rows, tables.get("index_weights"), index)
    table["as_traded"] = True
    table["sector"] = pd.array(born.sector, dtype="str").take(rows.stock)
    halted = tables.get("suspensions", TABLES["suspensions"].empty())
    return _carried(table, rows.holds(halted[halted.timing == ""]))


def benchmark(tables: Mapping[str, pd.DataFrame], index: str) -> pd.DataFrame | None:
    """`date`, `close` of an index, ascending; None where `index_bars` has no row of it."""
    bars = tables.get("index_bars", TABLES["index_bars"].empty())
    bars = bars.loc[bars.code == index, ["date", "close"]]
    return None if bars.empty else bars.sort_values("date", ignore_index=True)


def _checked(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    for name in ("stocks", "bars", "factors"):
        if name not in tables or tables[name].empty:
            raise InputError(
                f"table {name}", "must have rows", hint="fetch it with: stockcast data update"
            )
    stocks, bars = tables["stocks"].sort_values("code"), tables["bars"]
    unknown = np.setdiff1d(bars.code.unique(), stocks.code)
    if len(unknown):
        raise InputError(
            f"table stocks, code {unknown[0]}", "must be there, for it has bars",
            hint="fetch it anew with: stockcast data update",
        )  # fmt: skip
    return stocks[stocks.code.isin(bars.code.unique())], bars


def _listed(stocks: pd.DataFrame, bars: pd.DataFrame) -> _Rows:
    """Days from a stock's first bar to the last day, or to the day before it is delisted."""
    days = pd.DatetimeIndex(np.sort(bars.date.unique()))
    codes = pd.Index(stocks.code, dtype="str")
    first = days.get_indexer(bars.groupby("code").date.min().reindex(codes))
    gone = stocks.delist_date.fillna(days[-1] + pd.Timedelta(days=1))
    end = days.searchsorted(gone)
    position = np.arange(len(days))[:, None]
    day, stock = np.nonzero((position >= first) & (position < end))
    return _Rows(days, codes, day, stock)


def _boards(born: pd.DataFrame) -> pd.Series:
    """The board the source names; told from the code where it names none."""
    named = born.board.to_numpy()
    return pd.Series(np.where(named != "", named, board(pd.Series(born.index))))


def _special(table: pd.DataFrame, names: pd.DataFrame | None) -> np.ndarray:
    """Whether the name in force that day is one of special treatment."""
    if names is None or names.empty:
        return np.zeros(len(table), dtype=bool)
    named = pd.merge_asof(
        table[["date", "code"]], names.sort_values("start", kind="stable"),
        left_on="date", right_on="start", by="code",
    )  # fmt: skip
    in_force = named.end.isna() | (named.date <= named.end)
    return (in_force & named.name.fillna("").str.match(_SPECIAL)).to_numpy()


def _members(rows: _Rows, weights: pd.DataFrame | None, index: str) -> np.ndarray:
    """Whether the latest snapshot of the index's weights, up to that day, has the stock."""
    none = np.zeros(len(rows.day), dtype=bool)
    if weights is None or not (weights["index"] == index).any():
        return none
    weights = weights[weights["index"] == index]
    snapshots = pd.DatetimeIndex(np.sort(weights.date.unique()))
    member = np.zeros((len(snapshots) + 1, len(rows.codes)), dtype=bool)  # the last row: none yet
    stock = rows.codes.get_indexer(weights.code)
    member[snapshots.get_indexer(weights.date)[stock >= 0], stock[stock >= 0]] = True
    latest = snapshots.searchsorted(rows.days, side="right") - 1
    return member[latest[rows.day], rows.stock]


def _carried(table: pd.DataFrame, explained: np.ndarray) -> pd.DataFrame:
    """Fill the suspended days' prices, volume, amount and factor."""
    still = table.suspended.to_numpy()
    table["adj_factor"] = table.groupby("code").adj_factor.ffill()
    traded = table.loc[~still, ["close", "adj_factor"]].reindex(table.index)
    last = traded.groupby(table.code).ffill()
    adjusted = (last.close * last.adj_factor / table.adj_factor).round(2)
    stands = last.close.where(last.adj_factor == table.adj_factor, adjusted)
    for name in PRICES:
        table[name] = table[name].where(~still, stands)
    table["volume"] = table.volume.mask(still, 0.0)
    table["amount"] = table.amount.mask(still, np.where(explained, 0.0, np.nan))
    return table
