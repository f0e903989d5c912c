"""Draws of whole days, and seeds for whoever draws on their own."""

from __future__ import annotations

import numpy as np

from stockcast.determinism import stream

BLOCK = 20
"""Trading days drawn together: labels of neighbouring days overlap."""


def resampled(day: np.ndarray, rng: np.random.Generator, block: int = BLOCK) -> np.ndarray:
    """How often each row is drawn when blocks of days are resampled, of shape (n_rows,).

    The circular block bootstrap of Politis and Romano (1992), in Exploring the Limits of Bootstrap:
    the last day is followed by the first. Rows of a day are drawn together.

    Parameters
    ----------
    day : ndarray of shape (n_rows,), int
        Number of each row's day, from 0.
    rng
        Source of the draw.
    block
        Days drawn together; of fewer days, all.
    """
    days = int(day.max()) + 1
    block = min(block, days)
    starts = rng.integers(0, days, -(-days // block))
    drawn = ((starts[:, None] + np.arange(block)) % days).ravel()[:days]
    return np.bincount(drawn, minlength=days)[day].astype(float)


def standard_error(values: np.ndarray, day: np.ndarray, block: int = BLOCK) -> float:
    """Of the mean of `values`, whose days depend on each other only within blocks; 0 for one block.

    The usual formula for clusters (Liang and Zeger 1986, Biometrika 73), a cluster being a block of
    days with all its rows.
    """
    cluster = day // block
    count = int(cluster.max()) + 1
    if count < 2:
        return 0.0
    sums = np.bincount(cluster, values - values.mean())
    return float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(values))


def seed_of(seed: int, *purpose: str | int) -> int:
    """Seed for a library's own generator, below 2**31."""
    return int(stream(seed, *purpose).integers(2**31))
