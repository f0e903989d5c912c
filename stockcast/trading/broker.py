"""An account at a broker who keeps the exchange's rules.

Left out: rounding of fees to 0.01 yuan, the tax on bonus shares out of earned surplus, the queue at
a limit price. An order's own effect on the price is `Costs.slippage` and, if asked for, `impact`.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market.rules import TICK
from stockcast.trading.holdings import Holdings
from stockcast.trading.orders import (
    BELOW_LOT,
    BOUGHT_TODAY,
    FILLED,
    LIMIT_DOWN,
    LIMIT_UP,
    NOT_HELD,
    NOT_QUOTED,
    PARTLY,
    SUSPENDED,
    TOO_THIN,
    Costs,
    Order,
    audit,
)
from stockcast.trading.payouts import schedule
from stockcast.trading.quotes import Fill, Quotes
from stockcast.trading.tariff import Tariff

__all__ = ["FILLED", "PARTLY", "Broker", "Costs", "Order"]

_HALF_TICK = TICK / 2  # prices may come in float32, off their tick by less than this
_WHOLE = 1e-6  # a count of shares this close below a whole number is that number


class Broker:
    """Cash and shares, moved from day to day: `open_day`, then sales and purchases, `close_day`.

    Parameters
    ----------
    quotes, costs, cash, fill
        The market, the broker's terms, yuan to begin with, and the price at which orders fill.
    participation
        Largest share of a stock's volume of the day that an order may be; None: no such limit.
    dividends
        Table for `stockcast.trading.payouts.schedule`; None: dividends are reinvested.
    delisting_loss
        Fraction of the last close that a share loses on the first day without a quote.

    Attributes
    ----------
    cash
        Yuan; never below zero.
    due
        Yuan of dividends on their way.
    shares : int ndarray of shape (n_stocks,)
        Whole shares held.
    price : ndarray of shape (n_stocks,)
        Last close of each stock, zero before its first; a stock that is quoted no more keeps it.
    opened : int ndarray of shape (n_stocks,)
        Number of the day on which the position held now was opened.
    orders : list of Order
        Every order given, filled or not.
    paid : list of (day, yuan, tax)
        Dividends before tax by ex-date, and what was withheld of them.
    """

    def __init__(
        self,
        quotes: Quotes,
        costs: Costs,
        cash: float,
        fill: Fill = "close",
        *,
        participation: float | None = None,
        dividends: pd.DataFrame | None = None,
        delisting_loss: float = 0.0,
    ) -> None:
        _check(quotes, cash, participation, delisting_loss)
        self.quotes, self.costs, self.cash, self.due = quotes, costs, float(cash), 0.0
        self.price = np.zeros(len(quotes.codes))
        self.orders: list[Order] = []
        self.paid: list[tuple[int, float, float]] = []
        self._holdings = Holdings(len(quotes.codes))
        self._tariff = Tariff(quotes, costs)
        self._payouts = schedule(quotes, dividends)
        self._arriving: defaultdict[int, float] = defaultdict(float)
        self._fills = quotes.fills(fill)
        self._participation, self._loss = participation, delisting_loss
        self._day = -1

    @property
    def shares(self) -> np.ndarray:
        """Whole shares held, shape (n_stocks,)."""
        return self._holdings.shares

    @property
    def opened(self) -> np.ndarray:
        """Number of the day on which each position was opened, shape (n_stocks,)."""
        return self._holdings.opened

    def open_day(self, day: int) -> None:
        """Begin day number `day`: yesterday's purchases may be sold, payouts happen."""
        self._day = day
        for payout in self._payouts.on.get(day, ()):
            stock, held = payout.stock, int(self._holdings.shares[payout.stock])
            if not held:
                continue
            if payout.cash:
                gross = held * payout.cash
                tax = gross * payout.withheld
                self._holdings.collect(stock, payout.number, payout.cash)
                self._arriving[payout.pays] += gross - tax
                self.due += gross - tax
                self.paid.append((day, gross, tax))
            if payout.growth != 1:
                reference = (float(self.price[stock]) - payout.cash) / payout.growth
                self.cash += self._holdings.grow(stock, payout.growth) * max(reference, 0.0)
        if day in self._arriving:
            arrived = self._arriving.pop(day)
            self.cash += arrived
            self.due = self.due - arrived if self._arriving else 0.0

    def close_day(self) -> None:
        """Take the day's closes as the value of each share."""
        np.copyto(self.price, self.quotes.close[self._day], where=self.quotes.quoted[self._day])

    def values(self) -> np.ndarray:
        """Yuan held in each stock at its last close, shape (n_stocks,)."""
        values = self._holdings.shares * self.price
        if self._loss:
            values[~self.quotes.quoted[self._day]] *= 1 - self._loss
        return values

    def sell(self, stock: int, value: float = np.inf) -> Order:
        """Sell shares worth about `value` yuan in whole lots, or the whole position if infinite.

        Odd lots are sold only as part of the whole position. Only shares held since yesterday
        or longer can be sold (T+1).
        """
        day, free = self._day, self._holdings.free(stock, self._day)
        refused = self._refusal(stock) or self._unsellable(stock, free)
        if refused:
            return self._note("sell", stock, value, refused)
        quoted = self._fills.item(day, stock)
        paid = self._tariff.price(day, stock, "sell", quoted)
        wanted = free if value >= free * paid else self._lots(stock, value / paid)
        return self._trade("sell", stock, value, wanted, quoted)

    def buy(self, stock: int, budget: float, asked: float | None = None) -> Order:
        """Buy as many lots as `budget` yuan pay for with all costs, within the cash there is.

        `asked` is what was decided the evening before, where that is not the budget.
        """
        day, asked = self._day, budget if asked is None else asked
        refused = self._refusal(stock) or self._unbuyable(stock)
        if refused:
            return self._note("buy", stock, asked, refused)
        budget = min(budget, self.cash)
        quoted = self._fills.item(day, stock)
        wanted = 0.0
        for _ in range(2 if self.costs.impact else 1):  # what fewer shares cost is no more
            paid = self._tariff.price(day, stock, "buy", quoted, wanted)
            wanted = self._lots(stock, self._tariff.affordable(day, stock, paid, budget))
        return self._trade("buy", stock, asked, wanted, quoted)

    def ledger(self) -> pd.DataFrame:
        """Every order as a table, see `stockcast.trading.orders.audit`."""
        return audit(self.orders, self.quotes.dates, self.quotes.codes)

    def _refusal(self, stock: int) -> str:
        """Why the stock does not trade at all today, or nothing."""
        if not self.quotes.quoted.item(self._day, stock):
            return NOT_QUOTED
        if self.quotes.suspended.item(self._day, stock):
            return SUSPENDED
        return "" if self._fills.item(self._day, stock) > 0 else TOO_THIN

    def _unsellable(self, stock: int, free: int) -> str:
        if not free:
            return BOUGHT_TODAY if self._holdings.shares[stock] else NOT_HELD
        lowest = self.quotes.limit_down.item(self._day, stock) + _HALF_TICK
        return LIMIT_DOWN if self._fills.item(self._day, stock) < lowest else ""

    def _unbuyable(self, stock: int) -> str:
        highest = self.quotes.limit_up.item(self._day, stock) - _HALF_TICK
        return LIMIT_UP if self._fills.item(self._day, stock) > highest else ""

    def _lots(self, stock: int, shares: float) -> int:
        """`shares` rounded down to what an order may ask for; zero below the minimum."""
        step = self.quotes.lot_step.item(stock)
        count = int(max(shares + _WHOLE, 0.0) // step) * step
        return count if count >= self.quotes.lot_minimum.item(stock) else 0

    def _within_volume(self, stock: int, wanted: int) -> int:
        """As much of `wanted` as the day's volume bears, in whole lots."""
        if self._participation is None:
            return wanted
        most = self._participation * self.quotes.volume.item(self._day, stock)
        return wanted if wanted <= most + _WHOLE else self._lots(stock, most)

    def _trade(self, side: str, stock: int, asked: float, wanted: int, quoted: float) -> Order:
        """Move shares and cash, and note the order."""
        count = self._within_volume(stock, wanted)
        if count == 0:
            return self._note(side, stock, asked, TOO_THIN if wanted else BELOW_LOT, 0, wanted)
        paid = self._tariff.price(self._day, stock, side, quoted, count)
        value = count * paid
        charges = self._tariff.charges(self._day, stock, side, count, value)
        tax = 0.0
        if side == "buy":
            self._holdings.buy(stock, self._day, count)
            self.cash = max(self.cash - value - sum(charges), 0.0)
        else:
            brought = value - sum(charges)
            tax = min(self._dividend_tax(stock, count), brought)
            self.cash += brought - tax
        amounts = (wanted - count, paid, value, *charges, count * abs(paid - quoted), tax)
        return self._note(
            side, stock, asked, FILLED if count == wanted else PARTLY, count, *amounts
        )

    def _dividend_tax(self, stock: int, count: int) -> float:
        """Take the shares from the holdings; yuan of tax on the dividends they collected."""
        return sum(
            yuan * self._payouts.tax(number, lot.day, self._day)
            for lot in self._holdings.sell(stock, count)
            for number, yuan in lot.dividends
        )

    def _note(self, side: str, stock: int, asked: float, outcome: str, *amounts: float) -> Order:
        order = Order(self._day, stock, side, asked, outcome, *amounts)
        self.orders.append(order)
        return order


def _check(quotes: Quotes, cash: float, participation: float | None, delisting_loss: float) -> None:
    if not cash > 0:
        raise InputError("cash", "must be above zero", cash)
    if participation is not None and not 0 < participation <= 1:
        raise InputError("participation", "must be above 0 and at most 1", participation)
    if participation is not None and quotes.volume is None:
        raise InputError("panel", "must have the column volume", hint="participation needs it")
    if not 0 <= delisting_loss <= 1:
        raise InputError("delisting_loss", "must be from 0 to 1", delisting_loss)
