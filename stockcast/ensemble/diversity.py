"""How different the members are, and what that is worth.

Kuncheva and Whitaker (2003), "Measures of diversity in classifier ensembles and their relationship
with the ensemble accuracy", Machine Learning 51.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.ensemble.members import Members, standardised
from stockcast.ensemble.pooling import row_weights


def score_correlation(members: Members) -> pd.DataFrame:
    """Mean over days of the rank correlation of two members' scores: (n_models, n_models).

    Over the rows that all members have; days on which a member's scores are all equal count as 0.
    """
    z, day = _common(members)
    out = np.empty((z.shape[1], z.shape[1]))
    for one in range(z.shape[1]):
        product = pd.DataFrame(z * z[:, [one]]).groupby(day).mean()
        out[one] = product.mean().to_numpy()
    return pd.DataFrame(out, index=list(members.names), columns=list(members.names))


def disagreement(members: Members) -> pd.DataFrame:
    """Share of stocks that two members place on different sides of the day's middle.

    A stock on the middle of either counts half; 0.5 is what two independent members have.
    """
    z, _ = _common(members)
    side = np.sign(z)
    agree = np.stack([(side * side[:, [one]]).mean(axis=0) for one in range(side.shape[1])])
    return pd.DataFrame((1 - agree) / 2, index=list(members.names), columns=list(members.names))


def q_statistic(members: Members, outcomes: pd.DataFrame, column: str = "label") -> pd.DataFrame:
    """Yule's Q of two members being right about the market-relative direction.

    (N11 N00 - N01 N10) / (N11 N00 + N01 N10), N11 counting the stocks that both are right about: 0
    for members whose mistakes are independent, 1 for the same mistakes, below 0 where one is right
    when the other is wrong. Stocks on a middle, of forecast or outcome, are left out.
    """
    z, day = _common(members)
    y = members.outcomes(outcomes, column)[members.present.all(axis=1)]
    middle = pd.Series(y).groupby(day).transform("median").to_numpy()
    right = np.sign(y - middle)[:, None] * np.sign(z)
    right = right[(np.abs(right) > 0).all(axis=1)] > 0
    both, one = right.astype(float), (~right).astype(float)
    same, mixed = (both.T @ both) * (one.T @ one), (both.T @ one) * (one.T @ both)
    q = np.divide(
        same - mixed, same + mixed, out=np.full_like(same, np.nan), where=same + mixed > 0
    )
    return pd.DataFrame(q, index=list(members.names), columns=list(members.names))


def ambiguity(
    members: Members,
    outcomes: pd.DataFrame,
    weights: pd.DataFrame,
    column: str = "label",
) -> pd.DataFrame:
    """What the ensemble's error owes to its members' errors, and what to their being different.

    Parameters
    ----------
    members
    outcomes
        date, code and `column`; ranked within the day and standardised, as the scores are.
    weights
        As in `stockcast.ensemble.pooling.pool`.

    Returns
    -------
    DataFrame indexed by date
        `ensemble` (mean squared error of the pooled score), `members` (weighted mean of the
        members' errors), `diversity` (weighted mean squared distance of the members from the
        pooled score). ensemble = members - diversity exactly, on every day. A member without
        knowledge has an error of 2, one with Rank IC r has 2 (1 - r) where all outcomes are known.

    Notes
    -----
    Krogh and Vedelsby (1995), "Neural network ensembles, cross validation, and active learning",
    Advances in Neural Information Processing Systems 7.
    """
    day = members.day
    y = members.outcomes(outcomes, column)
    kept = np.isfinite(y)
    y = standardised(np.where(kept, y, np.nan), day)[kept]
    share = row_weights(members, weights)[kept]
    z = np.where(share > 0, members.scores()[kept], 0.0)
    pooled = (share * z).sum(axis=1)
    parts = {
        "ensemble": (pooled - y) ** 2,
        "members": (share * (z - y[:, None]) ** 2).sum(axis=1),
        "diversity": (share * (z - pooled[:, None]) ** 2).sum(axis=1),
    }
    date = members.keys["date"].to_numpy()[kept]
    return pd.DataFrame(parts).groupby(date).mean().rename_axis("date")


def _common(members: Members) -> tuple[np.ndarray, np.ndarray]:
    """Standardised ranks on the rows that all members have, and their day."""
    kept = members.present.all(axis=1)
    day = members.day[kept]
    return standardised(members.columns["score"][kept], day), day
