"""Selection: what informs is found, noise is not, and nothing outside the fold is looked at."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from stockcast.errors import InputError
from stockcast.features.choice import importance
from stockcast.features.choice.record import Rules
from stockcast.features.choice.selection import select

DAYS, STOCKS, FEATURES, HORIZON = 400, 30, 24, 5
FAST = Rules(shuffles=1, draws=2000)


def market(seed: int, informs: int = 0, strength: float = 0.12) -> tuple[pd.DataFrame, np.ndarray]:
    """Slow and quick features; overlapping five-day outcomes of which the first few tell a bit."""
    rng = np.random.default_rng(seed)
    memory = rng.choice([0.0, 0.9, 0.99], FEATURES)
    values = np.empty((DAYS, STOCKS, FEATURES))
    now = rng.normal(size=(STOCKS, FEATURES))
    for day in range(DAYS):
        now = memory * now + np.sqrt(1 - memory**2) * rng.normal(size=(STOCKS, FEATURES))
        values[day] = now
    sector = rng.integers(0, 4, STOCKS)
    moves = (
        rng.standard_t(4, (DAYS + HORIZON, STOCKS))
        + rng.normal(size=(DAYS + HORIZON, 4))[:, sector]
    )
    level = np.vstack([np.zeros(STOCKS), moves.cumsum(0)])
    outcome = level[HORIZON:-1] - level[: -1 - HORIZON]
    outcome = outcome / outcome.std() + strength * values[:, :, :informs].sum(2)
    columns = [f"f{i}" for i in range(FEATURES)]
    table = pd.DataFrame(values.reshape(-1, FEATURES).astype(np.float32), columns=columns)
    dates = pd.bdate_range("2012-01-04", periods=DAYS).as_unit("us")
    table.insert(0, "date", np.repeat(dates, STOCKS))
    table.insert(1, "code", np.tile([f"{600000 + i}.SH" for i in range(STOCKS)], DAYS))
    return table, outcome.ravel()


def folds(table: pd.DataFrame, first: int = 0, last: int = DAYS) -> tuple[np.ndarray, list]:
    """The rows of some days, and three inner pairs in order of time, six days purged."""
    day = table.date.factorize()[0]
    cuts = np.linspace(first + (last - first) // 4, last, 4).astype(int)
    rows = (day >= first) & (day < last)
    return rows, [
        (rows & (day < start - HORIZON - 1), (day >= start) & (day < stop))
        for start, stop in pairwise(cuts)
    ]


def test_what_informs_is_found_among_noise():
    """Planted features must be kept, at most a few others beside them, and be ranked first."""
    table, target = market(1, informs=3)
    found = select(table, target, *folds(table), rules=Rules())
    assert {"f0", "f1", "f2"} <= set(found.kept)
    assert len(found.kept) <= 4
    assert set(found.ranking[:3]) == {"f0", "f1", "f2"}
    assert found.rank_ic > 0.1
    assert (found.days, found.judged_days, found.rows) == (DAYS, 300, DAYS * STOCKS)


def test_noise_is_rarely_kept():
    """Slow features and overlapping outcomes: noise is kept at most as often as was stated.

    On a market without information every find is false, so the expected share of false finds is
    the share of markets with a find; p-values must be as even as chance has them.
    """
    claims, p = 0, []
    for seed in range(20):
        table, target = market(100 + seed)
        found = select(table, target, *folds(table), rules=FAST, seed=seed)
        claims += bool(found.kept)
        p.extend(found.table().p)
    level = FAST.level
    assert claims / 20 <= level + 2 * np.sqrt(level * (1 - level) / 20)
    assert np.mean(np.array(p) < 0.05) < 0.08
    assert 0.4 < np.mean(np.array(p) < 0.5) < 0.6


def test_nothing_outside_the_fold_is_looked_at():
    """Poison in all other rows, features and target, must move no bit."""
    table, target = market(2, informs=2)
    rows, inner = folds(table, 40, 360)
    clean = select(table, target, rows, inner, rules=FAST, seed=3)
    poisoned, other = table.copy(), target.copy()
    columns = table.columns[2:]
    for poison in (np.nan, np.inf, 1e30):
        poisoned.loc[~rows, columns] = poison
        other[~rows] = poison
        assert select(poisoned, other, rows, inner, rules=FAST, seed=3) == clean


def test_the_same_seed_gives_the_same_bits():
    """A choice must be repeatable, and its chances must come from the seed."""
    table, target = market(3, informs=2)
    one, again, other = (
        select(table, target, *folds(table), rules=FAST, seed=seed) for seed in (0, 0, 1)
    )
    assert one == again
    assert list(one.table().p) != list(other.table().p)


def test_every_dropped_feature_says_why():
    """Unknown, constant, the same for all stocks, a copy: each has its reason and no p-value."""
    table, target = market(4)
    day = table.date.factorize()[0]
    rng = np.random.default_rng(0)
    table["hidden"] = np.where(rng.random(len(table)) < 0.3, table.f0, np.nan)
    table["nowhere"] = np.nan
    table["endless"] = np.inf
    table["flat"] = 3.5
    table["rare"] = (np.arange(len(table)) % 500 == 0).astype(float)
    table["mood"] = np.sin(day)
    table["copy"] = np.exp(table.f5 / 10)
    table["mirror"] = (-table.f6).where(rng.random(len(table)) < 0.99)
    found = select(table, target, *folds(table), rules=FAST).table().set_index("name")
    reasons = {name: (found.reason[name], found.like[name]) for name in table.columns[26:]}
    assert reasons == {
        "hidden": ("unknown", ""), "nowhere": ("unknown", ""), "endless": ("unknown", ""),
        "flat": ("constant", ""), "rare": ("constant", ""), "mood": ("same all day", ""),
        "copy": ("correlated", "f5"), "mirror": ("correlated", "f6"),
    }  # fmt: skip
    assert (
        found.loc[list(reasons), ["cluster", "importance", "together", "p", "q"]]
        .isna()
        .all(axis=None)
    )
    assert not found.loc[list(reasons), "kept"].any()


def test_there_may_be_nothing_to_judge():
    """Features that are all constant must give an empty choice, not an error."""
    table, target = market(5)
    table.loc[:, table.columns[2:]] = 1.0
    found = select(table, target, *folds(table), rules=FAST)
    assert found.kept == found.ranking == ()
    assert {one.reason for one in found.features} == {"constant"}


def test_a_stricter_correction_keeps_no_more():
    """Benjamini and Yekutieli's q-values must be at least Benjamini and Hochberg's."""
    table, target = market(1, informs=3)
    loose, strict = (
        select(table, target, *folds(table), rules=Rules(method=method, shuffles=1))
        for method in ("fdr_bh", "fdr_by")
    )
    assert set(strict.kept) <= set(loose.kept)
    assert (strict.table().q >= loose.table().q).all()


def test_costs_equal_the_plain_spelling():
    """The compiled loop must give what scipy's Spearman correlation gives, day by day."""
    rng = np.random.default_rng(0)
    bounds = np.array([0, 7, 19, 28, 33])
    score = rng.normal(size=33).round(1)
    score[28:] = 1.0
    moved, truth = rng.normal(size=(4, 33)), np.empty(33)
    moved[:, 28:] = 0.0
    spans = [slice(first, last) for first, last in pairwise(bounds)]
    for span in spans:
        truth[span] = rng.permutation(span.stop - span.start) - (span.stop - span.start - 1) / 2
    clusters = [[2], [0, 3], [1]]
    ic, cost = importance._costs(
        score, moved, truth, bounds, np.array([2, 0, 3, 1]), np.array([0, 1, 3, 4])
    )
    for day, span in enumerate(spans[:3]):
        whole = spearmanr(score[span], truth[span]).statistic
        assert ic[day] == pytest.approx(whole)
        for number, members in enumerate(clusters):
            changed = score[span] + moved[members, span].sum(0)
            left = spearmanr(changed, truth[span]).statistic
            assert cost[number, day] == pytest.approx(whole - left)
    # Equal scores order nothing.
    assert ic[3] == 0
    assert (cost[:, 3] == 0).all()


def test_a_p_value_is_the_share_of_turned_blocks_that_cost_as_much():
    """With four blocks the sixteen null targets can be listed: the p-value must be their share."""
    by_block = np.array([[3.0, 1.0, 2.0, 1.0], [1.0, -1.0, 2.0, -2.0], [-1.0, -1.0, 0.0, -3.0]])
    lost = np.repeat(by_block / 5, 5, axis=1)
    # What lies between blocks must count for nothing.
    lost = np.hstack([lost, [[9.0], [9.0], [9.0]]])
    number = np.append(np.repeat([0, 2, 5, 6], 5), -1)
    measured = importance.Measured(lost, np.zeros(3), np.zeros(21), number)
    p = importance.chance(measured, 100_000, np.random.default_rng(0))
    signs = np.array(list(product([-1, 1], repeat=4)))
    exact = (signs @ by_block.T >= by_block.sum(1)).mean(0)
    assert exact[0] == 1 / 16
    np.testing.assert_allclose(p, exact, atol=0.005)


def test_look_alikes_are_judged_together():
    """Features that stand in for each other must share a cluster, its p-value and its fate."""
    table, target = market(7, informs=1, strength=0.2)
    rng = np.random.default_rng(1)
    for number in range(3):
        table[f"like_{number}"] = table.f0 + 0.6 * rng.normal(size=len(table))
    found = select(table, target, *folds(table), rules=FAST).table().set_index("name")
    alike = found.loc[["f0", "like_0", "like_1", "like_2"]]
    assert alike.cluster.nunique() == alike.p.nunique() == 1
    assert alike.kept.all()
    assert (alike.together > alike.importance).all()
    assert (found.cluster == alike.cluster.iloc[0]).sum() == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"block": 5}, "block: must be at least 10"),
        ({"draws": 100}, "draws: must be at least 1000"),
        ({"every": 0}, "every: must be at least 1"),
        ({"level": 1.5}, "level: must lie between 0 and 1"),
        ({"gap": 20}, "gap: must be shorter than a block"),
        ({"penalty": 0.0}, "penalty: must be above 0"),
        ({"method": "bonferroni"}, "method: must be fdr_bh or fdr_by"),
    ],
)
def test_rules_out_of_bounds_are_refused(change, said):
    """A block shorter than ten days would break the autocorrelation it is to keep."""
    with pytest.raises(InputError, match=said):
        Rules(**change)


def test_inner_rows_must_be_in_order_of_time_and_inside_the_fold():
    """Judging before fitting, twice, or outside the fold would make the importance worthless."""
    table, target = market(6)
    rows, inner = folds(table, 0, 300)
    _, outside = folds(table)
    wrong = {
        "inside the fold's training rows": outside,
        "days before those it judges": [pair[::-1] for pair in inner],
        "judge no day twice": [inner[0], inner[0]],
        "at least one pair": [],
    }
    for said, pairs in wrong.items():
        with pytest.raises(InputError, match=said):
            select(table, target, rows, pairs)
    with pytest.raises(InputError, match="must be columns"):
        select(table, target, rows, inner, names=["f0", "f99"])
    with pytest.raises(InputError, match="a day with 5 stocks"):
        select(table, np.full(len(table), np.nan), rows, inner)
