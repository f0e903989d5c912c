"""Daily figures in one table, and what was promised of them."""

import numpy as np
import pandas as pd
import pytest

from stockcast.judge import intervals
from stockcast.judge.scorecard import (
    against,
    by_period,
    relative_rank,
    scorecard,
    share,
    verdict,
    widest,
)

DAYS = pd.bdate_range("2016-01-04", periods=300)


@pytest.fixture
def daily() -> pd.Series:
    """A daily figure of mean .05."""
    return pd.Series(np.random.default_rng(3).normal(0.05, 0.1, len(DAYS)), index=DAYS)


class TestScorecard:
    """The table of means and intervals."""

    def test_each_interval_is_the_one_of_its_function(self, daily):
        """No interval may be computed in a second way here."""
        row = scorecard({"x": daily}, np.random.default_rng(0), horizon=5).loc["x"]
        sure = intervals.newey_west(daily, 10)
        boot = intervals.stationary_bootstrap(daily, np.random.default_rng(0), 10)
        spaced = intervals.newey_west(daily.iloc[::5], lag=0)
        assert (row["low"], row["high"], row["t"]) == (sure.low, sure.high, sure.t)
        assert (row["boot_low"], row["boot_high"]) == (boot.low, boot.high)
        assert (row["spaced"], row["spaced_low"]) == (spaced.mean, spaced.low)
        assert row["days"] == 300

    def test_lags_cover_the_horizon(self, daily):
        """Labels of 20 days overlap for 20 days, so ten lags would not do."""
        row = scorecard({"x": daily}, np.random.default_rng(0), horizon=20).loc["x"]
        assert row["low"] == intervals.newey_west(daily, 20).low

    def test_t_is_the_distance_from_a_blind_forecast(self, daily):
        """An accuracy of one half must not look significant for being above zero."""
        figures = {"accuracy": daily - daily.mean() + 0.5}
        table = scorecard(figures, np.random.default_rng(0), horizon=5, blind={"accuracy": 0.5})
        assert table.loc["accuracy", "t"] == pytest.approx(0, abs=1e-9)
        assert table.loc["accuracy", "mean"] == pytest.approx(0.5)

    def test_nothing_known_gives_a_row_of_nan(self):
        """A cross-section too small for a correlation must show as unknown, not stop the page."""
        row = scorecard({"x": pd.Series(np.nan, DAYS)}, np.random.default_rng(0), horizon=5).loc[
            "x"
        ]
        assert row.drop(["days", "blind"]).isna().all()
        assert row["days"] == 0


def test_against_pairs_by_day(daily):
    """A rival that is .02 worse every day is beaten by exactly that, surely."""
    noisy = daily - 0.02 + np.where(np.arange(300) % 2, 1e-3, -1e-3)
    found = against(daily, {"rival": noisy, "itself": daily})
    assert found.loc["rival", "mean"] == pytest.approx(0.02)
    assert found.loc["rival", "low"] > 0.019
    assert found.loc["itself", "mean"] == 0


def test_periods_are_calendar_years(daily):
    """The mean of a year is the mean of its days."""
    found = by_period(daily, "Y")
    assert list(found.index) == ["2016", "2017"]
    assert found.loc["2017", "mean"] == pytest.approx(daily["2017"].mean())
    assert found["days"].sum() == 300


class TestShare:
    """A ratio of two means."""

    def test_a_fixed_share_has_no_doubt(self, daily):
        """A series that is always half of another has a share of .5 with a point for interval."""
        found = share(daily / 2, daily, np.random.default_rng(0))
        assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))

    def test_the_interval_holds_the_share(self, daily):
        """With noise of its own on the part, the interval opens around the ratio."""
        own = daily * 0.5 + np.random.default_rng(4).normal(0, 0.05, 300)
        found = share(own, daily, np.random.default_rng(0))
        assert found.low < found.mean < found.high
        assert found.mean == pytest.approx(own.mean() / daily.mean())

    def test_only_days_of_both_count(self, daily):
        """A day that one of them lacks is left out of both means."""
        part = (daily / 2).where(np.arange(300) != 7).iloc[:200]
        found = share(part, daily, np.random.default_rng(0))
        assert (found.n, found.dropped) == (199, 1)
        assert found.mean == pytest.approx(0.5)

    def test_no_share_of_nothing(self, daily):
        """Of a whole below zero there is no share."""
        assert np.isnan(share(daily, -daily, np.random.default_rng(0)).mean)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.66, 0.7, "kept"), (0.5, 0.6, "broken"), (0.6, 0.7, "open"), (np.nan, 0.7, "unknown")],
)
def test_verdict(low, high, said):
    """A promise of .65 is judged by where the interval lies."""
    assert verdict(low, high, 0.65) == said


def test_widest_takes_the_largest_coverage_that_reaches_the_promise():
    """Of two points above the promise the one that keeps more counts."""
    curve = pd.DataFrame(
        {"coverage": [0.1, 0.3, 1.0], "accuracy": [0.7, 0.66, 0.55], "low": [0.66, 0.6, 0.5]}
    )
    assert widest(curve, 0.65)["coverage"] == 0.3
    assert widest(curve, 0.65, "low")["coverage"] == 0.1
    assert widest(curve, 0.8) is None


def test_relative_rank_by_hand():
    """Four stocks stand at 1/8, 3/8, 5/8 and 7/8; ties share; NaN is not ranked."""
    frame = pd.DataFrame(
        {"date": DAYS[[0, 0, 0, 0, 1, 1, 1]], "score": [3.0, 1.0, 2.0, 9.0, 5.0, 5.0, np.nan]}
    )
    expected = [0.625, 0.125, 0.375, 0.875, 0.5, 0.5, np.nan]
    np.testing.assert_allclose(relative_rank(frame), expected)
