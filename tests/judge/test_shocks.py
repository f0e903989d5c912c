"""Shocks change what they say and nothing else; surprise notices them; lowering helps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.ensemble.market_day import market_day
from stockcast.ensemble.surprise import Surprise, lowered
from stockcast.errors import InputError
from stockcast.judge import shocks, stress
from stockcast.samples.labels import label
from tests.ensemble.small_market import panel_of

STOCKS = 80


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return panel_of(days=700, stocks=STOCKS)


@pytest.fixture(scope="module")
def days(panel: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(panel["date"].unique())


@pytest.fixture(scope="module")
def fitted(panel: pd.DataFrame, days: pd.DatetimeIndex) -> Surprise:
    return Surprise.fit(market_day(panel), days[399], members=STOCKS - 1)


def returns(panel: pd.DataFrame) -> pd.DataFrame:
    """Log returns of each row against the reference price, one column a stock."""
    moved = np.log(panel["close"] / panel["pre_close"])
    return panel.assign(moved=moved).pivot(index="date", columns="code", values="moved")


@pytest.mark.parametrize("name", shocks.kinds(np.random.default_rng(0)))
def test_a_shock_leaves_other_days_as_they_were(
    panel: pd.DataFrame, days: pd.DatetimeIndex, name: str
) -> None:
    """Rows before keep their bits; later returns, volumes and suspensions stay; bars stay bars."""
    hit = days[[450, 451, 600]]
    found = shocks.kinds(np.random.default_rng(0))[name](panel, hit)
    early = panel["date"] < hit[0]
    pd.testing.assert_frame_equal(found[early], panel[early], check_exact=True)
    rest = ~panel["date"].isin(hit)
    same = ["volume", "amount", "suspended", "adj_factor", "in_universe"]
    pd.testing.assert_frame_equal(found.loc[rest, same], panel.loc[rest, same])
    kept = ~days.isin(hit)
    pd.testing.assert_frame_equal(returns(found)[kept], returns(panel)[kept], atol=1e-12)
    assert not found.equals(panel)
    slack = 1 + 1e-12
    assert (found["low"] <= found[["open", "close"]].min(axis=1) * slack).all()
    assert (found["high"] * slack >= found[["open", "close"]].max(axis=1)).all()
    assert (found["close"] <= found["limit_up"] * slack).all()
    assert (found["close"] * slack >= found["limit_down"]).all()


def test_shocks_do_what_they_are_called(panel: pd.DataFrame, days: pd.DatetimeIndex) -> None:
    """Returns five times as large within limits, shares as said, volume a tenth."""
    day = days[[500]]
    here = (panel["date"] == day[0]) & ~panel["suspended"]
    rng = np.random.default_rng(0)
    was, now = returns(panel).loc[day[0]], returns(shocks.wild(panel, day)).loc[day[0]]
    free = (5 * was).between(np.log(0.9), np.log(1.1))
    np.testing.assert_allclose(now[free], 5 * was[free], atol=1e-12)
    assert (now[~free].abs() > 0.09).all()
    down = shocks.limit_down(panel, day, rng)[here]
    share = (down["close"] <= down["limit_down"] * (1 + 1e-12)).mean()
    assert share == pytest.approx(2 / 3, abs=0.03)
    gone = shocks.suspension(panel, day, rng)[here]
    assert gone["suspended"].mean() == pytest.approx(0.5, abs=0.02)
    assert (gone.loc[gone["suspended"], "volume"] == 0).all()
    still = shocks.no_volume(panel, day)[here]
    np.testing.assert_allclose(still["volume"], 0.1 * panel.loc[here, "volume"])


@pytest.mark.parametrize("name", shocks.kinds(np.random.default_rng(0)))
def test_every_shocked_day_is_surprising_and_few_others(
    panel: pd.DataFrame, days: pd.DatetimeIndex, fitted: Surprise, name: str
) -> None:
    """All of twelve shocked days must be flagged, and of the others no more than without shocks.

    How many those are is tested in `tests/ensemble/test_surprise.py`, on several panels.
    """
    later = days[400:]
    hit = pd.DatetimeIndex(np.concatenate(shocks.spaced(later, 12)))
    shocked = shocks.kinds(np.random.default_rng(1))[name](panel, hit)
    beyond = fitted.score(market_day(shocked))["beyond"].loc[later]
    assert (beyond[hit] > 1).all()
    calm = fitted.score(market_day(panel))["beyond"].loc[later]
    assert (beyond.drop(hit) > 1).sum() <= (calm.drop(hit) > 1).sum()


def test_lowered_forecasts_hold_better_in_wild_spells_and_are_the_same_elsewhere(
    panel: pd.DataFrame, days: pd.DatetimeIndex, fitted: Surprise
) -> None:
    """Where returns are five times as large, more outcomes must lie inside; elsewhere no bit."""
    spells = shocks.spaced(days[400:690], 6, spell=12, apart=20)
    hit = pd.DatetimeIndex(np.concatenate(spells))
    shocked = shocks.wild(panel, hit)
    scores = fitted.score(market_day(shocked))
    sigma = 0.028 * np.sqrt(5)
    told = label(shocked, 5).loc[lambda rows: rows["date"] > days[400]]
    told = told.assign(
        score=0.0, mu=0.0, sigma=sigma, prob_up=0.52, sigma_prob=0.02,
        interval_low=-1.645 * sigma, interval_high=1.645 * sigma,
    )  # fmt: skip
    found = lowered(told, scores)
    before, after = (stress.daily_figures(one) for one in (told, found))
    deep = pd.DatetimeIndex(np.concatenate([spell[:6] for spell in spells]))  # outcome inside too
    assert before.loc[deep, "coverage"].mean() < 0.75
    assert after.loc[deep, "coverage"].mean() > before.loc[deep, "coverage"].mean() + 0.1
    assert after.loc[deep, "error"].mean() < before.loc[deep, "error"].mean()
    ordinary = told["date"].isin(scores.index[scores["beyond"] <= 1])
    assert ordinary.mean() > 0.6
    pd.testing.assert_frame_equal(found[ordinary], told[ordinary], check_exact=True)


def test_spells_are_apart() -> None:
    """Spells have their length, keep their distance and fit in the days."""
    days = pd.bdate_range("2016-01-04", periods=100)
    spells = shocks.spaced(days, 4, spell=5, apart=15)
    assert [len(spell) for spell in spells] == [5] * 4
    place = [days.get_loc(spell[0]) for spell in spells]
    assert (np.diff(place) >= 20).all()
    with pytest.raises(InputError, match="must fit 100 days"):
        shocks.spaced(days, 9, spell=5, apart=15)


def test_errors_are_one_clear_line(panel: pd.DataFrame, days: pd.DatetimeIndex) -> None:
    """Days that the panel lacks, and sizes without sense, must be named."""
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="days of the panel; got '2030-01-01'"):
        shocks.wild(panel, pd.DatetimeIndex(["2030-01-01"]))
    with pytest.raises(InputError, match="share: must be above 0"):
        shocks.suspension(panel, days[:1], rng, share=0.0)
    with pytest.raises(InputError, match="times: must be above 0"):
        shocks.wild(panel, days[:1], times=-1)
    with pytest.raises(InputError, match="left: must be above 0"):
        shocks.no_volume(panel, days[:1], left=0)
