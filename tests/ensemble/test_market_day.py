"""Quantities of a day are what their definitions say, and know nothing later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.ensemble.market_day import QUANTITIES, market_day
from stockcast.errors import InputError
from tests.ensemble.small_market import panel_of


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return panel_of(days=120, stocks=20)


def test_a_day_by_hand(panel: pd.DataFrame) -> None:
    """Each quantity of one day must equal its definition, written out."""
    days = panel["date"].unique()
    day, before = days[60], days[40:60]
    found = market_day(panel).loc[day]
    assert list(found.index) == list(QUANTITIES)
    rows = panel[panel["in_universe"]]
    today = rows[rows["date"] == day].set_index("code")
    yesterday = rows[rows["date"] == days[59]].set_index("code")
    traded = today[~today["suspended"] & ~yesterday["suspended"]]
    last = yesterday.loc[traded.index]
    moved = np.log(traded.close * traded.adj_factor / (last.close * last.adj_factor))
    assert found["market"] == pytest.approx(moved.median())
    assert found["spread"] == pytest.approx(np.log(np.ptp(np.quantile(moved, [0.1, 0.9]))))
    share = (traded.close >= traded.limit_up - 1e-6).mean()
    assert np.sin(found["limit_up"]) ** 2 == pytest.approx(share)
    share = (traded.close <= traded.limit_down + 1e-6).mean()
    assert np.sin(found["limit_down"]) ** 2 == pytest.approx(share)
    assert found["day_range"] == pytest.approx(np.log(np.log(traded.high / traded.low).median()))
    assert np.sin(found["suspended"]) ** 2 == pytest.approx(today["suspended"].mean())
    past = rows[rows["date"].isin(before) & ~rows["suspended"]]
    shares = (past["volume"] / past["adj_factor"]).groupby(past["code"]).median()
    ratio = np.log(traded.volume / traded.adj_factor / shares.reindex(traded.index))
    assert found["volume"] == pytest.approx(ratio.median())


def test_the_future_changes_nothing(panel: pd.DataFrame) -> None:
    """Cut, or spoilt after a day, the panel must give the same bits up to that day."""
    whole = market_day(panel)
    for last in panel["date"].unique()[[25, 60, 118]]:
        cut = market_day(panel[panel["date"] <= last])
        pd.testing.assert_frame_equal(cut, whole.loc[:last], check_exact=True, check_freq=False)
    spoilt = panel.copy()
    later = spoilt["date"] > last
    spoilt.loc[later, ["close", "high", "volume"]] *= 7.0
    spoilt.loc[later, "suspended"] = True
    pd.testing.assert_frame_equal(
        market_day(spoilt).loc[:last], whole.loc[:last], check_exact=True, check_freq=False
    )


def test_the_order_of_rows_and_a_constant_factor_do_not_matter(panel: pd.DataFrame) -> None:
    """Shuffled rows, and another base of the adjustment, are the same market."""
    whole = market_day(panel)
    shuffled = panel.sample(frac=1.0, random_state=0)
    pd.testing.assert_frame_equal(market_day(shuffled), whole, check_exact=True)
    other = panel.assign(adj_factor=panel["adj_factor"] * 3.0)
    pd.testing.assert_frame_equal(market_day(other), whole)


def test_days_that_tell_too_little_are_nan(panel: pd.DataFrame) -> None:
    """With four members trading there are no returns to speak of, but suspensions are known."""
    day = panel["date"].unique()[50]
    few = panel.copy()
    few.loc[(few["date"] == day) & (few["code"] > few["code"].unique()[3]), "suspended"] = True
    found = market_day(few).loc[day]
    assert found.drop("suspended").isna().all()
    assert np.sin(found["suspended"]) ** 2 > 0.5


def test_errors_are_one_clear_line(panel: pd.DataFrame) -> None:
    """A missing column and a doubled row must be named."""
    with pytest.raises(InputError, match="column adj_factor: must be there"):
        market_day(panel.drop(columns="adj_factor"))
    with pytest.raises(InputError, match="one row a date and code"):
        market_day(pd.concat([panel, panel.iloc[:1]]))
