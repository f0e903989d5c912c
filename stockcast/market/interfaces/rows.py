"""Canonical tables as an interface's fields and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stockcast.market.interfaces.interface import Field, Interface
from stockcast.market.interfaces.values import written

_SAME_SEAT = r"#\d+$"
_ETF = "OP"


def to_wire(interface: Interface, table: pd.DataFrame) -> tuple[list[str], list[list]]:
    """Fields and rows of a reply that holds a whole canonical table.

    Parameters
    ----------
    interface
        Of `INTERFACES`.
    table
        Canonical table; one row of a reply for each of its rows, in their order. `macro` and
        `rates` are turned: a row for each period, a field for each series the interface has.

    Returns
    -------
    tuple of list of str and list of list
        Every field (also those shown on request only) and the rows, fit for JSON: numbers, text
        and None. Fields without a column are None.
    """
    columns = encoded(interface, table)
    length = len(next(iter(columns.values())))
    names = [field.name for field in interface.fields if not field.request]
    return names, [list(row) for row in rows(columns, names, np.arange(length))]


def encoded(interface: Interface, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Each mapped field's values as on the wire: arrays of numbers, or of text and None."""
    table = as_served(interface, table)
    return {
        field.name: written(table[field.column], field, interface.name)
        for field in written_fields(interface)
    }


def written_fields(interface: Interface) -> list[Field]:
    """Mapped fields, one for each column: where there are two, the one that is always there."""
    first = {field.column: field for field in reversed(interface.mapped)}
    return [field for field in interface.mapped if first[field.column] is field]


def as_served(interface: Interface, table: pd.DataFrame) -> pd.DataFrame:
    """The canonical `table` with a row for each row of replies, in the canonical columns."""
    if interface.wide:
        return _turned(interface, table)
    if interface.name == "top_inst":
        return table.assign(seat=table["seat"].str.replace(_SAME_SEAT, "", regex=True))
    if interface.name == "opt_basic":
        return table.assign(underlying=_ETF + table["underlying"])
    return table


def rows(columns: Mapping[str, Any], names: list[str], which: np.ndarray) -> list[tuple]:
    """Rows `which` of the named fields; a field that is not in `columns` is None.

    Parameters
    ----------
    columns
        Field -> anything that gives an array when indexed with `which`.
    names
        Fields, in the order of the rows' values.
    which
        Positions of rows.
    """
    parts = [_plain(columns[name][which]) if name in columns else None for name in names]
    nothing = [None] * len(which)
    return list(zip(*(nothing if part is None else part for part in parts), strict=True))


def _plain(values: np.ndarray) -> list:
    if values.dtype == float and np.isnan(values).any():
        values = np.where(np.isnan(values), None, values)
    return values.tolist()


def _turned(interface: Interface, table: pd.DataFrame) -> pd.DataFrame:
    """A row for each period, newest value of each series; series without a value are missing."""
    period, series = _axes(interface)
    names = [field.column for field in interface.mapped if field.column != period]
    kept = table[table[series].isin(names)].drop_duplicates([period, series], keep="last")
    wide = kept.pivot(index=period, columns=series, values="value")
    return wide.reindex(columns=names).reset_index()


def _axes(interface: Interface) -> tuple[str, str]:
    return ("period", "series") if interface.table == "macro" else ("date", "rate")


def stacked(interface: Interface, wide: pd.DataFrame) -> pd.DataFrame:
    """The inverse of turning: a row for each period and series that has a value."""
    period, series = _axes(interface)
    long = wide.melt(id_vars=period, var_name=series, value_name="value")
    return long.dropna(subset="value")
