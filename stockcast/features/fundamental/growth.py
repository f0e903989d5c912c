"""How sales, profits and assets grow, how fast the growth changes, and how steady it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.line import Line, columns, features
from stockcast.features.fundamental.profitability import quarter_return
from stockcast.features.fundamental.statements import (
    YEAR,
    Statements,
    growth,
    mean_of,
    per,
    std_of,
)
from stockcast.features.rows import Rows

INCOME, WITH_BALANCE = ("income",), ("income", "balance")
HISTORY = 8
"""Quarters over which surprises are scaled and steadiness is measured."""

LAKONISHOK = "Lakonishok, Shleifer and Vishny, Journal of Finance 49 (1994)"
FOSTER = "Foster, Olsen and Shevlin, Accounting Review 59 (1984)"
JEGADEESH = "Jegadeesh and Livnat, Journal of Accounting and Economics 41 (2006)"
HE = "He and Narayanamoorthy, Journal of Accounting and Economics 69 (2020)"
COOPER = "Cooper, Gulen and Schill, Journal of Finance 63 (2008)"
PONTIFF = "Pontiff and Woodgate, Journal of Finance 63 (2008)"
DICHEV = "Dichev and Tang, Journal of Accounting and Economics 47 (2009)"
BARTH = "Barth, Elliott and Finn, Journal of Accounting Research 37 (1999)"


def _quarter(s: Statements, name: str, back: int = 0) -> np.ndarray:
    return growth(s.quarter(name, back), s.quarter(name, back + YEAR))


def _year(s: Statements, name: str, back: int = YEAR) -> np.ndarray:
    return growth(s.year(name), s.year(name, back))


def _balance(s: Statements, name: str) -> np.ndarray:
    return per(s.at(name), s.at(name, YEAR)) - 1


def _changes(s: Statements, name: str) -> list[np.ndarray]:
    """Changes of the quarter on the year before, the latest `HISTORY` quarters."""
    return [s.quarter(name, q) - s.quarter(name, q + YEAR) for q in range(HISTORY)]


def _unexpected(s: Statements, name: str) -> np.ndarray:
    """The latest change on the year before, in standard deviations of such changes."""
    changes = _changes(s, name)
    return per(changes[0], std_of(changes))


def _acceleration(s: Statements, name: str) -> np.ndarray:
    return _quarter(s, name) - _quarter(s, name, 1)


def _rising(s: Statements) -> np.ndarray:
    """Share of quarters whose profit is above the year before's."""
    changes = _changes(s, "net_profit_parent")
    return mean_of([np.where(np.isnan(change), np.nan, change > 0) for change in changes])


LINES = (
    Line("quarter_revenue_growth", INCOME, "revenue of the quarter / the same quarter a year "
         "before - 1", "fraction", LAKONISHOK, lambda s: _quarter(s, "revenue")),
    Line("quarter_profit_growth", INCOME, "(parent's net profit of the quarter - the same a year "
         "before) / its absolute value", "fraction", FOSTER,
         lambda s: _quarter(s, "net_profit_parent")),
    Line("revenue_growth", INCOME, "revenue of the trailing year / the year before - 1",
         "fraction", LAKONISHOK, lambda s: _year(s, "revenue")),
    Line("profit_growth", INCOME, "(parent's net profit of the trailing year - the year before's) "
         "/ its absolute value", "fraction", LAKONISHOK, lambda s: _year(s, "net_profit_parent")),
    Line("eps_growth", INCOME, "(earnings a share of the quarter - the same a year before) / its "
         "absolute value", "fraction", FOSTER, lambda s: _quarter(s, "eps")),
    Line("two_year_revenue_growth", INCOME, "revenue of the trailing year / two years before - 1",
         "fraction", LAKONISHOK, lambda s: _year(s, "revenue", 2 * YEAR)),
    Line("revenue_acceleration", INCOME, "quarter_revenue_growth - the same a quarter before",
         "fraction", HE, lambda s: _acceleration(s, "revenue")),
    Line("profit_acceleration", INCOME, "quarter_profit_growth - the same a quarter before",
         "fraction", HE, lambda s: _acceleration(s, "net_profit_parent")),
    Line("unexpected_earnings", INCOME, "change of the quarter's profit on the year before / "
         "standard deviation of the last 8 quarters' changes", "standard deviations", FOSTER,
         lambda s: _unexpected(s, "net_profit_parent")),
    Line("unexpected_revenue", INCOME, "change of the quarter's revenue on the year before / "
         "standard deviation of the last 8 quarters' changes", "standard deviations", JEGADEESH,
         lambda s: _unexpected(s, "revenue")),
    Line("rising_quarters", INCOME, "share of the last 8 quarters with a profit above the year "
         "before's", "fraction", BARTH, _rising),
    Line("revenue_instability", INCOME, "standard deviation of quarter_revenue_growth over the "
         "last 8 quarters", "fraction", DICHEV,
         lambda s: std_of([_quarter(s, "revenue", q) for q in range(HISTORY)])),
    Line("earnings_instability", WITH_BALANCE, "standard deviation of quarter_roe over the last 8 "
         "quarters", "fraction", DICHEV,
         lambda s: std_of([quarter_return(s, q) for q in range(HISTORY)])),
    Line("asset_growth", ("balance",), "assets / assets a year before - 1", "fraction", COOPER,
         lambda s: _balance(s, "total_assets")),
    Line("equity_growth", ("balance",), "parent's equity / the same a year before - 1", "fraction",
         LAKONISHOK, lambda s: _balance(s, "equity_parent")),
    Line("share_growth", ("balance",), "total shares / total shares a year before - 1", "fraction",
         PONTIFF, lambda s: _balance(s, "total_shares")),
)  # fmt: skip

FEATURES = features("growth", LINES)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from statements as known each day."""
    return columns(LINES, rows, tables)
