"""Whether profits come in cash, what was accrued, and scores of many signs at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.efficiency import asset_turnover
from stockcast.features.fundamental.line import STATEMENTS, Line, columns, features
from stockcast.features.fundamental.profitability import gross, return_on_assets
from stockcast.features.fundamental.solvency import current
from stockcast.features.fundamental.statements import YEAR, Statements, add, per
from stockcast.features.rows import Rows

BALANCE, CASH = ("balance",), ("cash_flow", "balance")
WITH_CASH = ("income", "cash_flow")
SLOAN = "Sloan, Accounting Review 71 (1996)"
HRIBAR = "Hribar and Collins, Journal of Accounting Research 40 (2002)"
HIRSHLEIFER = "Hirshleifer, Hou, Teoh and Zhang, Journal of Accounting and Economics 38 (2004)"
PIOTROSKI = "Piotroski, Journal of Accounting Research 38 (2000)"
TITMAN = "Titman, Wei and Xie, Journal of Financial and Quantitative Analysis 39 (2004)"
BRADSHAW = "Bradshaw, Richardson and Sloan, Journal of Accounting and Economics 42 (2006)"
PENMAN = "Penman, Financial Statement Analysis and Security Valuation, McGraw-Hill (2013)"
LI = "Li, Shroff, Venkataraman and Zhang, Review of Accounting Studies 16 (2011)"


def _accruals(s: Statements) -> np.ndarray:
    """Change of working capital but for cash and short debt, less depreciation."""

    def working(back: int) -> np.ndarray:
        owned = s.at("current_assets", back) - s.at("cash", back)
        return owned - (s.at("current_liabilities", back) - s.at("short_debt", back))

    change = working(0) - working(YEAR)
    return per(change - s.year("depreciation"), s.mean("total_assets"))


def _net_operating(s: Statements) -> np.ndarray:
    used = s.at("total_assets") - s.at("cash")
    lent = s.at("total_liabilities") - s.debt()
    return per(used - lent, s.at("total_assets", YEAR))


def f_score(s: Statements) -> np.ndarray:
    """Piotroski's nine signs, 0 to 9; NaN where one cannot be told.

    Profit, operating cash flow and a rise of the return on assets; more cash than profit; less
    long-term debt, a higher current ratio, no new shares; a higher gross margin and asset
    turnover. Changes are on the year before. Bonus shares count as new ones.
    """
    leverage = [
        per(s.at("long_debt", back) + s.at("bonds", back), s.mean("total_assets", back))
        for back in (0, YEAR)
    ]
    cash = s.year("operating_cash_flow")
    signs = (
        return_on_assets(s),
        cash,
        return_on_assets(s) - return_on_assets(s, YEAR),
        cash - s.year("net_profit"),
        leverage[1] - leverage[0],
        current(s) - current(s, YEAR),
        gross(s) - gross(s, YEAR),
        asset_turnover(s) - asset_turnover(s, YEAR),
    )
    issued = s.at("total_shares") - s.at("total_shares", YEAR)
    points = [np.where(np.isnan(sign), np.nan, sign > 0) for sign in signs]
    return add(*points, np.where(np.isnan(issued), np.nan, issued <= 0))


LINES = (
    Line("accruals", STATEMENTS, "(net profit - operating cash flow), trailing year / mean of "
         "assets", "fraction", HRIBAR,
         lambda s: per(s.year("net_profit") - s.year("operating_cash_flow"),
                       s.mean("total_assets"))),
    Line("working_capital_accruals", CASH, "(change in the year of current assets - cash - current "
         "liabilities + short debt, - depreciation) / mean of assets", "fraction", SLOAN,
         _accruals),
    Line("net_operating_assets", BALANCE, "(assets - cash - liabilities + interest-bearing debt) / "
         "assets a year before", "fraction", HIRSHLEIFER, _net_operating),
    Line("f_score", STATEMENTS, "Piotroski's nine signs, counted", "points", PIOTROSKI, f_score),
    Line("cash_to_profit", WITH_CASH, "operating cash flow / net profit, trailing year; none "
         "without a profit", "ratio", PENMAN,
         lambda s: per(s.year("operating_cash_flow"), s.year("net_profit"))),
    Line("cash_margin", WITH_CASH, "operating cash flow / revenue, trailing year", "fraction",
         PENMAN, lambda s: per(s.year("operating_cash_flow"), s.year("revenue"))),
    Line("free_cash_margin", WITH_CASH, "free cash flow / revenue, trailing year", "fraction",
         PENMAN, lambda s: per(s.year("free_cash_flow"), s.year("revenue"))),
    Line("sales_received", WITH_CASH, "cash received for sales / revenue, trailing year",
         "fraction", PENMAN, lambda s: per(s.year("sales_received"), s.year("revenue"))),
    Line("capital_intensity", WITH_CASH, "capital expenditure / revenue, trailing year",
         "fraction", TITMAN, lambda s: per(s.year("capital_expenditure"), s.year("revenue"))),
    Line("abnormal_investment", WITH_CASH, "capital_intensity / the same a year before - 1",
         "fraction", TITMAN,
         lambda s: per(per(s.year("capital_expenditure"), s.year("revenue")),
                       per(s.year("capital_expenditure", YEAR), s.year("revenue", YEAR))) - 1),
    Line("replacement", ("cash_flow",), "capital expenditure / depreciation, trailing year",
         "ratio", PENMAN, lambda s: per(s.year("capital_expenditure"), s.year("depreciation"))),
    Line("external_financing", CASH, "financing cash flow, trailing year / mean of assets",
         "fraction", BRADSHAW, lambda s: per(s.year("financing_cash_flow"),
                                             s.mean("total_assets"))),
    Line("goodwill_share", BALANCE, "goodwill / (equity + minority)", "fraction", LI,
         lambda s: per(s.at("goodwill"), s.equity())),
    Line("intangible_share", BALANCE, "(intangibles + goodwill) / assets", "fraction", LI,
         lambda s: per(s.at("intangibles") + s.at("goodwill"), s.at("total_assets"))),
    Line("fixed_share", BALANCE, "fixed assets / assets", "fraction", PENMAN,
         lambda s: per(s.at("fixed_assets"), s.at("total_assets"))),
)  # fmt: skip

FEATURES = features("quality", LINES)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from statements as known each day."""
    return columns(LINES, rows, tables)
