"""Spans are dated and sourced; figures by group are what plain pandas says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge import stress
from stockcast.judge.intervals import newey_west
from stockcast.market.calendar import sessions

RNG = np.random.default_rng(0)
DAYS = pd.bdate_range("2015-06-01", periods=160, unit="us")


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    """Forecasts of 20 stocks with intervals a little too narrow."""
    keys = pd.MultiIndex.from_product([DAYS, [f"{n:06d}.SZ" for n in range(20)]])
    frame = keys.set_names(["date", "code"]).to_frame(index=False)
    mu = 0.01 * RNG.standard_normal(len(frame))
    frame = frame.assign(
        score=mu, mu=mu, sigma=0.04, label=mu + 0.05 * RNG.standard_normal(len(mu))
    )
    frame.loc[RNG.random(len(frame)) < 0.05, "label"] = np.nan
    return frame.assign(interval_low=mu - 1.645 * 0.04, interval_high=mu + 1.645 * 0.04)


def test_spans_are_trading_days_with_a_source() -> None:
    """Both ends must be days on which the exchange was open, explained, in order, apart."""
    table = stress.spans()
    open_ = sessions("2015-01-01", "2020-12-31")
    assert table["first"].isin(open_).all()
    assert table["last"].isin(open_).all()
    assert (table["first"] <= table["last"]).all()
    assert (table["first"].iloc[1:].to_numpy() > table["last"].iloc[:-1].to_numpy()).all()
    assert (table[["first_is", "last_is", "source"]].apply(lambda c: c.str.len()) > 10).all(
        axis=None
    )
    dates = {row.name: (f"{row.first:%Y-%m-%d}", f"{row.last:%Y-%m-%d}") for row in
             table.itertuples(index=False)}  # fmt: skip
    assert dates["2015 crash"] == ("2015-06-15", "2015-08-26")
    assert dates["2020 pandemic"] == ("2020-02-03", "2020-03-23")


def test_days_know_their_span() -> None:
    """Ends belong to a span, days outside to none, and spans half covered say so."""
    names = stress.span_of(DAYS)
    assert names.loc["2015-06-15"] == "2015 crash"
    assert names.loc["2015-08-26"] == "2015 crash"
    assert pd.isna(names.loc["2015-08-27"])
    found = stress.reached(DAYS)
    assert (
        found.loc["2015 crash", "days"] == ((DAYS >= "2015-06-15") & (DAYS <= "2015-08-26")).sum()
    )
    assert found.loc["2015 crash", "whole"]
    assert found.loc["2018 bear", "days"] == 0
    assert not stress.reached(DAYS[20:]).loc["2015 crash", "whole"]


def test_figures_are_those_of_pandas(told: pd.DataFrame) -> None:
    """Each daily figure must equal its definition, written out for one day."""
    found = stress.daily_figures(told).iloc[7]
    day = told[told["date"] == DAYS[7]].dropna()
    assert found["rank_ic"] == pytest.approx(stats.spearmanr(day["score"], day["label"])[0])
    assert (
        found["coverage"] == day["label"].between(day["interval_low"], day["interval_high"]).mean()
    )
    assert found["error"] == pytest.approx(((day["label"] - day["mu"]).abs() / 0.04).mean())


def test_a_right_sigma_has_the_error_of_the_normal() -> None:
    """With sigma right the mean of |error| / sigma must be 0.798, and coverage 90 %."""
    shape = 200_000
    drawn = np.random.default_rng(1).standard_normal(shape) * 0.05
    frame = pd.DataFrame({"date": DAYS[0], "score": drawn, "mu": 0.0, "sigma": 0.05,
                          "interval_low": -1.645 * 0.05, "interval_high": 1.645 * 0.05,
                          "label": drawn})  # fmt: skip
    found = stress.daily_figures(frame).iloc[0]
    assert found["error"] == pytest.approx(stress.NORMAL_ERROR, abs=0.005)
    assert found["coverage"] == pytest.approx(0.9, abs=0.003)


def test_few_days_have_no_interval(told: pd.DataFrame) -> None:
    """Groups have their mean; ends are Newey-West's with days enough, and NaN with fewer."""
    daily = stress.daily_figures(told)
    group = stress.span_of(daily.index).astype("object").fillna("other")
    group.iloc[-4:] = "last four"
    found = stress.by_days(daily, group)
    few = found.loc["last four"]
    assert few[["low", "high", "t"]].isna().all(axis=None)
    assert (few["days"] == 4).all()
    assert few.loc["coverage", "mean"] == pytest.approx(daily["coverage"].iloc[-4:].mean())
    crash = daily["error"][group == "2015 crash"]
    sure = newey_west(crash, 10)
    row = found.loc[("2015 crash", "error")]
    assert (row["mean"], row["low"], row["high"]) == (sure.mean, sure.low, sure.high)
    assert row["days"] == len(crash)


def test_tenths_are_ordered_by_distance() -> None:
    """The last tenth must hold the farthest days, each tenth as many."""
    distance = pd.Series(RNG.permutation(160) + 0.5, DAYS)
    found = stress.by_tenth({"itself": distance}, distance)
    assert list(found.index) == list(range(1, 11))
    np.testing.assert_allclose(found["itself"], np.arange(8, 160, 16))
    with pytest.raises(InputError, match="must share ten days"):
        stress.by_tenth({"itself": distance}, distance.iloc[:9])


def test_the_deepest_fall_by_hand() -> None:
    """From the day after the peak to the trough, a fall from the start on included."""
    market = pd.Series([0.1, -0.1, 0.3, -0.1, 0.05, -0.3, 0.2], DAYS[:7])
    assert stress.deepest_fall(market) == (DAYS[3], DAYS[5])
    assert stress.deepest_fall(-market.abs()) == (DAYS[0], DAYS[6])
    with pytest.raises(InputError, match="must fall"):
        stress.deepest_fall(market.abs())


def test_errors_are_one_clear_line(told: pd.DataFrame) -> None:
    """A missing column, a sigma of zero and no days must be named."""
    with pytest.raises(InputError, match="column mu: must be there"):
        stress.daily_figures(told.drop(columns="mu"))
    with pytest.raises(InputError, match=r"sigma: must be above 0; got 0\.0"):
        stress.daily_figures(told.assign(sigma=0.0))
    with pytest.raises(InputError, match="days: must not be empty"):
        stress.reached(DAYS[:0])
