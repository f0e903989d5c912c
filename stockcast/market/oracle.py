"""What could have been known: the expected label given the past and the true parameters.

On frictionless returns the expectation has a closed form: the drift is linear in past returns, so
the expected return of day t+k follows from those of t+1 ... t+k-1 put in the place of returns not
yet realised. Limits, suspensions, the tick and the compounding of daily returns are ignored (they
matter on about one stock-day in fifty). So is what all stocks share: the premium, and announcements
still to come. The public oracle does not learn from returns whether a drift has begun.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockcast.market.drift import (
    MOMENTUM_DAYS,
    Announcements,
    Strengths,
    Web,
    own_past,
    partners,
    policy,
)


@dataclass(frozen=True)
class Truth:
    """The simulated market as its maker knows it.

    Parameters
    ----------
    moves
        Market-adjusted returns (n_days, n_stocks); 0 where a stock did not trade or just listed.
    listed, trading
        Whether the stock was listed, and whether it traded (n_days, n_stocks).
    """

    moves: np.ndarray
    listed: np.ndarray
    trading: np.ndarray
    web: Web
    announced: Announcements
    strengths: Strengths


def expected_label(truth: Truth, horizon: int, *, omniscient: bool = False) -> np.ndarray:
    """Expected return from the close of t+1 to the close of t+1+horizon, seen from the close of t.

    Parameters
    ----------
    horizon
        Trading days held.
    omniscient
        Also use links that are not disclosed and each drift's true start.

    Returns
    -------
    ndarray of shape (n_days, n_stocks)
        Fractions; zero everywhere when every strength is zero. Row t depends on days up to t.
    """
    strengths = truth.strengths
    web = truth.web if omniscient else truth.web.disclosed()
    seen = _Seen(truth.moves)
    total = np.zeros_like(truth.moves)
    for ahead in range(1, horizon + 2):
        drift = (
            own_past(seen.lagged, strengths.reversal)
            + partners(seen.lagged, web, strengths.lead_lag)
            + policy(truth.announced, total.shape, ahead, strengths.policy, omniscient)
        )
        if ahead > 1:
            total += drift
        seen.expect(adjusted(drift, truth.trading))
    return total


def adjusted(returns: np.ndarray, trading: np.ndarray) -> np.ndarray:
    """Returns less the day's mean over the stocks that trade; 0 for those that do not."""
    returns = np.where(trading, returns, 0.0)
    mean = returns.sum(axis=-1, keepdims=True) / np.maximum(trading.sum(-1, keepdims=True), 1)
    return np.where(trading, returns - mean, 0.0)


class _Seen:
    """Moves as seen from every close at once: realised up to it, expected after it."""

    def __init__(self, moves: np.ndarray) -> None:
        self._n_days = len(moves)
        self._realised = np.concatenate([np.zeros((MOMENTUM_DAYS, moves.shape[1])), moves])
        self._expected: list[np.ndarray] = []

    def expect(self, moves: np.ndarray) -> None:
        """Add the expected moves of one more day ahead."""
        self._expected.append(moves)

    def lagged(self, j: int) -> np.ndarray:
        """Moves `j` days before the day after the last one expected, (n_days, n_stocks)."""
        back = j - len(self._expected) - 1  # 0: the day of the close itself
        if back < 0:
            return self._expected[-j]
        start = MOMENTUM_DAYS - back
        return self._realised[start : start + self._n_days]
