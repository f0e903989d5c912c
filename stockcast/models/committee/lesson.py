"""What a member of the committee is taught: ranks of features, and the rank of what followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.models.sample_set import by_day


@dataclass(frozen=True)
class Lesson:
    """Rows to learn from, read in pieces.

    Attributes
    ----------
    values : ndarray of shape (n_all, n_all_features), float16
        As `stockcast.models.committee.ranks.Ranks` has them.
    rows : ndarray of shape (n_rows,), int
        Those of `values` that are learned from, in order of time.
    columns : ndarray of shape (n_features,), int
        Those that are read.
    y : ndarray of shape (n_rows,), float32
        As `ranked_returns` gives it.
    day : ndarray of shape (n_rows,), int
        Number of the day, ascending from 0.
    """

    values: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    y: np.ndarray
    day: np.ndarray

    def x(self, at: np.ndarray | slice) -> np.ndarray:
        """Features of the rows at some positions: float32 of shape (n_at, n_features)."""
        return read(self.values, self.rows[at], self.columns)

    def chunks(self, size: int = 20_000) -> Iterator[slice]:
        """All positions, in order."""
        for first in range(0, len(self.rows), size):
            yield slice(first, min(first + size, len(self.rows)))

    def days(self) -> list[slice]:
        """Positions of each day's rows."""
        return by_day(self.day)


def read(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Some rows and columns in float32."""
    return values[rows][:, columns].astype(np.float32)


def ranked_returns(table: pd.DataFrame) -> np.ndarray:
    """What is learned: each return's rank among the rows of its day, from -0.5 to 0.5; float32.

    The list is judged by a rank correlation, so the rank is taught: wild days and wild stocks then
    count as much as calm ones, and no more.

    Parameters
    ----------
    table
        `date`, `label`, finite, in order of date.
    """
    day = table.groupby("date")["label"]
    return ((day.rank() - 0.5) / day.transform("size") - 0.5).to_numpy(np.float32)


def standing(raw: np.ndarray) -> np.ndarray:
    """Scores of one day's stocks as ranks with mean 0 and, but for ties, standard deviation 1.

    Members score in units of their own; as ranks each has one vote.
    """
    place = (stats.rankdata(raw) - 0.5) / len(raw) - 0.5
    return place * np.sqrt(12.0)
