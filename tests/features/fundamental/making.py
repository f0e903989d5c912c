"""Fundamental features of given tables, and a small market in round figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from stockcast.data.completion import complete
from stockcast.features import catalogue
from stockcast.features.compute import compute
from stockcast.market.tables import NUMBER, TABLES
from tests.data.conftest import quotes

READ = ("panel", "income", "balance", "cash_flow", "indicators", "valuation", "dividends",
        "sector_members")  # fmt: skip
EARNS, LOSES = "000001.SZ", "600000.SH"


def made(tables: Mapping[str, pd.DataFrame], names: Sequence[str] | None = None) -> pd.DataFrame:
    """The fundamental features that these tables allow, or those named, by date and code."""
    if names is None:
        allowed = catalogue.available(tables["panel"].columns, list(tables))
        names = [feature.name for feature in allowed if feature.family == "fundamental"]
    return compute(tables["panel"], tables, names=names).set_index(["date", "code"])


def small() -> dict[str, pd.DataFrame]:
    """Two stocks, statements from 2011 to the first quarter of 2015, 20 days after each quarter.

    A quarter's revenue is 100 yuan in 2011 and 10 more each year. One stock earns a tenth of it,
    the other loses as much. Balances are 50, but for assets of 1000 and parent's equity of 500.
    """
    periods = pd.date_range("2011-03-31", "2015-03-31", freq="QE").as_unit("us")
    rows = pd.DataFrame(
        [(code, period) for code in (EARNS, LOSES) for period in periods],
        columns=["code", "period"],
    )
    rows = rows.assign(announced=rows["period"] + pd.Timedelta(days=20), report="1")
    rows["first_announced"] = rows["announced"]
    revenue = (100.0 + 10 * (rows["period"].dt.year - 2011)) * rows["period"].dt.quarter
    profit = revenue / 10 * rows["code"].map({EARNS: 1.0, LOSES: -1.0})
    balances = {"total_assets": 1000.0, "equity_parent": 500.0, "current_assets": 200.0}
    tables = {
        "income": _filled("income", rows, profit, {"revenue": revenue}),
        "balance": _filled("balance", rows, 50.0, balances),
        "cash_flow": _filled("cash_flow", rows, revenue / 5, {}),
    }
    panel = quotes((EARNS, LOSES), "2014-01-02", "2015-06-30")
    return {"panel": complete(panel.rename(columns={"in_csi300": "in_universe"}))} | tables


def _filled(name: str, rows: pd.DataFrame, rest: object, named: dict) -> pd.DataFrame:
    """Canonical statements: the figures named, and `rest` for all others."""
    figures = [column for column, kind in TABLES[name].columns.items() if kind == NUMBER]
    return TABLES[name].typed(rows.assign(**(dict.fromkeys(figures, rest) | named)))
