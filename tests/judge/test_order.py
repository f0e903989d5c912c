"""Decay, turnover and hit rates of an order of stocks."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge import order
from stockcast.judge.metrics import daily_ic

DAYS = pd.bdate_range("2017-01-03", periods=40, name="date")
CODES = [f"{600000 + n}.SH" for n in range(12)]


def _frame(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([DAYS, CODES], names=["date", "code"]).to_frame(index=False)
    return keys.assign(score=rng.normal(size=len(keys)), label=rng.normal(size=len(keys)))


def test_decay_by_horizon_equals_scipy():
    """Each row is the mean over days of Spearman's correlation with that horizon's outcome."""
    frame = _frame()
    outcomes = {h: _frame(h)[["date", "code", "label"]] for h in (1, 5)}
    outcomes[5].loc[3, "label"] = np.nan
    table = order.decay_by_horizon(frame, outcomes)
    for h, outcome in outcomes.items():
        joined = frame.drop(columns="label").merge(outcome, on=["date", "code"]).dropna()
        each = [stats.spearmanr(d["score"], d["label"])[0] for _, d in joined.groupby("date")]
        assert table.loc[h, "mean"] == pytest.approx(np.mean(each))
        assert table.loc[h, "days"] == len(DAYS)


def test_old_scores_are_those_of_earlier_days():
    """A label that copies the score of three days ago is found at age 3, and only there."""
    frame = _frame()
    old = frame.pivot(index="date", columns="code", values="score").shift(3).stack()
    frame = frame.drop(columns="label").merge(old.rename("label").reset_index())
    table = order.decay_by_age(
        _frame().drop(columns="label").merge(frame, how="left"), [0, 2, 3, 4]
    )
    assert table.loc[3, "mean"] == pytest.approx(1)
    assert table.drop(index=3)["mean"].abs().max() < 0.2
    assert table["days"].eq(len(DAYS) - 4).all()


def test_ages_know_no_future():
    """A negative age would hold a score against days before it."""
    with pytest.raises(InputError, match="ages"):
        order.decay_by_age(_frame(), [0, -1])


def test_forecast_turnover():
    """The same order has no turnover, its reverse 2, and the first day none to tell."""
    frame = _frame()
    frame["score"] = frame["code"].rank()
    turned = frame["date"] >= DAYS[20]
    frame.loc[turned, "score"] *= -1
    turnover = order.forecast_turnover(frame)
    assert np.isnan(turnover.iloc[0])
    assert turnover.iloc[20] == pytest.approx(2)
    assert turnover.drop(DAYS[[0, 20]]).abs().max() == pytest.approx(0, abs=1e-12)


def test_list_turnover():
    """Of a list of four that changes one name, a quarter is new."""
    frame = _frame()
    frame["score"] = -frame["code"].rank()
    late = (frame["date"] >= DAYS[5]) & (frame["code"] == CODES[0])
    frame.loc[late, "score"] = -9999.0
    turnover = order.list_turnover(frame, 4)
    assert np.isnan(turnover.iloc[0])
    assert turnover.loc[DAYS[5]] == 0.25
    assert turnover.drop(DAYS[[0, 5]]).eq(0).all()


def test_blind_list_turns_over_as_chance_says():
    """Random lists of k among n keep k / n of their stocks on average."""
    turnover = order.list_turnover(_frame(), 3)
    assert turnover.mean() == pytest.approx(1 - 3 / 12, abs=0.1)


def test_hit_rate_by_quantile():
    """With the outcome's own order as score the top half always beats the median."""
    frame = _frame()
    frame["score"] = frame["label"]
    table = order.hit_rate_by_quantile(frame, 4)
    assert table[[1, 2]].eq(0).all(axis=None)
    assert table[[3, 4]].eq(1).all(axis=None)
    blind = order.hit_rate_by_quantile(_frame(), 4)
    assert blind[[1, 2, 3, 4]].mean(axis=1).to_numpy() == pytest.approx(0.5)


def test_no_future_in_ages():
    """Scores of later days change no label's IC at any age."""
    frame, cut = _frame(), DAYS[25]
    broken = frame.assign(score=frame["score"].where(frame["date"] <= cut, 0.0))
    for age in (0, 3):
        found = [
            order.decay_by_age(part[part["date"] <= cut], [age, 4]).loc[age, "mean"]
            for part in (frame, broken)
        ]
        assert found[0] == found[1]
    assert daily_ic(broken)[cut:].iloc[1:].isna().all()
