"""Weights of an ensemble that listen to people, as far as people have been worth listening to.

A vote is what somebody says of a stock on an evening, from -1 (it will fall) to 1. Members whose
scores side with the votes gain weight; how much depends on what earlier votes were worth against
outcomes that are known by then. Off unless asked for: with `strength` 0 the weights are those of
`stockcast.ensemble.trailing`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.advice.feedback import entries
from stockcast.ensemble.known import known_by
from stockcast.ensemble.members import Members, standardised
from stockcast.ensemble.pooling import pool
from stockcast.ensemble.trailing import FEWEST, WINDOW, trailing_weights
from stockcast.errors import InputError
from stockcast.judge import metrics
from stockcast.judge.intervals import newey_west, paired_difference, stationary_bootstrap

HALF = 0.5
"""The strength that an ablation tries."""
MIDDLE = 3
"""The rating that says nothing."""


def votes_of_experts(labels: pd.DataFrame) -> pd.DataFrame:
    """Labels as votes: date, code, vote (-1, 0 or 1), who, issued; only those given in time."""
    given = labels[labels["foresight"]]
    return given.assign(vote=given["label"].astype(float))[_COLUMNS].reset_index(drop=True)


def votes_of_users(ratings: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Ratings as votes for the side that the forecast said, or against it; only those in time.

    Parameters
    ----------
    ratings
        As `stockcast.advice.feedback.satisfaction.ratings` gives them.
    forecasts : DataFrame with the columns number and prob_up
        `Ledger.forecasts()`.
    """
    said = forecasts[["number", "prob_up"]].rename(columns={"number": "forecast"})
    given = ratings[ratings["foresight"]].merge(said, on="forecast", validate="m:1")
    side = np.sign(given["prob_up"] - 0.5).fillna(0.0)
    voted = given.assign(vote=side * (given["rating"] - MIDDLE) / 2.0)
    return voted[_COLUMNS].reset_index(drop=True)


_COLUMNS = ["date", "code", "vote", "who", "issued"]


def listening_weights(
    members: Members,
    daily: pd.DataFrame,
    votes: pd.DataFrame,
    outcomes: pd.DataFrame,
    days: pd.DatetimeIndex,
    *,
    strength: float = 0.0,
    window: int = WINDOW,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Trailing weights, moved towards the members that side with the votes.

    Parameters
    ----------
    members
        The forecasts.
    daily, days, window, fewest
        Of `stockcast.ensemble.trailing.trailing_weights`.
    votes
        As `votes_of_experts` and `votes_of_users` give them.
    outcomes : DataFrame with the columns date, code, label
    strength
        How far votes may tilt the weights, from 0 (not at all: off) to 1.

    Returns
    -------
    DataFrame indexed by `days`, one column a member; rows sum to 1
        The trailing weight times 1 + s (n b - 1), over the sum of these: n members, b the weight
        of `trailing_weights` by `agreement` with the votes, s `strength` times `worth`. Where the
        votes prefer no member, or were worth nothing, nothing moves.

    Raises
    ------
    InputError
        When the strength is no fraction.

    Notes
    -----
    Look-ahead: a vote counts from the first close after it was given, an outcome from the close at
    which the label ends; dropping everything later changes no row.
    """
    if not 0 <= strength <= 1:
        raise InputError("strength", "must be from 0 to 1", strength)
    before = trailing_weights(daily, days, members.horizon, window, fewest)
    if strength == 0:
        return before
    sided = agreement(members, votes, days)
    # `trailing_weights` looks back over horizon + 1 days for what is known; this is known at once.
    dated = sided.shift(-(members.horizon + 1))
    by_votes = trailing_weights(dated, days, members.horizon, window, fewest)
    share = strength * worth(votes, outcomes, days, members.horizon, window, fewest)
    equal = 1.0 / len(members.names)
    tilt = ((by_votes - equal) / equal).mul(share, axis=0)
    tilted = before * (1 + tilt)
    tilted = tilted.div(tilted.sum(axis=1), axis=0)
    return before.where((tilt == 0).all(axis=1), tilted)  # to the bit where nothing moves


def agreement(members: Members, votes: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """How far each member sided with the votes: mean of vote times the member's score.

    Returns
    -------
    DataFrame indexed by `days`, one column a member
        By the day at whose close the votes were known; scores are `Members.scores`, so that 0 is
        worth nothing. NaN on days without new votes.
    """
    scores = pd.DataFrame(members.scores(), columns=list(members.names))
    table = pd.concat([members.keys, scores], axis=1)
    given = votes.assign(known=entries.known_on(votes["issued"], days)).dropna(subset=["known"])
    said = given[["date", "code", "vote", "known"]].merge(table, on=["date", "code"])
    sided = said[list(members.names)].mul(said["vote"], axis=0)
    return sided.groupby(said["known"]).mean().reindex(days).rename_axis("date")


def worth(
    votes: pd.DataFrame,
    outcomes: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    window: int = WINDOW,
    fewest: int = FEWEST,
) -> pd.Series:
    """How much of what votes seemed to know of past outcomes is more than noise, from 0 to 1.

    Parameters
    ----------
    votes, outcomes, days, window, fewest
        As in `listening_weights`.

    Returns
    -------
    Series indexed by `days`
        max(0, 1 - noise / mean²) of the daily mean of vote times the outcome's rank (in standard
        deviations), over the window's known days; 0 where the mean is not above zero, or too few
        days are known.

    Notes
    -----
    The positive part of James and Stein's shrinkage, for one mean; as in
    `stockcast.ensemble.trailing.kept_share` overlapping labels take `horizon` times the noise.
    """
    known = outcomes[np.isfinite(outcomes["label"])].sort_values("date")
    ranks = standardised(known["label"].to_numpy(float), pd.factorize(known["date"])[0])
    said = votes.merge(known.assign(rank=ranks)[["date", "code", "rank"]], on=["date", "code"])
    daily = (said["vote"] * said["rank"]).groupby(said["date"]).mean().rename("worth")
    daily = daily[daily.index.isin(days)]
    looked = known_by(daily.to_frame(), days, horizon)["worth"].rolling(window, min_periods=fewest)
    mean, noise = looked.mean(), looked.var(ddof=1) * horizon / looked.count()
    return (1 - noise / mean.where(mean > 0) ** 2).clip(0.0, 1.0).fillna(0.0).rename("worth")


def ablation(
    members: Members,
    daily: pd.DataFrame,
    votes: pd.DataFrame,
    outcomes: pd.DataFrame,
    days: pd.DatetimeIndex,
    rng: np.random.Generator,
    *,
    strength: float = HALF,
    window: int = WINDOW,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Daily Rank IC of the ensemble without and with the votes, and the difference paired by day.

    Arguments as in `listening_weights`; `rng` resamples days.

    Returns
    -------
    DataFrame, index "without", "with", "difference"
        mean, low, high and t (Newey-West), bootstrap_low and bootstrap_high (stationary bootstrap),
        days, and moved, the mean share of the weight that the votes moved on those days.
    """
    found, weights = {}, {}
    for name, share in (("without", 0.0), ("with", strength)):
        weights[name] = listening_weights(
            members, daily, votes, outcomes, days, strength=share, window=window, fewest=fewest
        ).reindex(members.days)
        judged = pool(members, weights[name], name).merge(
            outcomes[["date", "code", "label"]], on=["date", "code"], how="left"
        )
        found[name] = metrics.daily_ic(judged, method="spearman")
    found["difference"] = paired_difference(found["with"], found["without"])
    moved = (weights["with"] - weights["without"]).abs().sum(axis=1).mean() / 2
    rows = {}
    for name, series in found.items():
        sure = newey_west(series, max(10, members.horizon))
        drawn = stationary_bootstrap(series, rng, block=10)
        rows[name] = {
            "mean": sure.mean, "low": sure.low, "high": sure.high, "t": sure.t,
            "bootstrap_low": drawn.low, "bootstrap_high": drawn.high, "days": sure.n,
            "moved": 0.0 if name == "without" else float(moved),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")
