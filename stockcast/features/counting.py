"""How many features there are, when near copies count once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.features import catalogue

LOOKBACKS = 4
"""Lookbacks of one formula that count."""

SAME = 0.99
"""Absolute rank correlation above which two features count once."""

LEAST = 100
"""Rows that both must have for a rank correlation to say anything."""


def counted(features: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """The names that count: at most four lookbacks of a formula, and of near copies the first.

    Parameters
    ----------
    features
        Values, one column per name, as `stockcast.features.compute.compute` gives them.
    names
        Features of the catalogue; of two alike the one named first counts.

    Returns
    -------
    list of str
        In the order of `names`. What has fewer than two distinct values does not count.

    Raises
    ------
    InputError
        For a name that is no feature.
    """
    stems = {name: catalogue.find(name).stem for name in names}
    values = features[list(names)].to_numpy(float)
    alike = np.abs(rank_correlations(values)) > SAME
    kept: list[int] = []
    of_stem: Counter[str] = Counter()
    for place, name in enumerate(names):
        known = values[np.isfinite(values[:, place]), place]
        varies = len(known) > 0 and known.min() < known.max()
        if varies and of_stem[stems[name]] < LOOKBACKS and not alike[place, kept].any():
            kept.append(place)
            of_stem[stems[name]] += 1
    return [names[place] for place in kept]


def rank_correlations(values: np.ndarray) -> np.ndarray:
    """Correlation of every two columns' ranks over the rows that have both.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        NaN: missing. A column is ranked once among all its numbers, ties by their mean.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
        0 where fewer than `LEAST` rows have both, or one of the two stands still.
    """
    # About their middle and in [-1, 1], so that differences of sums keep their digits.
    ranks = pd.DataFrame(values).rank().to_numpy()
    counts = np.maximum(np.isfinite(values).sum(axis=0), 1)
    ranks = (2 * ranks - counts - 1) / counts
    there = np.isfinite(ranks).astype(float)
    ranks = np.nan_to_num(ranks)
    both = there.T @ there
    enough = np.maximum(both, 1)
    sums, squares = ranks.T @ there, (ranks**2).T @ there
    spread = squares - sums**2 / enough
    joint = ranks.T @ ranks - sums * sums.T / enough
    scale = np.sqrt(np.maximum(spread, 0) * np.maximum(spread.T, 0))
    told = (both >= LEAST) & (scale > 1e-9 * enough)
    return np.divide(joint, scale, out=np.zeros_like(joint), where=told)
