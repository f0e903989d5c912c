"""Market value against what statements tell: cash flows, EBITDA, debt, and growth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.known import on_days, take
from stockcast.features.fundamental.line import STATEMENTS, as_columns, feature
from stockcast.features.fundamental.statements import YEAR, Statements, growth, known, per
from stockcast.features.rows import Rows

EV = "enterprise value (market value + interest-bearing debt + minority - cash)"
INCOME, CASH = ("income", "valuation"), ("cash_flow", "valuation")
BALANCE, BOTH = ("balance", "valuation"), ("income", "balance", "valuation")
LOUGHRAN = "Loughran and Wellman, Journal of Financial and Quantitative Analysis 46 (2011)"
GREENBLATT = "Greenblatt, The Little Book That Beats the Market, Wiley (2005)"
GRAY = "Gray and Vogel, Journal of Portfolio Management 39 (2012)"
LAKONISHOK = "Lakonishok, Shleifer and Vishny, Journal of Finance 49 (1994)"
PENMAN = "Penman, Richardson and Tuna, Journal of Accounting Research 45 (2007)"
ALTMAN = "Altman, Journal of Finance 23 (1968)"
EASTON = "Easton, Accounting Review 79 (2004)"
PAR = 1.0
"""Yuan of share capital a share, as of nearly all Chinese stocks."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from statements as known and each day's own valuation."""
    if "valuation" not in tables:
        return {}
    found = known(rows, tables, STATEMENTS)
    there = found.figures.keys()
    value = _market_value(rows, tables["valuation"])
    out = {}
    with np.errstate(all="ignore"):
        if "cash_flow" in there:
            out |= _of_cash(found.latest("cash_flow"), value)
        if "balance" in there:
            out |= _of_debt(found.latest("balance"), value)
        if "income" in there:
            out["price_to_earnings_to_growth"] = _to_growth(found.latest("income"), value)
        if {"income", "balance"} <= there:
            out |= _of_enterprise(found.latest("income"), value)
    return as_columns(out)


def _market_value(rows: Rows, valuation: pd.DataFrame) -> np.ndarray:
    value = take(valuation["market_cap"].to_numpy(float), on_days(rows, valuation))
    return np.where(value > 0, value, np.nan)


def _net_debt(s: Statements) -> np.ndarray:
    return s.debt() + s.at("minority_interest") - s.at("cash")


def _of_cash(s: Statements, value: np.ndarray) -> dict[str, np.ndarray]:
    flows = {"cash_flow": "operating_cash_flow", "free_cash_flow": "free_cash_flow"}
    return {f"{name}_to_price": per(s.spread(s.year(flow)), value) for name, flow in flows.items()}


def _of_debt(s: Statements, value: np.ndarray) -> dict[str, np.ndarray]:
    owed = s.spread(_net_debt(s))
    whole = value + owed
    return {
        "log_enterprise_value": np.log(np.where(whole > 0, whole, np.nan)),
        "net_cash_to_price": per(-owed, value),
    }


def _to_growth(s: Statements, value: np.ndarray) -> np.ndarray:
    profit, before = (s.year("net_profit_parent", back) for back in (0, YEAR))
    return per(per(value, s.spread(profit)), s.spread(100 * growth(profit, before)))


def _of_enterprise(s: Statements, value: np.ndarray) -> dict[str, np.ndarray]:
    whole, ebitda = value + s.spread(_net_debt(s)), s.spread(s.year("ebitda"))
    assets, owed = s.at("total_assets"), s.spread(s.at("total_liabilities"))
    working = s.at("current_assets") - s.at("current_liabilities")
    kept = s.at("equity_parent") - PAR * s.at("total_shares")
    inside = 1.2 * per(working, assets) + 1.4 * per(kept, assets)
    inside = inside + 3.3 * per(s.year("ebit"), assets) + per(s.year("revenue"), assets)
    return {
        "ebitda_to_enterprise_value": per(ebitda, whole),
        "ebit_to_enterprise_value": per(s.spread(s.year("ebit")), whole),
        "sales_to_enterprise_value": per(s.spread(s.year("revenue")), whole),
        "enterprise_value_to_ebitda": per(np.where(whole > 0, whole, np.nan), ebitda),
        "altman_z": s.spread(inside) + 0.6 * per(value, owed),
    }


FEATURES = (
    feature("cash_flow_to_price", "valuation", "operating cash flow, trailing year / market value",
            CASH, "fraction", LAKONISHOK),
    feature("free_cash_flow_to_price", "valuation", "free cash flow, trailing year / market value",
            CASH, "fraction", GRAY),
    feature("log_enterprise_value", "size", f"ln({EV})", BALANCE, "ln yuan", LOUGHRAN),
    feature("net_cash_to_price", "valuation", "(cash - interest-bearing debt - minority) / market "
            "value", BALANCE, "fraction", PENMAN),
    feature("price_to_earnings_to_growth", "valuation", "market value / parent's net profit of the "
            "trailing year / (100 x its growth), both positive", INCOME, "ratio", EASTON),
    feature("ebitda_to_enterprise_value", "valuation", f"EBITDA, trailing year / {EV}", BOTH,
            "fraction", LOUGHRAN),
    feature("ebit_to_enterprise_value", "valuation", f"EBIT, trailing year / {EV}", BOTH,
            "fraction", GREENBLATT),
    feature("sales_to_enterprise_value", "valuation", f"revenue, trailing year / {EV}", BOTH,
            "fraction", GRAY),
    feature("enterprise_value_to_ebitda", "valuation", f"{EV} / EBITDA, trailing year, both "
            "positive", BOTH, "ratio", LOUGHRAN),
    feature("altman_z", "solvency", "1.2 working capital / assets + 1.4 (equity - 1 yuan a share) "
            "/ assets + 3.3 EBIT / assets + 0.6 market value / liabilities + revenue / assets; in "
            "Altman's own the second is retained earnings", BOTH, "points", ALTMAN),
)  # fmt: skip
