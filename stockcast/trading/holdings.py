"""Shares by the day they were bought: what is bought first is sold first.

The dates decide two things: what was bought today cannot be sold (T+1), and the tax on dividends
depends on how long the share was held (Cai Shui [2012] 85, art. 4: first in, first out).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_WHOLE = 1e-6  # a count of shares this close below a whole number is that number


class Lot(NamedTuple):
    """Shares of one stock bought on one day.

    Attributes
    ----------
    day
        Number of the day.
    shares
        How many of them are left.
    dividends
        Pairs of a payout's number and the yuan that these shares collected of it.
    """

    day: int
    shares: int
    dividends: tuple[tuple[int, float], ...] = ()


class Holdings:
    """Whole shares of every stock, in lots.

    Attributes
    ----------
    shares : int ndarray of shape (n_stocks,)
    opened : int ndarray of shape (n_stocks,)
        Number of the day on which the position held now was opened.
    """

    def __init__(self, stocks: int) -> None:
        self.shares = np.zeros(stocks, dtype=np.int64)
        self.opened = np.zeros(stocks, dtype=np.int64)
        self._lots: list[list[Lot]] = [[] for _ in range(stocks)]

    def lots(self, stock: int) -> tuple[Lot, ...]:
        """The stock's lots, the oldest first."""
        return tuple(self._lots[stock])

    def free(self, stock: int, day: int) -> int:
        """Shares bought before `day`: those that may be sold on it."""
        lots = self._lots[stock]
        return sum(lot.shares for lot in lots if lot.day < day)

    def buy(self, stock: int, day: int, shares: int) -> None:
        """Add a lot; a second purchase of a day joins the first."""
        lots = self._lots[stock]
        if not lots:
            self.opened[stock] = day
        if lots and lots[-1].day == day:
            lots[-1] = lots[-1]._replace(shares=lots[-1].shares + shares)
        else:
            lots.append(Lot(day, shares))
        self.shares[stock] += shares

    def sell(self, stock: int, shares: int) -> list[Lot]:
        """Take `shares` from the oldest lots and return them, each with its part of dividends."""
        lots, taken = self._lots[stock], []
        self.shares[stock] -= shares
        while shares:
            lot = lots[0]
            if lot.shares <= shares:
                taken.append(lots.pop(0))
            else:
                part = shares / lot.shares
                with_them = tuple((number, yuan * part) for number, yuan in lot.dividends)
                left = tuple((number, yuan * (1 - part)) for number, yuan in lot.dividends)
                taken.append(Lot(lot.day, shares, with_them))
                lots[0] = Lot(lot.day, lot.shares - shares, left)
            shares -= taken[-1].shares
        return taken

    def collect(self, stock: int, number: int, cash: float) -> None:
        """Note in every lot that it collected `cash` yuan a share of payout `number`."""
        self._lots[stock] = [
            lot._replace(dividends=(*lot.dividends, (number, lot.shares * cash)))
            for lot in self._lots[stock]
        ]

    def grow(self, stock: int, factor: float) -> float:
        """Multiply the shares; new ones count as bought with the old.

        Returns
        -------
        float
            The part of a share that is left over, from 0 to 1.
        """
        before = exact = 0.0
        lots = []
        for lot in self._lots[stock]:
            exact += lot.shares * factor
            whole = int(exact + _WHOLE)
            lots.append(lot._replace(shares=int(whole - before)))
            before = whole
        self._lots[stock] = [lot for lot in lots if lot.shares]
        self.shares[stock] = int(before)
        return max(exact - before, 0.0)
