"""Direction accuracy beside the IC, against coverage, and what a promise takes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge import directions, metrics, scoreboard
from stockcast.judge.intervals import newey_west


def market(ic: float, days: int = 80, stocks: int = 40) -> pd.DataFrame:
    """Jointly normal scores and outcomes of correlation `ic`, a row a day and stock."""
    date = np.repeat(pd.bdate_range("2016-01-04", periods=days), stocks)
    score, noise = np.random.default_rng(11).normal(size=(2, len(date)))
    label = 0.03 * (ic * score + np.sqrt(1 - ic**2) * noise) + 0.01
    code = np.tile([f"{number:06d}.SZ" for number in range(stocks)], days)
    return pd.DataFrame({"date": date, "code": code, "score": score, "label": label})


def test_needed_ic_is_the_inverse_of_the_expected_accuracy() -> None:
    """There and back must end where it began; 65 % takes an IC of .454."""
    ic = np.linspace(-1, 1, 41)
    back = directions.needed_ic(metrics.expected_sign_accuracy(ic))
    np.testing.assert_allclose(back, ic, atol=1e-12)
    assert directions.needed_ic(0.65) == pytest.approx(0.45399, abs=1e-5)
    assert np.isnan(directions.needed_ic(float("nan")))


@pytest.mark.parametrize("accuracy", [65.0, -0.1])
def test_an_accuracy_in_per_cent_is_refused(accuracy: float) -> None:
    """A sine would take 65 without a word and answer nonsense."""
    with pytest.raises(InputError, match="fraction"):
        directions.needed_ic(accuracy)


def test_right_sides_average_to_the_relative_accuracy() -> None:
    """By row and by day there must be one definition, with missing values, ties and thin days."""
    rng = np.random.default_rng(3)
    frame = market(0.3, days=12, stocks=11)
    frame.loc[rng.choice(len(frame), 15, replace=False), "label"] = np.nan
    frame.loc[rng.choice(len(frame), 10, replace=False), "score"] = np.nan
    frame.loc[frame["date"] == frame["date"].iloc[0], "score"] = 1.0
    thin = frame.index[frame["date"] == frame["date"].iloc[-1]][4:]
    frame.loc[thin, "label"] = np.nan
    sides = directions.right_side(frame)
    by_day = sides.groupby(frame["date"]).mean()
    daily = metrics.relative_accuracy(frame)
    np.testing.assert_allclose(by_day.to_numpy(), daily.to_numpy(), atol=1e-12)
    assert sides.index.equals(frame.index)
    assert daily.iloc[0] == 0.5
    assert np.isnan(daily.iloc[-1])


def test_accuracy_stands_beside_the_ic_of_the_same_rows() -> None:
    """Figures are those of the metrics, the gap is paired by day, the oracle is a row."""
    frame = market(0.2).assign(model="a", oracle=lambda table: table["label"])
    frame = pd.concat([frame, frame.assign(model="b", score=-frame["score"])], ignore_index=True)
    table = directions.accuracy_and_ic(frame, horizon=5)
    assert list(table.index) == ["a", "b", scoreboard.ORACLE]
    part = frame[frame["model"] == "a"]
    accuracy, ic = metrics.relative_accuracy(part), metrics.daily_ic(part)
    wanted = newey_west(accuracy - metrics.expected_sign_accuracy(ic), 10)
    row = table.loc["a"]
    assert (row["gap"], row["gap_low"], row["gap_high"]) == (wanted.mean, wanted.low, wanted.high)
    assert (row["accuracy"], row["ic"]) == pytest.approx((accuracy.mean(), ic.mean()))
    assert row["promised"] == pytest.approx(0.5 + np.arcsin(ic.mean()) / np.pi)
    assert table.loc["b", "ic"] == pytest.approx(-row["ic"])
    assert table.loc["oracle", ["accuracy", "ic"]].to_list() == pytest.approx([1, 1])


def test_normal_forecasts_keep_what_their_ic_promises() -> None:
    """Where score and outcome are jointly normal, the gap must be nearly nothing."""
    table = directions.accuracy_and_ic(market(0.4, days=150).assign(model="a"), horizon=1)
    assert abs(table.loc["a", "gap"]) < 0.01
    assert table.loc["a", "accuracy"] == pytest.approx(0.63, abs=0.02)


def test_forecasts_farther_from_the_middle_are_right_more_often() -> None:
    """With skill, fewer forecasts must be better ones; kept shares are those asked for."""
    curve = directions.against_coverage(
        market(0.4, days=150), np.random.default_rng(1), shares=(0.1, 0.5, 1.0)
    )
    assert curve["coverage"].to_list() == pytest.approx([0.1, 0.5, 1.0])
    assert curve["accuracy"].is_monotonic_decreasing
    assert curve.loc[0.1, "accuracy"] > curve.loc[1.0, "accuracy"] + 0.05
    assert (curve["low"] < curve["accuracy"]).all()
    assert (curve["accuracy"] < curve["high"]).all()


def test_those_kept_are_known_at_the_close() -> None:
    """Outcomes, and scores of other days, must not change who is kept."""
    frame = market(0.4, days=20)
    shares = (0.1, 0.3, 1.0)

    def kept(table: pd.DataFrame) -> list[int]:
        return directions.against_coverage(table, np.random.default_rng(1), shares=shares)[
            "n"
        ].to_list()

    other = frame.assign(label=np.random.default_rng(2).permutation(frame["label"]))
    assert kept(other) == kept(frame)
    day = frame["date"] == frame["date"].iloc[0]
    scaled = frame.assign(score=frame["score"].where(day, 1000 * frame["score"] + 5))
    assert kept(scaled) == kept(frame)
    whole = directions.against_coverage(frame, np.random.default_rng(1), shares=shares)
    again = directions.against_coverage(scaled, np.random.default_rng(1), shares=shares)
    pd.testing.assert_frame_equal(again, whole)


def test_a_share_in_per_cent_is_refused() -> None:
    """Ten would keep everything, and look like a tenth."""
    with pytest.raises(InputError, match="shares"):
        directions.against_coverage(market(0.1, days=5), np.random.default_rng(1), shares=(10,))


def test_a_promise_is_found_at_the_largest_coverage_that_keeps_it() -> None:
    """By the figure, by its lower end, or nowhere; rows of too few forecasts do not count."""
    curve = pd.DataFrame(
        {
            "coverage": [0.01, 0.1, 0.5, 1.0],
            "accuracy": [0.99, 0.70, 0.60, 0.53],
            "low": [0.98, 0.66, 0.54, 0.52],
            "high": [1.00, 0.74, 0.66, 0.54],
            "n": [10, 100, 500, 1000],
        }
    )
    promised = {"small": 0.51, "plan": 0.65, "middle": 0.58, "story": 0.714, "inside": 0.535}
    table = directions.promises(curve, promised)
    assert table["coverage"].to_list()[:3] == [1.0, 0.1, 0.5]
    assert table["sure_coverage"].to_list()[:3] == [1.0, 0.1, 0.1]
    assert table.loc["story", ["coverage", "sure_coverage"]].isna().all()
    assert table["verdict"].to_list() == ["kept", "broken", "broken", "broken", "open"]
    assert table.loc["plan", "needed_ic"] == pytest.approx(0.454, abs=1e-3)
    assert table.loc["plan", ["value", "low", "high"]].to_list() == [0.53, 0.52, 0.54]


def test_a_curve_without_enough_forecasts_says_nothing() -> None:
    """A run with a handful of forecasts must get "unknown", and no error."""
    curve = pd.DataFrame({"coverage": [1.0], "accuracy": [1.0], "low": 1.0, "high": 1.0, "n": 3})
    table = directions.promises(curve, {"plan": 0.65})
    assert table.loc["plan", "verdict"] == "unknown"
    assert table.loc["plan", ["value", "coverage", "sure_coverage"]].isna().all()
