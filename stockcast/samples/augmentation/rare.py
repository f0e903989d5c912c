"""Rare outcomes shown more often: resampling of training windows by class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.samples.labels import thresholds


def move_class(label: pd.Series | np.ndarray) -> np.ndarray:
    """How far a label moved: the plan's ±3, ±5 and ±10 % as one ordered class.

    Returns
    -------
    ndarray of shape (n,), int
        -3 for a fall of at least 10 %, -2 of 5 %, -1 of 3 %, 0 between, 1 to 3 for rises.

    Raises
    ------
    InputError
        When a label is NaN: it has no class.
    """
    found = thresholds(pd.Series(np.asarray(label, float)))
    if found.isna().to_numpy().any():
        raise InputError("label", "must be known where it is to be classed")
    return found.sum(axis=1).to_numpy(int)


def resample(
    classes: np.ndarray, size: int, rng: np.random.Generator, *, evenness: float = 1.0
) -> np.ndarray:
    """Positions drawn with replacement so that rare classes come more often.

    Parameters
    ----------
    classes : ndarray of shape (n,)
        Of training samples only: with others among them, how often they come would tell of the
        outcomes they are to judge.
    size
        Positions drawn.
    rng
        Source of the draw.
    evenness
        1: every class comes equally often. 0: as often as it is. Between, a class of share p comes
        in proportion to p^(1 - evenness).

    Returns
    -------
    ndarray of shape (size,), int
        Positions in `classes`. Resampling shifts the outcomes' distribution: what is trained so
        ranks, and its probabilities are no longer those of the market.

    Raises
    ------
    InputError
        When there is nothing to draw from.
    """
    if not len(classes):
        raise InputError("classes", "must not be empty")
    _, which, counts = np.unique(classes, return_inverse=True, return_counts=True)
    weight = (counts.astype(float) ** -evenness)[which]
    return rng.choice(len(classes), size, p=weight / weight.sum())
