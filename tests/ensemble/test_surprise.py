"""Surprise knows only its past, and lowers confidence only where it should."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stockcast.ensemble.market_day import market_day
from stockcast.ensemble.surprise import MOST, Surprise, lowered, stretch
from stockcast.errors import InputError
from tests.ensemble.conftest import market
from tests.ensemble.small_market import panel_of

CHANGED = ["sigma", "prob_up", "sigma_prob", "interval_low", "interval_high"]


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return panel_of()


@pytest.fixture(scope="module")
def quantities(panel: pd.DataFrame) -> pd.DataFrame:
    return market_day(panel)


@pytest.fixture(scope="module")
def fitted(quantities: pd.DataFrame) -> Surprise:
    return Surprise.fit(quantities, quantities.index[249], members=39)


@pytest.fixture(scope="module")
def told() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts of one model, asymmetric in their intervals, and scores with a few wild days."""
    forecasts = market(days=60, stocks=10).forecasts.query("model == 'good'")
    forecasts = forecasts.assign(
        interval_low=forecasts["mu"] + 0.001, sigma_prob=np.linspace(0, 0.5, len(forecasts))
    ).reset_index(drop=True)
    days = pd.DatetimeIndex(forecasts["date"].unique())
    beyond = pd.Series(0.7, days)
    beyond.iloc[[10, 20, 30, 40]] = 1.0, 1.5, 9.0, np.nan
    return forecasts, beyond.to_frame("beyond")


def test_the_distance_is_mahalanobis(quantities: pd.DataFrame, fitted: Surprise) -> None:
    """With the covariance taken apart, distances must be those of numpy's solver."""
    taught = quantities.iloc[:250].dropna()
    away = ((taught - fitted.centre) / fitted.unit).to_numpy()
    squared = (away * np.linalg.solve(np.linalg.inv(fitted.precision), away.T).T).sum(axis=1)
    np.testing.assert_allclose(fitted.score(taught)["distance"], np.sqrt(squared), rtol=1e-8)
    np.testing.assert_allclose(fitted.known, np.sort(np.sqrt(squared)), rtol=1e-8)


def test_p_is_a_rank_among_training_days(quantities: pd.DataFrame, fitted: Surprise) -> None:
    """p counts the training days at least as far, is never 0, and falls with the distance."""
    scores = fitted.score(quantities).dropna()
    for row in scores.iloc[[30, 120, 300]].itertuples():
        as_far = (fitted.known >= row.distance).sum()
        assert row.p == (1 + as_far) / (1 + len(fitted.known))
    ordered = scores.sort_values("distance")
    assert (ordered["p"].diff().dropna() <= 0).all()
    assert scores["p"].min() >= 1 / (1 + len(fitted.known))


def test_ordinary_days_are_seldom_surprising() -> None:
    """Of training days one in a hundred, and of later days of the same markets not twice that."""
    rates = []
    for seed in range(4):
        quantities = market_day(panel_of(days=600, seed=seed))
        fitted = Surprise.fit(quantities, quantities.index[299], members=39)
        beyond = fitted.score(quantities)["beyond"] > 1
        assert beyond.iloc[:300].mean() <= 0.0125
        rates.append(beyond.iloc[300:].mean())
    assert np.mean(rates) <= 0.02


def test_only_training_days_teach(quantities: pd.DataFrame, fitted: Surprise) -> None:
    """What comes after training must not change a bit of what was learned, nor of earlier days."""
    spoilt = quantities.copy()
    spoilt.iloc[250:] = 99.0
    other = Surprise.fit(spoilt, quantities.index[249], members=39)
    np.testing.assert_array_equal(other.precision, fitted.precision)
    np.testing.assert_array_equal(other.known, fitted.known)
    cut = other.score(quantities.iloc[:300])
    pd.testing.assert_frame_equal(cut, fitted.score(quantities).iloc[:300], check_exact=True)


def test_truncated_from_the_panel_on(panel: pd.DataFrame, fitted: Surprise) -> None:
    """Panel to score to forecast: dropping what came later leaves the bits of what came before."""
    last = panel["date"].unique()[320]
    whole = fitted.score(market_day(panel))
    quantities = market_day(panel[panel["date"] <= last])
    cut = Surprise.fit(quantities, fitted.until, members=39).score(quantities)
    pd.testing.assert_frame_equal(cut, whole.loc[:last], check_exact=True, check_freq=False)


def test_what_is_unknown_counts_as_usual(quantities: pd.DataFrame, fitted: Surprise) -> None:
    """A day without trading is judged by its suspensions; one without anything is not judged."""
    days = quantities.iloc[300:302].copy()
    days.iloc[0] = np.nan
    days.loc[days.index[0], "suspended"] = np.pi / 2
    days.iloc[1] = np.nan
    halted, nothing = fitted.score(days).itertuples()
    assert halted.beyond > 1
    assert halted.farthest == "suspended"
    assert np.isnan(nothing.distance)
    assert np.isnan(nothing.p)
    assert nothing.farthest == ""


def test_confidence_falls_only_on_surprising_days(told: tuple) -> None:
    """Bits stay on ordinary days, at the threshold and on unknown ones; score and mu everywhere."""
    forecasts, scores = told
    found = lowered(forecasts, scores)
    days = scores.index
    touched = forecasts["date"].isin(days[[20, 30]])
    pd.testing.assert_frame_equal(found[~touched], forecasts[~touched], check_exact=True)
    same = forecasts.columns.difference(CHANGED)
    pd.testing.assert_frame_equal(found[same], forecasts[same], check_exact=True)
    before, after = forecasts[touched], found[touched]
    assert (after["sigma"] > before["sigma"]).all()
    assert (after["interval_low"] < before["interval_low"]).all()
    assert (after["interval_high"] > before["interval_high"]).all()
    assert ((after["prob_up"] - 0.5).abs() <= (before["prob_up"] - 0.5).abs()).all()
    assert (np.sign(after["prob_up"] - 0.5) == np.sign(before["prob_up"] - 0.5)).all()
    assert (after["sigma_prob"] >= before["sigma_prob"]).all()
    assert after["sigma_prob"].le(0.5).all()


def test_the_rule_by_hand(told: tuple) -> None:
    """k is the distance over the threshold, at most 4; the chance is that of the mixture."""
    forecasts, scores = told
    k = stretch(scores)
    assert list(k.iloc[[0, 10, 20, 30, 40]]) == [1.0, 1.0, 1.5, MOST, 1.0]
    found = lowered(forecasts, scores)
    here = (forecasts["date"] == scores.index[20]).to_numpy()
    before, after = forecasts[here].iloc[0], found[here].iloc[0]
    assert after["sigma"] == pytest.approx(1.5 * before["sigma"])
    wide = before["interval_high"] - before["interval_low"]
    assert after["interval_high"] - after["interval_low"] == pytest.approx(1.5 * wide)
    rng = np.random.default_rng(0)
    trusted = rng.random(400_000) < 1 / 1.5
    said = before["prob_up"] + before["sigma_prob"] * rng.choice([-1, 1], 400_000)
    drawn = np.where(trusted, said, rng.random(400_000))
    assert after["prob_up"] == pytest.approx(drawn.mean(), abs=0.003)
    assert after["sigma_prob"] == pytest.approx(drawn.std(), abs=0.003)


def test_more_surprise_never_means_more_confidence(told: tuple) -> None:
    """From one day to one farther away, sigma and doubt must rise and the chance come nearer."""
    forecasts, scores = told
    steps = [
        lowered(forecasts, scores.assign(beyond=beyond)) for beyond in (0.5, 1, 1.1, 1.7, 3, 4, 50)
    ]
    for nearer, farther in pairwise(steps):
        assert (farther["sigma"] >= nearer["sigma"]).all()
        assert (farther["interval_low"] <= nearer["interval_low"]).all()
        assert ((farther["prob_up"] - 0.5).abs() <= (nearer["prob_up"] - 0.5).abs()).all()
    assert steps[-1].equals(steps[-2])  # no wider than `MOST` times


def test_errors_are_one_clear_line(quantities: pd.DataFrame, fitted: Surprise, told: tuple) -> None:
    """Too few days, a quantity that stands still, missing columns and days must be named."""
    forecasts, scores = told
    with pytest.raises(InputError, match="100 whole days up to 2013-02-01; got"):
        Surprise.fit(quantities, "2013-02-01")
    with pytest.raises(InputError, match="must vary over the training days; got 'limit_up'"):
        Surprise.fit(quantities.assign(limit_up=0.0), fitted.until)
    assert Surprise.fit(quantities.assign(limit_up=0.0), fitted.until, members=39).unit.min() > 0
    with pytest.raises(InputError, match="columns fitted on; got 'volume'"):
        fitted.score(quantities.drop(columns="volume"))
    with pytest.raises(InputError, match=r"level: must be from 0\.5"):
        fitted.threshold(1.0)
    with pytest.raises(InputError, match="every date of the forecasts"):
        lowered(forecasts, scores.iloc[:5])
    with pytest.raises(InputError, match="column sigma: must be there"):
        lowered(forecasts.drop(columns="sigma"), scores)
    with pytest.raises(InputError, match="most: must be 1 or more"):
        lowered(forecasts, scores, most=0.5)
