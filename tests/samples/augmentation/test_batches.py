"""Batches against the one-series functions, and what each way does to a simple series."""

from __future__ import annotations

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.samples.augmentation import batches, shift_events, stretch

RNG = np.random.default_rng(4)
VALUES = RNG.normal(size=(3, 80, 4))
STOCK, DAY = np.array([0, 2, 1, 2]), np.array([40, 79, 55, 40])
LOOKBACK = 30
RAMP = np.tile(np.arange(80.0)[:, None], (2, 1, 1))


def test_plain_windows_are_the_slices():
    """Row by row, the batch holds the days that end with each window's day."""
    found = batches.plain(VALUES, STOCK, DAY, LOOKBACK)
    for window, stock, day in zip(found, STOCK, DAY, strict=True):
        np.testing.assert_array_equal(window, VALUES[stock, day - LOOKBACK + 1 : day + 1])


def test_stretching_a_batch_is_stretching_each_series():
    """Each window is what `stretch` makes of its stock's series."""
    factor = np.array([0.95, 1.05, 1.0, 1.02])
    found = batches.stretched(VALUES, STOCK, DAY, LOOKBACK, factor)
    for window, stock, day, speed in zip(found, STOCK, DAY, factor, strict=True):
        np.testing.assert_allclose(window, stretch(VALUES[stock], day, LOOKBACK, speed))


def test_shifting_a_batch_is_shifting_each_series():
    """Each window is what `shift_events` makes of its stock's series."""
    days = np.array([3, -3, 0, -1])
    found = batches.shifted(VALUES, STOCK, DAY, LOOKBACK, days, [1, 3])
    for window, stock, day, by in zip(found, STOCK, DAY, days, strict=True):
        expected = shift_events(VALUES[stock], day, LOOKBACK, [1, 3], by)
        np.testing.assert_array_equal(window, expected)


def test_a_warp_keeps_both_ends_and_the_order_of_days():
    """Time starts and ends where it did, never turns back, and its speed varies smoothly."""
    bend = np.random.default_rng(1).normal(0, 0.5, (2, batches.KNOTS))
    found = batches.warped(RAMP, np.array([0, 1]), np.array([60, 70]), LOOKBACK, bend)[..., 0]
    np.testing.assert_array_equal(found[:, [0, -1]], [[31, 60], [41, 70]])
    speed = np.diff(found, axis=1)
    assert (speed > 0).all()
    assert speed.std() > 0.1
    assert np.abs(np.diff(np.log(speed), axis=1)).max() < 0.5


def test_a_warp_without_bend_is_the_window():
    """Speed 1 throughout changes no bit."""
    found = batches.warped(VALUES, STOCK, DAY, LOOKBACK, np.zeros((4, batches.KNOTS)))
    assert found.tobytes() == batches.plain(VALUES, STOCK, DAY, LOOKBACK).tobytes()


@pytest.mark.parametrize("ago", [[[1.0, -0.1]], [[41.0, 0.0]]])
def test_reading_the_future_or_before_the_first_day_is_refused(ago):
    """Negative days ago would be tomorrow's; too many would count from the array's end."""
    with pytest.raises(InputError, match="ago"):
        batches.read_back(VALUES, np.array([0]), np.array([40]), np.array(ago))


def test_shifting_before_the_first_day_is_refused():
    """A negative position would silently read the last days."""
    with pytest.raises(InputError, match="days"):
        batches.shifted(VALUES, np.array([0]), np.array([30]), LOOKBACK, np.array([-2]), [0])
