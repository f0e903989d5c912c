"""Control of false discoveries against the papers' example and a loop written out."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.false_discovery import SMALLEST, discoveries, p_value
from stockcast.judge.intervals import newey_west

# Benjamini and Hochberg (1995), section 4.1: fifteen hypotheses of a medical trial.
PAPER = pd.Series(
    [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
     0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
)  # fmt: skip


def test_example_of_the_paper():
    """At 5 % the paper keeps four of fifteen, and Bonferroni's rule three."""
    assert discoveries(PAPER)["kept"].sum() == 4
    assert discoveries(PAPER, method="bonferroni")["kept"].sum() == 3


@pytest.mark.parametrize("method", ["bh", "by"])
def test_step_up_written_out(method):
    """The largest k with p(k) <= k / m · rate (over Σ 1/i under any dependence) decides."""
    rng = np.random.default_rng(1)
    p = pd.Series(np.r_[rng.uniform(size=40), rng.uniform(size=20) / 200])
    m = len(p)
    worse = sum(1 / i for i in range(1, m + 1)) if method == "by" else 1.0
    ordered = np.sort(p)
    k = max(i for i in range(1, m + 1) if ordered[i - 1] <= i / m * 0.1 / worse)
    table = discoveries(p, 0.1, method)
    assert table["kept"].tolist() == (p <= ordered[k - 1]).tolist()
    assert table["kept"].equals(table["adjusted"] <= 0.1)


def test_share_of_false_findings():
    """Over many families the share of false findings among those kept is below the rate."""
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(100):
        z = rng.normal(size=50) + np.r_[np.zeros(40), np.full(10, 3.5)]
        kept = discoveries(pd.Series(2 * stats.norm.sf(abs(z))), 0.2)["kept"].to_numpy()
        shares.append(kept[:40].sum() / max(1, kept.sum()))
    assert 0.1 < np.mean(shares) < 0.2


def test_nan_is_not_tested():
    """A missing p-value is not kept and makes the others no dearer."""
    table = discoveries(pd.concat([PAPER, pd.Series({99: np.nan})]))
    assert table.loc[99].isna().tolist() == [True, True, False]
    assert not table.loc[99, "kept"]
    assert table["adjusted"].drop(99).equals(discoveries(PAPER)["adjusted"])
    assert discoveries(pd.Series([np.nan])).shape == (1, 3)


@pytest.mark.parametrize("mean", [0.05, 0.15, -0.25])
def test_p_value_is_where_the_interval_ends_at_zero(mean):
    """At the level 1 - p an end is zero; p is below .05 where the 95 % interval excludes zero."""
    series = pd.Series(np.random.default_rng(3).normal(mean, 1, 300))
    p = p_value(series)
    sure = newey_west(series, level=1 - p)
    assert min(abs(sure.low), abs(sure.high)) == pytest.approx(0, abs=1e-6)
    usual = newey_west(series)
    assert (p < 0.05) == (usual.low > 0 or usual.high < 0)


def test_p_value_without_lags_is_students():
    """With days taken as independent it is that of the t test."""
    series = pd.Series(np.random.default_rng(4).normal(0.1, 1, 60))
    assert p_value(series, lag=0) == pytest.approx(stats.ttest_1samp(series, 0).pvalue, rel=1e-5)


def test_p_value_of_the_clear_and_the_unknown():
    """Overwhelming means end at the smallest value, series without an interval in NaN."""
    rng = np.random.default_rng(5)
    assert p_value(pd.Series(rng.normal(5, 1, 200))) == SMALLEST
    assert np.isnan(p_value(pd.Series([1.0, 1.0, 1.0])))
    assert np.isnan(p_value(pd.Series([1.0])))


def test_refusals():
    """Unknown methods, rates and values that are no p-values are refused."""
    with pytest.raises(InputError, match="method"):
        discoveries(PAPER, method="sidak")
    with pytest.raises(InputError, match="rate"):
        discoveries(PAPER, 0)
    with pytest.raises(InputError, match="between 0 and 1"):
        discoveries(PAPER + 1)
