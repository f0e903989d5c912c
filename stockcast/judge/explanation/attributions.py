"""What each feature adds to each forecast, one form for every method that says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError


@dataclass(frozen=True)
class Attributions:
    """What each feature adds to the score of each row.

    Attributes
    ----------
    names : tuple of str
        Features.
    date, code : ndarray of shape (n_rows,)
        Rows that were explained.
    values : ndarray of shape (n_rows, n_features)
        Signed, in the unit of the explained score; no NaN.
    """

    names: tuple[str, ...]
    date: np.ndarray
    code: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.date), len(self.names))
        if self.values.shape != shape or len(self.code) != shape[0]:
            raise InputError("values", f"must have the shape {shape}", self.values.shape)
        if not len(self.date):
            raise InputError("rows to explain", "must not be empty")
        if not np.isfinite(self.values).all():
            raise InputError("values", "must be finite", hint="look at the model's own scores")

    def overall(self) -> pd.Series:
        """Mean absolute value over all rows, by feature, largest first."""
        return self.by_day().pipe(_mean_of_rows, self.date).sort_values(ascending=False)

    def by_day(self) -> pd.DataFrame:
        """Mean absolute value over the rows of each day: (n_days, n_features)."""
        return self._by(pd.Series(self.date, name="date"))

    def by_stock(self) -> pd.DataFrame:
        """Mean absolute value over the rows of each stock: (n_stocks, n_features)."""
        return self._by(pd.Series(self.code, name="code"))

    def of(self, code: str, date: pd.Timestamp) -> pd.Series:
        """Signed values of one row, largest absolute value first.

        Raises
        ------
        InputError
            When that row was not explained.
        """
        found = np.flatnonzero(
            (pd.DatetimeIndex(self.date) == pd.Timestamp(date)) & (np.asarray(self.code) == code)
        )
        if not len(found):
            raise InputError("row", "must be one that was explained", f"{code}, {date}")
        row = pd.Series(self.values[found[0]], index=list(self.names))
        return row.sort_values(key=np.abs, ascending=False, kind="stable")

    def grouped(self, groups: Mapping[str, str]) -> Attributions:
        """Sums over groups of features, by a mapping from every feature to its group."""
        unknown = [name for name in self.names if name not in groups]
        if unknown:
            raise InputError("groups", "must name every feature", ", ".join(unknown[:3]))
        table = pd.DataFrame(self.values.T, index=[groups[name] for name in self.names])
        summed = table.groupby(level=0, sort=False).sum()
        return dataclasses.replace(self, names=tuple(summed.index), values=summed.to_numpy().T)

    def _by(self, key: pd.Series) -> pd.DataFrame:
        return pd.DataFrame(np.abs(self.values), columns=list(self.names)).groupby(key).mean()


def _mean_of_rows(by_day: pd.DataFrame, date: np.ndarray) -> pd.Series:
    """Mean over rows from means by day."""
    size = pd.Series(date).value_counts().reindex(by_day.index)
    return by_day.mul(size, axis=0).sum() / size.sum()


def mean(several: Sequence[Attributions]) -> Attributions:
    """Mean of the attributions of an ensemble's members, for the same rows and features.

    Attributions are additive, so their mean explains the mean of the members' scores.
    """
    first = several[0]
    for other in several[1:]:
        same = other.names == first.names and np.array_equal(other.code, first.code)
        if not same or not np.array_equal(other.date, first.date):
            raise InputError("members", "must explain the same rows and features")
    values = np.mean([one.values for one in several], axis=0)
    return dataclasses.replace(first, values=values)
