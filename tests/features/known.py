"""Tables as they were known at the close of a day, each by its own rule of publication.

The rules stand in `stockcast.market.tables.TABLES` in words. They are written out here once more,
apart from the code under test.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import dated, deadline, released
from stockcast.data.sources import Tables

AT_THE_CLOSE = ("valuation", "index_bars", "option_bars", "index_weights", "rates", "events")
"""Public by the close of their date."""

AFTER = ("money_flow", "northbound", "northbound_holdings", "margin", "top_list", "top_seats")
"""Public in the evening of their date or on the next morning: by the next trading day's close."""

STATEMENTS = ("income", "balance", "cash_flow", "indicators", "dividends")
"""Public in the evening of the day of announcement."""

ALWAYS = ("links", "sectors")


def all_tables(found: Tables) -> dict[str, pd.DataFrame]:
    """The panel under `panel`, and beside it every table that features may want."""
    more = {"panel": found.panel, "links": found.links, "events": found.events}
    side = {name: found.side[name] for name in found.side}
    return {name: table for name, table in (more | side).items() if table is not None}


def is_public(name: str, table: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
    """Bool per row: public by the close (15:00) of the trading day `day`."""
    if name == "panel" or name in AT_THE_CLOSE:
        public = table["date"] <= day
    elif name in AFTER:
        public = table["date"] < day
    elif name in STATEMENTS:
        public = _announced(table) < day
    elif name == "macro":
        public = released(table)["known"] <= day
    elif name == "news":
        public = dated(table)["known"] <= day
    elif name == "names":
        public = np.where(
            table["announced"].isna(), table["start"] <= day, table["announced"] < day
        )
    elif name == "sector_members":
        public = ~(table["start"] > day)
    elif name in ("stocks", "option_contracts"):
        public = ~(table["list_date"] > day)
    elif name == "calendar":  # a year's holidays are out by the end of December before it
        public = table["date"].dt.year <= (day + pd.Timedelta(days=7)).year
    elif name in ALWAYS:
        public = np.ones(len(table), bool)
    else:
        raise AssertionError(f"table {name} has no rule here: say when its rows are public")
    return np.asarray(public, bool)


def known_by(tables: Mapping[str, pd.DataFrame], day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Every table without the rows, and the ends of spans, not public by the close of `day`."""
    out = {}
    for name, table in tables.items():
        table = table[is_public(name, table, day)].reset_index(drop=True)
        for end in ("end", "delist_date"):
            if end in table:
                table = table.assign(**{end: table[end].where(table[end] <= day)})
        out[name] = table
    return out


def altered_after(tables: Mapping[str, pd.DataFrame], day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Every table with other numbers and flags in the rows not public by the close of `day`."""
    out = {}
    rng = np.random.default_rng(0)
    for name, table in tables.items():
        later = ~is_public(name, table, day)
        table = table.copy()
        for column in table.columns[later.any() * np.arange(1, len(table.columns) + 1) > 0]:
            if table[column].dtype == "float64":
                table.loc[later, column] *= rng.uniform(0.5, 3.0, later.sum())
            elif table[column].dtype == "bool" and name != "calendar":
                table.loc[later, column] = ~table.loc[later, column]
        out[name] = table
    return out


def _announced(table: pd.DataFrame) -> pd.Series:
    """Day of announcement; the legal deadline of the period where none is told."""
    announced = table["announced"]
    if "first_announced" in table:
        announced = table["first_announced"].fillna(announced)
    missing = announced.isna()
    if missing.any():
        announced = announced.mask(missing, deadline(table["period"]))
    return announced
