"""Cross-validation that also trains on later days: purged k-fold and combinatorial purged.

The days are cut into groups; some are tested, the others train. A tested group may have training
days on both sides, so besides the days before it, those after it are purged:

- before: the last horizon + 1 days, as in `stockcast.samples.splits`: every label is settled before
  the first tested day
- after: the first `horizon` days, whose labels begin before the last tested label has ended
- embargo: some more days after, because features of neighbouring days are alike. Only rows that
  would train are lost to it: never a tested day.

Look-ahead: a model trained so has seen days after those it is judged on. That is no forecast of the
past, but a second opinion on a method whose walk-forward result is known; it needs models cheap
enough to be trained once a split.

López de Prado (2018), Advances in Financial Machine Learning, chapters 7 (purge, embargo, purged
k-fold) and 12 (combinatorial purged cross-validation).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from stockcast.errors import InputError


@dataclass(frozen=True)
class Fold:
    """Days that train and days that are tested, neither in one piece.

    Attributes
    ----------
    train, test : DatetimeIndex
        Ascending; no training label's days, t+1 to t+1+horizon, touch those of a tested label.
    groups : tuple of int
        The tested groups, ascending, counted from 0.
    """

    train: pd.DatetimeIndex
    test: pd.DatetimeIndex
    groups: tuple[int, ...]


def purged_k_fold(
    days: pd.DatetimeIndex, folds: int, horizon: int, *, embargo: int = 0
) -> list[Fold]:
    """Each of `folds` groups of days tested once, all others training, purged on both sides."""
    return combinatorial(days, folds, 1, horizon, embargo=embargo)


def combinatorial(
    days: pd.DatetimeIndex, groups: int, tested: int, horizon: int, *, embargo: int = 0
) -> list[Fold]:
    """Every choice of `tested` out of `groups` groups of days.

    Parameters
    ----------
    days
        Trading days, ascending, unique.
    groups
        N groups of neighbouring days; their sizes differ by one day at most, the first the larger.
    tested
        k of them are tested at a time, 1 to N - 1.
    horizon
        Trading days held.
    embargo
        Trading days after a tested block that do not train, besides the `horizon` purged ones.
        López de Prado suggests a hundredth of all days.

    Returns
    -------
    list of C(N, k) folds
        In the order of `itertools.combinations`. Every day is tested C(N - 1, k - 1) times.

    Raises
    ------
    InputError
        For numbers that make no sense, or when nothing is left to train on.
    """
    days = pd.DatetimeIndex(days)
    _check(days, groups, tested, horizon, embargo)
    blocks = np.array_split(np.arange(len(days)), groups)
    folds = []
    for chosen in combinations(range(groups), tested):
        test = np.concatenate([blocks[group] for group in chosen])
        free = np.ones(len(days), bool)
        for group in chosen:
            first, last = blocks[group][[0, -1]]
            free[max(0, first - horizon - 1) : last + 1 + horizon + embargo] = False
        if not free.any():
            raise InputError(
                "groups", "must leave days to train on", groups,
                f"groups {chosen} of {len(days)} days are tested, the rest is purged; "
                "take more days, or fewer and larger groups",
            )  # fmt: skip
        folds.append(Fold(days[free], days[test], chosen))
    return folds


def paths(groups: int, tested: int) -> np.ndarray:
    """Which fold tells of which group, along each path through all the days.

    Returns
    -------
    ndarray of shape (n_paths, groups), int
        Positions in the list of `combinatorial`. φ = k / N · C(N, k) = C(N - 1, k - 1) paths; each
        fold's tested groups are each used once. A path strings together one out-of-sample forecast
        a day, so a method gets φ backtests instead of one.

    Raises
    ------
    InputError
        When `tested` is not 1 to `groups` - 1.
    """
    _check_groups(groups, tested)
    chosen = list(combinations(range(groups), tested))
    tests = [[fold for fold, some in enumerate(chosen) if group in some] for group in range(groups)]
    return np.array(tests).T


def _check(days: pd.DatetimeIndex, groups: int, tested: int, horizon: int, embargo: int) -> None:
    _check_groups(groups, tested)
    if horizon < 1:
        raise InputError("horizon", "must be at least 1 trading day", horizon)
    if embargo < 0:
        raise InputError("embargo", "must not be below 0 trading days", embargo)
    if not (days.is_monotonic_increasing and days.is_unique):
        raise InputError("days", "must be ascending and unique")
    if len(days) < groups:
        raise InputError("groups", f"must not be more than the {len(days)} days", groups)


def _check_groups(groups: int, tested: int) -> None:
    if not 1 <= tested < groups:
        raise InputError("tested", f"must be 1 to {groups - 1}, fewer than the groups", tested)
