"""The simulated companies' books: every line of the statements, from profit and equity.

Profit and equity are given (`accounts`); sales, costs, assets and debts are built around them with
ratios of the company and its sector that change slowly. What is left over in each statement closes
it: operating cost in the income statement, other assets and other liabilities (neither published)
in the balance sheet; and cash flows are the changes of balance sheets, so that they add up to the
change in cash. Banks keep the same books as every other company here.
"""

from __future__ import annotations

import numpy as np

from stockcast.market.simulated.accounts import RATIOS, Accounts
from stockcast.market.simulated.draws import Stocks

TYPICAL = {
    # the middle company's value, and log (or logit) spreads: between companies, over time
    "minority": (0.04, 0.8, 0.1), "leverage": (0.45, 0.5, 0.06), "turnover": (0.6, 0.35, 0.08),
    "tax": (0.18, 0.2, 0.03), "selling": (0.05, 0.5, 0.05), "admin": (0.06, 0.4, 0.05),
    "other_income": (0.0, 0.0, 0.002), "fixed": (0.24, 0.4, 0.03),
    "intangible": (0.05, 0.5, 0.03), "goodwill": (0.01, 1.2, 0.03),
    "other_assets": (0.08, 0.4, 0.03), "cash": (0.3, 0.35, 0.05), "receivables": (0.25, 0.4, 0.05),
    "inventories": (0.28, 0.4, 0.05), "current_debt": (0.2, 0.5, 0.06),
    "payables": (0.33, 0.3, 0.04), "current_other": (0.2, 0.3, 0.04),
    "long_debt": (0.15, 0.5, 0.05), "bonds": (0.05, 1.0, 0.03),
}  # fmt: skip
"""Shares of what they are a part of; `turnover` is a year's sales over assets, `leverage`
liabilities over assets, `minority` of the parent's equity. Middle values are near the medians of
listed A-share companies outside finance."""
SECTOR_LEVERAGE = np.array([0.25, -0.3, -0.4, 0.1, 0.1, 0.9, -0.4, 0.6])
SECTOR_TURNOVER = np.array([-0.5, 0.25, 0.05, 0.05, 0.3, -0.7, 0.1, -0.3])
"""Added to the logit of leverage and the log of turnover, in the order of `draws.SECTORS`."""
SEASON = np.array([0.21, 0.25, 0.24, 0.30])
"""Share of a year's sales in each quarter."""
INTEREST, DEPOSIT, WEAR, AMORTISED = 0.05 / 4, 0.01 / 4, 0.08 / 4, 0.05 / 4
"""A quarter's interest on debt and on cash, and depreciation of fixed and of intangible assets."""
MARGIN = 0.6
"""Sales are at least so large that operating profit and expenses take no more of them."""

Lines = dict[str, np.ndarray]
"""Name of a line -> yuan (n_quarters, n_stocks); flows are the quarter's own."""


def lines(accounts: Accounts, stocks: Stocks) -> Lines:
    """Every published line of the three statements, as first published.

    Returns
    -------
    dict
        Column of `income`, `balance` or `cash_flow` -> array (n_quarters, n_stocks), yuan; flows
        of the quarter alone. Without shares and what is a share's.
    """
    ratio = _ratios(accounts, stocks)
    balance = _balance(accounts, ratio)
    now = {name: values[1:] for name, values in balance.items()}
    before = {name: values[:-1] for name, values in balance.items()}
    income = _income(accounts, ratio, now, before)
    return now | income | _cash_flow(accounts, income, now, before)


def _ratios(accounts: Accounts, stocks: Stocks) -> Lines:
    """Ratios by name, (n_quarters + 1, n_stocks): the first row is the quarter before all."""
    spread = np.array([TYPICAL[name][1:] for name in RATIOS])
    normal = spread[:, 0, None] * accounts.own
    normal = normal[:, None] + spread[:, 1, None, None] * accounts.drift
    ratio = {}
    for name, shift in zip(RATIOS, normal, strict=True):
        if name == "leverage":
            shift = shift + SECTOR_LEVERAGE[stocks.sector]
        if name == "turnover":
            shift = shift + SECTOR_TURNOVER[stocks.sector]
        odds = TYPICAL[name][0]
        if name not in ("turnover", "other_income"):
            odds = odds / (1 - odds)
        ratio[name] = shift if name == "other_income" else odds * np.exp(shift)
        if name not in ("turnover", "other_income"):
            ratio[name] /= 1 + ratio[name]
    return ratio


def _balance(accounts: Accounts, ratio: Lines) -> Lines:
    """Balance sheets, (n_quarters + 1, n_stocks)."""
    equity = np.concatenate([accounts.opening[:1], accounts.book])
    minority = equity * ratio["minority"][:1]
    assets = (equity + minority) / (1 - ratio["leverage"])
    debts = assets - equity - minority
    share = {name: assets * ratio[name] for name in ("fixed", "intangible", "goodwill")}
    current = assets * (1 - ratio["other_assets"]) - sum(share.values())
    parts = _parts(ratio, "cash", "receivables", "inventories")
    owed = _parts(ratio, "current_debt", "payables", "current_other", "long_debt", "bonds")
    # What remains of the debts (deferred income, provisions) is long-term and has no line.
    return {
        "cash": current * parts["cash"],
        "receivables": current * parts["receivables"],
        "inventories": current * parts["inventories"],
        "current_assets": current,
        "fixed_assets": share["fixed"],
        "intangibles": share["intangible"],
        "goodwill": share["goodwill"],
        "total_assets": assets,
        "short_debt": debts * owed["current_debt"],
        "payables": debts * owed["payables"],
        "current_liabilities": debts
        * (owed["current_debt"] + owed["payables"] + owed["current_other"]),
        "long_debt": debts * owed["long_debt"],
        "bonds": debts * owed["bonds"],
        "total_liabilities": debts,
        "minority_interest": minority,
        "equity_parent": equity,
    }


def _parts(ratio: Lines, *names: str) -> Lines:
    """Ratios that with a remainder add up to 1."""
    remainder = 1 - sum(TYPICAL[name][0] for name in names)
    total = sum(ratio[name] for name in names) + remainder
    return {name: ratio[name] / total for name in names}


def _income(accounts: Accounts, ratio: Lines, now: Lines, before: Lines) -> Lines:
    """Income statements of single quarters."""
    ratio = {name: values[1:] for name, values in ratio.items()}
    parent = accounts.profit
    net = parent * (1 + now["minority_interest"] / now["equity_parent"])
    tax = np.where(net > 0, net * ratio["tax"] / (1 - ratio["tax"]), 0.0)
    total = net + tax
    season = 4 * SEASON[np.arange(len(parent)) % 4, None]
    financial = INTEREST * _debt(before) - DEPOSIT * before["cash"]
    sales = before["total_assets"] * ratio["turnover"] / 4 * season
    expenses = ratio["selling"] + ratio["admin"]
    # Operating profit and financial expense are given, so thin sales are raised to carry them.
    sales = np.maximum(sales, (total + financial) / (MARGIN - expenses).clip(0.1))
    operating = total - ratio["other_income"] * sales
    selling, admin = ratio["selling"] * sales, ratio["admin"] * sales
    depreciation = WEAR * before["fixed_assets"] + AMORTISED * before["intangibles"]
    return {
        "revenue": sales,
        "operating_cost": sales - selling - admin - financial - operating,
        "selling_expense": selling,
        "admin_expense": admin,
        "financial_expense": financial,
        "operating_profit": operating,
        "total_profit": total,
        "income_tax": tax,
        "net_profit": net,
        "net_profit_parent": parent,
        "ebit": total + financial,
        "ebitda": total + financial + depreciation,
        "depreciation": depreciation,
    }


def _debt(balance: Lines) -> np.ndarray:
    """What bears interest."""
    return balance["short_debt"] + balance["long_debt"] + balance["bonds"]


def _cash_flow(accounts: Accounts, income: Lines, now: Lines, before: Lines) -> Lines:
    """Cash flows of single quarters; operating, investing and financing make the change in cash."""
    change = {name: now[name] - before[name] for name in now}
    debt = _debt(now) - _debt(before)
    working = change["current_assets"] - change["cash"] - change["total_liabilities"] + debt
    operating = (
        income["net_profit"] + income["depreciation"] + income["financial_expense"] - working
    )
    bought = change["total_assets"] - change["current_assets"] + income["depreciation"]
    spent = np.maximum(bought, 0.3 * income["depreciation"])
    equity = change["equity_parent"] + change["minority_interest"]
    financing = debt + equity - income["net_profit"] - income["financial_expense"]
    return {
        "sales_received": income["revenue"] - change["receivables"],
        "operating_cash_flow": operating,
        "capital_expenditure": spent,
        "investing_cash_flow": -bought,
        "financing_cash_flow": financing,
        "free_cash_flow": operating - spent,
    }
