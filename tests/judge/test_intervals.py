"""Intervals on the mean of a daily series."""

import numpy as np
import pandas as pd
import pytest

from stockcast.judge.intervals import (
    Interval,
    every,
    lags,
    newey_west,
    over_seeds,
    paired_difference,
    resampled_days,
    stationary_bootstrap,
)


def _autoregression(rng: np.random.Generator, days: int, phi: float) -> pd.Series:
    """Days of an AR(1) with mean zero, started from its own distribution."""
    values = np.empty(days)
    values[0] = rng.normal() / np.sqrt(1 - phi**2)
    shocks = rng.normal(size=days)
    for day in range(1, days):
        values[day] = phi * values[day - 1] + shocks[day]
    return pd.Series(values)


def test_newey_west_equals_the_formula():
    """The standard error is the Bartlett-weighted sum of autocovariances, written out."""
    series = _autoregression(np.random.default_rng(1), 200, 0.4) + 0.3
    lag, n = 25, len(series)
    centred = (series - series.mean()).to_numpy()
    total = centred @ centred
    for step in range(1, lag + 1):
        total += 2 * (1 - step / (lag + 1)) * (centred[step:] @ centred[:-step])
    error = np.sqrt(total) / n * np.sqrt(n / (n - 1))
    found = newey_west(series, lag=lag)
    assert found.t == pytest.approx(series.mean() / error, rel=1e-10)
    assert found.mean - found.low == pytest.approx(found.high - found.mean, rel=1e-10)


@pytest.mark.parametrize(
    ("days", "lag", "taken"),
    [(244, 10, 21), (2500, 10, 65), (30, 10, 10),
     (400, 60, 60), (5, 10, 4), (400, 0, 0)],
)  # fmt: skip
def test_lags_grow_with_the_root_of_the_days(days, lag, taken):
    """1.3 times the root of the days, no fewer than asked for, and no more than there are."""
    assert lags(days, lag) == taken


@pytest.mark.parametrize("lag", [20, 60, 120])
def test_the_quantile_holds_where_many_lags_scatter(lag):
    """On independent normal days the interval covers the mean 95 times in 100 at any lag."""
    rng = np.random.default_rng(0)
    inside = [
        found.low <= 0 <= found.high
        for found in (newey_west(pd.Series(rng.normal(size=240)), lag) for _ in range(600))
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)


def test_without_lags_it_is_the_plain_t_test():
    """Lag 0 on a literal series gives the textbook mean, error and t."""
    found = newey_west(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0]), lag=0)
    # Sum of squares 10; 10 / 5² × 5 / 4 = 0.5 = (√2.5 / √5)².
    assert found.mean == 3.0
    assert found.t == pytest.approx(3 / np.sqrt(0.5))


@pytest.mark.parametrize(
    "estimate",
    [
        lambda series: newey_west(series),
        lambda series: stationary_bootstrap(series, np.random.default_rng(0), n=200),
    ],
    ids=["newey_west", "stationary_bootstrap"],
)
class TestBoth:
    """What holds for either interval."""

    def test_nan_days_are_dropped_and_counted(self, estimate):
        """NaN days change nothing but the count of days dropped."""
        whole = pd.Series(np.sin(np.arange(40.0)))
        holed = pd.concat([pd.Series([np.nan, np.nan]), whole, pd.Series([np.nan])])
        found, expected = estimate(holed), estimate(whole)
        assert (found.n, found.dropped) == (40, 3)
        assert (found.mean, found.low, found.high) == (expected.mean, expected.low, expected.high)

    def test_too_few_days_have_no_interval(self, estimate):
        """One day has a mean and no bounds; no day has neither."""
        one = estimate(pd.Series([0.2]))
        assert one.mean == 0.2
        assert np.isnan([one.low, one.high, one.t]).all()
        none = estimate(pd.Series([np.nan, np.nan]))
        assert np.isnan(none.mean)
        assert (none.n, none.dropped) == (0, 2)

    def test_a_constant_series_has_no_t(self, estimate):
        """A mean without any spread has bounds at itself and t unknown, not infinite."""
        found = estimate(pd.Series([0.1] * 30))
        assert found.low == pytest.approx(0.1)
        assert found.high == pytest.approx(0.1)
        assert np.isnan(found.t)

    def test_it_covers_the_true_mean_of_correlated_days(self, estimate):
        """Nominal 95 % intervals hold the mean of an AR(1) nearly that often, plain ones do not."""
        rng = np.random.default_rng(5)
        trials, plain, covered = 300, 0, 0
        for _ in range(trials):
            series = _autoregression(rng, 400, 0.5)
            interval, naive = estimate(series), newey_west(series, lag=0)
            covered += interval.low <= 0 <= interval.high
            plain += naive.low <= 0 <= naive.high
        # A block of ten days sees less of the memory than the kernel's lags do.
        assert 0.88 <= covered / trials <= 0.99
        assert plain / trials <= 0.80


def test_the_bootstrap_repeats_with_its_generator():
    """The same generator state gives the same interval, another state another one."""
    series = _autoregression(np.random.default_rng(2), 100, 0.2)
    first, again, other = (
        stationary_bootstrap(series, np.random.default_rng(seed), n=100) for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_resampled_days_keep_neighbours_together():
    """Each resample has as many days as the sample, in blocks of the mean length asked for."""
    counts = resampled_days(500, np.random.default_rng(3), block=20, n=40)
    assert counts.shape == (40, 500)
    assert (counts.sum(axis=1) == 500).all()
    # A day is drawn as often as its neighbour except at the ends of blocks: 2 changes a block.
    alone = resampled_days(500, np.random.default_rng(3), block=1, n=40)
    changes = np.abs(np.diff(counts, axis=1)).sum(axis=1).mean()
    assert changes == pytest.approx(2 * 500 / 20, rel=0.25)
    assert changes < np.abs(np.diff(alone, axis=1)).sum(axis=1).mean() / 5


def test_every_fifth_day():
    """The first of each five days stays, NaN or not."""
    series = pd.Series([0.0, 1, 2, 3, 4, np.nan, 6, 7, 8, 9, 10])
    assert every(series).index.tolist() == [0, 5, 10]


def test_a_paired_difference_uses_common_days():
    """Only dates in both series count, and a NaN in either is a NaN."""
    a = pd.Series([1.0, 2.0, np.nan, 4.0], index=[1, 2, 3, 4])
    b = pd.Series([0.5, 1.0, 1.0, 1.0], index=[2, 3, 4, 5])
    difference = paired_difference(a, b)
    assert difference.index.tolist() == [2, 3, 4]
    assert difference.tolist()[::2] == [1.5, 3.0]
    assert np.isnan(difference.loc[3])


def test_an_interval_is_a_value():
    """Intervals with equal figures are equal and cannot be changed."""
    interval = Interval(0.1, 0.0, 0.2, 2.0, 10)
    assert interval == Interval(0.1, 0.0, 0.2, 2.0, 10)
    with pytest.raises(AttributeError):
        interval.mean = 0.3


def test_over_seeds_is_the_student_interval():
    """Mean and 95 % interval over four seeds by hand: 3.1824 standard errors at 3 degrees."""
    table = pd.DataFrame({"a": [0.01, 0.03, 0.02, 0.04], "b": [1.0, np.nan, np.nan, np.nan]})
    got = over_seeds(table)
    reach = 3.182446 * np.std(table["a"], ddof=1) / 2
    assert got.loc["a", "mean"] == pytest.approx(0.025)
    assert got.loc["a", "low"] == pytest.approx(0.025 - reach, rel=1e-6)
    assert got.loc["b", "n"] == 1
    assert np.isnan(got.loc["b", "low"])
