"""From the forecasts of a day to its orders.

A strategy is a small frozen value with one verb: `decide` sees one day at its close and returns
orders, which the broker fills, or does not, the day after. It keeps no memory; an order that did
not fill is simply not there the next day, and the strategy decides anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stockcast.errors import InputError

_NONE = np.empty(0, dtype=np.int64)


def total(values: np.ndarray) -> float:
    """Exactly rounded sum, whose last bit does not depend on how many zeros there are.

    Stocks listed later are worth zero until then; without this they would change the past.
    """
    return math.fsum(values[values != 0])


@dataclass(frozen=True, eq=False)
class Day:
    """What a strategy sees at the close; arrays of shape (n_stocks,), in the order of the codes.

    Attributes
    ----------
    number
        Trading days since the first signal.
    score, mu, prob_up, sigma_prob
        Forecasts dated this day; NaN where there is none.
    value
        Yuan held in each stock.
    held
        Whether the stock is held and still quoted.
    suspended
        Whether it did not trade this day: nobody knows when it will.
    age
        Trading days since the position was opened; meaningless where nothing is held.
    cash
        Yuan not invested.
    past : ndarray of shape (n_days, n_stocks)
        Returns of the days up to this one, dividends included.
    """

    number: int
    score: np.ndarray
    mu: np.ndarray
    prob_up: np.ndarray
    sigma_prob: np.ndarray
    value: np.ndarray
    held: np.ndarray
    suspended: np.ndarray
    age: np.ndarray
    cash: float
    past: np.ndarray


@dataclass(frozen=True, eq=False)
class Orders:
    """Stocks to sell, then stocks to buy, by number.

    Attributes
    ----------
    sell, sell_value
        Stocks and the yuan to raise from each; no values: whole positions.
    buy, buy_value
        Stocks and the most yuan to spend on each, scaled down together when the cash after the
        sales is less; no values: equal parts of the cash and of what the sales are worth now.
    """

    sell: np.ndarray = field(default_factory=lambda: _NONE)
    buy: np.ndarray = field(default_factory=lambda: _NONE)
    sell_value: np.ndarray | None = None
    buy_value: np.ndarray | None = None


class Strategy(Protocol):
    """Anything that turns a day into orders."""

    def decide(self, day: Day) -> Orders:
        """Orders for the next trading day."""


@dataclass(frozen=True)
class TopK:
    """Hold the `k` stocks of the best scores, replacing at most `drop` of them a day.

    Sells those held that are among the `drop` worst of the held and the best candidates together,
    so only where something better is there to buy, and splits the cash equally over the purchases.
    A held stock without a score counts as the worst. Of equal scores the lower code comes first.
    A stock suspended today is neither bought nor sold, and takes none of the `drop` places.

    Notes
    -----
    The rule of `TopkDropoutStrategy` in Qlib (Yang et al. 2020, arXiv:2009.11189), which sells
    without replacement where candidates are fewer than `drop`; here nothing is sold then. Qlib
    asks to sell what is suspended every day, so that a few long suspensions freeze the list.
    """

    k: int
    drop: int

    def __post_init__(self) -> None:
        if not 1 <= self.drop <= self.k:
            raise InputError("drop", "must be from 1 to k", self.drop, f"k is {self.k}")

    def decide(self, day: Day) -> Orders:
        """Orders for the next trading day; none on a day without scores."""
        scored = np.isfinite(day.score)
        if not scored.any():
            return Orders()
        ranked = np.argsort(-day.score, kind="stable")  # NaN last
        held = int(day.held.sum())
        movable = day.held & ~day.suspended
        open_to_all = scored & ~day.held & ~day.suspended
        candidates = ranked[open_to_all[ranked]][: max(self.drop + self.k - held, 0)]
        together = movable.copy()
        together[candidates] = True
        spare = min(self.drop, max(held + len(candidates) - self.k, 0))
        worst = ranked[together[ranked]][int(movable.sum()) + len(candidates) - spare :]
        sell = worst[movable[worst]]
        return Orders(sell=sell, buy=candidates[: max(len(sell) + self.k - held, 0)])


@dataclass(frozen=True)
class EqualWeight:
    """Hold every stock that has a score in equal parts, evened out every `every` days.

    What the universe itself earns under the same rules and costs. Needs cash for a lot of each.
    """

    every: int = 20

    def decide(self, day: Day) -> Orders:
        """Orders for the next trading day; none between the days of evening out."""
        wanted = np.isfinite(day.score)
        if day.number % self.every or not wanted.any():
            return Orders()
        equity = day.cash + total(day.value)
        gap = np.where(wanted, equity / wanted.sum(), 0.0) - day.value
        sell = np.flatnonzero((gap < 0) & day.held)
        buy = np.flatnonzero((gap > 0) & wanted)
        # Stocks that left are sold whole, odd lots too.
        raised = np.where(wanted[sell], -gap[sell], np.inf)
        return Orders(sell=sell, buy=buy, sell_value=raised, buy_value=gap[buy])


@dataclass(frozen=True)
class BuyAndHold:
    """Buy every stock that has a score, in equal parts, once; sell nothing.

    What did not fill on the first day stays in cash.
    """

    def decide(self, day: Day) -> Orders:
        """Orders for the next trading day; none once something is held."""
        if day.value.any():
            return Orders()
        return Orders(buy=np.flatnonzero(np.isfinite(day.score)))


@dataclass(frozen=True)
class SigmaGated:
    """The story's rule: everything on the likeliest rise among the forecasts that are sure enough.

    Attributes
    ----------
    gate
        Only forecasts with `sigma_prob` below it count.
    hold
        Trading days from purchase to sale.
    least
        The rise must be likelier than this.

    Notes
    -----
    After `hold` days the position is sold and the proceeds go to the best candidate of that day;
    if that is the stock held, it stays. The 72-hour trade of 李林 (2025), episode 2, CC BY-NC 4.0.
    """

    gate: float = 0.1
    hold: int = 3
    least: float = 0.5

    def decide(self, day: Day) -> Orders:
        """Orders for the next trading day; none while a position is younger than `hold`."""
        held = np.flatnonzero(day.held)
        if len(held) and day.age[held].max() + 1 < self.hold:
            return Orders()
        sure = (day.sigma_prob < self.gate) & (day.prob_up > self.least)
        best = np.flatnonzero(sure)[np.argsort(-day.prob_up[sure], kind="stable")][:1]
        return Orders(sell=np.setdiff1d(held, best), buy=np.setdiff1d(best, held))
