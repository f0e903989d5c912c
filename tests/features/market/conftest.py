"""A small simulated market with every table, and its market features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.features import catalogue
from stockcast.features.compute import compute

NAMES = [feature.name for feature in catalogue.family("market")]

EVENING = ("money_flow", "northbound", "northbound_holdings", "margin", "top_list", "top_seats")
"""Tables whose rows are public after the close of their date."""


@dataclass(frozen=True)
class Market:
    """A panel, its tables, and what the market features of them are."""

    panel: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]

    def made(self, names: list[str] | None = None, /, **changed: pd.DataFrame) -> pd.DataFrame:
        """Market features by date and code, with some tables (or `panel`) changed."""
        given = {"panel": self.panel, **self.tables, **changed}
        panel = given.pop("panel")
        there = {f.name for f in catalogue.available(panel.columns, given)}
        wanted = [name for name in names or NAMES if name in there]
        return compute(panel, given, names=wanted).set_index(["date", "code"])

    def wide(self, column: str) -> pd.DataFrame:
        """A column of the panel as a (date, code) table."""
        return self.panel.pivot(index="date", columns="code", values=column)


@pytest.fixture(scope="session")
def market(tables: sources.Tables) -> Market:
    """The small market that all tests of features share, its side tables by name."""
    return Market(tables.panel, dict(tables.side))


@pytest.fixture(scope="session")
def features(market) -> pd.DataFrame:
    """Every market feature of the simulated market, by date and code."""
    return market.made()


@pytest.fixture(scope="session")
def table(features) -> Callable[[str], pd.DataFrame]:
    """Features by name as (date, code) tables."""
    return lambda name: features[name].unstack("code").astype(float)


@pytest.fixture(scope="session")
def wide(market) -> dict[str, pd.DataFrame]:
    """Columns of the panel as (date, code) tables, the daily return, and who counts."""
    columns = ("close", "high", "low", "adj_factor", "amount", "suspended", "in_universe",
               "limit_up", "limit_down", "sector")  # fmt: skip
    out = {name: market.wide(name) for name in columns}
    out["price"] = out["close"] * out["adj_factor"]
    out["return"] = out["price"].pct_change(fill_method=None)
    out["member"] = out["in_universe"] == True  # noqa: E712
    out["traded"] = out["suspended"] == False  # noqa: E712
    out["counted"] = out["member"] & out["traded"]
    out["market"] = out["return"].where(out["counted"]).mean(axis=1)
    return out
