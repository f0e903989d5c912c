"""What differs between classical models: how one is fitted, asked, saved and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stockcast.errors import InputError

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """Rows to fit on or to validate on.

    Attributes
    ----------
    x : ndarray of shape (n_rows, n_features), float32
        NaN where missing.
    y : ndarray of shape (n_rows,)
        Return over the horizon in units of trailing volatility, clipped, less the day's mean.
    day : ndarray of shape (n_rows,), int
        Number of the day, ascending.
    outcome : ndarray of shape (n_rows,)
        The same return, neither clipped nor relative.
    weight : ndarray of shape (n_rows,)
        How often a row counts.
    """

    x: np.ndarray
    y: np.ndarray
    day: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray

    def rows(self, kept: np.ndarray, weight: np.ndarray | None = None) -> Part:
        """The part at `kept` (bool or positions), with `weight` in place of its own."""
        weight = self.weight[kept] if weight is None else weight
        return Part(self.x[kept], self.y[kept], self.day[kept], self.outcome[kept], weight)


@dataclass(frozen=True)
class Kind:
    """A kind of classical model.

    Attributes
    ----------
    name, described : str
        As `stockcast.models.model.Model` has them.
    grid : tuple of mappings
        Settings to choose among on validation, the most regularised first: ties go to it.
    fit : callable
        `fit(train, settings, seed)` gives an estimator.
    raw : callable
        `raw(estimator, x)` gives scores, float64 of shape (n_rows,); higher is better.
    save, load : callable
        `save(estimator, path)`, `load(path)`; nothing is pickled.
    suffix : str
        Of the file.
    rowwise : bool
        Each row's score is computed by itself, as trees do, so that its bits do not depend on the
        rows beside it; else every day is a batch of its own.
    """

    name: str
    described: str
    grid: tuple[Settings, ...]
    fit: Callable[[Part, Settings, int], Any]
    raw: Callable[[Any, np.ndarray], np.ndarray]
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Any]
    suffix: str
    rowwise: bool = False


def at_most(part: Part, most: int, rng: np.random.Generator) -> Part:
    """`part`, or `most` rows of it drawn without replacement and kept in order."""
    if len(part.y) <= most:
        return part
    return part.rows(np.sort(rng.choice(len(part.y), most, replace=False)))


def save_sklearn(estimator: Any, path: Path) -> None:
    """Write a scikit-learn estimator as a skops file."""
    from skops import io

    io.dump(estimator, path)


def load_sklearn(path: Path, trusted: Sequence[str] = ()) -> Any:
    """Read a skops file that holds types skops trusts and `trusted`, and no others.

    Raises
    ------
    InputError
        When it is no such file.
    """
    from zipfile import BadZipFile

    from skops import io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return io.load(path, trusted=list(trusted))
    except (BadZipFile, UntrustedTypesFoundException) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(path.name, "must be a scikit-learn model in a skops file", first) from None
