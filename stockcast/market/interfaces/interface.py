"""What one interface takes and gives, read from `interfaces.csv` and `fields.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from stockcast.errors import InputError, nearest
from stockcast.market.tables import TABLES, Table

TEXT, DAY, MONTH, QUARTER, TIME = "text", "day", "month", "quarter", "time"
NUMBER, WHOLE, DIGITS = "number", "whole", "digits"
KINDS = (TEXT, DAY, MONTH, QUARTER, TIME, NUMBER, WHOLE, DIGITS)
"""How a value is written: days YYYYMMDD, months YYYYMM, quarters 2017Q3, times
YYYY-MM-DD HH:MM:SS; `digits` is a whole number written as text."""

_FLAGS = ("update_flag", "suspend_type")  # no columns of ours, but they say which rows count


@dataclass(frozen=True)
class Field:
    """One field of a reply.

    Attributes
    ----------
    name
        As the interface calls it.
    column
        The canonical table's column, or a series of `macro` and `rates`; None: served as null,
        ignored when read. Where two fields have one column, the later one counts if given.
    kind
        One of `KINDS`; empty without a column.
    factor
        Canonical value = value x factor.
    decimals
        Digits after the point; None: as many as the number has.
    shown
        In a reply to a request that names no fields.
    optional
        A reply without it is still whole.
    least
        Smallest possible value, None: any.
    request
        Not part of replies: the request's parameter of this name says it for all rows.
    """

    name: str
    column: str | None = None
    kind: str = ""
    factor: float = 1.0
    decimals: int | None = None
    shown: bool = True
    optional: bool = False
    least: float | None = None
    request: bool = False


@dataclass(frozen=True)
class Interface:
    """One interface.

    Attributes
    ----------
    name, table
        Tushare's name, and the canonical table it fills.
    fields
        In the order of its replies.
    cap
        Most rows of one reply.
    points
        What a token needs; `sold`: permission is bought on its own, points do not help.
    per_minute
        Requests a minute of a token that has just the points needed.
    dated
        Parameter for one day or period, empty if there is none.
    range_field, range_params
        Field that the two range parameters select on, and their names (`start_date, end_date`).
    takes
        Other parameters.
    needs
        Parameters without which it refuses.
    always
        Constant parameters that our reading of the interface depends on.
    parts
        Parameter -> values to ask for one after the other: without it, only the first is served.
    matches
        Parameter -> the field it selects on.
    document
        Address of the public documentation.
    cap_from
        `document`, or `unverified` where the documentation names no cap.
    """

    name: str
    table: str
    fields: tuple[Field, ...]
    cap: int
    points: int
    sold: bool
    per_minute: int
    dated: str
    range_field: str
    range_params: tuple[str, ...]
    takes: tuple[str, ...]
    needs: tuple[str, ...]
    always: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    matches: Mapping[str, str]
    document: str
    cap_from: str

    @property
    def canonical(self) -> Table:
        """The canonical table's specification."""
        return TABLES[self.table]

    @property
    def ranged(self) -> bool:
        """Whether it takes the first and last day of a range."""
        return bool(self.range_field)

    @property
    def wide(self) -> bool:
        """Whether one row of a reply is several of the table: a field for each series."""
        return self.table in ("macro", "rates")

    @property
    def wanted(self) -> str:
        """The `fields` to ask for, so that a reply has all we read: names joined by commas."""
        read = (f for f in self.fields if f.column or f.name in _FLAGS)
        return ",".join(field.name for field in read if not field.request)

    @property
    def mapped(self) -> tuple[Field, ...]:
        """Fields with a column."""
        return tuple(field for field in self.fields if field.column)


class _Interfaces(Mapping[str, Interface]):
    """All interfaces by name; the files are read when one is first asked for."""

    def __getitem__(self, name: str) -> Interface:
        return _read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_read())

    def __len__(self) -> int:
        return len(_read())


INTERFACES: Mapping[str, Interface] = _Interfaces()


def interface(name: str) -> Interface:
    """The interface called `name`; InputError naming the nearest one if there is none."""
    if name not in INTERFACES:
        raise InputError("interface", "must be one we know", name, nearest(name, INTERFACES))
    return INTERFACES[name]


@cache
def _read() -> dict[str, Interface]:
    fields: dict[str, list[Field]] = {}
    for row in _rows("fields.csv"):
        fields.setdefault(row["interface"], []).append(_field(row))
    return {
        row["name"]: _interface(row, tuple(fields[row["name"]])) for row in _rows("interfaces.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (files(__package__) / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _field(row: dict[str, str]) -> Field:
    return Field(
        name=row["field"],
        column=row["column"] or None,
        kind=row["kind"],
        factor=float(row["factor"] or 1),
        decimals=int(row["decimals"]) if row["decimals"] else None,
        shown=row["shown"] == "yes",
        optional=row["optional"] == "yes",
        least=float(row["least"]) if row["least"] else None,
        request=row["shown"] == "request",
    )


def _interface(row: dict[str, str], fields: tuple[Field, ...]) -> Interface:
    """`takes` and `dated` are written `parameter` or `parameter=field`."""
    named = [word.partition("=") for word in [*row["takes"].split(), *row["dated"].split()]]
    several = [word.partition("=") for word in row["parts"].split()]
    counts: dict[str, Any] = {name: int(row[name]) for name in ("cap", "points", "per_minute")}
    return Interface(
        name=row["name"],
        table=row["table"],
        fields=fields,
        sold=row["sold"] == "yes",
        dated=row["dated"].partition("=")[0],
        range_field=row["range"],
        range_params=tuple(row["range_params"].split()),
        takes=tuple(word.partition("=")[0] for word in row["takes"].split()),
        needs=tuple(row["needs"].split()),
        always=dict(word.split("=") for word in row["always"].split()),
        parts={name: tuple(values.split("|")) for name, _, values in several},
        matches={name: field or name for name, _, field in named},
        document=row["document"],
        cap_from=row["cap_from"],
        **counts,
    )
