"""Bayesian model averaging: weights by how probable each member thought what happened."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import special, stats

from stockcast.ensemble.known import known_by
from stockcast.ensemble.members import Members
from stockcast.errors import InputError
from stockcast.models.score_head import INTERVAL

FORGETTING = 0.99
"""What a day's likelihood still counts for on the next; half is forgotten after 69 days."""

WORTH = 1.0
"""Independent outcomes that one day's stocks count for together."""

_FREEDOM = 2.05, 200.0


def daily_likelihood(
    members: Members, outcomes: pd.DataFrame, column: str = "label"
) -> pd.DataFrame:
    """Mean log predictive density of a day's outcomes under each member, in nats.

    Parameters
    ----------
    members
    outcomes
        date, code and `column`, the return over the horizon as a fraction; NaN where unknown.

    Returns
    -------
    DataFrame indexed by date, one column a member
        Over the stocks that have an outcome and a forecast of every member, so that all are judged
        by the same rows; NaN on days without any.

    Notes
    -----
    The density is a Student-t with the member's `mu` and `sigma` and as many degrees of freedom
    as give its 90 % interval; see `freedom`.
    """
    y = members.outcomes(outcomes, column)
    judged = np.isfinite(y) & members.present.all(axis=1)
    density = log_density(members, y)
    density[~judged] = np.nan
    table = pd.DataFrame(density, columns=list(members.names))
    return table.groupby(members.keys["date"].to_numpy()).mean().rename_axis("date")


def log_density(members: Members, outcome: np.ndarray) -> np.ndarray:
    """Log density of each row's outcome under each member's own forecast: (n_rows, n_models)."""
    value = members.columns
    half = (value["interval_high"] - value["interval_low"]) / 2
    degrees = freedom(half / value["sigma"])
    scale = value["sigma"] * np.sqrt((degrees - 2) / degrees)
    z = (outcome[:, None] - value["mu"]) / scale
    return stats.t.logpdf(z, degrees) - np.log(scale)


def freedom(reach: np.ndarray) -> np.ndarray:
    """Degrees of freedom of the Student-t whose 90 % interval is +- `reach` standard deviations.

    From 2.05 to 200, beyond which a Student-t is a normal. The interval of a mixture of draws is a
    little narrower than its sigma says; the degrees then come out a little lower.
    """
    degrees, reaches = _reaches()
    found = np.interp(np.nan_to_num(reach, nan=reaches[-1]), reaches, np.log(degrees))
    return np.exp(found)


def averaging_weights(
    likelihood: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    forgetting: float = FORGETTING,
    worth: float = WORTH,
) -> pd.DataFrame:
    """Posterior probability of each member being the right one, with forgetting.

    Parameters
    ----------
    likelihood
        As `daily_likelihood` gives it. A day on which any member's is NaN teaches nothing.
    days, horizon
        Of `known_by`.
    forgetting
        In (0, 1]; a day's log likelihood counts for `forgetting` of what it did the trading day
        before. 1 is averaging without forgetting.
    worth
        Independent outcomes that a day counts for. The returns of a day's stocks go up and down
        together and overlap with those of the next days: with as many as there are stocks the
        posterior is sure of one member within days, wrongly or not.

    Returns
    -------
    DataFrame indexed by `days`, one column a member
        Rows sum to 1; equal on the first days.

    Notes
    -----
    Hoeting, Madigan, Raftery and Volinsky (1999), "Bayesian model averaging: a tutorial",
    Statistical Science 14; forgetting by powers of the weights: Raftery, Kárný and Ettler (2010),
    "Online prediction under model uncertainty via dynamic model averaging", Technometrics 52. The
    power of the likelihood is that of a generalised Bayes posterior: Bissiri, Holmes and Walker
    (2016), Journal of the Royal Statistical Society B 78.
    """
    if not 0 < forgetting <= 1:
        raise InputError("forgetting", "must be above 0 and at most 1", forgetting)
    if not worth > 0:
        raise InputError("worth", "must be above 0", worth)
    complete = likelihood.where(np.isfinite(likelihood).all(axis=1))
    known = known_by(complete, days, horizon).fillna(0.0).to_numpy()
    log_weight = np.zeros_like(known)
    before = np.zeros(known.shape[1])
    for day, told in enumerate(known):
        before = forgetting * before + worth * told
        before = before - before.max()
        log_weight[day] = before
    weights = special.softmax(log_weight, axis=1)
    return pd.DataFrame(
        weights, index=pd.DatetimeIndex(days, name="date"), columns=likelihood.columns
    )


@cache
def _reaches() -> tuple[np.ndarray, np.ndarray]:
    """Degrees of freedom, and the half width of their 90 % interval in standard deviations."""
    degrees = np.exp(np.linspace(*np.log(_FREEDOM), 400))
    reaches = stats.t.ppf((1 + INTERVAL) / 2, degrees) * np.sqrt((degrees - 2) / degrees)
    return degrees, reaches
