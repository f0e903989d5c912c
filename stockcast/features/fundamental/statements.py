"""Figures of the latest statement known, and of the quarters before it as known that day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import trailing, versions
from stockcast.features.fundamental.known import (
    NONE,
    Events,
    Figures,
    days_since_1970,
    quarter_ends,
    take,
)
from stockcast.features.rows import Rows, ratio
from stockcast.market.tables import NUMBER, TABLES

YEAR = 4
"""Quarters of a year."""
STALE = 400
"""Days after a period's end from which its figures say nothing any more. The law allows 213 (three
quarters' figures are the latest until the end of April)."""
FLOWS = ("income", "cash_flow")
"""Tables whose figures add up from the start of the year."""


@dataclass(frozen=True)
class Known:
    """Versions of several tables, and the days on which any of them changed.

    `today` (n_rows,) is each row's date, days since 1970.
    """

    figures: Mapping[str, Figures]
    events: Events
    today: np.ndarray

    @classmethod
    def of(cls, rows: Rows, figures: Mapping[str, Figures]) -> Known:
        """What the figures tell of each row of the panel."""
        today = days_since_1970(rows.dates)[rows.day]
        return cls(figures, Events.of(rows, figures.values()), today)

    def latest(self, anchor: str) -> Statements:
        """Figures as seen from the latest period of one of the tables."""
        return self.seen(anchor, self.figures[anchor].latest(self.events))

    def seen(self, anchor: str, number: np.ndarray) -> Statements:
        """Figures as seen from a quarter (n_events,) of one's own choice."""
        ended = self.events.spread(quarter_ends(self.figures[anchor].latest(self.events)))
        at = np.where(self.today - ended <= STALE, self.events.at, NONE)
        return Statements(self, anchor, number, at)


def known(rows: Rows, tables: Mapping[str, pd.DataFrame], names: Sequence[str]) -> Known:
    """Versions of those of the tables `names` that are there, made once for these rows.

    Parameters
    ----------
    rows
        All rows of the panel.
    tables
        Canonical tables by name.
    names
        Some of income, balance, cash_flow and indicators.
    """
    there = tuple(name for name in names if name in tables)

    def make() -> Known:
        figures = {name: Figures(rows, _versions(rows, name, tables[name])) for name in there}
        return Known.of(rows, figures)

    return rows.memo(("known", there, *(id(tables[name]) for name in there)), make)


def _versions(rows: Rows, name: str, table: pd.DataFrame) -> pd.DataFrame:
    held = versions(table[table["code"].isin(rows.codes)])
    if name not in FLOWS:
        return held
    return trailing(held, [c for c, kind in TABLES[name].columns.items() if kind == NUMBER])


@dataclass(frozen=True)
class Statements:
    """Figures at events, (n_events,) each; NaN where one they are made of was not known.

    Seen from the latest period known of the table `anchor`: figures of other tables are those of
    the same period, and NaN until they are published too. `back` says how many quarters before it.
    Every figure is in the latest version known at its event.

    `number` (n_events,) is the period seen from; `at_rows` (n_rows,) the event in force at each row
    of the panel, `NONE` where there is none or the latest period is stale.
    """

    known: Known
    anchor: str
    number: np.ndarray
    at_rows: np.ndarray
    places: dict = field(default_factory=dict)

    def at(self, name: str, back: int = 0) -> np.ndarray:
        """A figure at the end of the period: of the balance sheet, or an indicator."""
        return self._value(name, back)

    def quarter(self, name: str, back: int = 0) -> np.ndarray:
        """A flow of the single quarter."""
        return self._value(f"{name}_quarter", back)

    def year(self, name: str, back: int = 0) -> np.ndarray:
        """A flow of the four quarters that end with the period."""
        return self._value(f"{name}_year", back)

    def mean(self, name: str, back: int = 0) -> np.ndarray:
        """Mean of a balance at the end of the period and a year before."""
        return (self.at(name, back) + self.at(name, back + YEAR)) / 2

    def debt(self, back: int = 0) -> np.ndarray:
        """Debt that bears interest: short, long and bonds."""
        parts = (self.at(name, back) for name in ("short_debt", "long_debt", "bonds"))
        return add(*parts)

    def equity(self, back: int = 0) -> np.ndarray:
        """The parent's equity and the minority's interest."""
        return self.at("equity_parent", back) + self.at("minority_interest", back)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values (n_events,) at every row (n_rows,); NaN where nothing or only stale is known."""
        return take(values, self.at_rows)

    def _value(self, name: str, back: int) -> np.ndarray:
        tables = self.known.figures
        holder = next(t for t in (self.anchor, *tables) if name in tables[t].table)
        place = self._place(holder, back)
        return tables[holder].value(name, place)

    def _place(self, holder: str, back: int) -> np.ndarray:
        if (holder, back) not in self.places:
            figures = self.known.figures[holder]
            self.places[holder, back] = figures.find(self.known.events, self.number - back)
        return self.places[holder, back]


def per(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """`above / below`; NaN unless `below` is positive: a negative base turns the sign round."""
    return ratio(above, np.where(below > 0, below, np.nan))


def growth(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Growth over the absolute value before, so that less of a loss is growth; NaN from zero."""
    return ratio(now - before, np.abs(before))


def add(*parts: np.ndarray) -> np.ndarray:
    """Sum in the order given, whatever numpy would make of a longer array's."""
    out = parts[0]
    for part in parts[1:]:
        out = out + part
    return out


def mean_of(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of several arrays, place by place; NaN where one is."""
    return add(*parts) / len(parts)


def std_of(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Sample standard deviation (n - 1) of several arrays, place by place; NaN where one is."""
    middle = mean_of(parts)
    squares = add(*((part - middle) * (part - middle) for part in parts))
    return np.sqrt(squares / (len(parts) - 1))
