"""The stylised facts are measured as their definitions say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.data import facts

DAYS = pd.bdate_range("2015-01-05", periods=4000)


def made(values: np.ndarray) -> pd.DataFrame:
    """A table of returns, one column a stock."""
    return pd.DataFrame(values, index=DAYS[: len(values)])


def test_returns_are_adjusted_and_skip_days_without_trade():
    """A split must not look like a crash, nor a resumption like a day's return."""
    panel = pd.DataFrame(
        {
            "date": DAYS[:5],
            "code": "600001.SH",
            "close": [10.0, 11.0, 5.5, 5.5, 6.6],
            "adj_factor": [1.0, 1.0, 2.0, 2.0, 2.0],
            "suspended": [False, False, False, True, False],
        }
    )
    found = facts.returns(panel)["600001.SH"].to_numpy()
    np.testing.assert_allclose(found, [np.nan, 0.1, 0.0, np.nan, np.nan], atol=1e-12)


def test_normal_returns_have_no_excess_kurtosis_and_fat_tails_do():
    """Zero for a normal distribution, 3 for a Laplace distribution, whatever its width."""
    rng = np.random.default_rng(0)
    wide = made(np.column_stack([rng.normal(0, 0.02, 4000), rng.laplace(0, 0.5, 4000)]))
    normal, laplace = facts.excess_kurtosis(wide)
    assert abs(normal) < 0.3
    assert 2 < laplace < 5


def test_autocorrelation_of_a_moving_average_is_known():
    """x(t) = e(t) + e(t-1) correlates 1/2 with the day before and not at all with earlier ones."""
    noise = np.random.default_rng(1).normal(size=(4001, 8))
    found = facts.autocorrelation(made(noise[1:] + noise[:-1]), [1, 2, 5])
    np.testing.assert_allclose(found, [0.5, 0.0, 0.0], atol=0.03)


def test_pair_correlation_equals_the_mean_of_the_pairs():
    """Without gaps it is the mean of the correlation matrix off its diagonal."""
    rng = np.random.default_rng(2)
    wide = made(rng.normal(size=(500, 1)) + rng.normal(size=(500, 6)))
    matrix = np.corrcoef(wide.to_numpy().T)
    pairs = matrix[np.triu_indices(6, 1)].mean()
    np.testing.assert_allclose(facts.pair_correlation(wide), pairs, rtol=1e-10)


def test_the_summary_counts_limits_among_traded_rows():
    """Of four traded closes one is at limit-up, one at limit-down; one row in five is suspended."""
    panel = pd.DataFrame(
        {
            "date": np.repeat(DAYS[:30], 2),
            "code": ["600001.SH", "600002.SH"] * 30,
            "close": np.linspace(10.0, 11.0, 60).round(2),
            "adj_factor": 1.0,
            "suspended": False,
            "limit_up": 20.0,
            "limit_down": 5.0,
        }
    )
    panel.loc[:11, "suspended"] = True
    panel.loc[[3, 20, 30], "limit_up"] = panel.loc[[3, 20, 30], "close"]
    panel.loc[40, "limit_down"] = panel.loc[40, "close"]
    found = facts.summary(panel)
    assert found["suspended"] == 12 / 60
    assert found["limit_up"] == 2 / 48
    assert found["limit_down"] == 1 / 48
    assert {"volatility", "excess_kurtosis", "memory_20", "pair_correlation"} < set(found.index)
