"""Dividends and bonus shares: what the annual reports decide, and the days it happens on.

Cash is what `Accounts.dividend` says. The notice comes some weeks after the report, the ex-day
`NOTICE_DAYS` later; between the two a stock is never suspended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockcast.market.simulated.accounts import Accounts
from stockcast.market.simulated.draws import Stocks

WAIT = (10, 50)
"""Fewest and most trading days from the report to the notice."""
NOTICE_DAYS = 5
"""Trading days from the notice to the ex-day; the day before it is the record day."""
BONUS_SHARE, BONUS_FROM = 0.25, 15.0
"""Share of payouts that give bonus shares too, if the price is at least `BONUS_FROM` yuan."""


@dataclass(frozen=True)
class Payouts:
    """Payouts whose notice appeared by the last day, one array entry each, sorted by notice.

    Attributes
    ----------
    quarter, stock
        Row in the accounts (the quarter that ends the year) and stock.
    notice, ex
        Positions of the notice's day and of the ex-day, which may lie after the last day. The
        record day is the trading day before the ex-day; the cash is paid on the ex-day.
    cash, bonus
        Yuan and new shares per share held, as told by the notice.
    """

    quarter: np.ndarray
    stock: np.ndarray
    notice: np.ndarray
    ex: np.ndarray
    cash: np.ndarray
    bonus: np.ndarray

    @classmethod
    def draw(
        cls, accounts: Accounts, stocks: Stocks, n_days: int, rng: np.random.Generator
    ) -> Payouts:
        """Payouts to come; cash is still the company's total, bonus only a wish."""
        when, kind = np.moveaxis(rng.random((*accounts.dividend.shape, 2)), -1, 0)
        low, high = WAIT
        notice = accounts.day + low + (when * (high - low + 1)).astype(int)
        held = (stocks.first_day < 0) | (accounts.day > stocks.first_day)
        there = (accounts.dividend > 0) & (notice >= 0) & (notice < n_days) & held
        quarter, stock = np.nonzero(there)
        order = np.argsort(notice[there], kind="stable")
        quarter, stock = quarter[order], stock[order]
        kind = kind[quarter, stock]
        bonus = np.where(kind < BONUS_SHARE, np.where(kind < BONUS_SHARE / 2, 0.5, 1.0), 0.0)
        notice = notice[quarter, stock]
        cash = accounts.dividend[quarter, stock]
        return cls(quarter, stock, notice, notice + NOTICE_DAYS, cash, bonus)

    def windows(self, shape: tuple[int, int]) -> np.ndarray:
        """Whether a stock is between notice and ex-day, both included; (n_days, n_stocks)."""
        inside = np.zeros(shape, dtype=bool)
        for after in range(NOTICE_DAYS + 1):
            at = self.notice + after < shape[0]
            inside[self.notice[at] + after, self.stock[at]] = True
        return inside
