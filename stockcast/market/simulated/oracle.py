"""What could have been known: the expected label given the past and the true parameters.

On frictionless returns the expectation has a closed form: the drift is linear in past returns, so
the expected return of day t+k follows from those of t+1 ... t+k-1 put in the place of returns not
yet realised. Left out are limits, suspensions, the tick and the compounding of daily returns (they
matter on about one stock-day in twenty: see `montecarlo`); what all stocks share, the premium and
announcements still to come; and that the next statement may come within the horizon and end the
standing of the last. The public oracle does not learn from returns whether a drift has begun.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockcast.market.simulated import drift
from stockcast.market.simulated.drift import MOMENTUM_DAYS, Announcements, Lagged, Strengths, Web
from stockcast.market.simulated.prices import adjusted
from stockcast.market.simulated.shocks import Shocks
from stockcast.market.simulated.world import World


@dataclass(frozen=True)
class Hidden:
    """The simulated market as its maker knows it; arrays (n_days, n_stocks).

    Attributes
    ----------
    moves
        Market-adjusted returns; 0 where a stock did not trade or just listed.
    listed, trading
        Whether the stock was listed, and whether it traded.
    standing, since
        What the last statement says, and the trading days since.
    orders
        Large orders beyond what the return explains.
    tone, told
        Sum of the day's headlines' tones, and what their words let expect of it.
    world, shocks
        What the tables are made from, and the returns but for their drift.
    """

    moves: np.ndarray
    listed: np.ndarray
    trading: np.ndarray
    standing: np.ndarray
    since: np.ndarray
    orders: np.ndarray
    tone: np.ndarray
    told: np.ndarray
    web: Web
    announced: Announcements
    strengths: Strengths
    world: World
    shocks: Shocks


def expected_label(hidden: Hidden, horizon: int, *, omniscient: bool = False) -> np.ndarray:
    """Expected return from the close of t+1 to the close of t+1+horizon, seen from the close of t.

    Parameters
    ----------
    horizon
        Trading days held.
    omniscient
        Also use links that are not disclosed, each drift's true start and the headlines' tones.

    Returns
    -------
    ndarray of shape (n_days, n_stocks)
        Fractions; zero everywhere when every strength is zero. Row t depends on days up to t.
    """
    return sum(expected_parts(hidden, horizon, omniscient=omniscient).values())


def expected_parts(
    hidden: Hidden, horizon: int, *, omniscient: bool = False
) -> dict[str, np.ndarray]:
    """What each effect adds to `expected_label`, by its name in `Strengths`.

    What an effect moves today and another effect answers tomorrow counts as the other's.
    """
    web = hidden.web if omniscient else hidden.web.disclosed()
    seen = _Seen(hidden.moves)
    total = {name: np.zeros_like(hidden.moves) for name in drift.EFFECTS}
    for ahead in range(1, horizon + 2):
        parts = of_the_past(seen.lagged, web, hidden.strengths)
        parts |= of_announcements(hidden, ahead, omniscient)
        if ahead > 1:
            for name, part in parts.items():
                total[name] += part
        seen.expect(adjusted(sum(parts.values()), hidden.trading))
    return total


def of_the_past(lagged: Lagged, web: Web, strengths: Strengths) -> dict[str, np.ndarray]:
    """Drift made of past returns."""
    return {
        "reversal": drift.own_past(lagged, strengths.reversal),
        "lead_lag": drift.partners(lagged, web, strengths.lead_lag),
    }


def of_announcements(hidden: Hidden, ahead: int, omniscient: bool) -> dict[str, np.ndarray]:
    """Drift `ahead` days after each close from what was announced by it, (n_days, n_stocks)."""
    strengths, shape = hidden.strengths, hidden.moves.shape
    tone = hidden.tone if omniscient else hidden.told
    flow = drift.flow(hidden.orders, ahead, strengths.flow)
    if not omniscient:  # a day's money flow is public in its evening, after the close
        flow = np.zeros(shape)
        flow[1:] = drift.flow(hidden.orders, ahead + 1, strengths.flow)[:-1]
    return {
        "policy": drift.policy(hidden.announced, shape, ahead, strengths.policy, omniscient),
        "value": drift.value(hidden.standing, hidden.since, ahead, strengths.value),
        "flow": flow,
        "news": drift.news(tone, ahead, strengths.news),
    }


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
