"""Windows are views of one array, scaled by the training span alone."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.samples.windows import CLIP, Normaliser, Windows, views

DATES = pd.bdate_range("2015-01-05", periods=30)
CODES = ["000001.SZ", "000002.SZ", "600001.SH"]


def table() -> pd.DataFrame:
    """Three stocks, the last one listed on the eleventh day; `common` is one value a day."""
    keys = pd.MultiIndex.from_product([DATES, CODES], names=["date", "code"]).to_frame(index=False)
    rng = np.random.default_rng(0)
    frame = keys.assign(
        own=rng.normal(3.0, 2.0, len(keys)).astype("f4"),
        common=keys.date.dt.day.to_numpy("f4"),
    )
    return frame[(frame.code != CODES[2]) | (frame.date >= DATES[10])].reset_index(drop=True)


def build(frame: pd.DataFrame, relative: bool = False, lookback: int = 5) -> Windows:
    trains = (frame.date < DATES[20]).to_numpy()
    normaliser = Normaliser.fit(frame, trains, relative)
    return Windows.build(frame, np.ones(len(frame), bool), lookback, normaliser)


def test_a_window_is_the_last_days_of_one_stock():
    """The window of a stock on a day holds its scaled rows up to and including that day."""
    frame = table()
    windows = build(frame)
    trains = frame[frame.date < DATES[20]]
    own = frame[(frame.code == CODES[1]) & frame.date.between(DATES[8], DATES[12])].own
    expected = (own - trains.own.mean()) / trains.own.std(ddof=0)
    np.testing.assert_allclose(windows.of_day(12)[1, :, 0], expected, rtol=1e-4)


def test_windows_are_not_copied():
    """The windows of a day share memory with the one array."""
    windows = build(table())
    assert np.shares_memory(windows.of_day(12), windows.values)


def test_700_000_windows_take_no_memory():
    """700,000 windows of 60 days and 20 features, 3.4 GB if copied, take a few kilobytes."""
    values = np.ones((300, 2400, 20), np.float32)  # 58 MB
    tracemalloc.start()
    found = views(values, 60)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (300, 2341, 60, 20)
    assert found.shape[0] * found.shape[1] > 700_000
    assert found.nbytes > 3.3e9
    assert peak < 100_000
    assert np.shares_memory(found, values)


def test_views_are_the_windows():
    """Every view equals the slice it stands for, for arrays of any depth, and is read-only."""
    values = np.random.default_rng(0).normal(size=(3, 12, 2))
    found = views(values, 5)
    for stock in range(3):
        for last in range(4, 12):
            np.testing.assert_array_equal(
                found[stock, last - 4], values[stock, last - 4 : last + 1]
            )
    np.testing.assert_array_equal(views(values[..., 0], 5), found[..., 0])
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0, 0, 0] = 1.0


def test_all_windows_of_a_table_are_views():
    """The method gives the same windows as asking day by day, without copying."""
    windows = build(table())
    found = windows.views()
    assert np.shares_memory(found, windows.values)
    np.testing.assert_array_equal(found[:, 8], windows.of_day(12))


@pytest.mark.parametrize("lookback", [0, 13])
def test_windows_longer_than_the_days_are_refused(lookback):
    """No window can have more days than there are, or none."""
    with pytest.raises(InputError, match="lookback"):
        views(np.zeros((3, 12, 2)), lookback)


def test_seen_asks_for_a_full_window():
    """A stock is seen from the day its listing fills a window, and not before."""
    windows = build(table(), lookback=5)
    assert np.flatnonzero(windows.seen[0])[0] == 4
    assert np.flatnonzero(windows.seen[2])[0] == 14


def test_scaling_knows_the_training_span_only():
    """Changing values after the training span changes no earlier window."""
    frame = table()
    later = frame.copy()
    later.loc[later.date >= DATES[20], "own"] *= 100
    before, after = build(frame), build(later)
    assert np.array_equal(before.values[:, :20], after.values[:, :20])
    assert not np.array_equal(before.values[:, 20:], after.values[:, 20:])


@pytest.mark.parametrize("cut", range(10, 30))
def test_truncation_leaves_relative_values_bit_identical(cut: int):
    """Dropping all rows after a day, and stocks that list later, changes no earlier bit."""
    frame = table()
    trains = (frame.date < DATES[10]).to_numpy()
    normaliser = Normaliser.fit(frame, trains, relative=True)
    whole = Windows.build(frame, np.ones(len(frame), bool), 5, normaliser)
    past = frame[frame.date <= DATES[cut - 1]]
    part = Windows.build(past, np.ones(len(past), bool), 5, normaliser)
    stocks = [whole.codes.index(code) for code in part.codes]
    assert np.array_equal(whole.values[stocks, : len(part.dates)], part.values)


def test_relative_features_have_no_common_part():
    """Relative values average zero over the day's stocks; one-value-a-day features are kept."""
    windows = build(table(), relative=True)
    np.testing.assert_allclose(windows.values[:, 15, 0].mean(), 0, atol=1e-6)
    assert np.ptp(windows.values[0, 10:20, 1]) > 0


def test_missing_is_the_mean_and_extremes_are_clipped():
    """NaN becomes 0, and nothing lies further out than the clip."""
    frame = table()
    frame.loc[0, "own"] = np.nan
    frame.loc[1, "own"] = 1e6
    normaliser = Normaliser.fit(table(), np.ones(len(frame), bool), relative=False)
    windows = Windows.build(frame, np.ones(len(frame), bool), 5, normaliser)
    assert windows.values[0, 0, 0] == 0
    assert windows.values[1, 0, 0] == CLIP


def test_no_training_rows_is_refused():
    """Without a training row there is nothing to scale by, and the error says so."""
    frame = table()
    with pytest.raises(InputError, match="training rows"):
        Normaliser.fit(frame, np.zeros(len(frame), bool), relative=False)
