"""Many windows varied at once, by given strengths.

Every function takes `values` (n_stocks, n_days, n_features) and the places of n windows: `stock`
and `day`, each of shape (n,), positions in `values`; a window ends on its day. It returns a copy of
shape (n, lookback, n_features) in the type of `values`, made of rows up to each window's day. NaN
stays NaN, and comes to no row that does not read it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stockcast.errors import InputError

KNOTS = 4
"""Places in a window at which a warp draws its speed; between them it is smooth."""


def plain(values: np.ndarray, stock: np.ndarray, day: np.ndarray, lookback: int) -> np.ndarray:
    """The windows as they are."""
    return values[stock[:, None], _rows(day, lookback)]


def read_back(
    values: np.ndarray, stock: np.ndarray, day: np.ndarray, ago: np.ndarray
) -> np.ndarray:
    """The windows with time running as `ago` says.

    Parameters
    ----------
    ago : ndarray of shape (n, lookback)
        Days before the window's last one that each row shows, at least 0; between two days, a
        straight line between their rows, NaN where either is.

    Raises
    ------
    InputError
        When a row would lie after the window's last day, or before the first of `values`.
    """
    newer, older = np.floor(ago).astype(int), np.ceil(ago).astype(int)
    if ago.size and (newer.min() < 0 or (day - older.max(axis=1)).min() < 0):
        raise InputError("ago", "must be days from the window's last back to the first there is")
    part = (ago - newer)[..., None].astype(values.dtype)
    late = values[stock[:, None], day[:, None] - newer]
    early = values[stock[:, None], day[:, None] - older]
    return late + part * (early - late)


def stretched(
    values: np.ndarray, stock: np.ndarray, day: np.ndarray, lookback: int, factor: np.ndarray
) -> np.ndarray:
    """Time runs `factor` (n,) times as fast, read backwards from the window's last day.

    Above 1 a window reads (factor - 1) · (lookback - 1) days, rounded up, from before its first.
    """
    return read_back(values, stock, day, factor[:, None] * np.arange(lookback - 1.0, -1.0, -1.0))


def warped(
    values: np.ndarray, stock: np.ndarray, day: np.ndarray, lookback: int, bend: np.ndarray
) -> np.ndarray:
    """Time runs now faster, now slower; the window's first and last day stay.

    Parameters
    ----------
    bend : ndarray of shape (n, KNOTS)
        Logarithm of the speed at evenly spaced knots, 0 as it was. A cubic spline runs between
        them, so that time never turns back, and the speeds are scaled to the window's length.

    Notes
    -----
    Um et al. (2017), "Data augmentation of wearable sensor data for Parkinson's disease monitoring
    using convolutional neural networks", ICMI, draw the speed itself, which may become negative.
    """
    from scipy.interpolate import CubicSpline

    knots = np.linspace(0, 1, bend.shape[1])
    splines = CubicSpline(knots, np.eye(bend.shape[1]))(np.linspace(0, 1, lookback - 1))
    # Summed knot by knot: a matrix product's bits would depend on how many windows there are.
    log_speed = sum(bend[:, [knot]] * splines[:, knot] for knot in range(bend.shape[1]))
    ago = np.zeros((len(bend), lookback))
    ago[:, 1:] = np.cumsum(np.exp(log_speed), axis=1)
    ago *= ((lookback - 1) / ago[:, -1])[:, None]
    ago[:, -1] = lookback - 1  # exactly, whatever rounding left
    return read_back(values, stock, day, np.minimum(ago, lookback - 1)[:, ::-1])


def shifted(
    values: np.ndarray,
    stock: np.ndarray,
    day: np.ndarray,
    lookback: int,
    days: np.ndarray,
    events: Sequence[int],
) -> np.ndarray:
    """The columns `events` moved by `days` (n,) against all others, by delaying one of the two.

    Above zero they show what they showed so many days earlier; below zero all others do. Reads
    |days| days from before the window.

    Raises
    ------
    InputError
        When a row would lie before the first of `values`.
    """
    if len(day) and (day - np.abs(days)).min() < lookback - 1:
        raise InputError("days", "must leave the window within the days there are")
    rows, stock = _rows(day, lookback), stock[:, None]
    out = values[stock, rows - np.maximum(-days, 0)[:, None]]
    late = rows - np.maximum(days, 0)[:, None]
    for column in events:
        out[..., column] = values[stock, late, column]
    return out


def _rows(day: np.ndarray, lookback: int) -> np.ndarray:
    """Positions (n, lookback) of each window's days."""
    return day[:, None] + np.arange(1 - lookback, 1)
