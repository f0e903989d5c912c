"""The simulated companies' statements as published: income, balance, cash flow, indicators.

Every statement is a row of its own as first published (report 1); a correction is a second row
(report 4) and leaves the first as it was. A correction moves revenue between this period and the
next: with it move receivables, tax owed, profit and equity; no cash moves, so `cash_flow` has
none. Later statements hold what was right, and are drawn as they are. Flows run from the start of
the year.

From these tables a reader finds `Accounts.surprise`: with the quarter's `net_profit_parent` (less
the year's so far a quarter before) over the `equity_parent` a quarter before, the difference to
the same a year before, divided by `accounts.SURPRISE_UNIT`; all from report 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.market.simulated.accounts import year_to_date
from stockcast.market.simulated.ledger import Lines, lines
from stockcast.market.simulated.publication import dated
from stockcast.market.tables import NUMBER, TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

FIRST, CORRECTED = "1", "4"
"""Kinds of report."""
_PLAIN = (
    "eps", "bps", "current_ratio", "quick_ratio", "asset_turnover", "inventory_turnover",
    "receivables_turnover",
)  # fmt: skip
CORRECTION_TAX = 0.25
"""Tax on corrected revenue: the statutory rate."""


def income(world: World) -> pd.DataFrame:
    """Income statements, yuan and yuan a share, from the start of the year."""
    return _table(world, "income")


def balance(world: World) -> pd.DataFrame:
    """Balance sheets, yuan. Assets are liabilities, minority interest and parent's equity."""
    return _table(world, "balance")


def cash_flow(world: World) -> pd.DataFrame:
    """Cash flows, yuan, from the start of the year; they add up to the year's change in cash.

    `free_cash_flow` is operating cash flow less capital expenditure.
    """
    return _table(world, "cash_flow")


def indicators(world: World) -> pd.DataFrame:
    """Ratios of the other statements, as published with each version of them.

    eps, bps: profit and equity of the parent a share. roe, roa: profit since the start of the year
    over the mean of the year's opening and the period's closing equity of the parent, or assets.
    Margins: of revenue; gross is revenue less operating cost. Turnovers: revenue (inventories:
    operating cost) since the start of the year over the mean of opening and closing stocks.
    current_ratio, quick_ratio: current assets, without inventories in the second, over current
    liabilities. Growth: on the same period a year before as first published, over its absolute
    value. NaN where the comparison lies before the accounts.
    """
    first, corrected = versions(world)
    tables = []
    for values, moment in _publications(world, first, corrected):
        ratios = _indicators(values, first)
        ratios = {name: np.round(ratios[name], 4 if name in _PLAIN else 6) for name in ratios}
        table = _rows(world, moment, ratios)
        tables.append(table.assign(announced=table["first_announced"]))
    return TABLES["indicators"].typed(pd.concat(tables))


def versions(world: World) -> tuple[Lines, Lines]:
    """The statements' lines as first published and as corrected.

    Returns
    -------
    first, corrected
        Column -> array (n_quarters, n_stocks); yuan to the fen, flows from the start of the year.
        `corrected` equals `first` where there is no correction.
    """
    accounts, balances = world.accounts, TABLES["balance"].columns
    shares = _total_shares(world)
    first = {
        name: np.round(values if name in balances else year_to_date(values), 2)
        for name, values in lines(accounts, world.stocks).items()
    }
    first["total_shares"] = shares
    first["eps"] = np.round(first["net_profit_parent"] / shares, 4)
    corrected = _corrected(first, accounts.correction)
    corrected["eps"] = np.round(corrected["net_profit_parent"] / shares, 4)
    return first, corrected


def _corrected(first: Lines, share: np.ndarray) -> Lines:
    """Statements with `share` of revenue added that is not yet paid."""
    more = np.maximum(share * first["revenue"], -0.5 * first["receivables"])
    kept = (1 - CORRECTION_TAX) * more
    minority = kept * first["minority_interest"]
    minority /= first["minority_interest"] + first["equity_parent"]
    changes = {
        **dict.fromkeys(("revenue", "operating_profit", "total_profit", "ebit", "ebitda"), more),
        **dict.fromkeys(("receivables", "current_assets", "total_assets"), more),
        **dict.fromkeys(("income_tax", "current_liabilities", "total_liabilities"), more - kept),
        "net_profit": kept, "net_profit_parent": kept - minority,
        "minority_interest": minority, "equity_parent": kept - minority,
    }  # fmt: skip
    return first | {name: np.round(first[name] + change, 2) for name, change in changes.items()}


def _indicators(values: Lines, first: Lines) -> Lines:
    """Ratios (n_quarters, n_stocks) of one version; comparisons are with the first versions."""

    def opening(name: str) -> np.ndarray:
        """A balance at the start of the year."""
        row = np.arange(len(values[name])) // 4 * 4 - 1
        return np.where(row[:, None] >= 0, first[name][row], np.nan)

    def mean(name: str) -> np.ndarray:
        return (values[name] + opening(name)) / 2

    def growth(name: str) -> np.ndarray:
        before = np.full_like(first[name], np.nan)
        before[4:] = first[name][:-4]
        return (values[name] - before) / np.abs(before)

    revenue, profit = values["revenue"], values["net_profit_parent"]
    return {
        "eps": profit / values["total_shares"],
        "bps": values["equity_parent"] / values["total_shares"],
        "roe": profit / mean("equity_parent"),
        "roa": values["net_profit"] / mean("total_assets"),
        "gross_margin": 1 - values["operating_cost"] / revenue,
        "net_margin": values["net_profit"] / revenue,
        "debt_to_assets": values["total_liabilities"] / values["total_assets"],
        "current_ratio": values["current_assets"] / values["current_liabilities"],
        "quick_ratio": (values["current_assets"] - values["inventories"])
        / values["current_liabilities"],
        "asset_turnover": revenue / mean("total_assets"),
        "inventory_turnover": values["operating_cost"] / mean("inventories"),
        "receivables_turnover": revenue / mean("receivables"),
        "revenue_growth": growth("revenue"),
        "profit_growth": growth("net_profit_parent"),
    }


def _table(world: World, name: str) -> pd.DataFrame:
    """Statement table `name`: first versions, then corrections."""
    first, corrected = versions(world)
    columns = [column for column, kind in TABLES[name].columns.items() if kind == NUMBER]
    published = zip((FIRST, CORRECTED), _publications(world, first, corrected), strict=True)
    tables = [
        _rows(world, moment, {column: values[column] for column in columns}, report)
        for report, (values, moment) in published
        if report == FIRST or name != "cash_flow"
    ]
    return TABLES[name].typed(pd.concat(tables))


def _publications(
    world: World, first: Lines, corrected: Lines
) -> tuple[tuple[Lines, np.ndarray], tuple[Lines, np.ndarray]]:
    """Each version and its moments."""
    return (first, world.accounts.announced), (corrected, world.accounts.restated)


def _rows(world: World, moment: np.ndarray, values: Lines, report: str = FIRST) -> pd.DataFrame:
    """What was published by the last day, by companies then still listed."""
    accounts = world.accounts
    date = dated(moment)
    quarter, stock = np.nonzero(date <= _last_days(world))
    return pd.DataFrame(
        {
            "code": pd.array(world.stocks.codes, dtype="str").take(stock),
            "period": accounts.period[quarter].astype("datetime64[us]"),
            "announced": dated(accounts.announced)[quarter, stock].astype("datetime64[us]"),
            "first_announced": date[quarter, stock].astype("datetime64[us]"),
            "report": report,
        }
        | {name: value[quarter, stock] for name, value in values.items()}
    )


def _last_days(world: World) -> np.ndarray:
    """Last day on which each stock is listed, (n_stocks,); NaT for those not listed yet."""
    days = world.days.to_numpy().astype("datetime64[D]")
    last = len(days) - 1 - world.listed[::-1].argmax(axis=0)
    return np.where(world.listed.any(axis=0), days[last], np.datetime64("NaT"))


def _total_shares(world: World) -> np.ndarray:
    """All shares at the quarters' ends, (n_quarters, n_stocks)."""
    days = world.days.to_numpy().astype("datetime64[D]")
    position = np.searchsorted(days, world.accounts.period, side="right") - 1
    grown = world.path.shares[position] / world.stocks.shares
    grown = np.where(position[:, None] >= 0, grown, 1.0)
    return np.round(world.stocks.total_shares * grown)
