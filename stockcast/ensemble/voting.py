"""Voting: every member counts the same and nothing is learned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.ensemble.members import Members
from stockcast.ensemble.pooling import equal_weights, pool, row_weights


def soft_vote(members: Members, name: str = "soft_vote") -> pd.DataFrame:
    """Ranked by the mean of the members' probabilities of a rise.

    Probabilities are on one scale already, so members that are surer count more. Where a member's
    probability also holds its view of the whole market, that part is the same for all stocks of
    the day only if it is in units of each stock's volatility, as in this book's heads.
    """
    table = pool(members, equal_weights(members), name)
    return table.assign(score=table["prob_up"] - 0.5)


def hard_vote(members: Members, name: str = "hard_vote") -> pd.DataFrame:
    """Ranked by the share of members that place the stock above the day's middle.

    A stock on a member's own middle gets half its vote. With few members many stocks tie.

    Notes
    -----
    Majority vote, as in Kuncheva (2014), Combining Pattern Classifiers, 2nd ed., section 4.3; the
    vote is on the market-relative direction, since half of the stocks are above the middle on
    any day.
    """
    weights = equal_weights(members)
    votes = np.where(members.present, (np.sign(members.scores()) + 1) / 2, 0.0)
    share = (row_weights(members, weights) * votes).sum(axis=1)
    # Sums of equal shares differ in the last bit with their order: equal votes must tie.
    return pool(members, weights, name, score=np.round(share - 0.5, 12))


def rank_average(members: Members, name: str = "rank_average") -> pd.DataFrame:
    """Ranked by the mean of the members' ranks.

    Notes
    -----
    The count of Borda (1781); as a rule for combining classifiers: Ho, Hull and Srihari (1994),
    "Decision combination in multiple classifier systems", IEEE Transactions on Pattern Analysis
    and Machine Intelligence 16.
    """
    return pool(members, equal_weights(members), name)
