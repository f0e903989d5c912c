"""Measures of return and risk against numbers worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge import performance

DAYS = pd.bdate_range("2017-01-03", periods=4, name="date")
RETURNS = pd.Series([0.10, -0.20, 0.05, 0.0], index=DAYS)


def test_measures_by_hand():
    """Four days of +10, -20, +5 and 0 per cent give what pencil and paper give."""
    found = performance.measures(RETURNS)
    grown = 1.10 * 0.80 * 1.05
    variance = (0.1125**2 + 0.1875**2 + 0.0625**2 + 0.0125**2) / 3
    assert found["annual_return"] == pytest.approx(grown ** (243 / 4) - 1)
    assert found["volatility"] == pytest.approx(np.sqrt(variance * 243))
    assert found["sharpe"] == pytest.approx(-0.0125 / np.sqrt(variance) * np.sqrt(243))
    assert found["sortino"] == pytest.approx(-0.0125 / 0.10 * np.sqrt(243))
    assert found["max_drawdown"] == pytest.approx(0.20)
    assert found["calmar"] == pytest.approx(found["annual_return"] / 0.20)
    assert found["win_rate"] == 0.5


def test_equal_to_the_backtest_report():
    """A backtest's report and this module state one and the same number."""
    report = pytest.importorskip("stockcast.trading.report")
    returns = pd.Series(np.random.default_rng(1).standard_t(4, 500) / 100)
    found, there = performance.measures(returns), report.measures(returns)
    assert found == pytest.approx(there, rel=1e-12)


def test_drawdown_counts_the_start():
    """A first day that loses is a fall from the start, although no earlier day was higher."""
    assert performance.max_drawdown(pd.Series([-0.3, 0.1])) == pytest.approx(0.3)
    assert performance.max_drawdown(pd.Series([0.1, 0.2])) == 0


def test_information_ratio_is_the_sharpe_ratio_of_the_difference():
    """Only days of both count, and what both earn cancels."""
    other = pd.Series([0.02, 0.01, 0.03, -0.01], index=DAYS)
    own = other + pd.Series([0.01, -0.01, 0.02, 0.02], index=DAYS)
    longer = pd.concat([own, pd.Series([9.0], index=[pd.Timestamp("2017-02-01")])])
    lead = np.array([0.01, -0.01, 0.02, 0.02])
    wanted = lead.mean() / lead.std(ddof=1) * np.sqrt(243)
    assert performance.information_ratio(longer, other) == pytest.approx(wanted)
    assert performance.measures(longer, other)["information_ratio"] == pytest.approx(wanted)


def test_undefined_is_nan():
    """Ratios over nothing are NaN, not infinite or zero."""
    flat = performance.measures(pd.Series([0.01, 0.01, 0.01]))
    assert np.isnan([flat[name] for name in ("sharpe", "sortino", "calmar")]).all()
    assert np.isfinite([flat["annual_return"], flat["volatility"]]).all()


def test_nan_days_are_left_out():
    """A day without a return changes nothing."""
    gappy = pd.concat([RETURNS, pd.Series([np.nan], index=[pd.Timestamp("2017-01-20")])])
    assert performance.measures(gappy) == performance.measures(RETURNS)


def test_refusals():
    """One return, and a return that loses more than everything, are refused in one line."""
    with pytest.raises(InputError, match="known on two days"):
        performance.sharpe(pd.Series([0.1, np.nan]))
    with pytest.raises(InputError, match="above -1"):
        performance.max_drawdown(pd.Series([0.1, -1.0]))
