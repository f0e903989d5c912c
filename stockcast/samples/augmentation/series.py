"""The story's three ways for one series: stretch time, jitter the calm days, shift the events.

As 李林's story (CC BY-NC 4.0) tells them, stretching changes the window's length, one volatility of
price differences decides for a whole series, and an event may move to before its announcement. Here
a series has one row per trading day, and the window that ends on row `end` is made of rows up to
`end`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stockcast.errors import InputError


def stretch(series: np.ndarray, end: int, length: int, factor: float) -> np.ndarray:
    """The window with time running `factor` times as fast, its last day kept.

    Parameters
    ----------
    series : ndarray of shape (n_days, n_columns)
        Levels, such as log prices or features. Not returns: those belong to steps of one day.
    end
        Row on which the window ends.
    length
        Rows of the window.
    factor
        Above 1, the window tells of more days than it has and reads rows before it; below 1, of
        fewer. The story draws it from 0.95 to 1.05.

    Returns
    -------
    ndarray of shape (length, n_columns)
        Straight lines between neighbouring days, which takes away some of their daily movement.
        NaN where either neighbour is.

    Raises
    ------
    InputError
        When the factor is not above zero or the series has too few rows up to `end`.
    """
    if not factor > 0:
        raise InputError("factor", "must be above zero", factor)
    ago = np.arange(length - 1, -1, -1) * factor
    newer, older = np.floor(ago).astype(int), np.ceil(ago).astype(int)
    _check_reach(series, end, 1 + int(older[0]))
    part = (ago - newer)[:, None]
    return np.where(
        part > 0, (1 - part) * series[end - newer] + part * series[end - older], series[end - newer]
    )


def jitter(
    returns: np.ndarray,
    end: int,
    length: int,
    rng: np.random.Generator,
    *,
    share: float = 0.5,
    calm: float = 0.02,
    memory: int = 20,
) -> np.ndarray:
    """The window with noise on its calm days, each day's in proportion to its own volatility.

    Parameters
    ----------
    returns : ndarray of shape (n_days, n_columns)
        Daily returns, fractions; one column a stock.
    end, length
        The window's last row and its number of rows.
    rng
        Source of the noise, drawn day by day.
    share
        Standard deviation of the noise as a share of the day's volatility.
    calm
        Volatility a day below which a day is calm. The story's 0.02, taken of returns instead of
        prices, whose unit would decide.
    memory
        Days over which the volatility looks back, the day itself included; fewer at the start of
        the series.

    Returns
    -------
    ndarray of shape (length, n_columns)
        A return of exactly zero (a suspended day) stays zero, and NaN stays NaN.

    Raises
    ------
    InputError
        When the series has too few rows up to `end`.
    """
    _check_reach(returns, end, length)
    before = max(0, end + 1 - length - memory)
    squares = np.nan_to_num(returns[before : end + 1]) ** 2
    total = np.cumsum(squares, axis=0)
    total[memory:] -= total[:-memory].copy()
    days = np.minimum(np.arange(1, len(squares) + 1), memory)
    volatility = np.sqrt(np.maximum(total / days[:, None], 0.0))[-length:]
    window = returns[end + 1 - length : end + 1]
    noise = share * volatility * rng.standard_normal(window.shape)
    return np.where((volatility < calm) & (window != 0), window + noise, window)


def shift_events(
    series: np.ndarray, end: int, length: int, events: Sequence[int], days: int
) -> np.ndarray:
    """The window with its events moved against everything else, by delaying one of the two.

    Parameters
    ----------
    series : ndarray of shape (n_days, n_columns)
        Features, a row per day.
    end, length
        The window's last row and its number of rows.
    events
        Columns that tell of events. They move together, so they stay consistent.
    days
        Above zero, these columns show what they showed `days` earlier: the event comes later. Below
        zero, all other columns do: the event comes earlier *relative to the market*, and still no
        row shows it before it was announced. The story draws it from -3 to 3.

    Returns
    -------
    ndarray of shape (length, n_columns)

    Raises
    ------
    InputError
        When the series has too few rows up to `end`.
    """
    _check_reach(series, end, length + abs(days))
    delay = np.full(series.shape[1], max(-days, 0))
    delay[list(events)] = max(days, 0)
    rows = np.arange(end + 1 - length, end + 1)
    return series[rows[:, None] - delay, np.arange(series.shape[1])]


def _check_reach(series: np.ndarray, end: int, rows: int) -> None:
    """The series has `rows` rows up to and including `end`."""
    if not rows - 1 <= end < len(series):
        raise InputError(
            "end", f"must be a row of the series with {rows - 1} rows before it", end,
            f"the series has {len(series)} rows",
        )  # fmt: skip
