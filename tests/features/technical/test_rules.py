"""Limits and halts, on panels whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from stockcast.features.technical.rules import FEATURES
from tests.features.technical.conftest import values_of

DAYS = pd.date_range("2017-03-27", periods=80, freq="B")


def quiet(**columns):
    """A panel of the quiet stock 600000.SH: price 10, limits 11 and 9, nothing happens."""
    base = {
        "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "pre_close": 10.0, "volume": 1e6,
        "amount": 1e7, "adj_factor": 1.0, "limit_up": 11.0, "limit_down": 9.0, "suspended": False,
        "in_universe": True,
    }  # fmt: skip
    return pd.DataFrame({"date": DAYS, "code": "600000.SH"} | base | columns)


def found(panel):
    return values_of(panel, FEATURES).reset_index(drop=True)


def test_hits_of_the_limit_are_counted():
    """A close at limit-up counts for 20 days, one tick below does not, nor does no limit."""
    panel = quiet()
    panel.loc[30, ["high", "close"]] = 11.0
    panel.loc[32, ["high", "close"]] = 10.99
    panel.loc[34, ["high", "close", "limit_up"]] = [11.0, 11.0, np.nan]
    count = found(panel).limit_up_20.to_numpy()
    np.testing.assert_array_equal(count[19:], np.r_[np.zeros(11), np.ones(20), np.zeros(30)])


def test_a_limit_that_did_not_hold_is_a_failed_one():
    """High at limit-up and a lower close counts as failed, and not as a close at limit-up."""
    panel = quiet()
    panel.loc[65, "high"] = 11.0
    last = found(panel).iloc[-1]
    assert last.limit_up_failed_60 == 1
    assert last.limit_up_60 == 0
    assert last.limit_up_reach_20 == pytest.approx(1 / 20)


def test_a_suspended_stock_hits_no_limit():
    """A close carried at the limit's price while nothing trades does not count."""
    panel = quiet(suspended=True, close=11.0)
    last = found(panel).iloc[-1]
    assert last.limit_up_20 == 0
    assert last.suspended_20 == 20
    assert last.halt_recency == 1


def test_streaks_are_signed_runs():
    """Three closes at limit-down in a row are -1, -2, -3, and then none."""
    panel = quiet()
    panel.loc[40:42, ["low", "close"]] = 9.0
    streak = found(panel).limit_streak
    np.testing.assert_array_equal(streak[39:45], [0, -1, -2, -3, 0, 0])


def test_recency_fades_over_twenty_days():
    """exp(-days / 20) since the last close at limit-up, 0 before there was one."""
    panel = quiet()
    panel.loc[10, ["high", "close"]] = 11.0
    recency = found(panel).limit_up_recency
    assert (recency[:10] == 0).all()
    np.testing.assert_allclose(recency[10:], np.exp(-np.arange(70) / 20), rtol=1e-6)
