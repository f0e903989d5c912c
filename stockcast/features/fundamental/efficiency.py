"""How fast assets turn into sales, and what selling costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.line import Line, columns, features
from stockcast.features.fundamental.statements import YEAR, Statements, per
from stockcast.features.rows import Rows

WITH_BALANCE = ("income", "balance")
DAYS, QUARTER_DAYS = 365, 91.25
PENMAN = "Penman, Financial Statement Analysis and Security Valuation, McGraw-Hill (2013)"
SOLIMAN = "Soliman, Accounting Review 83 (2008)"
RICHARDS = "Richards and Laughlin, Financial Management 9 (1980)"
LEV = "Lev and Thiagarajan, Journal of Accounting Research 31 (1993)"


def asset_turnover(s: Statements, back: int = 0) -> np.ndarray:
    """The trailing year's revenue over mean assets."""
    return per(s.year("revenue", back), s.mean("total_assets", back))


def _turnover(s: Statements, flow: str, balance: str) -> np.ndarray:
    return per(s.year(flow), s.mean(balance))


def _days(s: Statements, balance: str, flow: str) -> np.ndarray:
    """Days that the balance lasts at the quarter's pace."""
    return QUARTER_DAYS * per(s.at(balance), s.quarter(flow))


def _cycle(s: Statements) -> np.ndarray:
    cost, revenue = s.year("operating_cost"), s.year("revenue")
    tied = per(s.at("inventories") - s.at("payables"), cost) + per(s.at("receivables"), revenue)
    return DAYS * tied


def _ahead_of_sales(s: Statements, balance: str) -> np.ndarray:
    """Growth of a balance less that of the quarter's revenue, both on the year."""
    grown = per(s.at(balance), s.at(balance, YEAR))
    return grown - per(s.quarter("revenue"), s.quarter("revenue", YEAR))


def _expenses(s: Statements, name: str) -> np.ndarray:
    return per(s.year(name), s.year("revenue"))


LINES = (
    Line("asset_turnover", WITH_BALANCE, "revenue, trailing year / mean of assets now and a year "
         "before", "times a year", SOLIMAN, asset_turnover),
    Line("asset_turnover_change", WITH_BALANCE, "asset_turnover - asset_turnover a year before",
         "times a year", SOLIMAN, lambda s: asset_turnover(s) - asset_turnover(s, YEAR)),
    Line("inventory_turnover", WITH_BALANCE, "operating cost, trailing year / mean of inventories "
         "now and a year before", "times a year", PENMAN,
         lambda s: _turnover(s, "operating_cost", "inventories")),
    Line("receivables_turnover", WITH_BALANCE, "revenue, trailing year / mean of receivables now "
         "and a year before", "times a year", PENMAN,
         lambda s: _turnover(s, "revenue", "receivables")),
    Line("payables_turnover", WITH_BALANCE, "operating cost, trailing year / mean of payables now "
         "and a year before", "times a year", PENMAN,
         lambda s: _turnover(s, "operating_cost", "payables")),
    Line("fixed_asset_turnover", WITH_BALANCE, "revenue, trailing year / mean of fixed assets now "
         "and a year before", "times a year", PENMAN,
         lambda s: _turnover(s, "revenue", "fixed_assets")),
    Line("inventory_days", WITH_BALANCE, "91.25 x inventories / operating cost of the latest "
         "quarter", "days", PENMAN, lambda s: _days(s, "inventories", "operating_cost")),
    Line("receivables_days", WITH_BALANCE, "91.25 x receivables / revenue of the latest quarter",
         "days", PENMAN, lambda s: _days(s, "receivables", "revenue")),
    Line("cash_conversion_cycle", WITH_BALANCE, "365 x ((inventories - payables) / operating cost "
         "+ receivables / revenue), trailing year", "days", RICHARDS, _cycle),
    Line("inventory_ahead_of_sales", WITH_BALANCE, "inventories / the same a year before - revenue "
         "of the quarter / the same a year before", "fraction", LEV,
         lambda s: _ahead_of_sales(s, "inventories")),
    Line("receivables_ahead_of_sales", WITH_BALANCE, "receivables / the same a year before - "
         "revenue of the quarter / the same a year before", "fraction", LEV,
         lambda s: _ahead_of_sales(s, "receivables")),
    Line("selling_expense", ("income",), "selling expense / revenue, trailing year", "fraction",
         LEV, lambda s: _expenses(s, "selling_expense")),
    Line("admin_expense", ("income",), "administrative expense / revenue, trailing year",
         "fraction", LEV, lambda s: _expenses(s, "admin_expense")),
)  # fmt: skip

FEATURES = features("efficiency", LINES)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from statements as known each day."""
    return columns(LINES, rows, tables)
