"""The dated table behind `stockcast.market.rules`: which value of a rule holds on which day."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockcast.errors import InputError, nearest

BOARDS = ("main", "chinext", "star", "beijing")
MARKETS = ("SH", "SZ", "BJ")
SIDES = ("buy", "sell")


def table() -> pd.DataFrame:
    """Every rule: `rule, board, from, value, unit, source, verified`.

    `verified` is true where the value was read in the notice's own words, in a faithful copy of
    them or on the exchange's own page; the others are the field's common knowledge and still to be
    checked. A threshold of `inf` is none.
    """
    with (files(__package__) / "rules.csv").open(encoding="utf-8") as lines:
        rows = pd.read_csv(lines, parse_dates=["from"])
    return rows.assign(verified=rows["verified"] == "yes")


def values(rule: str, board: str, date: npt.ArrayLike) -> np.ndarray:
    """Value in force on each day; NaN before the first row, or when there is none."""
    return current(rule, board, date)[1]


def current(rule: str, board: str, date: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """First day in force and value of the rule on each day; NaT and NaN when there is none."""
    starts, found = _rows(rule, board)
    place = np.searchsorted(starts, np.asarray(date, dtype="datetime64[D]"), side="right")
    starts = np.concatenate([[np.datetime64("NaT", "D")], starts])
    return starts[place], np.concatenate([[np.nan], found])[place]


def rate(rule: str, board: str, date: npt.ArrayLike) -> float | np.ndarray:
    """Value on each day, as a float for one day; an InputError before the table begins."""
    found = values(rule, board, np.asarray(date, dtype="datetime64[D]"))
    if np.isnan(found).any():
        first = _rows(rule, board)[0][0]
        raise InputError("date", f"must not be before the table of {rule} begins", hint=str(first))
    return found if found.ndim else float(found)


def check(what: str, value: str, known: tuple[str, ...]) -> None:
    """Raise an InputError that names the nearest of `known`."""
    if value not in known:
        rule = "is not known" if len(known) > 3 else f"must be {_listed(known)}"
        raise InputError(what, rule, value, nearest(str(value), known))


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


@cache
def _rows(rule: str, board: str) -> tuple[np.ndarray, np.ndarray]:
    rows = _table()
    rows = rows[(rows["rule"] == rule) & (rows["board"] == board)].sort_values("from")
    return rows["from"].to_numpy("datetime64[D]"), rows["value"].to_numpy(float)


@cache
def _table() -> pd.DataFrame:
    return table()
