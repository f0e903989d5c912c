"""Augmented windows vary the past and know nothing of the future."""

from __future__ import annotations

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.samples.augmentation import jitter, shift_events, stretch

DAYS, LENGTH, EVENT = 120, 30, 3
RETURNS = np.random.default_rng(5).normal(0, 0.01, (DAYS, 4))
ENDS = range(60, 120, 2)

WAYS = {
    "faster": lambda series, end: stretch(series, end, LENGTH, 1.05),
    "slower": lambda series, end: stretch(series, end, LENGTH, 0.95),
    "jittered": lambda series, end: jitter(series, end, LENGTH, np.random.default_rng(end)),
    "event later": lambda series, end: shift_events(series, end, LENGTH, [EVENT], 3),
    "event earlier": lambda series, end: shift_events(series, end, LENGTH, [EVENT], -3),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("way", WAYS)
def test_dropping_later_rows_changes_no_bit(way, end):
    """The window that ends on a day must be the same bits when every later row is gone."""
    whole, cut = WAYS[way](RETURNS, end), WAYS[way](RETURNS[: end + 1], end)
    assert whole.shape == (LENGTH, 4)
    assert whole.tobytes() == cut.tobytes()


def test_stretching_keeps_the_last_day_and_the_length():
    """Whatever the factor, the window ends with the day it ended with."""
    for factor in (0.5, 0.95, 1.0, 1.05):
        found = stretch(RETURNS, 80, LENGTH, factor)
        assert found.shape == (LENGTH, 4)
        np.testing.assert_array_equal(found[-1], RETURNS[80])
    np.testing.assert_array_equal(stretch(RETURNS, 80, LENGTH, 1.0), RETURNS[51:81])


def test_stretching_changes_the_slope_by_the_factor():
    """A price that gains one unit a day gains `factor` units a day when time runs faster."""
    ramp = np.arange(DAYS, dtype=float)[:, None]
    np.testing.assert_allclose(np.diff(stretch(ramp, 90, LENGTH, 1.05), axis=0), 1.05)


def test_stretching_does_not_spread_a_gap_it_does_not_touch():
    """A day that falls on a row is that row, whatever its neighbours hold."""
    series = RETURNS.copy()
    series[70] = np.nan
    found = stretch(series, 80, LENGTH, 1.0)
    assert np.isnan(found).any(axis=1).sum() == 1


def test_jitter_leaves_wild_days_and_still_days_alone():
    """Noise belongs on calm days that traded: never on a suspended day, never in a storm."""
    returns = RETURNS.copy()
    returns[80:, 0] *= 10
    returns[95, 1] = 0.0
    found = jitter(returns, 110, LENGTH, np.random.default_rng(1))
    np.testing.assert_array_equal(found[20:, 0], returns[101:111, 0])
    assert found[14, 1] == 0
    assert (found[:, 2] != returns[81:111, 2]).all()


def test_jitter_is_in_proportion_to_the_days_own_volatility():
    """Half as volatile a stock gets half the noise, whatever its price."""
    rng = np.random.default_rng(2)
    returns = rng.normal(0, 1, (4000, 2)) * [0.008, 0.004]
    noise = jitter(returns, 3999, 3900, rng, share=0.5) - returns[100:]
    np.testing.assert_allclose(noise.std(axis=0), [0.004, 0.002], rtol=0.08)


def test_jitter_of_a_day_does_not_depend_on_later_days():
    """Even inside the window, a day's noise follows from days up to it."""
    stormy = RETURNS.copy()
    stormy[70:] *= 50
    calm_end, stormy_end = (
        jitter(series, 80, LENGTH, np.random.default_rng(3)) for series in (RETURNS, stormy)
    )
    np.testing.assert_array_equal(calm_end[:19], stormy_end[:19])


@pytest.mark.parametrize("days", range(-3, 4))
def test_no_event_is_shown_before_its_announcement(days):
    """Moved either way, an event announced on row 70 shows on row 70 at the earliest."""
    series = np.column_stack([np.arange(DAYS), (np.arange(DAYS) >= 70)]).astype(float)
    found = shift_events(series, 80, LENGTH, [1], days)
    shown = 51 + int(np.argmax(found[:, 1] > 0))
    assert shown == 70 + max(days, 0)
    # Between the event and the market of its day lie exactly `days`.
    assert found[shown - 51, 0] == 70 + days


def test_events_move_together():
    """Columns that tell of the same event must agree about its day."""
    series = np.tile((np.arange(DAYS) >= 70).astype(float)[:, None], (1, 3))
    found = shift_events(series, 80, LENGTH, [0, 2], 2)
    np.testing.assert_array_equal(found[:, 0], found[:, 2])
    assert (found[:, 0] != found[:, 1]).sum() == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: stretch(RETURNS, 29, LENGTH, 1.05),
        lambda: stretch(RETURNS, 80, LENGTH, 0.0),
        lambda: jitter(RETURNS, 120, LENGTH, np.random.default_rng(0)),
        lambda: shift_events(RETURNS, 30, LENGTH, [0], -3),
    ],
)
def test_a_window_without_enough_past_is_refused(call):
    """Rows that are not there must not be made up, nor counted from the end."""
    with pytest.raises(InputError):
        call()
