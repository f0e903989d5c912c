"""What the simulated market plants: expected returns that follow from the public past.

Six effects, each written once. Two are made of past returns (`own_past`, `partners`) and settle
day by day while prices are made; four follow an announcement, a statement, an order or a headline
(`policy`, `value`, `flow`, `news`) for a known number of days. The simulator calls them with what
happened, the oracle with what happened up to a close and expectations after it. A return here is a
stock's return less the mean of the stocks that traded that day, so the market itself has no memory.

The constants were chosen before any model was fitted, so that with strength 1 the public oracle's
daily Rank IC lies in .04-.07 at one day and .07-.10 at five (`tests/market/simulated`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

REVERSAL = 0.0098
"""Share of each of the last five days' returns that a day gives back."""
REVERSAL_DAYS = 5
MOMENTUM = 0.0025
"""Share of each earlier day's return, back to `MOMENTUM_DAYS`, that a day repeats."""
MOMENTUM_DAYS = 60
LEAD_LAG = 0.026
"""Share of a leader's return that reaches a follower, after the link's lag."""
LAGS = 5
LINKS_A_LAG = 0.3
"""Share of stocks that follow some other stock at a given lag."""
DISCLOSED = 0.7
"""Share of the links that are public."""
POLICY = 0.0022
"""Drift a day of a themed stock, at strength 1 of its announcement."""
POLICY_DAYS = 25
DELAYS = 4
"""The drift starts 1 to `DELAYS` days after the announcement, each as likely."""
VALUE = 0.00062
"""Drift a day at a standing of 1."""
VALUE_DAYS = 60
"""Trading days that a statement's standing lasts, unless the next statement comes first."""
QUALITY_WEIGHT, CHEAPNESS_WEIGHT, CHEAPNESS_USUAL = 0.7, 0.7, -0.8
"""Standing = 0.7 x surprise + 0.7 x (log of book over market value, less its usual level)."""
SURPRISE_MOST, CHEAPNESS_MOST = 3.0, 1.5
FLOW = (0.0, 0.00035, 0.00027, 0.00022, 0.00017, 0.00012)
"""Drift 0, 1, ... days after large orders one standard deviation beyond their usual."""
NEWS = (0.006, 0.002, 0.002, 0.002)
"""Return 0, 1, ... days after a headline of tone 1: the reaction, then the drift."""

EFFECTS = ("reversal", "lead_lag", "policy", "value", "flow", "news")

Lagged = Callable[[int], np.ndarray]
"""Market-adjusted returns `j` days before the day in question, (..., n_stocks)."""


@dataclass(frozen=True)
class Strengths:
    """Multiples of the planted effects; 0 turns one off and leaves every random draw as it was."""

    reversal: float = 1.0
    lead_lag: float = 1.0
    policy: float = 1.0
    value: float = 1.0
    flow: float = 1.0
    news: float = 1.0


@dataclass(frozen=True)
class Web:
    """Links, one array entry each: `follower` moves `lag` days after `leader`.

    No stock has two leaders at the same lag.
    """

    leader: np.ndarray
    follower: np.ndarray
    lag: np.ndarray
    public: np.ndarray

    @classmethod
    def draw(cls, n_stocks: int, rng: np.random.Generator) -> Web:
        """A random web over `n_stocks`."""
        lag, follower = np.nonzero(rng.random((LAGS, n_stocks)) < LINKS_A_LAG)
        leader = rng.integers(0, n_stocks - 1, len(follower))
        leader += leader >= follower  # nobody leads himself
        public = rng.random(len(follower)) < DISCLOSED
        return cls(leader, follower, lag + 1, public)

    def disclosed(self) -> Web:
        """The public part of the web."""
        kept = self.public
        return Web(self.leader[kept], self.follower[kept], self.lag[kept], self.public[kept])


@dataclass(frozen=True)
class Announcements:
    """Themed stocks, one array entry each: positions of the day and the stock."""

    day: np.ndarray
    stock: np.ndarray
    strength: np.ndarray
    delay: np.ndarray
    """Days from the announcement to the first day with drift, less one; never public."""


def own_past(lagged: Lagged, strength: float) -> np.ndarray:
    """Short-term reversal and medium-term momentum."""
    recent = sum(lagged(j) for j in range(1, REVERSAL_DAYS + 1))
    earlier = sum(lagged(j) for j in range(REVERSAL_DAYS + 1, MOMENTUM_DAYS + 1))
    return strength * (MOMENTUM * earlier - REVERSAL * recent)


def partners(lagged: Lagged, web: Web, strength: float) -> np.ndarray:
    """What the leaders' earlier moves bring to their followers."""
    total = np.zeros_like(lagged(1))
    for lag in range(1, LAGS + 1):
        at = web.lag == lag  # at one lag no follower repeats, so += adds every link
        total[..., web.follower[at]] += lagged(lag)[..., web.leader[at]]
    return strength * LEAD_LAG * total


def policy(
    announced: Announcements, shape: tuple[int, int], ahead: int, strength: float, delay_known: bool
) -> np.ndarray:
    """Drift `ahead` days after each close, from the announcements made by that close.

    Returns
    -------
    ndarray of shape (n_days, n_stocks)
        Row t is the drift of day t + `ahead`. With `delay_known` false it is the mean over the
        equally likely delays.
    """
    total = np.zeros(shape)
    unknown = np.mean([_course(delay) for delay in range(DELAYS)], axis=0)
    each = zip(announced.day, announced.stock, announced.strength, announced.delay, strict=True)
    for day, stock, size, delay in each:
        course = _course(delay) if delay_known else unknown
        course = course[ahead : ahead + shape[0] - day]
        total[day : day + len(course), stock] += size * course
    return strength * POLICY * total


def _course(delay: int) -> np.ndarray:
    """1 on the days with drift, counted from the announcement."""
    since = np.arange(POLICY_DAYS + DELAYS + 1)
    return ((since > delay) & (since <= delay + POLICY_DAYS)).astype(float)


def standing(surprise: np.ndarray, book: np.ndarray, market_value: np.ndarray) -> np.ndarray:
    """How a company stands at the close that follows its statement: quality and cheapness.

    Parameters
    ----------
    surprise
        Standardised unexpected earnings, see `stockcast.market.simulated.accounts`.
    book, market_value
        Parent equity, and the close times all shares; yuan. A book below nothing counts as dear.
    """
    quality = np.clip(surprise, -SURPRISE_MOST, SURPRISE_MOST)
    ratio = np.log(np.maximum(book, 1.0) / market_value)
    cheap = np.clip(ratio - CHEAPNESS_USUAL, -CHEAPNESS_MOST, CHEAPNESS_MOST)
    return QUALITY_WEIGHT * quality + CHEAPNESS_WEIGHT * cheap


def value(standing: np.ndarray, since: np.ndarray, ahead: int, strength: float) -> np.ndarray:
    """Drift `ahead` days after a close, from the standings known at it (any shape).

    `since` counts trading days from the statement (large: there was none). The next statement is
    not foreseen.
    """
    return strength * VALUE * np.where(since + ahead <= VALUE_DAYS, standing, 0.0)


def flow(orders: np.ndarray, ahead: int, strength: float) -> np.ndarray:
    """Drift `ahead` days after each close from large orders up to it, (n_days, n_stocks)."""
    return strength * _follow(orders, FLOW[ahead:])


def news(tone: np.ndarray, ahead: int, strength: float) -> np.ndarray:
    """Drift `ahead` days after each close from headlines up to it, (n_days, n_stocks)."""
    return strength * _follow(tone, NEWS[ahead:])


def _follow(source: np.ndarray, course: tuple[float, ...]) -> np.ndarray:
    """Row t is the sum over k of course[k] x source[t - k]."""
    total = np.zeros_like(source)
    for back, share in enumerate(course[: len(source)]):
        total[back:] += share * source[: len(source) - back]
    return total
