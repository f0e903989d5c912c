"""All tables as they stood at the close of a day, for showing that nothing later was used."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from stockcast.data.point_in_time.macro import released
from stockcast.data.point_in_time.news import dated
from stockcast.data.point_in_time.statements import deadline
from stockcast.market.tables import TABLES

_NOTICE = pd.Timedelta(days=7)  # the holidays of a year are out a week before it begins
_LATE = ("money_flow", "northbound", "northbound_holdings", "margin", "top_list", "top_seats")


def known_by(tables: Mapping[str, pd.DataFrame], day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """The tables without what became public after the close (15:00) of a day.

    Parameters
    ----------
    tables
        By the names of `stockcast.market.tables.TABLES`, and `events` (`date`: public by that
        day's close); others, such as `links`, are taken to have been known always.
    day
        A trading day.

    Returns
    -------
    dict of DataFrame
        A flow, margin or top-list row of `day` is not there: it appears in the evening. Ends of
        spans (of a name, a membership, a listing) that lie later are missing.
    """
    return {name: _cut(name, table, day) for name, table in tables.items()}


def _cut(name: str, table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    if name == "macro":
        kept = released(table).known <= day
    elif name == "news":
        kept = dated(table).known <= day
    elif name == "names":
        kept = (table.announced < day) | (table.announced.isna() & (table.start <= day))
    elif "list_date" in table:
        kept = ~(table.list_date > day)
    elif "start" in table:
        kept = ~(table.start > day)
    elif "announced" in table:
        kept = _announced(table) < day
    elif name == "calendar":
        kept = table.date.dt.year <= (day + _NOTICE).year
    elif name in _LATE:
        kept = table.date < day
    elif name == "events" or (name in TABLES and TABLES[name].dated):
        kept = table.date <= day
    else:
        return table
    table = table[kept.to_numpy(bool)].reset_index(drop=True)
    ends = [column for column in ("end", "delist_date") if column in table]
    return table.assign(**{end: table[end].where(table[end] <= day) for end in ends})


def _announced(table: pd.DataFrame) -> pd.Series:
    """Day of first announcement, the period's legal deadline where none is told."""
    announced = table.announced
    if "first_announced" in table:
        announced = table.first_announced.fillna(announced)
    missing = announced.isna()
    return announced.mask(missing, deadline(table.period)) if missing.any() else announced
