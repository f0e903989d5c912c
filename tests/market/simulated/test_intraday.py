"""The provisional bar of a running session."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.market.simulated import intraday

DAY = 200
SHARES = (0.0001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1.0)


@pytest.fixture(scope="module")
def course(market):
    """One day's bars at several moments."""
    return [intraday.bar_at(market.world, DAY, share) for share in SHARES]


@pytest.mark.parametrize(
    ("time", "share"),
    [
        ((9, 0), 0), ((9, 30), 0), ((9, 31), 1 / 240), ((10, 30), 0.25), ((11, 30), 0.5),
        ((12, 15), 0.5), ((13, 0), 0.5), ((14, 0), 0.75), ((15, 0), 1), ((23, 59), 1),
    ],
)  # fmt: skip
def test_the_session_has_a_clock(time, share):
    """The morning and the afternoon are half the session each; lunch adds nothing."""
    assert intraday.session_share(dt.time(*time)) == pytest.approx(share)
    assert intraday.session_share(dt.datetime(2015, 1, 5, *time)) == pytest.approx(share)


def test_the_session_ends_as_the_days_bar(market, course):
    """At share 1 every number is the daily bar's."""
    bars = market.table("bars")
    bars = bars[bars["date"] == market.world.days[DAY]].reset_index(drop=True)
    last = course[-1].rename(columns={"last": "close"})
    pd.testing.assert_frame_equal(last, bars[list(last.columns)], check_exact=True)


def test_a_bar_only_grows(course):
    """Highs and sums never fall, lows never rise, the open and the reference price stay."""
    for before, after in pairwise(course):
        for name in ("high", "volume", "amount"):
            assert (after[name] >= before[name]).all()
        assert (after["low"] <= before["low"]).all()
        for name in ("code", "open", "pre_close"):
            pd.testing.assert_series_equal(after[name], before[name])


def test_a_bar_is_possible_at_any_moment(course):
    """Prices are on the tick inside the bar, and the mean price lies between high and low."""
    for bar in course:
        prices = bar[["open", "last", "high", "low"]]
        assert (prices.max(axis=1) == bar["high"]).all()
        assert (prices.min(axis=1) == bar["low"]).all()
        np.testing.assert_array_equal(prices, prices.round(2))
        assert (bar["volume"] % 100 == 0).all()
        some = bar["volume"] > 0
        mean = (bar["amount"] / bar["volume"])[some]
        assert mean.between(bar["low"][some] - 0.006, bar["high"][some] + 0.006).all()


def test_the_session_does_not_know_its_end_too_early(course):
    """In the middle of the day hardly any stock stands at its close, and ranges are narrower."""
    middle, end = course[4], course[-1]
    assert (middle["last"] == end["last"]).mean() < 0.3
    assert ((middle["high"] < end["high"]) | (middle["low"] > end["low"])).mean() > 0.3


def test_the_session_knows_nothing_of_other_days(market, course):
    """With all other days' prices and volumes changed, the day's bars are the same."""
    world = market.world

    def changed(values):
        other = values * 1.7
        other[DAY] = values[DAY]
        return other

    names = ("open", "high", "low", "volume", "amount", "volatility", "orders")
    path = replace(
        world.path, close=changed(world.path.close), reference=changed(world.path.reference)
    )
    strange = replace(world, path=path, **{name: changed(getattr(world, name)) for name in names})
    for share, bar in zip(SHARES, course, strict=True):
        pd.testing.assert_frame_equal(intraday.bar_at(strange, DAY, share), bar)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.001, float("nan")])
def test_no_bar_outside_the_session(market, share):
    """A share of the session outside (0, 1] is refused by name."""
    with pytest.raises(InputError, match="share"):
        intraday.bar_at(market.world, DAY, share)
