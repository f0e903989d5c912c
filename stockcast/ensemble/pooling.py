"""Members' forecasts and weights made into one forecast table.

The pooled forecast is the mixture of the members' distributions, a linear opinion pool: each
member is right with a probability equal to its weight. Stone (1961), "The opinion pool", Annals of
Mathematical Statistics 32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numba import njit
from scipy import special

from stockcast.ensemble.members import Members
from stockcast.errors import InputError
from stockcast.models.model import COLUMNS
from stockcast.models.score_head import INTERVAL

_STEPS = 60
"""Most steps towards an interval's end; half a dozen are enough as a rule."""


def equal_weights(members: Members) -> pd.DataFrame:
    """The same weight for every member on every day, indexed by date, one column a model."""
    weight = 1.0 / len(members.names)
    return pd.DataFrame(weight, index=members.days.rename("date"), columns=list(members.names))


def constant_weights(members: Members, weights: Mapping[str, float]) -> pd.DataFrame:
    """`weights` by model on every day; a model that is not named has none."""
    table = equal_weights(members)
    for name in table:
        table[name] = float(weights.get(name, 0.0))
    return table


def pool(
    members: Members, weights: pd.DataFrame, name: str, score: np.ndarray | None = None
) -> pd.DataFrame:
    """One forecast of the members' forecasts.

    Parameters
    ----------
    members
    weights : DataFrame indexed by date, one column a member
        Not below zero; a row need not sum to 1. Where a member has no forecast for a stock its
        weight is shared out among the others in proportion, equally if they have none.
    name
        The table's `model`.
    score : ndarray of shape (n_rows,)
        What ranks the day; None: the weighted mean of `Members.scores`, in standard deviations of
        a rank.

    Returns
    -------
    DataFrame
        `stockcast.models.model.COLUMNS`, in the order of `members.keys`. `mu`, `sigma` and
        `prob_up` are the mixture's mean, standard deviation (mean variance plus the variance of
        the means) and probability. `sigma_prob` is the standard deviation of `prob_up` over the
        draws of all members: what each wavers by, and how far they are apart. The interval's ends
        are the mixture's quantiles, each member taken as a normal with its own 90 % interval.

    Raises
    ------
    InputError
        When a day or member has no weight, or one is below zero or NaN.
    """
    share = row_weights(members, weights)
    value = {key: np.where(share > 0, held, 0.0) for key, held in members.columns.items()}

    def mean(values: np.ndarray) -> np.ndarray:
        return (share * values).sum(axis=1)

    mu, prob = mean(value["mu"]), mean(value["prob_up"])
    off, apart = value["mu"] - mu[:, None], value["prob_up"] - prob[:, None]
    low, high = _interval(share, value["interval_low"], value["interval_high"])
    if score is None:
        score = mean(np.where(share > 0, members.scores(), 0.0))
    return members.keys.assign(
        run=members.run,
        model=name,
        horizon=members.horizon,
        score=score,
        mu=mu,
        sigma=np.sqrt(mean(value["sigma"] ** 2 + off**2)),
        prob_up=prob,
        sigma_prob=np.sqrt(mean(value["sigma_prob"] ** 2 + apart**2)),
        interval_low=low,
        interval_high=high,
    )[list(COLUMNS)]


def row_weights(members: Members, weights: pd.DataFrame) -> np.ndarray:
    """Weight of each member in each row, of shape (n_rows, n_models); rows sum to 1.

    Raises
    ------
    InputError
        As `pool`.
    """
    lacking = [name for name in members.names if name not in weights.columns]
    if lacking:
        raise InputError("weights", "must have a column for every member", ", ".join(lacking))
    table = weights[list(members.names)].reindex(members.days)
    by_day = table.to_numpy(float)
    if not (np.isfinite(by_day) & (by_day >= 0)).all():
        at = np.flatnonzero(~(np.isfinite(by_day) & (by_day >= 0)).all(axis=1))[0]
        day = f"{members.days[at]:%Y-%m-%d}"
        raise InputError("weights", "must be known and not below zero on every day", day)
    present = members.present
    share = np.where(present, by_day[members.day], 0.0)
    share = np.where(share.sum(axis=1, keepdims=True) > 0, share, present)
    return share / share.sum(axis=1, keepdims=True)


def weight_table(weights: pd.DataFrame) -> pd.DataFrame:
    """Weights as date, model, weight, one row each."""
    long = weights.rename_axis(index="date", columns="model").stack().rename("weight")
    return long.reset_index().astype({"model": "str"})


def _interval(
    share: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends between which the mixture has `INTERVAL` of its probability, of shape (n_rows,)."""
    tail = (1 - INTERVAL) / 2
    middle = (low + high) / 2
    scale = (high - low) / (2 * special.ndtri(1 - tail))
    return _quantiles(share, middle, scale, low, tail), _quantiles(
        share, middle, scale, high, 1 - tail
    )


@njit(cache=True)
def _quantiles(
    share: np.ndarray, middle: np.ndarray, scale: np.ndarray, ends: np.ndarray, quantile: float
) -> np.ndarray:
    """A quantile of each row's mixture of normals, by Newton steps kept within a bracket.

    It lies between the members' smallest and largest one, `ends`. Every row stops by itself, so
    that its bits do not depend on the other rows.
    """
    out = np.empty(len(share))
    for row in range(len(share)):
        below, above = np.inf, -np.inf
        for one in range(share.shape[1]):
            if share[row, one] > 0:
                below, above = min(below, ends[row, one]), max(above, ends[row, one])
        width, at = above - below, (below + above) / 2
        for _ in range(_STEPS):
            held = density = 0.0
            for one in range(share.shape[1]):
                if share[row, one] > 0:
                    z = (at - middle[row, one]) / scale[row, one]
                    held += share[row, one] * 0.5 * math.erfc(-z / math.sqrt(2.0))
                    slope = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
                    density += share[row, one] * slope / scale[row, one]
            if held < quantile:
                below = at
            else:
                above = at
            then = at - (held - quantile) / density if density > 0 else below
            if not below <= then <= above:
                then = (below + above) / 2
            moved, at = abs(then - at), then
            if moved <= 1e-12 * width:
                break
        out[row] = at
    return out
