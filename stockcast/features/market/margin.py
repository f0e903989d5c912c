"""Borrowed money and borrowed shares: what margin traders bought, owe, and sold short.

The exchanges publish a day's figures on the morning after, so every feature takes them one trading
day later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.rows import Rows, ratio, where

LEVERAGE = "Hirose, Kato and Bremer, Pacific-Basin Finance Journal 17 (2009)"
SHORT = "Boehmer, Jones and Zhang, Journal of Finance 63 (2008)"
CHINA = "Chang, Luo and Ren, Journal of Banking and Finance 48 (2014)"

_MONEY = ("financing_balance", "financing_bought", "financing_repaid")
_SHARES = ("lending_balance", "lending_shares", "lending_sold_shares")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The table at each row's own day, the float's worth, and changes over all members."""
    names = (*_MONEY, *_SHARES)
    found = joined.of_stocks(rows, tables["margin"], names)
    columns = {f"margin.{name}": x for name, x in zip(names, found, strict=True)}
    net = columns["margin.financing_bought"] - columns["margin.financing_repaid"]
    columns["margin.net"] = where(rows["suspended"] & np.isnan(net), 0.0, net)
    # Balances are carried over a suspension: nothing is bought, little is repaid.
    if "valuation" in tables:
        (worth,) = joined.of_stocks(rows, tables["valuation"], ["float_cap"])
        share = ratio(columns["margin.financing_balance"], rows.filled(worth))
        columns["margin.share"] = share
        columns["margin.rank_share"] = cross.rank(rows, share, rows["in_universe"])
    before = rows.lag(columns["margin.financing_balance"])
    moved = ratio(columns["margin.financing_balance"], before) - 1
    columns["margin.market"] = cross.mean(
        rows, where(before > 0, np.clip(moved, -1, 1)), rows["in_universe"]
    )
    return columns


def _lagged(rows: Rows, name: str) -> np.ndarray:
    return rows.lag(f"margin.{name}")


def _growth(rows: Rows, name: str, days: int) -> np.ndarray:
    now = rows.lag(f"margin.{name}")
    return ratio(now, rows.lag(now, days)) - 1


def _to_amount(rows: Rows, name: str, days: int) -> np.ndarray:
    """Sum of a column over the sum of amounts, of the days up to the one before."""
    amount = where(rows["suspended"], 0.0, rows["amount"])
    column = rows[f"margin.{name}"]
    column = where(rows["suspended"] & np.isnan(column), 0.0, column)
    known = np.isfinite(amount) & np.isfinite(column)
    least = days - days // 5
    total = ratio(
        rows.sum(where(known, column), days, least), rows.sum(where(known, amount), days, least)
    )
    return rows.lag(total)


def _to_usual_amount(rows: Rows, days: int) -> np.ndarray:
    usual = rows.mean("traded_amount", days, days // 2)
    return rows.lag(ratio(rows["margin.lending_balance"], usual))


def _market(rows: Rows, days: int) -> np.ndarray:
    return rows.lag(rows.sum("margin.market", days))


_DELAY = "of the days up to the one before"
_AMOUNT = ("margin", "amount", "suspended")

FEATURES = (
    *(
        Feature(
            f"financing_change_{n}", "market", "margin", "money lent to buy, the day before / that "
            f"{n} days earlier - 1", ("margin",), n + 2, "fraction", LEVERAGE,
            partial(_growth, name="financing_balance", days=n),
        )
        for n in (5, 20)
    ),
    Feature(
        "net_financing_1", "market", "margin", "(bought with borrowed money - repaid) / amount, of "
        "the day before", _AMOUNT, 2, "share", LEVERAGE, partial(_to_amount, name="net", days=1),
    ),
    *(
        Feature(
            f"financing_bought_{n}", "market", "margin", "bought with borrowed money / amount, "
            f"summed over {n} days, {_DELAY}", _AMOUNT, n - n // 5 + 1, "share, 0 to 1", CHINA,
            partial(_to_amount, name="financing_bought", days=n),
        )
        for n in (1, 5, 20)
    ),
    Feature(
        "financing_share", "market", "margin", "money lent to buy / worth of the float, of the day "
        "before", ("margin", "valuation"), 2, "fraction", LEVERAGE,
        partial(_lagged, name="share"),
    ),
    Feature(
        "rank_financing_share", "market", "margin", "share of the members whose financing_share "
        "is lower, ties halved", ("margin", "valuation", "in_universe"), 2, "share, 0 to 1",
        LEVERAGE, partial(_lagged, name="rank_share"),
    ),
    Feature(
        "short_balance_20", "market", "margin", "worth of the shares lent to sell short / mean "
        "amount of the traded ones (at least 10) of 20 days, of the day before", _AMOUNT, 11,
        "days of trading", SHORT, partial(_to_usual_amount, days=20),
    ),
    Feature(
        "short_to_financing", "market", "margin", "worth of the shares lent to sell short / money "
        "lent to buy, of the day before", ("margin",), 2, "ratio", CHINA,
        lambda rows: rows.lag(ratio(rows["margin.lending_balance"],
                                    rows["margin.financing_balance"])),
    ),
    *(
        Feature(
            f"short_change_{n}", "market", "margin", "worth of the shares lent to sell short, the "
            f"day before / that {n} days earlier - 1", ("margin",), n + 2, "fraction", SHORT,
            partial(_growth, name="lending_balance", days=n),
        )
        for n in (5, 20)
    ),
    Feature(
        "market_financing_5", "market", "margin", "sum over 5 days up to the one before of the "
        "members' mean change of the money lent to buy, each within -1 and 1",
        ("margin", "in_universe"), 7, "fraction", CHINA, partial(_market, days=5),
    ),
)  # fmt: skip
