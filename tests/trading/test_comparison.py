"""Backtests side by side, against hand computation."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.trading import report
from stockcast.trading.backtest import Result
from stockcast.trading.comparison import compare, drawdown_cut, gross_returns
from stockcast.trading.orders import CHARGES

DAYS = pd.date_range("2016-01-04", periods=120, freq="D")


def _result(returns: np.ndarray, **columns) -> Result:
    levels = 1000 * np.cumprod(np.r_[1.0, 1 + returns])
    equity = pd.DataFrame({"date": DAYS[: len(levels)], "equity": levels, "turnover": 0.0})
    equity = equity.assign(**dict.fromkeys(CHARGES, 0.0)).assign(**columns)
    return Result(equity, pd.DataFrame({"value": [500.0]}))


@pytest.fixture
def returns() -> np.ndarray:
    """119 noisy days."""
    return np.random.default_rng(2).normal(0.001, 0.01, 119)


class TestCompare:
    """The table of strategies."""

    def test_rows_are_those_of_the_report(self, returns):
        """Figures come from one place; the index stands below, without turnover or excess."""
        results = {"a": _result(returns), "b": _result(returns / 2)}
        index = pd.DataFrame({"date": DAYS, "close": results["a"].equity["equity"]})
        table = compare(results, index, np.random.default_rng(0), n=50)
        assert list(table.index) == ["a", "b", "index"]
        expected = report.measures(pd.Series(returns))
        for row in ("a", "index"):
            for column in ("annual_return", "sharpe", "max_drawdown"):
                assert table.loc[row, column] == pytest.approx(expected[column])
        assert table.loc["a", "excess"] == pytest.approx(0, abs=1e-12)
        assert table.loc["b", "excess"] == pytest.approx(-returns.mean() / 2 * 243)
        assert table.loc["index", ["excess", "turnover", "costs"]].isna().all()

    def test_without_an_index(self, returns):
        """A run without an index has no excess and no row for it."""
        table = compare({"a": _result(returns)}, None, np.random.default_rng(0), n=50)
        assert list(table.index) == ["a"]
        assert np.isnan(table.loc["a", "excess"])


def test_gross_returns_by_hand():
    """From 1,000 to 1,010 after 5 yuan of charges is 1.5 % before them."""
    result = _result(np.array([0.01, 0.0]), commission=[0, 3.0, 0], slippage=[0, 2.0, 0])
    assert gross_returns(result.equity).tolist() == pytest.approx([0.015, 0.0])


class TestDrawdownCut:
    """How much smaller a drawdown is."""

    def test_by_hand(self):
        """A fall of 10 % against one of 20 % is half of it."""
        days = DAYS[:3]
        own, other = pd.Series([0.1, -0.1, 0.0], days), pd.Series([0.0, -0.2, 0.1], days)
        assert drawdown_cut(own, other, np.random.default_rng(0), n=20).mean == pytest.approx(0.5)

    def test_the_same_path_is_not_cut_at_all(self, returns):
        """Strategy and index are drawn on the same days: equal series have no cut, surely."""
        series = pd.Series(returns, DAYS[1:])
        found = drawdown_cut(series, series, np.random.default_rng(0), n=50)
        assert (found.mean, found.low, found.high) == (0, 0, 0)

    def test_half_the_exposure_cuts_nearly_half(self, returns):
        """With half of everything in cash every path falls about half as deep."""
        series = pd.Series(returns, DAYS[1:])
        found = drawdown_cut(series / 2, series, np.random.default_rng(0), n=200)
        assert 0.4 < found.low < found.high < 0.6

    def test_an_index_that_never_fell(self):
        """Without a drawdown to compare with, the cut is unknown."""
        flat = pd.Series(0.0, DAYS[:5])
        found = drawdown_cut(flat, flat, np.random.default_rng(0), n=20)
        assert np.isnan([found.mean, found.low, found.high]).all()

    def test_other_days_are_refused(self, returns):
        """Paths over different days cannot be paired."""
        series = pd.Series(returns, DAYS[1:])
        with pytest.raises(InputError, match="same days"):
            drawdown_cut(series, series.iloc[1:], np.random.default_rng(0))
