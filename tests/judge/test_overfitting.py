"""Probability of backtest overfitting against a loop written out, and cases that are known."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.overfitting import cscv


def _by_hand(values: np.ndarray, blocks: int, figure: str, gap: int) -> pd.DataFrame:
    """The algorithm of the paper's section 3, one split after the other."""
    length = len(values) // blocks
    values = values[len(values) - blocks * length :]
    cut = [values[b * length : (b + 1) * length - gap] for b in range(blocks)]

    def of(half: tuple[int, ...]) -> np.ndarray:
        days = np.vstack([cut[b] for b in half])
        mean = days.mean(axis=0)
        return mean if figure == "mean" else mean / days.std(axis=0, ddof=1)

    rows = []
    for half in combinations(range(blocks), blocks // 2):
        inside, outside = of(half), of(tuple(b for b in range(blocks) if b not in half))
        best = int(np.argmax(inside))
        rank = stats.rankdata(outside)[best]
        relative = rank / (values.shape[1] + 1)
        logit = np.log(relative / (1 - relative))
        rows.append((best, inside[best], outside[best], rank, logit))
    return pd.DataFrame(rows, columns=["chosen", "inside", "outside", "rank", "logit"])


@pytest.mark.parametrize("figure", ["sharpe", "mean"])
@pytest.mark.parametrize("gap", [0, 3])
def test_equal_to_the_loop(figure, gap):
    """Every split's choice, figures, rank and logit are those of the algorithm written out."""
    values = np.random.default_rng(1).normal(0.05, 1, size=(131, 7))
    found = cscv(pd.DataFrame(values), 8, figure, gap)
    wanted = _by_hand(values, 8, figure, gap)
    pd.testing.assert_frame_equal(found.splits, wanted, check_dtype=False, rtol=1e-10)
    assert found.probability == (wanted["logit"] <= 1e-9).mean()
    assert found.loss == (wanted["outside"] < 0).mean()
    assert found.slope == pytest.approx(np.polyfit(wanted["inside"], wanted["outside"], 1)[0])


def test_a_trial_with_skill_is_no_overfitting():
    """One trial far ahead of the others is chosen every time, and stays first."""
    values = np.random.default_rng(2).normal(size=(320, 10))
    values[:, 4] += 1
    found = cscv(pd.DataFrame(values))
    assert found.probability == 0
    assert found.loss == 0
    assert found.splits["chosen"].eq(4).all()
    assert len(found.splits) == 12870


def test_what_was_won_is_lost():
    """When every trial ends at zero, the best of one half is the worst of the other, always."""
    values = np.random.default_rng(3).normal(size=(160, 9))
    values -= values.mean(axis=0)
    found = cscv(pd.DataFrame(values), 8, "mean")
    assert found.probability == 1
    assert found.splits["rank"].eq(1).all()
    assert found.slope == pytest.approx(-1)


def test_noise_is_near_one_half():
    """Among trials that differ by luck alone, choosing does as drawing lots does."""
    rng = np.random.default_rng(4)
    found = [cscv(pd.DataFrame(rng.normal(size=(200, 20))), 8).probability for _ in range(60)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_the_gap_keeps_overlapping_outcomes_apart():
    """Sums over five days link the ends of two blocks; with a gap of five they do not."""
    rng = np.random.default_rng(5)
    plain, gapped = [], []
    for _ in range(60):
        days = pd.DataFrame(rng.normal(size=(100, 12))).rolling(5).sum().dropna()
        plain.append(cscv(days, 8, "mean").probability)
        gapped.append(cscv(days, 8, "mean", gap=4).probability)
    assert np.mean(plain) < np.mean(gapped)


def test_days_with_nan_are_left_out():
    """A day that one trial lacks counts for none."""
    values = pd.DataFrame(np.random.default_rng(6).normal(size=(81, 5)))
    gappy = values.copy()
    gappy.loc[40, 2] = np.nan
    found, wanted = cscv(gappy, 8), cscv(values.drop(index=40), 8)
    assert found.probability == wanted.probability
    pd.testing.assert_frame_equal(found.splits, wanted.splits)


def test_a_flat_trial_counts_as_nothing():
    """A trial that never varies has a Sharpe ratio of zero, and makes no NaN."""
    values = pd.DataFrame(np.random.default_rng(7).normal(1, 1, size=(80, 4))).assign(flat=0.0)
    assert cscv(values, 8).splits["chosen"].ne("flat").all()


@pytest.mark.parametrize(
    ("blocks", "figure", "gap", "columns"),
    [(7, "sharpe", 0, 4), (8, "median", 0, 4), (8, "mean", 9, 4), (8, "mean", 0, 1)],
)
def test_refusals(blocks, figure, gap, columns):
    """Odd blocks, unknown figures, empty blocks and a single trial are refused."""
    with pytest.raises(InputError):
        cscv(pd.DataFrame(np.ones((80, columns))), blocks, figure, gap)
