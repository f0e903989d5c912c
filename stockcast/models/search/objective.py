"""What a trial is worth: the one small interface of all objectives, and the days it may see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models.sample_set import SampleSet
from stockcast.models.search.space import Space
from stockcast.samples.splits import Split


class Measure(Protocol):
    """How a day is judged."""

    def __call__(self, frame: pd.DataFrame, *, whole: bool = True) -> pd.DataFrame:
        """From date, code, score, label to one row a day, indexed by date.

        With the column `rank_ic`, which a step asks for, and if `whole` with whatever else is to be
        kept of the trial's days, such as a return.
        """
        ...


class Objective(Protocol):
    """Fits with given hyperparameters and scores the validation days.

    Attributes
    ----------
    name : str
    space : Space
        What may vary.
    judged : DataFrame
        date, code, label of the rows that are scored: members of the validation days.
    choosing : DatetimeIndex
        The earlier of those days. A trial's value is measured on them and on no others.
    steps : int
        Into how many steps a fit is cut.
    """

    name: str
    space: Space
    judged: pd.DataFrame
    choosing: pd.DatetimeIndex
    steps: int

    def scores(self, params: Mapping[str, Any], seed: int) -> Iterator[np.ndarray]:
        """Scores (n_judged,) after each step of the fit; a trial may be stopped between steps."""
        ...

    def identity(self) -> str:
        """Digest of the data and of all that is fixed."""
        ...


@dataclass(frozen=True)
class Halves:
    """Validation days cut in two.

    Attributes
    ----------
    choosing, later : DatetimeIndex
        Ascending; the last horizon + 1 days before `later` are in neither, so that no label that
        chooses reaches into the days that check the choice.
    """

    choosing: pd.DatetimeIndex
    later: pd.DatetimeIndex

    @classmethod
    def of(cls, days: pd.DatetimeIndex, horizon: int) -> Halves:
        """Cut `days`, ascending, in the middle.

        Raises
        ------
        InputError
            When either half would be empty.
        """
        cut = (len(days) + horizon + 2) // 2
        halves = cls(days[: max(0, cut - horizon - 1)], days[cut:])
        if not (len(halves.choosing) and len(halves.later)):
            raise InputError(
                "validation days", f"must be more than {horizon + 2}", len(days),
                "move train_end or valid_end",
            )  # fmt: skip
        return halves


def seen(samples: SampleSet, stop_share: float = 0.0) -> SampleSet:
    """What a search may see: the rows up to the last validation day, whose days become the "test".

    Nothing is fitted to a validation day, so a model that refuses to forecast days it knows takes
    this set as it is.

    Parameters
    ----------
    samples
        With the run's own split. Its test days are cut off.
    stop_share
        Share of the training days, the last ones, that become "valid": fits may stop early by
        them. Purged like any validation days.

    Raises
    ------
    InputError
        When there are no training or no validation days, or too few to stop by.
    """
    split = samples.samples["split"]
    days = {name: _days(samples, split == name) for name in ("train", "valid")}
    for name, found in days.items():
        if not len(found):
            raise InputError(f"split {name}", "must have days to search on")
    stop = round(stop_share * len(days["train"]))
    fit = days["train"][: len(days["train"]) - stop - (samples.horizon + 1 if stop else 0)]
    if not len(fit):
        raise InputError("split train", "must have more days", len(days["train"]))
    stop_days = days["train"][len(days["train"]) - stop :]
    return samples.until(days["valid"][-1]).divided(Split(fit, stop_days, days["valid"]))


def _days(samples: SampleSet, rows: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.sort(samples.samples["date"][rows].unique()))


def digest(*parts: object) -> str:
    """Digest of arrays, tables and plain values."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, pd.DataFrame):
            found.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
        elif isinstance(part, np.ndarray):
            found.update(np.ascontiguousarray(part).tobytes())
        else:
            found.update(repr(part).encode())
        found.update(b"|")
    return found.hexdigest()
