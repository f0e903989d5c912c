"""What classical kinds share: resampled days, samples of rows, matrices by hand."""

from __future__ import annotations

import numpy as np

from stockcast.models.classical.design import design, less_daily_mean
from stockcast.models.classical.kind import at_most
from stockcast.models.classical.linear import RIDGE, filled
from stockcast.models.classical.resampling import resampled, standard_error


def test_resampling_draws_whole_days_in_blocks():
    """Rows of a day count alike, as many days as there were are drawn, and neighbours together."""
    day = np.repeat(np.arange(100), 7)
    weight = resampled(day, np.random.default_rng(0), block=10)
    by_day = weight.reshape(100, 7)
    assert (by_day == by_day[:, :1]).all()
    assert weight.sum() == len(day)
    same = (by_day[1:, 0] == by_day[:-1, 0]).mean()
    single = resampled(day, np.random.default_rng(0), block=1).reshape(100, 7)[:, 0]
    assert same > 0.75 > (single[1:] == single[:-1]).mean()


def test_fewer_days_than_a_block_are_all_drawn():
    """With fewer days than a block, every day is drawn once."""
    weight = resampled(np.array([0, 0, 1, 2]), np.random.default_rng(0), block=20)
    np.testing.assert_array_equal(weight, 1.0)


def test_a_sample_of_rows_keeps_their_order(samples):
    """Rows are drawn without replacement, in order; fewer than the limit are all kept."""
    train = design(samples).train
    some = at_most(train, 100, np.random.default_rng(0))
    assert len(some.y) == len(some.x) == len(some.weight) == 100
    assert (np.diff(some.day) >= 0).all()
    assert len(np.unique(some.x[:, 0])) > 15
    assert at_most(train, 10**6, np.random.default_rng(0)) is train


def test_ridge_is_the_closed_form(samples):
    """Weights equal (X'WX + aI)^-1 X'Wy on columns less their weighted means."""
    train = design(samples).train
    weight = resampled(train.day, np.random.default_rng(1))
    train = train.rows(weight > 0, weight[weight > 0])
    ridge = RIDGE.fit(train, {"penalty": 0.1}, 0)
    x, w = filled(train.x), train.weight
    x, y = x - np.average(x, axis=0, weights=w), train.y - np.average(train.y, weights=w)
    wanted = np.linalg.solve((x.T * w) @ x + 0.1 * w.sum() * np.eye(x.shape[1]), (x.T * w) @ y)
    np.testing.assert_allclose(ridge.coef_, wanted, rtol=1e-8)


def test_targets_are_relative_to_the_day(samples):
    """Training targets average zero on every day; outcomes are not touched."""
    read = design(samples)
    np.testing.assert_allclose(np.bincount(read.train.day, read.train.y), 0, atol=1e-9)
    table = samples.samples[samples.part("valid")]
    np.testing.assert_array_equal(read.valid.outcome, table["label"] / table["scale"])


def test_less_daily_mean_by_hand():
    """Each day's values lose their own mean."""
    values, day = np.array([1.0, 3.0, 10.0]), np.array([0, 0, 1])
    np.testing.assert_array_equal(less_daily_mean(values, day), [-1.0, 1.0, 0.0])


def test_the_error_of_a_mean_counts_blocks_not_rows():
    """Rows that repeat a block's value add nothing: the error is that of the blocks' means."""
    blocks = np.random.default_rng(0).normal(size=12)
    day = np.arange(120).repeat(5)
    found = standard_error(blocks[day // 10], day, block=10)
    assert np.isclose(found, blocks.std(ddof=1) / np.sqrt(12))
    assert standard_error(np.arange(9.0), np.zeros(9, int)) == 0.0
