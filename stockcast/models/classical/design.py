"""What a sample set gives a classical model: matrices, targets and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stockcast.errors import InputError
from stockcast.models.classical.kind import Part
from stockcast.models.sample_set import SampleSet


@dataclass(frozen=True)
class Inputs:
    """How a fitted model reads features.

    Attributes
    ----------
    names : tuple of str
        Features, in the order of the matrix's columns.
    scaling : mapping
        Centre and spread of features that all stocks of a day share, as on the training rows.
    relative : bool
        Returns and scores are relative to the day's mean. False where no training day has two
        stocks: the model then times the one stock.
    """

    names: tuple[str, ...]
    scaling: Mapping[str, tuple[float, float]]
    relative: bool

    def matrix(self, samples: SampleSet, rows: np.ndarray) -> np.ndarray:
        """float32 of shape (n_rows, n_features), NaN where missing; see `SampleSet.matrix`."""
        return samples.only(self.names).matrix(rows, scaling=self.scaling)


@dataclass(frozen=True)
class Design:
    """A sample set, read for fitting."""

    inputs: Inputs
    train: Part
    valid: Part


def design(samples: SampleSet) -> Design:
    """Training and validation rows of `samples`.

    Features that are missing on every training row are left out.

    Raises
    ------
    InputError
        When either part is empty, no feature is known, or the training returns do not differ.
    """
    train, valid = samples.part("train"), samples.part("valid")
    for name, rows in (("training", train), ("validation", valid)):
        if not rows.any():
            raise InputError(
                f"{name} rows", "must not be empty", hint="start the run earlier or move the splits"
            )
    features = samples.features[train]
    names = tuple(n for n in samples.names if np.isfinite(features[n].to_numpy()).any())
    if not names:
        raise InputError("features", "must be known on some training row")
    relative = bool(samples.samples["date"][train].duplicated().any())
    inputs = Inputs(names, samples.only(names).scaling(train), relative)
    return Design(inputs, *(_part(samples, inputs, rows) for rows in (train, valid)))


def _part(samples: SampleSet, inputs: Inputs, rows: np.ndarray) -> Part:
    table = samples.samples[rows]
    y = samples.target(rows, relative=inputs.relative)
    if not inputs.relative:
        y = y - y.mean()
    if not np.ptp(y) > 0:
        raise InputError("returns", "must differ between the rows that train and validate")
    return Part(
        x=inputs.matrix(samples, rows),
        y=y,
        day=np.unique(table["date"].to_numpy(), return_inverse=True)[1],
        outcome=(table["label"] / table["scale"]).to_numpy(float),
        weight=np.ones(len(table)),
    )


def less_daily_mean(values: np.ndarray, day: np.ndarray) -> np.ndarray:
    """`values` less their mean over the rows of the same day, numbered from 0."""
    return values - (np.bincount(day, values) / np.bincount(day))[day]


def within_day(score: np.ndarray, read: Design) -> np.ndarray:
    """Scores of the validation rows, as the head reads them: less their daily mean if relative.

    Raises
    ------
    InputError
        When a score is not finite.
    """
    if not np.isfinite(score).all():
        raise InputError("score", "must be finite on the validation rows", hint="training diverged")
    return less_daily_mean(score, read.valid.day) if read.inputs.relative else score
