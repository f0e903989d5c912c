"""The test of equal losses against statsmodels and against simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from stockcast.errors import InputError
from stockcast.judge.diebold_mariano import diebold_mariano

DAYS = pd.bdate_range("2016-01-04", periods=200, name="date")


def _pair(rng: np.random.Generator, steps: int, days: int = 200, mean: float = 0.0):
    """Losses whose difference is a moving average over `steps` days."""
    shocks = rng.normal(size=days + steps - 1)
    lead = np.convolve(shocks, np.ones(steps), "valid") + mean
    other = pd.Series(rng.normal(size=days), DAYS[:days])
    return other + lead, other


@pytest.mark.parametrize(("kernel", "theirs"), [("rectangular", "uniform"), ("bartlett",) * 2])
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_equal_to_statsmodels(kernel, theirs, steps):
    """Regression on a constant with the library's covariance, times the small-sample factor."""
    first, second = _pair(np.random.default_rng(steps), steps, mean=0.4)
    lead, n = (first - second).to_numpy(), 200
    hac = {"maxlags": steps - 1, "kernel": theirs}
    plain = OLS(lead, np.ones(n)).fit(cov_type="HAC", cov_kwds=hac)
    factor = np.sqrt((n + 1 - 2 * steps + steps * (steps - 1) / n) / n)
    found = diebold_mariano(first, second, steps, kernel)
    assert found.t == pytest.approx(factor * plain.tvalues[0])
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.t), n - 1))
    assert found.difference == pytest.approx(lead.mean())
    assert found.n == n


def test_one_step_is_nearly_the_paired_t_test():
    """With one step nothing overlaps: the factor makes the n of the variance an n - 1."""
    first, second = _pair(np.random.default_rng(1), 1)
    assert diebold_mariano(first, second, 1).t == pytest.approx(stats.ttest_rel(first, second)[0])


def test_size_with_overlapping_outcomes():
    """Equal forecasts six steps ahead differ "surely" in few of a hundred trials; with the
    overlap ignored, in a third or more."""
    rng = np.random.default_rng(2)
    pairs = [_pair(rng, 6) for _ in range(300)]
    right = np.array([diebold_mariano(*pair, 6, "rectangular").p for pair in pairs])
    wrong = np.array([diebold_mariano(*pair, 1).p for pair in pairs])
    assert np.nanmean(right < 0.05) < 0.11
    assert np.mean(wrong < 0.05) > 0.3


def test_sign():
    """Negative: the first loses less."""
    first, second = _pair(np.random.default_rng(3), 1, mean=-1)
    there, back = diebold_mariano(first, second, 1), diebold_mariano(second, first, 1)
    assert there.t < -3
    assert back.t == pytest.approx(-there.t)
    assert back.p == pytest.approx(there.p)


def test_variance_below_zero_is_not_told():
    """Differences that alternate give the rectangular kernel a negative variance, hence NaN."""
    zero = pd.Series(0.0, DAYS)
    first = zero + np.resize([1.0, -0.9], 200)
    found = diebold_mariano(first, zero, 2)
    assert np.isnan([found.t, found.p]).all()
    assert np.isfinite(diebold_mariano(first, zero, 2, "bartlett").t)


def test_only_common_days_count():
    """Days of one series alone, and NaN, are left out."""
    first, second = _pair(np.random.default_rng(4), 1)
    gappy = second.copy()
    gappy.iloc[3] = np.nan
    found = diebold_mariano(first.iloc[:150], gappy, 1)
    wanted = diebold_mariano(first.iloc[:150].drop(DAYS[3]), second.iloc[:150], 1)
    assert found == wanted
    assert found.n == 149


def test_refusals():
    """No steps, unknown kernels and too few days are refused."""
    first, second = _pair(np.random.default_rng(5), 1)
    with pytest.raises(InputError, match="steps"):
        diebold_mariano(first, second, 0)
    with pytest.raises(InputError, match="kernel"):
        diebold_mariano(first, second, 2, "parzen")
    with pytest.raises(InputError, match="12 days"):
        diebold_mariano(first.iloc[:8], second, 6)
