"""Ratios as companies and vendors report them, for markets without whole statements.

They are counted from the start of the year, so those of flows are brought to a year here: 4 / q of
what quarter q reports. Where a vendor has no date of publication, the legal deadline counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features.fundamental.known import quarter_ends
from stockcast.features.fundamental.line import Line, as_columns, columns, feature, features
from stockcast.features.fundamental.statements import YEAR, Statements, known, per
from stockcast.features.rows import Rows

INPUTS, PRICED = ("indicators",), ("indicators", "close")

PENMAN = "Penman, Financial Statement Analysis and Security Valuation, McGraw-Hill (2013)"
LAKONISHOK = "Lakonishok, Shleifer and Vishny, Journal of Finance 49 (1994)"
PIOTROSKI = "Piotroski, Journal of Accounting Research 38 (2000)"
HE = "He and Narayanamoorthy, Journal of Accounting and Economics 69 (2020)"
BASU = "Basu, Journal of Finance 32 (1977)"
FAMA = "Fama and French, Journal of Finance 47 (1992)"
LATANE = "Latane and Jones, Journal of Finance 32 (1977)"


def _yearly(s: Statements, name: str, back: int = 0) -> np.ndarray:
    quarter = (s.number - back - 1) % YEAR + 1
    return s.at(name, back) * YEAR / quarter


def _acceleration(s: Statements, name: str) -> np.ndarray:
    return s.at(name) - s.at(name, 1)


LINES = (
    Line("reported_roe", INPUTS, "return on equity as reported x 4 / quarter", "fraction a year",
         PENMAN, lambda s: _yearly(s, "roe")),
    Line("reported_roe_change", INPUTS, "reported_roe - the same a year before", "fraction a year",
         PENMAN, lambda s: _yearly(s, "roe") - _yearly(s, "roe", YEAR)),
    Line("reported_gross_margin", INPUTS, "gross margin of the year so far, as reported",
         "fraction", PENMAN, lambda s: s.at("gross_margin")),
    Line("reported_gross_margin_change", INPUTS, "reported_gross_margin - the same a year before",
         "fraction", PIOTROSKI, lambda s: s.at("gross_margin") - s.at("gross_margin", YEAR)),
    Line("reported_net_margin", INPUTS, "net margin of the year so far, as reported", "fraction",
         PENMAN, lambda s: s.at("net_margin")),
    Line("reported_current_ratio", INPUTS, "current ratio as reported", "ratio", PENMAN,
         lambda s: s.at("current_ratio")),
    Line("reported_quick_ratio", INPUTS, "quick ratio as reported", "ratio", PENMAN,
         lambda s: s.at("quick_ratio")),
    Line("reported_debt_to_assets", INPUTS, "liabilities / assets as reported", "fraction",
         PENMAN, lambda s: s.at("debt_to_assets")),
    Line("reported_inventory_turnover", INPUTS, "inventory turnover as reported x 4 / quarter",
         "times a year", PENMAN, lambda s: _yearly(s, "inventory_turnover")),
    Line("reported_receivables_turnover", INPUTS, "receivables turnover as reported x 4 / quarter",
         "times a year", PENMAN, lambda s: _yearly(s, "receivables_turnover")),
    Line("reported_revenue_growth", INPUTS, "revenue of the year so far on the year before, as "
         "reported", "fraction", LAKONISHOK, lambda s: s.at("revenue_growth")),
    Line("reported_profit_growth", INPUTS, "net profit of the year so far on the year before, as "
         "reported", "fraction", LAKONISHOK, lambda s: s.at("profit_growth")),
    Line("reported_revenue_acceleration", INPUTS, "reported_revenue_growth - the same a quarter "
         "before", "fraction", HE, lambda s: _acceleration(s, "revenue_growth")),
    Line("reported_profit_acceleration", INPUTS, "reported_profit_growth - the same a quarter "
         "before", "fraction", HE, lambda s: _acceleration(s, "profit_growth")),
)  # fmt: skip

FEATURES = (
    *features("reported", LINES),
    feature("reported_earnings_to_price", "reported", "earnings a share as reported x 4 / quarter "
            "/ close", PRICED, "fraction a year", BASU),
    feature("reported_book_to_price", "reported", "equity a share as reported / close", PRICED,
            "fraction", FAMA),
    feature("reported_earnings_surprise", "reported", "(earnings a share of the year so far - the "
            "same a year before) / close", PRICED, "fraction", LATANE),
    feature("reported_age", "reported", "calendar days since the end of the latest period "
            "reported", INPUTS, "days", PENMAN),
)  # fmt: skip


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from indicators as known each day."""
    if "indicators" not in tables:
        return {}
    out = columns(LINES, rows, tables, INPUTS)
    found = known(rows, tables, INPUTS)
    s = found.latest("indicators")
    with np.errstate(all="ignore"):
        priced = {
            "earnings_to_price": per(s.spread(_yearly(s, "eps")), rows["close"]),
            "book_to_price": per(s.spread(s.at("bps")), rows["close"]),
            "earnings_surprise": per(s.spread(s.at("eps") - s.at("eps", YEAR)), rows["close"]),
            "age": found.today - found.events.spread(quarter_ends(s.number)),
        }
    return out | as_columns({f"reported_{name}": column for name, column in priced.items()})
