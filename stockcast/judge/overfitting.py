"""How often choosing the best trial picks one that is below the middle on other days.

Bailey, Borwein, López de Prado and Zhu (2017), "The probability of backtest overfitting", Journal
of Computational Finance 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.errors import InputError


@dataclass(frozen=True)
class Overfitting:
    """What combinatorially symmetric cross-validation found.

    Attributes
    ----------
    probability
        Share of the splits in which the trial chosen on one half is at or below the middle of all
        trials on the other half. Half is what drawing lots gives, 0 what a choice that lasts gives.
    loss
        Share of the splits in which the chosen trial's figure on the other half is below zero.
    slope
        Of the chosen trial's figure on the other half by that on the half that chose it: what a
        unit more in the past was worth later. NaN where the latter never varies.
    splits : DataFrame
        A row a split: `chosen` (column), `inside` and `outside` (its figure on the half that chose
        it and on the other), `rank` (its place there among the trials, 1 the worst), and `logit`.
    """

    probability: float
    loss: float
    slope: float
    splits: pd.DataFrame


def cscv(
    returns: pd.DataFrame,
    blocks: int = 16,
    figure: Literal["sharpe", "mean"] = "sharpe",
    gap: int = 0,
) -> Overfitting:
    """Combinatorially symmetric cross-validation of a choice among trials.

    The days are cut into `blocks` of equal length. Each choice of half of them chooses the best
    trial; the other half judges it.

    Parameters
    ----------
    returns : DataFrame of shape (n_days, n_trials)
        What is known of every trial on every day: returns, or daily Rank ICs with `figure="mean"`.
        In order of time; days with NaN in any trial are left out first.
    blocks
        Even; 16 gives 12,870 splits. The first days that fill no block are left out.
    figure
        By which trials are compared: the Sharpe ratio of the days, or their mean. Where a trial
        does not vary, its Sharpe ratio counts as 0.
    gap
        Days left out at the end of every block. With labels over h days, h of them keep the
        outcomes of two blocks apart.

    Raises
    ------
    InputError
        For an odd number of blocks or fewer than two, fewer than two trials, an unknown figure, or
        when a block has fewer than two days.
    """
    returns = returns.dropna()
    _check(returns, blocks, figure, gap)
    inside, outside = _halves(returns.to_numpy(dtype=float), blocks, figure, gap)
    best, rows = inside.argmax(axis=1), np.arange(len(inside))
    rank = stats.rankdata(outside, axis=1)[rows, best]
    relative = rank / (returns.shape[1] + 1)
    splits = pd.DataFrame(
        {
            "chosen": returns.columns.to_numpy()[best],
            "inside": inside[rows, best],
            "outside": outside[rows, best],
            "rank": rank,
            "logit": np.log(relative / (1 - relative)),
        }
    )
    varies = np.ptp(splits["inside"]) > 0
    slope = stats.linregress(splits["inside"], splits["outside"]).slope if varies else np.nan
    below = float((relative <= 0.5 + 1e-12).mean())
    return Overfitting(below, float((splits["outside"] < 0).mean()), float(slope), splits)


def _halves(
    values: np.ndarray, blocks: int, figure: str, gap: int
) -> tuple[np.ndarray, np.ndarray]:
    """Figure of every trial on either half, for every split: two arrays (n_splits, n_trials)."""
    length = len(values) // blocks
    cut = values[len(values) - length * blocks :].reshape(blocks, length, -1)
    cut = cut[:, : length - gap]
    chosen = list(combinations(range(blocks), blocks // 2))
    member = np.zeros((len(chosen), blocks))
    member[np.arange(len(chosen))[:, None], chosen] = 1.0
    days = cut.shape[1] * (blocks // 2)
    # Squares about the whole mean lose fewer digits than squares about zero.
    centre = cut.mean(axis=(0, 1))
    sums, squares = (cut - centre).sum(axis=1), ((cut - centre) ** 2).sum(axis=1)
    figures = []
    for half in (member, 1 - member):
        mean = half @ sums / days
        if figure == "mean":
            figures.append(mean + centre)
            continue
        variance = (half @ squares - days * mean**2) / (days - 1)
        root = np.sqrt(np.where(variance > 1e-24, variance, np.inf))
        figures.append((mean + centre) / root)
    return figures[0], figures[1]


def _check(returns: pd.DataFrame, blocks: int, figure: str, gap: int) -> None:
    if blocks < 2 or blocks % 2:
        raise InputError("blocks", "must be even, and at least 2", blocks)
    if returns.shape[1] < 2:
        raise InputError("returns", "must be those of two trials at least", returns.shape[1])
    if figure not in ("sharpe", "mean"):
        raise InputError("figure", "must be sharpe or mean", figure)
    if gap < 0 or len(returns) // blocks - gap < 2:
        raise InputError(
            "blocks", "must leave two days in each, besides the gap", blocks,
            f"{len(returns)} days, gap {gap}; take fewer blocks",
        )  # fmt: skip
