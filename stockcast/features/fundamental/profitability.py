"""How much of revenue, assets and equity companies keep."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.line import Line, columns, features
from stockcast.features.fundamental.statements import YEAR, Statements, per
from stockcast.features.rows import Rows

INCOME, WITH_BALANCE = ("income",), ("income", "balance")

PENMAN = "Penman, Financial Statement Analysis and Security Valuation, McGraw-Hill (2013)"
NOVY_MARX = "Novy-Marx, Journal of Financial Economics 108 (2013)"
HOU = "Hou, Xue and Zhang, Review of Financial Studies 28 (2015)"
BALL = "Ball, Gerakos, Linnainmaa and Nikolaev, Journal of Financial Economics 121 (2016)"
PIOTROSKI = "Piotroski, Journal of Accounting Research 38 (2000)"


def gross(s: Statements, back: int = 0) -> np.ndarray:
    """Gross margin of the trailing year."""
    revenue = s.year("revenue", back)
    return per(revenue - s.year("operating_cost", back), revenue)


def return_on_equity(s: Statements, back: int = 0) -> np.ndarray:
    """The trailing year's profit of the parent over its mean equity."""
    return per(s.year("net_profit_parent", back), s.mean("equity_parent", back))


def return_on_assets(s: Statements, back: int = 0) -> np.ndarray:
    """The trailing year's net profit over mean assets."""
    return per(s.year("net_profit", back), s.mean("total_assets", back))


def quarter_return(s: Statements, back: int = 0) -> np.ndarray:
    """The quarter's profit of the parent over its equity a quarter before."""
    return per(s.quarter("net_profit_parent", back), s.at("equity_parent", back + 1))


def _of_revenue(s: Statements, name: str, back: int = 0) -> np.ndarray:
    return per(s.year(name, back), s.year("revenue", back))


def tax_rate(s: Statements) -> np.ndarray:
    """Income tax over profit before it, from 0 to 1; NaN without a profit."""
    return np.clip(per(s.year("income_tax"), s.year("total_profit")), 0.0, 1.0)


def _invested(s: Statements) -> np.ndarray:
    now, before = (s.equity(back) + s.debt(back) for back in (0, YEAR))
    return per(s.year("ebit") * (1 - tax_rate(s)), (now + before) / 2)


LINES = (
    Line("gross_margin", INCOME, "(revenue - operating cost) / revenue, trailing year",
         "fraction", PENMAN, gross),
    Line("operating_margin", INCOME, "operating profit / revenue, trailing year", "fraction",
         PENMAN, lambda s: _of_revenue(s, "operating_profit")),
    Line("net_margin", INCOME, "net profit / revenue, trailing year", "fraction", PENMAN,
         lambda s: _of_revenue(s, "net_profit")),
    Line("ebitda_margin", INCOME, "EBITDA / revenue, trailing year", "fraction", PENMAN,
         lambda s: _of_revenue(s, "ebitda")),
    Line("quarter_net_margin", INCOME, "net profit / revenue, latest quarter", "fraction", PENMAN,
         lambda s: per(s.quarter("net_profit"), s.quarter("revenue"))),
    Line("tax_rate", INCOME, "income tax / total profit, trailing year, within [0, 1]",
         "fraction", PENMAN, tax_rate),
    Line("gross_margin_change", INCOME, "gross_margin - gross_margin a year before", "fraction",
         PIOTROSKI, lambda s: gross(s) - gross(s, YEAR)),
    Line("roe", WITH_BALANCE, "parent's net profit, trailing year / mean of its equity now and a "
         "year before", "fraction", PENMAN, return_on_equity),
    Line("roa", WITH_BALANCE, "net profit, trailing year / mean of assets now and a year before",
         "fraction", PENMAN, return_on_assets),
    Line("roic", WITH_BALANCE, "EBIT x (1 - tax_rate), trailing year / mean of equity, minority "
         "and interest-bearing debt now and a year before", "fraction", PENMAN, _invested),
    Line("gross_profitability", WITH_BALANCE, "(revenue - operating cost), trailing year / assets",
         "fraction", NOVY_MARX,
         lambda s: per(s.year("revenue") - s.year("operating_cost"), s.at("total_assets"))),
    Line("quarter_roe", WITH_BALANCE, "parent's net profit of the latest quarter / its equity a "
         "quarter before", "fraction", HOU, quarter_return),
    Line("quarter_roe_change", WITH_BALANCE, "quarter_roe - quarter_roe a year before", "fraction",
         HOU, lambda s: quarter_return(s) - quarter_return(s, YEAR)),
    Line("roe_change", WITH_BALANCE, "roe - roe a year before", "fraction", PENMAN,
         lambda s: return_on_equity(s) - return_on_equity(s, YEAR)),
    Line("cash_return_on_assets", ("income", "balance", "cash_flow"),
         "operating cash flow, trailing year / mean of assets now and a year before", "fraction",
         BALL, lambda s: per(s.year("operating_cash_flow"), s.mean("total_assets"))),
)  # fmt: skip

FEATURES = features("profitability", LINES)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from statements as known each day."""
    return columns(LINES, rows, tables)
