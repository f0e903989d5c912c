"""Ranks within the day of very many features, in one array that fits into memory.

Six hundred features of a million rows are 2.5 GB in single precision before anything is made of
them. Models that read ranks need far less: a rank among some hundred stocks has a few hundred
values, and half precision tells 2,000 apart on either side of the middle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl

from stockcast.errors import InputError

COLUMNS = 40
"""Features ranked at a time: what they need beside the result stays small."""


@dataclass(frozen=True)
class Ranks:
    """Features as ranks within the day.

    Attributes
    ----------
    rows : DataFrame
        `date` and `code`, sorted, unique.
    names : tuple of str
    values : ndarray of shape (n_rows, n_features), float16
        Rank among the day's rows, from -0.5 to 0.5, ties at their mean; 0, the middle, where the
        feature is missing.
    """

    rows: pd.DataFrame
    names: tuple[str, ...]
    values: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, tables: Iterable[pd.DataFrame]) -> Ranks:
        """Rank the features of some tables.

        Parameters
        ----------
        rows
            `date`, `code`: the rows to be ranked among each other, sorted.
        tables
            `date`, `code` and features; each holds at least `rows`, sorted, in any number of
            tables, which are asked for one after the other. NaN: missing.

        Raises
        ------
        InputError
            When a row is in no table, or two tables have a feature of the same name.
        """
        rows = rows[["date", "code"]].reset_index(drop=True)
        names: list[str] = []
        parts = []
        for table in tables:
            new = [name for name in table.columns if name not in ("date", "code")]
            if twice := sorted({*new} & {*names}):
                raise InputError("features", "must have different names", twice[:3])
            place = _places(rows, table)
            for first in range(0, len(new), COLUMNS):
                some = new[first : first + COLUMNS]
                parts.append(_ranked(rows["date"], table, some, place))
            names += new
        if not names:
            raise InputError("features", "must not be none")
        values = np.empty((len(rows), len(names)), np.float16)
        at = 0
        while parts:  # each is let go as soon as it is copied
            part = parts.pop(0)
            values[:, at : at + part.shape[0]] = part.T
            at += part.shape[0]
        return cls(rows, tuple(names), values)

    def places(self, names: Sequence[str]) -> np.ndarray:
        """Columns of these features.

        Raises
        ------
        InputError
            When one is not there.
        """
        at = {name: number for number, name in enumerate(self.names)}
        if missing := [name for name in names if name not in at]:
            raise InputError("features", "must hold all that the model reads", missing[:3])
        return np.array([at[name] for name in names], int)

    def digest(self, rows: np.ndarray | None = None) -> str:
        """First 16 hexadecimal digits of the SHA-256 of names and values, of some rows or all."""
        hashed = hashlib.sha256("\n".join(self.names).encode())
        chosen = np.arange(len(self.values)) if rows is None else np.flatnonzero(rows)
        for some in np.array_split(chosen, max(1, len(chosen) // 100_000)):
            hashed.update(np.ascontiguousarray(self.values[some]).tobytes())
        return hashed.hexdigest()[:16]

    def varying(self, rows: np.ndarray) -> tuple[str, ...]:
        """Features that differ between stocks on some of the rows (bool of shape (n_rows,))."""
        seen = np.flatnonzero(rows)
        low = np.full(len(self.names), np.inf, np.float32)
        high = -low
        for some in np.array_split(seen, max(1, len(seen) // 50_000)):
            part = self.values[some]
            low, high = np.minimum(low, part.min(axis=0)), np.maximum(high, part.max(axis=0))
        return tuple(n for n, wide in zip(self.names, high > low, strict=True) if wide)


def _places(rows: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Position in `table` of each of the rows."""
    if len(rows) == len(table) and all(
        bool((rows[key].array == table[key].array).all()) for key in ("date", "code")
    ):
        return np.arange(len(rows))
    numbered = table[["date", "code"]].assign(place=np.arange(len(table)))
    place = rows.merge(numbered, on=["date", "code"], how="left")["place"]
    if len(place) != len(rows) or place.isna().any():
        raise InputError("features", "must be there once for every row that is ranked")
    return place.to_numpy(int)


def _ranked(
    date: pd.Series, table: pd.DataFrame, names: list[str], place: np.ndarray
) -> np.ndarray:
    """float16 of shape (n_names, n_rows)."""
    columns = {name: table[name].to_numpy(np.float32)[place] for name in names}
    frame = pl.DataFrame({**columns, "_day": date.to_numpy()})
    value = pl.col(names).fill_nan(None)
    rank = ((value.rank("average") - 0.5) / value.count() - 0.5).fill_null(0.0)
    found = frame.select(rank.over("_day"))
    return np.stack([found[name].to_numpy().astype(np.float16) for name in names])
