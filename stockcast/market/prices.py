"""The simulated market's closes: shocks and drift, day by day, under the exchange's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market import rules
from stockcast.market.draws import Stocks
from stockcast.market.drift import MOMENTUM_DAYS, Lagged, Strengths, Web, own_past, partners
from stockcast.market.oracle import adjusted

PAYOUT_MONTHS, PAYOUTS_A_DAY = (5, 6, 7), 0.6 / 64
YIELD = (0.005, 0.03)
"""Smallest and largest cash dividend, as a share of the price."""
BONUS_SHARE, BONUS_FROM = 0.25, 15.0
"""Share of payouts that give bonus shares too, if the price is at least `BONUS_FROM` yuan."""


@dataclass(frozen=True)
class Path:
    """Closes and what follows from them, (n_days, n_stocks); NaN before a stock lists.

    `reference` is the exchange's reference price (`pre_close`), `factor` the cumulative
    adjustment factor, `moves` the market-adjusted returns that the drift is made of.
    """

    close: np.ndarray
    reference: np.ndarray
    limit_up: np.ndarray
    limit_down: np.ndarray
    factor: np.ndarray
    shares: np.ndarray
    moves: np.ndarray
    trading: np.ndarray


@dataclass(frozen=True)
class Payouts:
    """Dividends and bonus shares to come, (n_days, n_stocks); 0 on all other days."""

    cash: np.ndarray
    """Share of the last close paid out."""
    bonus: np.ndarray
    """New shares per share, given only if the price is high enough."""

    @classmethod
    def draw(cls, days: pd.DatetimeIndex, n_stocks: int, rng: np.random.Generator) -> Payouts:
        """Random payouts in the season after the annual reports."""
        happens, size, kind = np.moveaxis(rng.random((len(days), n_stocks, 3)), -1, 0)
        season = np.isin(days.month, PAYOUT_MONTHS)[:, None]
        paid = (happens < PAYOUTS_A_DAY) & season
        low, high = YIELD
        bonus = np.where(kind < BONUS_SHARE, np.where(kind < BONUS_SHARE / 2, 0.5, 1.0), 0.0)
        return cls(np.where(paid, low + (high - low) * size, 0.0), np.where(paid, bonus, 0.0))


def simulate_path(
    days: pd.DatetimeIndex,
    stocks: Stocks,
    age: np.ndarray,
    halted: np.ndarray,
    shocks: np.ndarray,
    policy: np.ndarray,
    web: Web,
    strengths: Strengths,
    payouts: Payouts,
) -> Path:
    """Closes from shocks and drift.

    Parameters
    ----------
    age
        Trading days since listing (n_days, n_stocks); negative before.
    halted, shocks, policy
        Suspensions, unforeseeable returns and the drift from announcements, (n_days, n_stocks).
    """
    trading = (age >= 0) & ~halted
    ratio = rules.limit_ratio("main", False, days.to_numpy()[:, None], np.maximum(age, 0))
    past = np.zeros((MOMENTUM_DAYS + len(days), age.shape[1]))  # moves, after days without any
    close = np.full(age.shape[1], np.nan)
    factor, shares = np.ones_like(close), stocks.shares
    rows = []
    for day in range(len(days)):
        pays = trading[day] & np.isfinite(close) & (payouts.cash[day] > 0)
        reference, bonus = _reference(close, pays, payouts.cash[day], payouts.bonus[day])
        factor, shares = np.where(pays, factor * close / reference, factor), shares * (1 + bonus)
        enters = (age[day] >= 0) & np.isnan(close)
        reference = np.where(enters, stocks.first_price, reference)
        lagged = _lagged(past, day)
        drift = own_past(lagged, strengths.reversal) + partners(lagged, web, strengths.lead_lag)
        up, down = rules.limit_prices(reference, ratio.up[day], ratio.down[day])
        moved = np.round(reference * (1 + shocks[day] + drift + policy[day]), 2)
        moved = np.fmax(np.fmin(np.fmax(moved, down), up), rules.TICK)
        close = np.where(trading[day], moved, reference)
        # The rise over the issue price is no market return: nobody could hold the stock before.
        counts = trading[day] & (age[day] > 0)
        past[MOMENTUM_DAYS + day] = adjusted(close / reference - 1, counts)
        rows.append((close, reference, up, down, factor, shares))
    columns = (np.array(column) for column in zip(*rows, strict=True))
    return Path(*columns, past[MOMENTUM_DAYS:], trading)


def _lagged(past: np.ndarray, day: int) -> Lagged:
    return lambda j: past[MOMENTUM_DAYS + day - j]


def _reference(
    close: np.ndarray, pays: np.ndarray, cash: np.ndarray, bonus: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Reference prices after payouts, (close - cash) / (1 + bonus), and the bonus given."""
    bonus = np.where(pays & (close >= BONUS_FROM), bonus, 0.0)
    cash = np.where(pays, np.round(close * cash, 2), 0.0)
    return np.round((close - cash) / (1 + bonus), 2), bonus
