"""What a backtest earned, against hand computation."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.trading import report
from stockcast.trading.backtest import Result
from stockcast.trading.orders import CHARGES

DAYS = pd.date_range("2016-01-04", periods=4, freq="D")


def _equity(levels, **columns) -> pd.DataFrame:
    days = pd.date_range("2016-01-04", periods=len(levels), freq="D")
    frame = pd.DataFrame({"date": days, "equity": levels, "turnover": 0.0})
    return frame.assign(**dict.fromkeys(CHARGES, 0.0)).assign(**columns)


class TestMeasures:
    """Return and risk of one series."""

    def test_by_hand(self):
        """Returns of +10 %, -20 %, +25 %: even on the year so far, a fall of 20 %, two wins."""
        found = report.measures(pd.Series([0.10, -0.20, 0.25]))
        mean, squares = 0.05, 0.05**2 + 0.25**2 + 0.20**2
        deviation = np.sqrt(squares / 2)
        assert found["annual_return"] == pytest.approx(1.1 ** (243 / 3) - 1)
        assert found["volatility"] == pytest.approx(deviation * np.sqrt(243))
        assert found["sharpe"] == pytest.approx(mean / deviation * np.sqrt(243))
        assert found["sortino"] == pytest.approx(mean / np.sqrt(0.04 / 3) * np.sqrt(243))
        assert found["max_drawdown"] == pytest.approx(0.20)
        assert found["calmar"] == pytest.approx((1.1**81 - 1) / 0.20)
        assert found["win_rate"] == pytest.approx(2 / 3)

    def test_a_fall_from_the_start_is_a_drawdown(self):
        """The first level is a high too."""
        assert report.measures(pd.Series([-0.1, 0.05]))["max_drawdown"] == pytest.approx(0.1)

    def test_nothing_traded(self):
        """A flat curve has no risk, and ratios to none are unknown."""
        found = report.measures(pd.Series([0.0, 0.0, 0.0]))
        assert (found["annual_return"], found["volatility"], found["max_drawdown"]) == (0, 0, 0)
        assert np.isnan([found[name] for name in ("sharpe", "sortino", "calmar")]).all()


class TestSummary:
    """Strategy beside index."""

    @pytest.fixture
    def pair(self):
        """Return an equity curve and an index that it beats by .1 % a day and noise."""
        rng = np.random.default_rng(0)
        index = rng.normal(0, 0.01, 500)
        own = index + 0.001 + rng.normal(0, 0.002, 500)
        equity = _equity(np.r_[1e6, 1e6 * np.cumprod(1 + own)], turnover=0.1)
        closes = np.r_[3000.0, 3000 * np.cumprod(1 + index)]
        return equity, pd.DataFrame({"date": equity["date"], "close": closes})

    def test_values_and_intervals(self, pair):
        """Each interval holds its value; the excess is sure where the levels are not."""
        table = report.summary(*pair, np.random.default_rng(1), n=500)
        for measure in ("annual_return", "sharpe", "excess_return", "information_ratio"):
            value, low, high = table.loc[measure, ["strategy", "low", "high"]]
            assert low < value < high
        assert table.loc["excess_return", "strategy"] == pytest.approx(0.243, abs=0.05)
        assert table.loc["excess_return", "low"] > 0.15
        assert table.loc["sharpe", "benchmark_low"] < 0 < table.loc["sharpe", "benchmark_high"]
        assert table.loc["turnover", "strategy"] == pytest.approx(24.3)

    def test_it_repeats(self, pair):
        """The same generator state gives the same table."""
        first, again = (report.summary(*pair, np.random.default_rng(3), n=50) for _ in "ab")
        pd.testing.assert_frame_equal(first, again, check_exact=True)

    def test_without_an_index(self, pair):
        """The strategy's own measures remain, the index's columns are empty."""
        table = report.summary(pair[0], None, np.random.default_rng(1), n=50)
        assert np.isfinite(table.loc["sharpe", ["strategy", "low", "high"]]).all()
        assert table.filter(like="benchmark").isna().all(axis=None)

    def test_an_index_with_holes_is_refused(self, pair):
        """A day without an index close is named."""
        equity, index = pair
        with pytest.raises(InputError, match="2016-01-07"):
            report.summary(equity, index.drop(index=3), np.random.default_rng(0), n=10)

    def test_two_days_are_too_few(self):
        """One return has no deviation."""
        with pytest.raises(InputError, match="three days"):
            report.summary(_equity([1.0, 2.0]), None, np.random.default_rng(0))


def test_costs_by_hand():
    """30 yuan on 15,000 traded is 2 per mille; over 4 of 243 days at 10,000 it is 18.2 % a year."""
    equity = _equity([10_000.0] * 4, commission=[0, 5.0, 5.0, 0], stamp_tax=[0, 0, 20.0, 0])
    orders = pd.DataFrame({"value": [5_000.0, 10_000.0]})
    table = report.costs(Result(equity, orders))
    assert table["yuan"].to_dict() == {
        "commission": 10.0, "stamp_tax": 20.0, "transfer_fee": 0.0, "slippage": 0.0,
        "dividend_tax": 0.0, "total": 30.0,
    }  # fmt: skip
    assert table.loc["total", "of_traded"] == pytest.approx(0.002)
    assert table.loc["total", "a_year"] == pytest.approx(30 / 10_000 * 243 / 4)


def test_refusals_count_outcomes():
    """Two purchases filled, one refused, one sale filled."""
    orders = pd.DataFrame(
        {
            "side": ["buy", "buy", "buy", "sell"],
            "outcome": ["filled", "filled", "suspended", "filled"],
        }
    )
    table = report.refusals(Result(_equity([1.0]), orders))
    assert table.loc["buy"].to_dict() == {"filled": 2, "suspended": 1}
    assert table.loc["sell"].to_dict() == {"filled": 1, "suspended": 0}
