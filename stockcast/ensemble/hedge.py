"""Exponentiated weights with a promise that holds on any outcomes whatever.

Freund and Schapire (1997), "A decision-theoretic generalization of on-line learning and an
application to boosting", Journal of Computer and System Sciences 55, call it Hedge.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.ensemble.known import known_by
from stockcast.errors import InputError


def hedge_weights(losses: pd.DataFrame, days: pd.DatetimeIndex, horizon: int) -> pd.DataFrame:
    """Weights in proportion to exp(-rate x sum of the losses known by then).

    Parameters
    ----------
    losses : DataFrame indexed by the date of the forecasts, one column a member
        From 0 to 1, less is better; (1 - Rank IC) / 2 is one. A day on which any member's is NaN
        teaches nothing.
    days, horizon
        Of `known_by`.

    Returns
    -------
    DataFrame indexed by `days`, one column a member
        Rows sum to 1; equal on the first days.

    Raises
    ------
    InputError
        When a loss lies outside [0, 1].
    """
    total = known_by(_scored(losses), days, horizon).fillna(0.0).cumsum()
    exponent = -total.mul(_rates(losses, days, horizon), axis=0)
    weights = np.exp(exponent.sub(exponent.max(axis=1), axis=0))
    return weights.div(weights.sum(axis=1), axis=0)


def regret(
    losses: pd.DataFrame, weights: pd.DataFrame, days: pd.DatetimeIndex, horizon: int
) -> pd.DataFrame:
    """What the weights have lost beyond the best single member in hindsight, and the bound on it.

    Look-ahead: the best member is known afterwards only; this judges weights, it makes none.

    Parameters
    ----------
    losses, days, horizon
        As in `hedge_weights`.
    weights
        What it returned. Other weights can be judged too; the bound is promised to its own only.

    Returns
    -------
    DataFrame indexed by the days with losses
        `own` (summed weighted mean of the members' losses), `best` (summed loss of the member that
        is best up to then), `regret` = own - best, `bound`.

    Notes
    -----
    With K members, rate r_t that never rises, and the losses of at most d of the latest days
    missing on each,

        regret <= ln K / r_T + (1 + 2 d) / 8 x sum of r_t.

    Without delay (d = 0) this is the bound for decreasing rates of de Rooij, van Erven, Grünwald
    and Koolen (2014), "Follow the leader if you can, hedge if you must", Journal of Machine
    Learning Research 15, with Hoeffding's r_t / 8 for the mixability gap. The weights differ from
    those without delay by d losses in [0, 1] for each member. The derivative of the weighted loss
    along that difference is r_t times a covariance of a loss in [0, 1] with a number of range d,
    at most d / 4 (Popoviciu): r_t d / 4 a day. Here d = `horizon`, since a forecast is
    judged horizon + 1 trading days later and not on the next one. The loss of a forecast pooled
    from scores on one scale is no larger than the weighted mean of its members' wherever the
    loss is convex in the score, as the squared error is.
    """
    scored = _scored(losses).dropna()
    own = (scored * weights.reindex(scored.index)[list(scored)]).sum(axis=1).cumsum()
    best = scored.cumsum().min(axis=1)
    rates = _rates(losses, days, horizon).reindex(scored.index)
    bound = np.log(losses.shape[1]) / rates + (1 + 2 * horizon) / 8 * rates.cumsum()
    return pd.DataFrame({"own": own, "best": best, "regret": own - best, "bound": bound})


def _rates(losses: pd.DataFrame, days: pd.DatetimeIndex, horizon: int) -> pd.Series:
    """2 sqrt(ln K / ((1 + 2 d) t)) on the t-th day; it makes the bound smallest for any T."""
    number = np.arange(1, len(days) + 1) - pd.DatetimeIndex(days).searchsorted(losses.index.min())
    rate = 2 * np.sqrt(np.log(losses.shape[1]) / ((1 + 2 * horizon) * np.maximum(number, 1)))
    return pd.Series(rate, index=pd.DatetimeIndex(days, name="date"))


def _scored(losses: pd.DataFrame) -> pd.DataFrame:
    """Losses of the days on which all are known, NaN elsewhere."""
    if losses.shape[1] < 2:
        raise InputError("losses", "must hold at least 2 members", list(losses.columns))
    outside = (losses < 0) | (losses > 1)
    if outside.any(axis=None):
        day = losses.index[outside.any(axis=1)][0]
        raise InputError("losses", "must lie in [0, 1]", f"{day:%Y-%m-%d}")
    return losses.where(losses.notna().all(axis=1))
