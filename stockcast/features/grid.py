"""Long tables laid out as (days, stocks) arrays and back, for features that link stocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Grid:
    """Where each row of a long table stands in a (days, stocks) array.

    Attributes
    ----------
    dates : ndarray of shape (n_days,), ascending
    codes : list of n_stocks codes, ascending
    day, stock : ndarrays of shape (n_rows,)
    """

    dates: np.ndarray
    codes: list[str]
    day: np.ndarray
    stock: np.ndarray

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Grid:
        """The grid of a table with columns `date` and `code`."""
        dates, day = np.unique(rows["date"].to_numpy(), return_inverse=True)
        codes, stock = np.unique(rows["code"].to_numpy().astype("U9"), return_inverse=True)
        return cls(dates, codes.tolist(), day, stock)

    def empty(self) -> np.ndarray:
        """Zeros of shape (n_days, n_stocks)."""
        return np.zeros((len(self.dates), len(self.codes)))

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values of the rows as (n_days, n_stocks), 0 where there is no row or no number."""
        out = self.empty()
        out[self.day, self.stock] = np.where(np.isfinite(values), values, 0.0)
        return out

    def gather(self, array: np.ndarray) -> pl.Series:
        """The rows' values out of a (n_days, n_stocks) array."""
        return pl.Series(array[self.day, self.stock])
