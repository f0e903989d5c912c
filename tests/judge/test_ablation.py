"""Differences between arms, paired by seed and day, against the plain arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.ablation import differences, rank_ics
from stockcast.judge.intervals import newey_west

DATES = pd.bdate_range("2015-07-01", periods=60)


def figures(effect: float, seeds: int = 6, seed: int = 0) -> pd.DataFrame:
    """Daily Rank ICs of two arms that share the days' luck; seeds have luck of their own."""
    rng = np.random.default_rng(seed)
    days = rng.normal(0.04, 0.1, len(DATES))
    rows = []
    for arm, plus in (("none", 0.0), ("better", effect)):
        for number in range(seeds):
            own = rng.normal(0, 0.004) + rng.normal(0, 0.02, len(DATES))
            ic = days + plus + own
            rows.append(pd.DataFrame({"arm": arm, "seed": number, "date": DATES, "rank_ic": ic}))
    return pd.concat(rows, ignore_index=True)


def test_rank_ics_are_the_days_rank_correlations():
    """One figure an arm, seed and day, in the order of appearance."""
    rng = np.random.default_rng(0)
    keys = pd.MultiIndex.from_product([["b", "a"], [2, 1], DATES[:3], range(8)])
    frame = keys.to_frame(index=False, name=["arm", "seed", "date", "code"])
    frame = frame.assign(score=rng.normal(size=len(frame)), label=rng.normal(size=len(frame)))
    found = rank_ics(frame)
    assert list(found[["arm", "seed"]].drop_duplicates().itertuples(index=False, name=None)) == [
        ("b", 2), ("b", 1), ("a", 2), ("a", 1),
    ]  # fmt: skip
    for row in found.itertuples():
        group = frame[(frame.arm == row.arm) & (frame.seed == row.seed) & (frame.date == row.date)]
        expected = stats.spearmanr(group.score, group.label).statistic
        assert row.rank_ic == pytest.approx(expected)


def test_differences_are_paired():
    """Means, and each interval, are those of the differences on the same seed and day."""
    daily = figures(0.01)
    found = differences(daily, "none").loc["better"]
    wide = daily.pivot(index=["arm", "seed"], columns="date", values="rank_ic")
    paired = wide.loc["better"] - wide.loc["none"]
    by_seed = paired.mean(axis=1)
    reach = stats.t.ppf(0.975, 5) * by_seed.std(ddof=1) / np.sqrt(6)
    days = newey_west(paired.mean())
    assert found["mean"] == pytest.approx(by_seed.mean())
    assert found["rank_ic"] == pytest.approx(wide.loc["better"].to_numpy().mean())
    assert found["seeds_high"] - found["mean"] == pytest.approx(reach)
    assert found["days_low"] == pytest.approx(days.low)
    assert found["high"] - found["mean"] == pytest.approx(np.hypot(reach, days.high - days.mean))


def test_intervals_cover_the_truth():
    """With both lucks in it, the interval misses the true effect in about 5 % of repetitions."""
    missed = 0
    for seed in range(60):
        row = differences(figures(0.01, seed=seed), "none").loc["better"]
        missed += not row["low"] <= 0.01 <= row["high"]
    assert missed <= 6


def test_a_higher_level_widens_every_interval():
    """For several arms at once each needs a wider interval."""
    plain, wide = (differences(figures(0.01), "none", level=one) for one in (0.95, 0.99))
    for name in ("seeds", "days"):
        assert (wide[f"{name}_low"] < plain[f"{name}_low"]).all()
    assert (wide.high > plain.high).all()


def test_days_that_one_arm_lacks_count_for_none():
    """A day without a figure somewhere is left out everywhere: arms share their days."""
    daily = figures(0.01)
    gone = daily.copy()
    one = (gone.arm == "better") & (gone.seed == 2) & (gone.date == DATES[4])
    gone.loc[one, "rank_ic"] = np.nan
    pd.testing.assert_frame_equal(
        differences(gone, "none"), differences(daily[daily.date != DATES[4]], "none")
    )


def test_one_seed_has_no_interval_over_seeds():
    """Luck of the seed cannot be told from one seed; that of the days can."""
    found = differences(figures(0.01, seeds=1), "none").loc["better"]
    assert np.isnan(found[["seeds_low", "low"]].to_numpy(float)).all()
    assert np.isfinite(found["days_low"])


def test_an_unknown_baseline_and_no_days_are_refused():
    """There must be something to compare with, on days that all have."""
    daily = figures(0.01)
    with pytest.raises(InputError, match="baseline"):
        differences(daily, "nothing")
    with pytest.raises(InputError, match="daily"):
        differences(daily.assign(rank_ic=np.nan), "none")
