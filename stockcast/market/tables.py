"""The tables of a market: their columns and units, their keys, and when a row became public.

One vocabulary for all: the simulated market makes these tables, the sandbox serves them under
Tushare's names, the store keeps them, and every source maps its own names onto them. Money is in
yuan, volume in shares, ratios are fractions (0.01 is 1 %), days are naive midnights.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

DAY, TIME, TEXT, NUMBER, WHOLE, FLAG = "day", "time", "text", "number", "whole", "flag"
DTYPES = {
    DAY: "datetime64[us]", TIME: "datetime64[us]", TEXT: "str", NUMBER: "float64",
    WHOLE: "int64", FLAG: "bool",
}  # fmt: skip
"""Kind of a column -> pandas dtype. Days, times and numbers may be missing; text is then empty."""


@dataclass(frozen=True)
class Table:
    """One table's specification.

    Attributes
    ----------
    columns
        Name -> kind.
    key
        Columns that together occur once, in the order in which rows are sorted.
    dated
        The column that says which day or period a row belongs to; empty for tables that are
        always read whole.
    public
        When a row was known, in words.
    """

    columns: dict[str, str]
    key: tuple[str, ...]
    dated: str
    public: str

    def empty(self) -> pd.DataFrame:
        """No rows, every column in its type."""
        return self.typed(pd.DataFrame({name: [] for name in self.columns}))

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The table's columns of `frame` in order and type, sorted by key."""
        frame = frame[list(self.columns)].astype(
            {name: DTYPES[kind] for name, kind in self.columns.items()}
        )
        return frame.sort_values(list(self.key), kind="stable", ignore_index=True)


def _table(public: str, key: str, dated: str = "", **kinds: str) -> Table:
    """`kinds`: kind -> names separated by blanks; columns of the key come first."""
    kind_of = {name: kind for kind, names in kinds.items() for name in names.split()}
    order = [*key.split(), *(name for name in kind_of if name not in key.split())]
    return Table({name: kind_of[name] for name in order}, tuple(key.split()), dated, public)


_BAR = "open high low close pre_close volume amount"
_STATEMENT = {"day": "period announced first_announced", "text": "code report"}

TABLES: dict[str, Table] = {
    "calendar": _table(
        "before the year begins", "date", "date", day="date", flag="open",
    ),
    "stocks": _table(
        "the listing day; the delisting day when it comes", "code",
        text="code name board sector", day="list_date delist_date",
    ),
    "names": _table(
        "announced, or the start where that is missing", "code start",
        text="code name reason", day="start end announced",
    ),
    "bars": _table("the close of its date", "date code", "date", day="date", text="code",
                   number=_BAR),
    "factors": _table("the morning of its date", "date code", "date", day="date", text="code",
                      number="adj_factor"),
    "limits": _table("the morning of its date", "date code", "date", day="date", text="code",
                     number="limit_up limit_down"),
    "suspensions": _table("the morning of its date", "date code timing", "date", day="date",
                          text="code timing"),
    "valuation": _table(
        "the close of its date", "date code", "date", day="date", text="code",
        number="close turnover turnover_free volume_ratio pe pe_ttm pb ps ps_ttm dividend_yield "
        "dividend_yield_ttm total_shares float_shares free_shares market_cap float_cap",
    ),
    "index_bars": _table("the close of its date", "date code", "date", day="date", text="code",
                         number=_BAR),
    "index_weights": _table("its date", "date index code", "date", day="date", text="index code",
                            number="weight"),
    "sectors": _table("before the first day", "sector_code", text="sector_code sector level"),
    "sector_members": _table("the start of a membership", "code start",
                             text="code sector_code sector", day="start end"),
    "income": _table(
        "first_announced", "code period report first_announced", "first_announced", **_STATEMENT,
        number="revenue operating_cost selling_expense admin_expense financial_expense "
        "operating_profit total_profit income_tax net_profit net_profit_parent ebit ebitda eps",
    ),
    "balance": _table(
        "first_announced", "code period report first_announced", "first_announced", **_STATEMENT,
        number="total_shares cash receivables inventories current_assets fixed_assets intangibles "
        "goodwill total_assets short_debt payables current_liabilities long_debt bonds "
        "total_liabilities minority_interest equity_parent",
    ),
    "cash_flow": _table(
        "first_announced", "code period report first_announced", "first_announced", **_STATEMENT,
        number="sales_received operating_cash_flow capital_expenditure investing_cash_flow "
        "financing_cash_flow free_cash_flow depreciation",
    ),
    "indicators": _table(
        "announced", "code period announced", "announced", text="code", day="period announced",
        number="eps bps roe roa gross_margin net_margin debt_to_assets current_ratio quick_ratio "
        "asset_turnover inventory_turnover receivables_turnover revenue_growth profit_growth",
    ),
    "dividends": _table(
        "announced", "code period announced stage", "announced", text="code stage",
        day="period announced record_date ex_date pay_date", number="cash bonus",
    ),
    "money_flow": _table(
        "the evening of its date, before the next open", "date code", "date", day="date",
        text="code",
        number=" ".join(
            f"{side}_{size}_{what}"
            for size in ("small", "medium", "large", "extra_large")
            for what in ("volume", "amount")
            for side in ("buy", "sell")
        ) + " net_volume net_amount",
    ),
    "northbound": _table("the evening of its date", "date", "date", day="date",
                         number="shanghai shenzhen north south_shanghai south_shenzhen south"),
    "northbound_holdings": _table("the evening of its date", "date code", "date", day="date",
                                  text="code", number="shares share_of_float"),
    "margin": _table(
        "the morning after its date", "date code", "date", day="date", text="code",
        number="financing_balance financing_bought financing_repaid lending_balance "
        "lending_shares lending_repaid_shares lending_sold_shares total_balance",
    ),
    "top_list": _table(
        "the evening of its date", "date code reason", "date", day="date", text="code name reason",
        number="close change turnover amount list_sell list_buy list_amount net_amount net_rate "
        "amount_rate float_cap",
    ),
    "top_seats": _table(
        "the evening of its date", "date code reason side seat", "date", day="date",
        text="code reason side seat", number="buy buy_rate sell sell_rate net",
    ),
    "option_contracts": _table(
        "the listing day of a contract", "contract", text="contract name underlying call_put",
        number="strike multiplier", day="list_date maturity_date",
    ),
    "option_bars": _table(
        "the close of its date", "date contract", "date", day="date", text="contract",
        number="pre_settle pre_close open high low close settle volume amount open_interest",
    ),
    "macro": _table(
        "released", "series period released", "released", text="series",
        day="period released", number="value",
    ),
    "rates": _table("11:00 of its date", "date rate", "date", day="date", text="rate",
                    number="value"),
    "news": _table(
        "its time", "time title", "time", time="time", text="source title content",
    ),
}  # fmt: skip
"""Every table by name.

`bars` has a row for each stock that traded, as exchanges publish it: a suspended day has a row in
`suspensions` (`timing` empty for the whole day) and none here. Statements are cumulative from the
start of the year; `report` is 1 as first published and 4 restated. `names` tell special treatment:
ST, with or without a star before it, begins the name. `index_weights` are snapshots, each in force
from its date.
"""

IN_PANEL = ("bars", "factors", "limits", "suspensions")
"""Tables whose every column is in the panel."""

MACRO = {
    "gdp": "yuan, from the start of the year",
    "gdp_growth": "on the year before, from the start of the year, fraction",
    "cpi_growth": "on the year before, fraction",
    "cpi_monthly": "on the month before, fraction",
    "ppi_growth": "on the year before, fraction",
    "ppi_monthly": "on the month before, fraction",
    "m0": "yuan", "m1": "yuan", "m2": "yuan",
    "m0_growth": "on the year before, fraction",
    "m1_growth": "on the year before, fraction",
    "m2_growth": "on the year before, fraction",
}  # fmt: skip
"""Series of `macro` and their units; `period` is the last day of the month or quarter."""

RATES = (
    "shibor_on", "shibor_1w", "shibor_2w", "shibor_1m", "shibor_3m", "shibor_6m", "shibor_9m",
    "shibor_1y", "lpr_1y", "lpr_5y",
)  # fmt: skip
"""Rates of `rates`, fractions a year."""
