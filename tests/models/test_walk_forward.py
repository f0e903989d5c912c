"""Walk-forward: every split fitted on its own past, in whatever process."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.walk_forward import walk
from stockcast.samples.splits import expanding, purged
from tests.models.classical.conftest import sample_set
from tests.models.test_side_by_side import models


@pytest.fixture(scope="module")
def samples():
    """Four years of few stocks."""
    return sample_set(days=1040, stocks=8)


@pytest.fixture(scope="module")
def splits(samples):
    return expanding(samples.days, first_test=2016, horizon=5)


@pytest.fixture(scope="module")
def walked(samples, splits):
    return walk(models("ridge", "logistic"), samples, splits, seed=7, jobs=1)


def test_every_test_day_is_forecast_once(walked, samples, splits):
    """Each model's forecasts cover the test days of all splits, in order, without doubles."""
    days = pd.DatetimeIndex(np.concatenate([split.test for split in splits]))
    members = samples.samples[samples.samples["date"].isin(days)]
    for _, of_model in walked.forecasts.groupby("model"):
        pd.testing.assert_frame_equal(
            of_model[["date", "code"]].reset_index(drop=True),
            members[["date", "code"]].reset_index(drop=True),
        )


def test_no_fold_knows_its_test(walked):
    """What a fold's labels told ends before its first test day; later folds know more."""
    assert (walked.folds["information_until"] < walked.folds["first"]).all()
    by_model = walked.folds.groupby("model")["information_until"]
    assert by_model.apply(lambda dates: dates.is_monotonic_increasing and dates.is_unique).all()


def test_costs_are_told(walked):
    """Seconds to fit and to forecast, memory and rows of every fold."""
    costs = walked.folds[["fit_seconds", "forecast_seconds", "peak_mb", "rows"]]
    assert len(costs) == 4
    assert (costs > 0).all(axis=None)
    assert walked.folds["rows"].sum() == len(walked.forecasts)


def test_processes_change_nothing(walked, samples, splits):
    """Two processes give the forecasts of one, bit for bit."""
    again = walk(models("ridge", "logistic"), samples, splits, seed=7, jobs=2)
    pd.testing.assert_frame_equal(again.forecasts, walked.forecasts, check_exact=True)


def test_later_years_change_no_earlier_fold(walked, samples, splits):
    """Without the last year, the earlier folds' forecasts are the same bits."""
    last = splits[0].test[-1]
    cut = walk(models("ridge"), samples.until(last), splits[:1], seed=7, jobs=1)
    ridge = walked.forecasts[walked.forecasts["model"] == "ridge"]
    before = ridge[ridge["date"] <= last].reset_index(drop=True)
    pd.testing.assert_frame_equal(cut.forecasts, before, check_exact=True)


def test_splits_that_test_a_day_twice_are_refused(samples, splits):
    """Overlapping test spans would count days twice; no splits at all are refused too."""
    twice = purged(samples.days, "2014-12-31", "2015-12-31", 5)
    with pytest.raises(InputError, match="must test different days"):
        walk(models("ridge"), samples, [*splits, twice], seed=7)
    with pytest.raises(InputError, match="splits: must not be empty"):
        walk(models("ridge"), samples, [], seed=7)
