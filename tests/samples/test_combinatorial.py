"""Purged k-fold and combinatorial splits against tables of literal dates."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.samples.combinatorial import combinatorial, paths, purged_k_fold

# Shanghai's trading days around the Spring Festival of 2017, in four groups of six.
GROUPS = (
    "0103 0104 0105 0106 0109 0110",
    "0111 0112 0113 0116 0117 0118",
    "0119 0120 0123 0124 0125 0126",
    "0203 0206 0207 0208 0209 0210",
)


def dates(text: str) -> pd.DatetimeIndex:
    return pd.to_datetime(["2017" + day for day in text.split()], format="%Y%m%d").as_unit("us")


DAYS = dates(" ".join(GROUPS))

# With h = 1 two days are purged before a tested block and one after it, and the embargo takes one
# more. Neighbouring groups make one block.
TRAIN = {
    (0, 1): "0123 0124 0125 0126 0203 0206 0207 0208 0209 0210",
    (0, 2): "0113 0116 0207 0208 0209 0210",
    (0, 3): "0113 0116 0117 0118 0119 0120 0123 0124",
    (1, 2): "0103 0104 0105 0106 0207 0208 0209 0210",
    (1, 3): "0103 0104 0105 0106 0123 0124",
    (2, 3): "0103 0104 0105 0106 0109 0110 0111 0112 0113 0116",
}


def test_the_days_are_the_exchanges():
    """The literal days are the calendar's own, holiday included."""
    expected = calendar.sessions("2017-01-03", "2017-02-10")
    assert list(DAYS) == list(expected)


def test_combinatorial_splits_two_of_four_groups():
    """All six pairs, each training on the days that purge and embargo leave."""
    folds = combinatorial(DAYS, 4, 2, 1, embargo=1)
    assert [fold.groups for fold in folds] == list(TRAIN)
    for fold in folds:
        tested = " ".join(GROUPS[group] for group in fold.groups)
        assert list(fold.test) == list(dates(tested))
        assert list(fold.train) == list(dates(TRAIN[fold.groups]))


def test_purged_k_fold_without_embargo():
    """Each group is tested once; with h = 2 three days go before it and two after."""
    found = [list(fold.train) for fold in purged_k_fold(DAYS, 3, 2)]
    assert found == [
        list(dates("0117 0118 0119 0120 0123 0124 0125 0126 0203 0206 0207 0208 0209 0210")),
        list(dates("0103 0104 0105 0106 0109 0203 0206 0207 0208 0209 0210")),
        list(dates("0103 0104 0105 0106 0109 0110 0111 0112 0113 0116 0117 0118 0119")),
    ]


def test_groups_of_unequal_size():
    """Ten days in four groups: the first two have three days, the others two."""
    folds = purged_k_fold(DAYS[:10], 4, 1)
    assert [len(fold.test) for fold in folds] == [3, 3, 2, 2]
    assert list(folds[1].test) == list(dates("0106 0109 0110"))


def test_paths_of_two_in_four():
    """Three paths; row p names, for each group, the p-th fold that tests it."""
    expected = [[0, 0, 1, 2], [1, 3, 3, 4], [2, 4, 5, 5]]
    np.testing.assert_array_equal(paths(4, 2), expected)


def test_the_books_example_has_five_paths():
    """López de Prado's figure 12.1: six groups, two tested, fifteen splits, five paths."""
    found = paths(6, 2)
    assert found.shape == (5, 6)
    assert found.max() == 14
    # Its first path is tested in splits 1, 1, 2, 3, 4 and 5 of 15, counted from 1.
    assert (found[0] + 1).tolist() == [1, 1, 2, 3, 4, 5]


@st.composite
def settings_of_a_split(draw):
    groups = draw(st.integers(2, 7))
    tested = draw(st.integers(1, groups - 1))
    days = draw(st.integers(groups * 4, groups * 30))
    return days, groups, tested, draw(st.integers(1, 6)), draw(st.integers(0, 8))


@settings(max_examples=150, deadline=None)
@given(settings_of_a_split())
def test_no_training_label_touches_a_tested_one(chosen):
    """Labels that train are settled before the first tested day, or begin after the last label."""
    count, groups, tested, horizon, embargo = chosen
    days = pd.date_range("2015-01-01", periods=count)
    try:
        folds = combinatorial(days, groups, tested, horizon, embargo=embargo)
    except InputError:
        return
    for fold in folds:
        train, test = days.get_indexer(fold.train), days.get_indexer(fold.test)
        label_days = np.zeros(count + horizon + 2, bool)
        for day in range(1, horizon + 2):
            label_days[test + day] = True
        for day in range(1, horizon + 2):
            assert not label_days[train + day].any()
        lost = count - len(train) - len(test)
        blocks = 1 + (np.diff(test) > 1).sum()
        assert lost <= blocks * (2 * horizon + 1 + embargo)  # and no more than was told


@settings(max_examples=60, deadline=None)
@given(settings_of_a_split())
def test_every_day_is_tested_equally_often(chosen):
    """C(N, k) folds test every day C(N - 1, k - 1) times, once along each path."""
    count, groups, tested, _, _ = chosen
    days = pd.date_range("2015-01-01", periods=count)
    try:
        folds = combinatorial(days, groups, tested, 1)
    except InputError:
        return
    assert len(folds) == comb(groups, tested)
    times = sum(days.isin(fold.test).astype(int) for fold in folds)
    assert (times == comb(groups - 1, tested - 1)).all()
    walked = paths(groups, tested)
    assert walked.shape == (comb(groups - 1, tested - 1), groups)
    used = [(fold, group) for path in walked for group, fold in enumerate(path)]
    assert len(set(used)) == len(used) == sum(len(fold.groups) for fold in folds)
    assert all(group in folds[fold].groups for fold, group in used)


def test_the_embargo_takes_only_days_that_would_train_after_a_block():
    """It lengthens no purge before a block, takes no tested day, and nothing after the last."""
    plain = combinatorial(DAYS, 4, 2, 1)
    for before, after in zip(plain, combinatorial(DAYS, 4, 2, 1, embargo=2), strict=True):
        assert list(before.test) == list(after.test)
        gone = before.train.difference(after.train)
        for start in np.flatnonzero(DAYS.isin(gone)):
            recent = DAYS[max(0, start - 3) : start]
            assert recent.isin(before.test).any()
    assert list(plain[-1].train) == list(combinatorial(DAYS, 4, 2, 1, embargo=2)[-1].train)


def test_folds_are_in_order_of_time():
    """Days come ascending, training and test apart from each other."""
    for fold in combinatorial(DAYS, 4, 2, 1):
        for days in (fold.train, fold.test):
            assert all(a < b for a, b in pairwise(days))
        assert not fold.train.isin(fold.test).any()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: combinatorial(DAYS, 4, 4, 1), "tested"),
        (lambda: combinatorial(DAYS, 4, 0, 1), "tested"),
        (lambda: combinatorial(DAYS, 4, 2, 0), "horizon"),
        (lambda: combinatorial(DAYS, 4, 2, 1, embargo=-1), "embargo"),
        (lambda: combinatorial(DAYS[::-1], 4, 2, 1), "days"),
        (lambda: combinatorial(DAYS[:3], 4, 2, 1), "groups"),
        (lambda: combinatorial(DAYS, 4, 2, 6), "groups"),
        (lambda: purged_k_fold(DAYS, 1, 1), "tested"),
        (lambda: paths(3, 3), "tested"),
    ],
)
def test_folds_that_cannot_be_are_refused(call, said):
    """Numbers that leave nothing to train on or to test are errors that name them."""
    with pytest.raises(InputError, match=f"^{said}"):
        call()
