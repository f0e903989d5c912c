"""Whether companies can pay what they owe."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.line import Line, columns, features
from stockcast.features.fundamental.statements import YEAR, Statements, per
from stockcast.features.rows import Rows

BALANCE = ("balance",)
ALTMAN = "Altman, Journal of Finance 23 (1968)"
OHLSON = "Ohlson, Journal of Accounting Research 18 (1980)"
PENMAN = "Penman, Financial Statement Analysis and Security Valuation, McGraw-Hill (2013)"
PIOTROSKI = "Piotroski, Journal of Accounting Research 38 (2000)"
ZMIJEWSKI = "Zmijewski, Journal of Accounting Research 22 Supplement (1984)"
SOLIMAN = "Richardson, Sloan, Soliman and Tuna, Journal of Accounting and Economics 39 (2005)"


def current(s: Statements, back: int = 0) -> np.ndarray:
    """Current assets over current liabilities."""
    return per(s.at("current_assets", back), s.at("current_liabilities", back))


def leverage(s: Statements, back: int = 0) -> np.ndarray:
    """Liabilities over assets."""
    return per(s.at("total_liabilities", back), s.at("total_assets", back))


def _distress(s: Statements) -> np.ndarray:
    """Zmijewski's probit score; its current ratio enters with a plus as he estimated it."""
    earned = per(s.year("net_profit"), s.at("total_assets"))
    return -4.336 - 4.513 * earned + 5.679 * leverage(s) + 0.004 * current(s)


def _of_current(s: Statements, above: np.ndarray) -> np.ndarray:
    return per(above, s.at("current_liabilities"))


LINES = (
    Line("current_ratio", BALANCE, "current assets / current liabilities", "ratio", PENMAN,
         current),
    Line("quick_ratio", BALANCE, "(current assets - inventories) / current liabilities", "ratio",
         PENMAN, lambda s: _of_current(s, s.at("current_assets") - s.at("inventories"))),
    Line("cash_ratio", BALANCE, "cash / current liabilities", "ratio", PENMAN,
         lambda s: _of_current(s, s.at("cash"))),
    Line("working_capital", BALANCE, "(current assets - current liabilities) / assets", "fraction",
         ALTMAN, lambda s: per(s.at("current_assets") - s.at("current_liabilities"),
                               s.at("total_assets"))),
    Line("debt_to_assets", BALANCE, "liabilities / assets", "fraction", OHLSON, leverage),
    Line("debt_to_assets_change", BALANCE, "debt_to_assets - debt_to_assets a year before",
         "fraction", PIOTROSKI, lambda s: leverage(s) - leverage(s, YEAR)),
    Line("interest_bearing_debt", BALANCE, "(short debt + long debt + bonds) / assets", "fraction",
         PENMAN, lambda s: per(s.debt(), s.at("total_assets"))),
    Line("long_debt_to_equity", BALANCE, "(long debt + bonds) / (equity + minority)", "ratio",
         PENMAN, lambda s: per(s.at("long_debt") + s.at("bonds"), s.equity())),
    Line("short_debt_share", BALANCE, "short debt / (short debt + long debt + bonds)", "fraction",
         PENMAN, lambda s: per(s.at("short_debt"), s.debt())),
    Line("net_debt_to_equity", BALANCE,
         "(short debt + long debt + bonds - cash) / (equity + minority)", "ratio", PENMAN,
         lambda s: per(s.debt() - s.at("cash"), s.equity())),
    Line("net_debt_change", BALANCE,
         "(interest-bearing debt - cash, less the same a year before) / mean of assets",
         "fraction", SOLIMAN,
         lambda s: per(s.debt() - s.at("cash") - s.debt(YEAR) + s.at("cash", YEAR),
                       s.mean("total_assets"))),
    Line("interest_coverage", ("income",),
         "EBIT / financial expense, trailing year; none where there is no expense", "ratio",
         PENMAN, lambda s: per(s.year("ebit"), s.year("financial_expense"))),
    Line("zmijewski_score", ("income", "balance"), "-4.336 - 4.513 x net profit, trailing year / "
         "assets + 5.679 x liabilities / assets + 0.004 x current_ratio", "probit", ZMIJEWSKI,
         _distress),
    Line("cash_flow_to_debt", ("cash_flow", "balance"),
         "operating cash flow, trailing year / liabilities", "fraction", OHLSON,
         lambda s: per(s.year("operating_cash_flow"), s.at("total_liabilities"))),
)  # fmt: skip

FEATURES = features("solvency", LINES)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from statements as known each day."""
    return columns(LINES, rows, tables)
