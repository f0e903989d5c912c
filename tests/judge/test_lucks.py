"""Figures of several networks: counts by hand, and intervals that hold both lucks."""

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge import lucks

DAYS = pd.to_datetime(["2017-11-07", "2017-11-08"])


@pytest.fixture
def said() -> pd.DataFrame:
    """One network, two days: two rises, one called; three falls, two called; one row unknown."""
    return pd.DataFrame(
        {
            "seed": 1,
            "date": DAYS[[0, 0, 0, 1, 1, 1]],
            "prob_up": [0.6, 0.4, 0.7, 0.5, 0.2, 0.9],
            "label": [0.01, -0.01, -0.02, 0.03, 0.0, np.nan],
        }
    )


def test_counts_by_hand(said):
    """Rises called, rises, falls called, falls: exactly one half is no call of a rise, 0 a fall."""
    assert lucks.counts(said).tolist() == [[[1, 1, 1, 2], [0, 1, 1, 1]]]


def test_figures_by_hand(said):
    """Three of five are right; half of the rises, two thirds of the falls; always up: 2/5."""
    sums = lucks.counts(said).sum(axis=1)[0]
    assert lucks.accuracy(sums) == pytest.approx(3 / 5)
    assert lucks.recall_up(sums) == pytest.approx(1 / 2)
    assert lucks.recall_down(sums) == pytest.approx(2 / 3)
    assert lucks.up_minus_down(sums) == pytest.approx(-1 / 6)
    assert lucks.over_always_up(sums) == pytest.approx(1 / 5)
    both = np.concatenate([sums, [2, 2, 3, 3]])
    assert lucks.gained(lucks.accuracy)(both) == pytest.approx(-2 / 5)


def test_days_that_are_asked_for_count_nothing_where_nothing_was_said(said):
    """So that two networks have the same days."""
    days = pd.DatetimeIndex([*DAYS, "2017-11-09"])
    assert lucks.counts(said, days)[0, 2].tolist() == [0, 0, 0, 0]


def test_nothing_known_is_refused(said):
    """No outcome, no count."""
    with pytest.raises(InputError, match="outcome"):
        lucks.counts(said.assign(label=np.nan))


def coins(seeds: int, days: int, chance: float, rng: np.random.Generator) -> np.ndarray:
    """Counts of five calls a day."""
    hits = rng.binomial(5, chance, (seeds, days)).astype(float)
    none = np.zeros_like(hits)
    return np.stack([hits, np.full_like(hits, 5), none, none], axis=-1)


def test_a_single_network_has_the_luck_of_the_days_alone():
    """300 days of five tosses: the interval is that of 1,500 tosses, .05 wide, about."""
    found = lucks.seeds_and_days(
        coins(1, 300, 0.5, stream(1, "coins")), lucks.accuracy, stream(1, "b")
    )
    assert found.low < found.mean < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(1500), rel=0.3)


def test_networks_that_differ_widen_the_interval():
    """Two networks at .3 and .7 on the same days: Student's t with one degree of freedom."""
    low, high = (np.tile([[[10 * p, 10, 0, 0]]], (1, 50, 1)) for p in (0.3, 0.7))
    found = lucks.seeds_and_days(np.concatenate([low, high]), lucks.accuracy, stream(1, "b"))
    assert found.mean == pytest.approx(0.5)
    assert (found.low, found.high) == (-1, 1)  # 12.706 x .2 is beyond a share's ends


def test_the_same_draws_give_the_same_bits():
    """A second page must not differ."""
    by_day = coins(3, 60, 0.6, stream(2, "coins"))
    first, second = (lucks.seeds_and_days(by_day, lucks.accuracy, stream(2, "b")) for _ in range(2))
    assert first == second


def test_a_figure_without_a_day_is_unknown():
    """Falls that never came have no recall."""
    found = lucks.seeds_and_days(
        coins(2, 20, 0.5, stream(1, "c")), lucks.recall_down, stream(1, "b")
    )
    assert np.isnan([found.mean, found.low, found.high]).all()


def test_three_calls_that_were_right_prove_little():
    """Clopper and Pearson: three of three leave .292 possible; a bootstrap would say 1 to 1."""
    right = pd.Series(
        [True, True, True], pd.to_datetime(["2017-11-07", "2017-11-20", "2017-12-01"])
    )
    found = lucks.share_right(right, stream(1, "calls"))
    assert (found.mean, found.n) == (1.0, 3)
    assert found.low == pytest.approx(0.025 ** (1 / 3), abs=1e-9)
    assert found.high == 1


def test_no_call_no_share():
    """A call that was never made was neither right nor wrong."""
    found = lucks.share_right(pd.Series([], dtype=bool), stream(1, "calls"))
    assert found.n == 0
    assert np.isnan(found.mean)
