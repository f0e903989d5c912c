"""What was known of one stock on one day, and its features, in the plainest pandas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.market import calendar


class OneDay:
    """Statements of one stock as they were known at one close."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], code: str, day: pd.Timestamp) -> None:
        self.code, self.day = code, day
        self.of = {name: self._known(tables[name]) for name in ("income", "balance", "cash_flow")}
        self.period = self.of["income"].index.max()

    def _known(self, table: pd.DataFrame) -> pd.DataFrame:
        """One row per period: the last version announced on an earlier day."""
        own = table[(table["code"] == self.code) & (table["first_announced"] < self.day)]
        # Announced before the day, or on days of rest before it: some trading day lies after it.
        counts = [calendar.next_session(day) <= self.day for day in own["first_announced"]]
        own = own[np.array(counts, bool)]
        own = own.sort_values(["period", "first_announced"])
        return own.drop_duplicates("period", keep="last").set_index("period")

    def ago(self, quarters: int) -> pd.Timestamp:
        """End of the quarter so many before the latest."""
        return self.period - pd.offsets.QuarterEnd(quarters) if quarters else self.period

    def at(self, name: str, back: int = 0) -> float:
        return self.of["balance"][name].get(self.ago(back), np.nan)

    def _so_far(self, name: str, period: pd.Timestamp) -> float:
        table = self.of["income"] if name in self.of["income"] else self.of["cash_flow"]
        return table[name].get(period, np.nan)

    def quarter(self, name: str, back: int = 0) -> float:
        period = self.ago(back)
        before = self._so_far(name, self.ago(back + 1)) if period.month > 3 else 0.0
        return self._so_far(name, period) - before

    def year(self, name: str, back: int = 0) -> float:
        return sum(self.quarter(name, back + quarter) for quarter in range(4))

    def mean(self, name: str, back: int = 0) -> float:
        return (self.at(name, back) + self.at(name, back + 4)) / 2


def features(of: OneDay) -> dict[str, float]:
    """Some features of every group that has statements alone."""
    q, y, at, mean = of.quarter, of.year, of.at, of.mean
    changes = [q("net_profit_parent", b) - q("net_profit_parent", b + 4) for b in range(8)]
    growths = [q("revenue", b) / q("revenue", b + 4) - 1 for b in range(8)]
    debt = at("short_debt") + at("long_debt") + at("bonds")
    working = [at("current_assets", b) - at("cash", b) - at("current_liabilities", b)
               + at("short_debt", b) for b in (0, 4)]  # fmt: skip
    tax = np.clip(y("income_tax") / y("total_profit"), 0, 1) if y("total_profit") > 0 else np.nan
    capital = [at("equity_parent", b) + at("minority_interest", b) + at("short_debt", b)
               + at("long_debt", b) + at("bonds", b) for b in (0, 4)]  # fmt: skip
    return {
        "gross_margin": 1 - y("operating_cost") / y("revenue"),
        "operating_margin": y("operating_profit") / y("revenue"),
        "roe": y("net_profit_parent") / mean("equity_parent"),
        "roa": y("net_profit") / mean("total_assets"),
        "roic": y("ebit") * (1 - tax) / (sum(capital) / 2),
        "quarter_roe_change": q("net_profit_parent") / at("equity_parent", 1)
        - q("net_profit_parent", 4) / at("equity_parent", 5),
        "current_ratio": at("current_assets") / at("current_liabilities"),
        "quick_ratio": (at("current_assets") - at("inventories")) / at("current_liabilities"),
        "debt_to_assets": at("total_liabilities") / at("total_assets"),
        "net_debt_to_equity": (debt - at("cash")) / (at("equity_parent") + at("minority_interest")),
        "interest_coverage": y("ebit") / y("financial_expense"),
        "asset_turnover": y("revenue") / mean("total_assets"),
        "inventory_turnover": y("operating_cost") / mean("inventories"),
        "receivables_days": 91.25 * at("receivables") / q("revenue"),
        "revenue_growth": y("revenue") / y("revenue", 4) - 1,
        "quarter_revenue_growth": growths[0],
        "revenue_acceleration": growths[0] - growths[1],
        "profit_growth": (y("net_profit_parent") - y("net_profit_parent", 4))
        / abs(y("net_profit_parent", 4)),
        "unexpected_earnings": changes[0] / np.std(changes, ddof=1),
        "rising_quarters": np.mean(np.where(np.isnan(changes), np.nan, np.array(changes) > 0)),
        "revenue_instability": np.std(growths, ddof=1),
        "asset_growth": at("total_assets") / at("total_assets", 4) - 1,
        "accruals": (y("net_profit") - y("operating_cash_flow")) / mean("total_assets"),
        "working_capital_accruals": (working[0] - working[1] - y("depreciation"))
        / mean("total_assets"),
        "f_score": _f_score(of),
        "free_cash_margin": y("free_cash_flow") / y("revenue"),
        "goodwill_share": at("goodwill") / (at("equity_parent") + at("minority_interest")),
        "statement_age": (of.day - of.period).days,
    }


def _f_score(of: OneDay) -> float:
    y, at, mean = of.year, of.at, of.mean

    def returned(back: int) -> float:
        return y("net_profit", back) / mean("total_assets", back)

    def owed(back: int) -> float:
        return (at("long_debt", back) + at("bonds", back)) / mean("total_assets", back)

    def liquid(back: int) -> float:
        return at("current_assets", back) / at("current_liabilities", back)

    def margin(back: int) -> float:
        return 1 - y("operating_cost", back) / y("revenue", back)

    def turned(back: int) -> float:
        return y("revenue", back) / mean("total_assets", back)

    signs = [
        returned(0),
        y("operating_cash_flow"),
        returned(0) - returned(4),
        y("operating_cash_flow") - y("net_profit"),
        owed(4) - owed(0),
        liquid(0) - liquid(4),
        margin(0) - margin(4),
        turned(0) - turned(4),
    ]
    issued = at("total_shares") - at("total_shares", 4)
    if np.isnan([*signs, issued]).any():
        return np.nan
    return sum(sign > 0 for sign in signs) + (issued <= 0)
