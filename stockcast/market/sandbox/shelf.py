"""One interface's whole table ready to be served: filtered, paged, and cut to what is public."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.interfaces import Interface
from stockcast.market.interfaces.interface import DAY, MONTH, QUARTER, TEXT, TIME, Field
from stockcast.market.interfaces.rows import as_served, written_fields
from stockcast.market.interfaces.values import written
from stockcast.market.sandbox import refusals
from stockcast.market.sandbox.clock import public_from
from stockcast.market.sandbox.derived import derived
from stockcast.market.sandbox.known import CHANGING

_FORMS = {DAY: r"\d{8}", MONTH: r"\d{6}", QUARTER: r"\d{4}Q[1-4]", TIME: r"\d{4}-\d\d-\d\d.*"}
_SHOWN = {DAY: "YYYYMMDD", MONTH: "YYYYMM", QUARTER: "YYYYQN", TIME: "YYYY-MM-DD HH:MM:SS"}


@dataclass(frozen=True)
class Coded:
    """Text of which few are distinct: `distinct[codes]`; the last of `distinct` is None."""

    codes: np.ndarray
    distinct: np.ndarray

    def __getitem__(self, which: np.ndarray) -> np.ndarray:
        return self.distinct[self.codes[which]]

    def where(self, good: np.ndarray) -> np.ndarray:
        """Mask of the rows whose text is `good`, an array of flags for each of `distinct`."""
        return good[self.codes]

    def ordered(self, order: np.ndarray) -> Coded:
        """The rows in another order."""
        return Coded(self.codes[order], self.distinct)


@dataclass(frozen=True)
class Shelf:
    """An interface's rows, newest first.

    Attributes
    ----------
    interface
        Which.
    columns
        Field -> numbers, or `Coded` text; fields that are always null are not in it.
    public
        When each row became public, datetime64[us].
    """

    interface: Interface
    columns: Mapping[str, np.ndarray | Coded]
    public: np.ndarray

    @classmethod
    def of(cls, interface: Interface, table: pd.DataFrame) -> Shelf:
        """All rows of the canonical `table`."""
        table = as_served(interface, table)
        columns = {
            field.name: _column(table[field.column], field, interface.name)
            for field in written_fields(interface)
        }
        columns |= {n: _kept(values) for n, values in derived(interface.name, table).items()}
        if interface.table in CHANGING:  # what is not public is not in the table
            public = np.full(len(table), np.datetime64("NaT", "us"))
        else:
            public = public_from(interface.table, table)
        order = _newest_first(interface, table)
        columns = {name: _ordered(column, order) for name, column in columns.items()}
        return cls(interface, columns, public[order])

    def select(self, params: Mapping[str, object], now: pd.Timestamp) -> np.ndarray:
        """Positions of the rows that answer a request and are public at `now`.

        Raises
        ------
        Refusal
            When a parameter it needs is missing or a date is no date.
        """
        mask = ~(self.public > now.to_datetime64())  # NaT was always public
        for name, field in self.interface.matches.items():
            value = _value(params, name) or self._first_part(name)
            if value and field in self.columns:
                mask &= self._equal(name, field, value)
        for name, above in zip(self.interface.range_params, (True, False), strict=False):
            if value := _value(params, name):
                mask &= self._beyond(name, value, above)
        return np.flatnonzero(mask)

    def _first_part(self, name: str) -> str:
        """What Tushare takes for a parameter that selects one part of the table, if not given."""
        return self.interface.parts.get(name, ("",))[0]

    def _equal(self, name: str, field: str, value: str) -> np.ndarray:
        column = self.columns[field]
        wanted = [_checked(self.interface, name, field, word) for word in value.split(",")]
        if isinstance(column, Coded):
            return column.where(np.isin(column.distinct.astype("U"), wanted))
        if not all(word.isdigit() for word in wanted):
            raise refusals.bad_value(name, "0, 1, 2, ...")
        return np.isin(column, np.array(wanted, dtype=float))

    def _beyond(self, name: str, value: str, above: bool) -> np.ndarray:
        column = self.columns[self.interface.range_field]
        value = _checked(self.interface, name, self.interface.range_field, value)
        good = [
            text is not None and (text >= value if above else text[: len(value)] <= value)
            for text in column.distinct
        ]
        return column.where(np.array(good))


def _value(params: Mapping[str, object], name: str) -> str:
    value = params.get(name)
    return "" if value is None else str(value).strip()


def _checked(interface: Interface, parameter: str, field: str, value: str) -> str:
    """`value`, or a Refusal when the field holds dates and this is none."""
    kind = next((f.kind for f in interface.fields if f.name == field), "")
    value = value.strip()
    if kind == TIME and re.fullmatch(_FORMS[DAY], value):
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    if kind in _FORMS and not re.fullmatch(_FORMS[kind], value):
        raise refusals.bad_value(parameter, _SHOWN[kind])
    return value


def _column(values: pd.Series, field: Field, interface: str) -> np.ndarray | Coded:
    """Text and dates are written once for each distinct value."""
    if field.kind not in (TEXT, DAY, MONTH, QUARTER, TIME):
        return _kept(written(values, field, interface))
    codes, distinct = pd.factorize(values)
    texts = written(pd.Series(distinct, dtype=values.dtype), field, interface)
    return Coded(codes, np.array([*texts, None], dtype=object))


def _kept(values: np.ndarray) -> np.ndarray | Coded:
    if values.dtype != object:
        return values
    codes, distinct = pd.factorize(values)
    return Coded(codes, np.array([*distinct, None], dtype=object))


def _ordered(column: np.ndarray | Coded, order: np.ndarray) -> np.ndarray | Coded:
    return column.ordered(order) if isinstance(column, Coded) else column[order]


def _newest_first(interface: Interface, table: pd.DataFrame) -> np.ndarray:
    """Order of replies: by what the range selects on, newest first, then as in the table."""
    field = interface.range_field or interface.matches.get(interface.dated, "")
    column = next((f.column for f in interface.mapped if f.name == field), None)
    if interface.table == "names":
        column = "start"
    if column is None:
        return np.arange(len(table))
    newness = -table[column].to_numpy(dtype="datetime64[us]").astype("int64")
    return np.argsort(newness, kind="stable")
