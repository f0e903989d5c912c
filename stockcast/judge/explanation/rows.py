"""Which forecasts are explained, and how the model is asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stockcast.errors import InputError
from stockcast.models.sample_set import SampleSet

Score = Callable[[np.ndarray], np.ndarray]


class Tabular(Protocol):
    """A fitted model of a table of features, as `stockcast.models.classical` makes them."""

    def raw(self, x: np.ndarray) -> np.ndarray:
        """Scores of each member: (n_members, n_rows)."""
        ...


@dataclass(frozen=True)
class Rows:
    """Rows of a table of features, with the score that is to be explained.

    Attributes
    ----------
    names : tuple of str
    x : ndarray of shape (n_rows, n_features), float32
        What the model is given; NaN where missing.
    date, code : ndarray of shape (n_rows,)
    score : callable
        From (n, n_features) to (n,).
    """

    names: tuple[str, ...]
    x: np.ndarray
    date: np.ndarray
    code: np.ndarray
    score: Score

    def __post_init__(self) -> None:
        if not len(self.x):
            raise InputError("rows to explain", "must not be empty")
        if self.x.shape != (len(self.date), len(self.names)) or len(self.code) != len(self.date):
            raise InputError("x", "must have a row a date and code", self.x.shape)

    @classmethod
    def of(cls, fitted: Tabular, samples: SampleSet, part: str = "test") -> Rows:
        """All rows that `fitted`, a classical model, forecasts on the days of `part`.

        What is explained is the mean of the members' raw scores: in units of trailing volatility
        for models of the relative return. `score` of the forecast is this less the day's mean,
        times the stock's volatility.
        """
        rows = samples.part(part, labelled=False)
        if not rows.any():
            raise InputError(f"split {part}", "must hold a day to explain")
        table = samples.samples[rows]
        return cls(
            tuple(fitted.inputs.names),
            fitted.inputs.matrix(samples, rows),
            table["date"].to_numpy(),
            table["code"].to_numpy(str),
            lambda x: fitted.raw(x).mean(axis=0),
        )

    def some(self, chosen: np.ndarray) -> Rows:
        """The rows at `chosen` (bool or positions)."""
        return dataclasses.replace(
            self, x=self.x[chosen], date=self.date[chosen], code=self.code[chosen]
        )


def thinned(samples: SampleSet, part: str = "test", every: int = 10, offset: int = 0) -> SampleSet:
    """The same set, with every n-th day of `part` left in it and its other days in no split.

    Explaining costs many forecasts a row; neighbouring days have nearly the same features.

    Raises
    ------
    InputError
        When no day is left.
    """
    split = samples.samples["split"]
    days = np.sort(samples.samples["date"][split == part].unique())[offset::every]
    if not len(days):
        raise InputError(f"split {part}", "must hold a day", hint="take a smaller `every`")
    left = ~samples.samples["date"].isin(days) & (split == part)
    return dataclasses.replace(samples, samples=samples.samples.assign(split=split.mask(left, "")))
