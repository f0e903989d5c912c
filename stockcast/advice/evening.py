"""A run's tables as they stood at the close of one day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.advice.data_hash import tables_hash
from stockcast.data import holdout
from stockcast.data.point_in_time import known_by
from stockcast.errors import InputError, MissingArtifact

TABLES = (
    "links", "events", "stocks", "names", "sector_members", "valuation", "income", "balance",
    "cash_flow", "indicators", "dividends", "money_flow", "northbound", "northbound_holdings",
    "margin", "top_list", "top_seats", "option_contracts", "option_bars", "macro", "rates", "news",
)  # fmt: skip
"""Beside the panel, those that features are made of, by the names 01_data writes them under."""


@dataclass(frozen=True, eq=False)
class Evening:
    """What was public at the close of a trading day.

    Attributes
    ----------
    date : Timestamp
    panel : DataFrame
        Its rows up to `date`.
    tables : mapping of DataFrame
        As `stockcast.data.point_in_time.known_by` cuts them.
    provisional : bool
        The day's rows are bars that still form.
    """

    date: pd.Timestamp
    panel: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    provisional: bool = False

    @classmethod
    def of(
        cls,
        panel: pd.DataFrame,
        tables: Mapping[str, pd.DataFrame],
        date: str | pd.Timestamp,
        provisional: bool = False,
    ) -> Evening:
        """Cut a run's tables at the close of `date`.

        Raises
        ------
        InputError
            When `date` is no trading day of the panel.
        """
        date = session(date, panel)
        cut = panel[panel["date"] <= date].reset_index(drop=True)
        return cls(date, cut, known_by(tables, date), provisional)

    @property
    def today(self) -> pd.DataFrame:
        """The panel's rows of `date`, indexed by code."""
        return self.panel[self.panel["date"] == self.date].set_index("code", drop=False)

    @property
    def days(self) -> pd.DatetimeIndex:
        """Trading days, ascending."""
        return pd.DatetimeIndex(np.sort(self.panel["date"].unique()))

    @cached_property
    def data_hash(self) -> str:
        """Of the panel and of every table, as they stood."""
        return tables_hash({"panel": self.panel, **self.tables})


def day(date: str | pd.Timestamp) -> pd.Timestamp:
    """`date` as a day without a time.

    Raises
    ------
    InputError
        When it is none.
    """
    try:
        found = pd.Timestamp(date).tz_localize(None)
    except (TypeError, ValueError):
        found = pd.NaT
    if pd.isna(found) or found != found.normalize():
        raise InputError("date", "must be a day written YYYY-MM-DD", str(date))
    return found


def session(date: str | pd.Timestamp, panel: pd.DataFrame) -> pd.Timestamp:
    """`date` as a day of the panel.

    Raises
    ------
    InputError
        When it is no date, no trading day, or not in the panel.
    """
    asked = day(date)
    first, last = panel["date"].min(), panel["date"].max()
    if asked > last:
        raise InputError(
            "date", "must not be in the future of the run's data", f"{asked:%F}",
            f"they end on {last:%F}",
        )  # fmt: skip
    if asked < first:
        raise InputError(
            "date", "must be in the run's data", f"{asked:%F}", f"valid: {first:%F} to {last:%F}"
        )
    if not (panel["date"] == asked).any():
        raise InputError("date", "must be a trading day of the exchange", f"{asked:%F}")
    return asked.as_unit("us")


def stored(run: str) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The panel and the tables that 01_data wrote for `run`.

    Raises
    ------
    MissingArtifact
        When there is no panel.
    """
    folder = paths.stage(run, "01_data")
    if not (folder / "panel.parquet").is_file():
        raise MissingArtifact(paths.shown(folder / "panel.parquet"), "stockcast run FILE")
    found = {name: folder / f"{name}.parquet" for name in TABLES}
    tables = {name: pd.read_parquet(path) for name, path in found.items() if path.is_file()}
    panel = pd.read_parquet(folder / "panel.parquet")
    holdout.check(panel, "the run's panel")
    return panel, tables
