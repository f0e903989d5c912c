"""Permutation importance on days not fitted on, and how large it becomes by chance.

A feature and those that move with it are permuted together within each day: one by one, features
that tell the same would stand in for each other, and none would seem to matter.

Null targets. The judged days are cut into blocks; within a block the targets of every day either
stay, or trade places: the best stock's goes to the worst, the second's to the second worst, and so
on. A fair coin decides for each block. What makes importances vary by chance stays as it was:
targets of neighbouring days keep together, and with them the autocorrelation of overlapping labels
and slow features; sectors move together as they did; no stock gets a target of a day on which it
was not listed. The first days of a block, whose labels overlap with those of the block before, are
left out. Merely putting the blocks into another order would keep too much, since whatever set
one stock apart from another for years would be in every null target.

The model is not fitted again, because no fit has seen the days it is judged on. Given the fits, a
cluster that foretells nothing costs as often as it gains, in blocks as in their mirror images: its
importance is one draw among those on the null targets, whatever the others foretell. (Later fits
have seen earlier judged days. The sum over blocks is then a martingale with symmetric steps, for
which turning blocks over is as valid.) Each cluster is held against its own null values, since
importances of slow features vary more than those of quick ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from stockcast.errors import InputError
from stockcast.features.choice.screening import ranked


@dataclass(frozen=True)
class Measured:
    """What shuffling costs, day by day.

    Attributes
    ----------
    lost : ndarray of shape (n_clusters, n_days)
        Rank IC lost on each judged day when a cluster is permuted within the day.
    own : ndarray of shape (n_features,)
        Mean daily Rank IC lost when a feature is permuted alone.
    rank_ic : ndarray of shape (n_days,)
        Rank IC of the whole forecast.
    block : ndarray of shape (n_days,), int
        Block of each judged day, -1 between blocks.
    """

    lost: np.ndarray
    own: np.ndarray
    rank_ic: np.ndarray
    block: np.ndarray


def measure(
    ranks: pd.DataFrame,
    target: np.ndarray,
    day: np.ndarray,
    block: np.ndarray,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    cluster: np.ndarray,
    *,
    penalty: float,
    shuffles: int,
    rng: np.random.Generator,
) -> Measured:
    """Importances of clusters of features on the days that each part judges.

    Parameters
    ----------
    ranks
        Features as ranks within the day, (n, n_features), no NaN.
    target : ndarray of shape (n,)
        Finite.
    day, block : ndarray of shape (n,), int
        Trading day of each row, and block of that day; -1 between blocks.
    parts
        Rows to fit on and rows to judge on, bool (n,) each.
    cluster : ndarray of shape (n_features,), int
        From 0; features of one cluster are permuted together.
    penalty
        Of the ridge regression (Hoerl and Kennard 1970), a row.
    shuffles
        Permutations, whose costs are averaged.
    rng
        Draws the permutations.

    Raises
    ------
    InputError
        When a part has no rows left.
    """
    order = np.argsort(day, kind="stable")
    x, day, block = ranks.to_numpy(np.float64)[order], day[order], block[order]
    y = ranked(pd.DataFrame({"target": target[order]}), day)["target"].to_numpy()
    members, starts = np.argsort(cluster, kind="stable"), _starts(np.sort(cluster))
    each = np.arange(x.shape[1])
    found = []
    for fit, judge in parts:
        fit, judge = np.asarray(fit, bool)[order], np.asarray(judge, bool)[order]
        if not fit.any() or not judge.any():
            raise InputError("inner", "must leave rows to fit on and rows to judge", "none")
        weights, kept = _ridge(x[fit], y[fit], penalty), x[judge]
        bounds = _starts(day[judge])
        together = np.zeros((len(starts) - 1, len(bounds) - 1))
        alone = np.zeros((len(each), len(bounds) - 1))
        for _ in range(shuffles):
            moved = ((kept[_shuffle(day[judge], rng)] - kept) * weights).T.copy()
            given = (kept @ weights, moved, y[judge], bounds)
            ic, cost = _costs(*given, members, starts)
            together += cost / shuffles
            alone += _costs(*given, each, np.arange(len(each) + 1))[1] / shuffles
        found.append((together, alone, ic, block[judge][bounds[:-1]]))
    lost, own, rank_ic, blocks = (
        np.concatenate(part, axis=-1) for part in zip(*found, strict=True)
    )
    return Measured(lost, own.mean(axis=1), rank_ic, blocks)


def chance(measured: Measured, draws: int, rng: np.random.Generator) -> np.ndarray:
    """p-value of each cluster, (n_clusters,): share of null targets on which it matters as much.

    The real target counts as one of them (Phipson and Smyth 2010), so that none is zero.
    """
    blocks, number = np.unique(measured.block, return_inverse=True)
    by_block = np.zeros((len(measured.lost), len(blocks)))
    for place, cost in zip(number, measured.lost.T, strict=True):
        by_block[:, place] += cost
    by_block = by_block[:, blocks >= 0]
    real = by_block.sum(axis=1)
    null = rng.choice([-1.0, 1.0], size=(draws, by_block.shape[1])) @ by_block.T
    # A draw that turns nothing over equals the real one but for the order of additions.
    return (1 + (null >= real - 1e-12).sum(axis=0)) / (1 + draws)


def _ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Weights (n_features,) of length 1: only the order of forecasts counts."""
    weights = np.linalg.solve(x.T @ x + penalty * len(x) * np.eye(x.shape[1]), x.T @ y)
    return weights / max(float(np.linalg.norm(weights)), 1e-300)


def _starts(ascending: np.ndarray) -> np.ndarray:
    """Where each number's run begins, and the length."""
    begins = np.unique(ascending, return_index=True)[1]
    return np.append(begins, len(ascending))


def _shuffle(day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places of the rows after those of each day have been shuffled; days ascend."""
    return np.lexsort((rng.random(len(day)), day))


@njit(cache=True, nogil=True)
def _costs(score, moved, truth, bounds, members, starts):
    """Rank IC by day (n_days,), and what of it each cluster's shuffle costs (n_clusters, n_days).

    score (n,); moved (n_features, n), what a feature's shuffle adds to the score; truth (n,), ranks
    of the target, centred by day; bounds (n_days + 1,); members (n_features,), features cluster by
    cluster; starts (n_clusters + 1,), in members.
    """
    clusters, days = len(starts) - 1, len(bounds) - 1
    ic, cost = np.zeros(days), np.zeros((clusters, days))
    for d in range(days):
        part, y = score[bounds[d] : bounds[d + 1]], truth[bounds[d] : bounds[d + 1]]
        begin = np.argsort(part)
        ic[d] = _rank_ic(part, y, begin)
        for c in range(clusters):
            changed = part.copy()
            for at in range(starts[c], starts[c + 1]):
                changed += moved[members[at], bounds[d] : bounds[d + 1]]
            order = begin.copy()
            _settle(changed, order)
            cost[c, d] = ic[d] - _rank_ic(changed, y, order)
    return ic, cost


@njit(cache=True, nogil=True)
def _settle(values, order):
    """Put `order` into ascending order of the values; quick where it nearly is."""
    for i in range(1, len(order)):
        one = order[i]
        j = i - 1
        while j >= 0 and values[order[j]] > values[one]:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = one


@njit(cache=True, nogil=True)
def _rank_ic(values, truth, order):
    """Correlation of the values' ranks, ties at their mean, with centred ranks; 0 if undefined."""
    n = len(values)
    both, squares, of_truth = 0.0, 0.0, 0.0
    i = 0
    while i < n:
        j = i
        while j + 1 < n and values[order[j + 1]] == values[order[i]]:
            j += 1
        rank = (i + j) / 2 - (n - 1) / 2
        for at in range(i, j + 1):
            both += rank * truth[order[at]]
            of_truth += truth[order[at]] ** 2
        squares += rank * rank * (j - i + 1)
        i = j + 1
    return both / np.sqrt(squares * of_truth) if squares > 0 and of_truth > 0 else 0.0
