"""An evening before it has come: bars that form, from a test's hand and over the sandbox's wire."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast import determinism
from stockcast.advice.asking import Desk
from stockcast.advice.evening import Evening
from stockcast.advice.provisional import evening_now, with_bars
from stockcast.advice.recommendation import recommend
from stockcast.data.tushare.client import Client
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.sandbox import Clock, serving
from stockcast.market.simulated import Strengths, simulate

PRICES = ["open", "high", "low", "close", "pre_close"]


def _bars(panel, code, **values):
    row = panel[panel["code"] == code].iloc[-1]
    return pd.DataFrame([{"code": code, **values, "amount": 1e6, "volume": 1e5}]), row


def test_bars_that_form_become_a_day(run):
    """A bar with a lower reference price is an ex-day; a stock without a bar is suspended."""
    desk = run.desk("ridge")
    panel = desk.panel[desk.panel["date"] <= "2015-12-30"]
    last = panel[(panel["date"] == "2015-12-30") & (panel["board"] == "main")]
    code = last["code"].iloc[0]
    close = float(last["close"].iloc[0])
    reference = round(close / 2, 2)
    bar = {"open": reference, "high": reference, "low": reference, "close": reference}
    bars, before = _bars(panel, code, **bar, pre_close=reference)
    day = pd.Timestamp("2015-12-31")
    out = with_bars(panel, bars, day)
    today = out[out["date"] == day].set_index("code")
    assert len(out) == len(panel) + (panel["date"] == "2015-12-30").sum()
    factor = before["adj_factor"] * close / reference
    assert today.at[code, "adj_factor"] == pytest.approx(factor)
    ratio = 0.05 if before["is_st"] else 0.1
    assert today.at[code, "limit_up"] == pytest.approx(reference * (1 + ratio), abs=0.006)
    assert today.drop(index=code)["suspended"].all()
    assert not today.at[code, "suspended"]
    made = Evening.of(out, desk.tables, day, provisional=True)
    assert made.provisional


def test_now_needs_yesterday(run):
    """Data that end earlier, or a day without trade, are refused."""
    desk = run.desk("ridge")
    with pytest.raises(InputError, match="trading day before"):
        evening_now(desk, None, pd.Timestamp("2016-01-06 10:30"))
    with pytest.raises(InputError, match="on a trading day"):
        evening_now(desk, None, pd.Timestamp("2016-01-02 10:30"))


@pytest.fixture(scope="module")
def market(whole_run):
    """The market of the small run, day for day and stock for stock."""
    of = whole_run.params
    days = sessions(of.start, of.end)
    return simulate(days, of.simulated_stocks, Strengths(), determinism.stream(of.seed, "market"))


def test_through_the_wire_the_list_of_now_becomes_the_days(run, market):
    """At 10:30 bars of the morning; after the close the day's own prices and nearly its scores.

    The evening's tables are missing then, so that features of these are a day behind.
    """
    whole = run.desk("ridge")
    today = whole.panel["date"].max()
    before = whole.panel[whole.panel["date"] < today].reset_index(drop=True)
    desk = Desk(whole.params, (before, whole.tables), fresh=True)
    closed = whole.panel[whole.panel["date"] == today].set_index("code")
    made = {}
    for time in ("10:30", "15:00:01"):
        now = today + pd.Timedelta(time if time.count(":") == 2 else f"{time}:00")
        with serving(market, clock=Clock(now)) as address:
            client = Client("sandbox", address=address, per_minute=1_000_000)
            evening = evening_now(desk, client, now)
        assert evening.provisional
        assert (evening.days[-1], evening.days[-2]) == (today, before["date"].max())
        made[time] = recommend(desk, evening=evening, explained=False, despite=True)
        assert made[time].provisional
        assert len(made[time].items) == 5
    morning, evening = (one.asked.evening.today for one in made.values())
    traded = closed.index[~closed["suspended"]].intersection(morning.index)
    pd.testing.assert_frame_equal(evening.loc[traded, PRICES], closed.loc[traded, PRICES])
    assert (morning.loc[traded, "volume"] < closed.loc[traded, "volume"]).all()
    assert (morning.loc[traded, "open"] == closed.loc[traded, "open"]).all()
    assert (morning.loc[traded, "close"] != closed.loc[traded, "close"]).mean() > 0.5
    scores = pd.DataFrame(
        {time: one.asked.forecasts.set_index("code")["score"] for time, one in made.items()}
    )
    scores["closed"] = whole.ask(whole.evening()).forecasts.set_index("code")["score"]
    likeness = scores.corr("spearman")["closed"]
    assert likeness["15:00:01"] > max(0.9, likeness["10:30"])
    assert not np.isclose(scores["10:30"], scores["closed"]).all()
