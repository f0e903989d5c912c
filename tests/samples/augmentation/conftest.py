"""Windows with gaps, a suspension, a late listing and an announcement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.samples.augmentation import Ground
from stockcast.samples.windows import Windows

DAYS, LOOKBACK = 90, 20
CODES = ("000001.SZ", "000002.SZ", "600001.SH", "600002.SH")
RETURN, WEEK_RETURN, LEVEL, EVENT, ECHO = range(5)  # columns; ECHO tells of the event, too
UNIT = 40.0
ANNOUNCED = 60
SUSPENDED = slice(50, 56)  # of the second stock
GAP = 65  # a day on which the first stock's level is unknown
LISTED = 30  # first day of the last stock


def make_ground() -> Ground:
    """Four calm stocks; `values` holds NaN where something is unknown."""
    rng = np.random.default_rng(8)
    returns = rng.normal(0, 0.01, (len(CODES), DAYS))
    returns[1, SUSPENDED] = 0.0
    returns[3, :LISTED] = np.nan
    values = np.zeros((len(CODES), DAYS, 5), np.float32)
    values[..., RETURN] = returns * UNIT
    summed = np.cumsum(np.nan_to_num(returns), axis=1)
    values[..., WEEK_RETURN] = (summed - np.pad(summed, ((0, 0), (5, 0)))[:, :DAYS]) * UNIT
    values[..., LEVEL] = rng.normal(size=(len(CODES), DAYS)).cumsum(axis=1)
    values[:, ANNOUNCED:, EVENT] = 1.0
    values[:, ANNOUNCED:, ECHO] = 2.0
    values[0, GAP, LEVEL] = np.nan
    values[3, :LISTED] = np.nan
    here = np.ones((len(CODES), DAYS), bool)
    here[3, :LISTED] = False
    seen = np.zeros_like(here)
    seen[:, LOOKBACK - 1 :] = np.lib.stride_tricks.sliding_window_view(here, LOOKBACK, 1).all(2)
    dates = pd.bdate_range("2017-01-02", periods=DAYS)
    windows = Windows(values, seen, dates, CODES, LOOKBACK)
    spans, unit = np.array([1, 5, 0, 0, 0]), np.full(5, UNIT)
    return Ground(windows, returns, spans, unit, (EVENT, ECHO), until=DAYS - 1)


@pytest.fixture(scope="session")
def ground() -> Ground:
    return make_ground()


@pytest.fixture(scope="session")
def places(ground: Ground) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stock, day and variant of every variant of every window."""
    stock, day = np.nonzero(ground.windows.seen)
    return np.repeat(stock, 5), np.repeat(day, 5), np.tile(np.arange(5), len(day))
