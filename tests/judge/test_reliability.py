"""Stated chances and intervals against outcomes: by hand, by group, and with honest whiskers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge import reliability as judged


def forecasts(days: int = 300, stocks: int = 20, seed: int = 0) -> pd.DataFrame:
    """Chances that are right, intervals of 90 %, and a common move of each day's stocks."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2014-01-01", periods=days).repeat(stocks)
    prob = rng.uniform(0.3, 0.7, len(dates))
    label = np.where(rng.random(len(dates)) < prob, 1.0, -1.0) * rng.uniform(0, 1, len(dates))
    return pd.DataFrame(
        {"date": dates, "prob_up": prob, "label": label, "interval_low": -0.9, "interval_high": 0.9}
    )


def test_daily_coverage_by_hand():
    """Ends count as inside, unknown outcomes not at all, a day of nothing else is NaN."""
    dates = pd.to_datetime(["2014-01-02"] * 3 + ["2014-01-03"])
    frame = pd.DataFrame({"date": dates, "interval_low": -1.0, "interval_high": 1.0})
    got = judged.daily_coverage(frame.assign(label=[1.0, 2.0, np.nan, np.nan]))
    assert got.iloc[0] == 0.5
    assert np.isnan(got.iloc[1])


def test_daily_brier_by_hand():
    """A chance of .8 is off by .04 where it rose and by .64 where it fell or stood still."""
    frame = pd.DataFrame(
        {"date": pd.to_datetime(["2014-01-02"] * 3), "prob_up": 0.8, "label": [1.0, 0.0, np.nan]}
    )
    assert judged.daily_brier(frame).iloc[0] == pytest.approx(0.34)


def test_groups_of_days():
    """Each year's mean is its own days', in order, and days without a group are left out."""
    days = pd.bdate_range("2014-01-01", "2016-12-30")
    series = pd.Series(days.year - 2014.0, index=days)
    years = pd.Series(days.year, index=days)[days.year < 2016]
    got = judged.by_group(series, years)
    assert list(got.index) == ["2014", "2015"]
    assert list(got["mean"]) == [0.0, 1.0]
    assert (got["days"] == [261, 261]).all()


def test_regimes_are_thirds_of_the_days():
    """Each third of the given days has its regime, by their members' median; others have none."""
    days = pd.bdate_range("2014-01-01", periods=90)
    middle = np.tile([0.01, 0.02, 0.03], 30)
    samples = pd.DataFrame(
        {"date": days.repeat(3), "scale": middle.repeat(3) * np.tile([0.5, 1, 2], 90)}
    ).assign(member=True)
    outsiders = samples.assign(scale=0.5, member=False)
    got = judged.volatility_regime(pd.concat([samples, outsiders]), days[:60])
    assert list(got[:3]) == list(judged.REGIMES)
    assert list(got.value_counts()) == [20, 20, 20]
    assert list(got.index) == list(days[:60])
    with pytest.raises(InputError, match="must vary"):
        judged.volatility_regime(samples.assign(scale=0.02), days)


def test_right_chances_lie_inside_their_whiskers():
    """Where chances are true, nearly every bin's interval holds what was said; bins are equal."""
    frame = forecasts()
    got = judged.reliability(
        frame.prob_up, frame.label, frame.date, np.random.default_rng(1), n=200
    )
    assert (got["n"] == len(frame) / 10).all()
    inside = (got["low"] <= got["said"]) & (got["said"] <= got["high"])
    assert inside.sum() >= 8
    bold = judged.reliability(
        0.5 + 2 * (frame.prob_up - 0.5), frame.label, frame.date, np.random.default_rng(1), n=200
    )
    assert ((bold["low"] <= bold["said"]) & (bold["said"] <= bold["high"])).sum() <= 4


def test_days_that_move_together_are_less_sure():
    """Where all stocks of a day rise or fall as one, whiskers are several times as long."""
    frame = forecasts()
    common = frame.assign(label=frame.groupby("date").label.transform("first"))

    def reach(table: pd.DataFrame) -> float:
        got = judged.reliability(
            table.prob_up, table.label, table.date, np.random.default_rng(1), bins=2, n=200
        )
        return (got["high"] - got["low"]).mean()

    assert reach(common) > 2.5 * reach(frame)


def test_degenerate_probabilities():
    """One probability for all is one bin; rows without any outcome are refused."""
    frame = forecasts(30)
    rng = np.random.default_rng(1)
    one = judged.reliability(np.full(len(frame), 0.5), frame.label, frame.date, rng, n=50)
    assert len(one) == 1
    with pytest.raises(InputError, match="both are known"):
        judged.reliability(frame.prob_up, np.nan * frame.label, frame.date, rng)


def test_gain_of_keeping():
    """It is the difference of the two shares; a brake without knowledge gains nothing sure."""
    frame = forecasts(100)
    right = pd.Series(((frame.prob_up > 0.5) == (frame.label > 0)).astype(float))
    bold = (frame.prob_up - 0.5).abs() > 0.15
    got = judged.gain_of_keeping(right, bold, frame.date, np.random.default_rng(1), n=300)
    assert got.mean == pytest.approx(right[bold].mean() - right.mean())
    assert 0 < got.low < got.mean < got.high
    chance = np.random.default_rng(2).random(len(frame)) < 0.2
    none = judged.gain_of_keeping(right, chance, frame.date, np.random.default_rng(1), n=300)
    assert none.low < 0 < none.high
    everything = judged.gain_of_keeping(right, bold | True, frame.date, np.random.default_rng(1))
    assert (everything.mean, everything.low, everything.high) == (0, 0, 0)
    right[bold] = np.nan
    with pytest.raises(InputError, match="outcome is known"):
        judged.gain_of_keeping(right, bold, frame.date, np.random.default_rng(1))
