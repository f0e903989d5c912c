"""Probabilistic and deflated Sharpe ratios against the papers' own worked examples."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.sharpe import (
    Moments,
    deflated,
    effective_trials,
    expected_best,
    groups,
    probabilistic,
    track_record,
)


def test_probabilistic_of_the_paper():
    """Bailey and López de Prado (2012): .458 a month over 24 months is 98.2 % sure to lie above
    zero if returns were normal, and 91.3 % with the fund's skewness and kurtosis."""
    assert probabilistic(Moments(0.458, 0, 3, 24)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic(Moments(0.458, -2.448, 10.164, 24)) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("per_year", "skew", "kurtosis", "years"),
    [(252, 0, 3, 2.73), (12, 0, 3, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_track_record_of_the_paper(per_year, skew, kurtosis, years):
    """Bailey and López de Prado (2012): for an annual ratio of 2 to be above 1 at 95 % it takes
    2.73 years of normal daily returns, 3.24 of monthly, 4.99 with a hedge fund's moments."""
    moments = Moments(2 / np.sqrt(per_year), skew, kurtosis, 10)
    needed = track_record(moments, 1 / np.sqrt(per_year))
    assert needed / per_year == pytest.approx(years, abs=5e-3)


def test_track_record_is_where_the_probability_reaches_the_level():
    """With as many periods as that, the probability is the level."""
    needed = track_record(Moments(0.1, -1, 6, 10), 0.02, 0.9)
    assert probabilistic(Moments(0.1, -1, 6, needed), 0.02) == pytest.approx(0.9)
    assert track_record(Moments(0.02, 0, 3, 10), 0.02) == np.inf


@pytest.mark.parametrize(
    ("trials", "skew", "kurtosis", "probability"),
    [(100, -3, 10, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)],
)
def test_deflated_of_the_paper(trials, skew, kurtosis, probability):
    """Bailey and López de Prado (2014): the best of 100 trials, 2.5 a year over 1250 days with a
    variance of 1/2 between trials, has skill with 90 %; of 46, with 95 %; of 88 if normal."""
    hurdle = expected_best(0.5 / 250, trials)
    if trials == 100:
        assert hurdle == pytest.approx(0.1132, abs=5e-5)
    moments = Moments(2.5 / np.sqrt(250), skew, kurtosis, 1250)
    assert probabilistic(moments, hurdle) == pytest.approx(probability, abs=1e-4)


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_expected_best_against_simulation(trials):
    """The formula is the mean of the largest of so many normal draws, to three per cent."""
    drawn = np.random.default_rng(1).normal(size=(4000, trials)).max(axis=1).mean()
    assert expected_best(1.0, trials) == pytest.approx(drawn, rel=0.03)
    assert expected_best(1.0, 1) == 0
    assert 0 <= expected_best(1.0, 1.2) < expected_best(1.0, 3)


def test_moments_are_scipys():
    """Sharpe ratio of one period, skewness and kurtosis as the formulas want them."""
    returns = pd.Series(np.random.default_rng(1).standard_t(6, 300)) + 0.1
    moments = Moments.of(pd.concat([returns, pd.Series([np.nan])]))
    assert moments.sharpe == pytest.approx(returns.mean() / returns.std())
    assert moments.skew == pytest.approx(stats.skew(returns))
    assert moments.kurtosis == pytest.approx(3 + stats.kurtosis(returns))
    assert moments.n == 300


def test_the_error_is_that_of_resamples():
    """Over many samples of skewed returns the ratio scatters as its formula says."""
    rng = np.random.default_rng(2)
    drawn = 0.6 - rng.gamma(4, 0.25, size=(20000, 120)) / 2
    ratio = drawn.mean(axis=1) / drawn.std(axis=1, ddof=1)
    true = Moments((0.6 - 0.5) / 0.25, -1.0, 4.5, 120)
    assert ratio.std() == pytest.approx(true.spread / np.sqrt(119), rel=0.05)


def _trials(groups: int, size: int, noise: float, days: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    common = np.repeat(rng.normal(size=(days, groups)), size, axis=1)
    return pd.DataFrame(common + noise * rng.normal(size=common.shape))


def test_effective_trials_of_clear_cases():
    """Copies count once, independent trials in full, and five tight groups as five."""
    alike = effective_trials(_trials(1, 12, 1e-9))
    assert list(alike.values()) == pytest.approx([1, 1, 1], abs=1e-6)
    apart = effective_trials(_trials(12, 1, 0.0))
    assert apart["groups"] == 12
    assert apart["average correlation"] == pytest.approx(12, rel=0.05)
    assert apart["eigenvalues"] == pytest.approx(12, rel=0.05)
    grouped = effective_trials(_trials(5, 6, 0.2))
    assert grouped["groups"] == 5
    assert grouped["eigenvalues"] == pytest.approx(5, rel=0.15)


def test_groups_are_those_planted():
    """Trials of one group share a number, and no other has it."""
    found = groups(np.corrcoef(_trials(4, 5, 0.3), rowvar=False))
    assert len({tuple(found[5 * g : 5 * g + 5]) for g in range(4)}) == 4
    assert all(len(set(found[5 * g : 5 * g + 5])) == 1 for g in range(4))


def test_average_correlation_by_hand():
    """r + (1 - r) n, with the mean of the correlations of pairs."""
    trials = _trials(2, 3, 0.5)
    pairs = trials.corr().to_numpy()[np.triu_indices(6, 1)].mean()
    found = effective_trials(trials)["average correlation"]
    assert found == pytest.approx(pairs + (1 - pairs) * 6)


def test_deflation_of_noise():
    """The best of 60 trials of noise looks skilled alone, and hardly once all 60 are counted."""
    rng = np.random.default_rng(4)
    alone, among = [], []
    for _ in range(40):
        table = deflated(pd.DataFrame(rng.normal(size=(250, 60))))
        alone.append(table.loc["one", "probability"])
        among.append(table.loc["counted", "probability"])
    assert np.mean(np.array(alone) > 0.95) > 0.9
    assert np.mean(np.array(among) > 0.95) <= 0.1
    assert np.mean(among) == pytest.approx(0.5, abs=0.1)


def test_counted_trials_raise_the_hurdle():
    """Trials that left no returns count all the same, and skill becomes harder to claim."""
    trials = _trials(5, 4, 1.0)
    few, many = deflated(trials), deflated(trials, counted=200)
    others = [name for name in few.index if name != "one"]
    assert (many.loc[others, "hurdle"] > few.loc[others, "hurdle"]).all()
    assert (many.loc[others, "probability"] < few.loc[others, "probability"]).all()
    assert many.loc["counted", "trials"] == 200
    assert many.loc["one", "probability"] == few.loc["one", "probability"]


def test_another_choice():
    """The trial named is the one that is judged."""
    trials = _trials(3, 1, 0.0)
    table = deflated(trials, chosen=1)
    assert table.loc["one", "probability"] == pytest.approx(probabilistic(Moments.of(trials[1])))


def test_refusals():
    """One trial, fewer counted than kept, and constant returns are refused."""
    trials = _trials(3, 1, 0.0)
    with pytest.raises(InputError, match="two trials"):
        deflated(trials[[0]])
    with pytest.raises(InputError, match="counted"):
        deflated(trials, counted=2)
    with pytest.raises(InputError, match="vary in every trial"):
        deflated(trials.assign(flat=1.0))
    with pytest.raises(InputError, match="vary in every trial"):
        effective_trials(trials.assign(flat=1.0))
