"""An account at a broker who keeps the exchange's rules.

Left out: an order's own effect on the price beyond `slippage`, the tax on dividends, rounding of
fees to 0.01 yuan. Dividends are reinvested: shares multiply by the adjustment factor on the
ex-date, and what is no whole share is paid in cash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market.rules import TICK
from stockcast.trading.quotes import Quotes

FILLED = "filled"
IN_PART = "filled in part"
NOT_QUOTED = "not quoted"
SUSPENDED = "suspended"
LIMIT_UP = "locked limit-up"
LIMIT_DOWN = "locked limit-down"
NOT_HELD = "not held"
BOUGHT_TODAY = "bought today"
BELOW_LOT = "less than one lot"
THIN = "too little volume"

Fill = Literal["close", "open", "vwap"]
"""Price at which orders fill on the day after the decision."""

_HALF_TICK = TICK / 2  # prices may come in float32, off their tick by less than this
_WHOLE = 1e-6  # a count of shares this close below a whole number is that number


@dataclass(frozen=True)
class Costs:
    """What the broker and the market take; taxes and fees come from the dated rules.

    Attributes
    ----------
    commission
        Fraction of the value, at least the dated minimum an order (5 yuan). Zero turns the
        commission off, the minimum included.
    slippage
        Fraction of the price conceded on each trade, never beyond the day's limit price.
    """

    commission: float = 0.00025
    slippage: float = 0.0005


class Order(NamedTuple):
    """One order and its outcome; amounts in yuan, zero unless filled.

    `day` and `stock` are numbers of `Quotes.dates` and `Quotes.codes`; `asked` is the yuan to
    spend or to raise, infinite for "all of it".
    """

    day: int
    stock: int
    side: Literal["buy", "sell"]
    asked: float
    outcome: str
    shares: int = 0
    price: float = np.nan
    value: float = 0.0
    commission: float = 0.0
    stamp_tax: float = 0.0
    transfer_fee: float = 0.0
    slippage: float = 0.0


class Broker:
    """Cash and shares, moved from day to day: `open_day`, then sales and purchases, `close_day`.

    Attributes
    ----------
    cash
        Yuan; never below zero.
    shares : int ndarray of shape (n_stocks,)
        Whole shares held.
    price : ndarray of shape (n_stocks,)
        Last close of each stock, zero before its first; a stock that is quoted no more keeps it.
    opened : int ndarray of shape (n_stocks,)
        Number of the day on which the position held now was opened.
    orders : list of Order
        Every order given, filled or not.

    Parameters
    ----------
    participation
        Largest share of a stock's volume of the day that an order may be; what is more does not
        fill. 1 is all of it; None: volumes are not looked at.
    delisting
        Fraction of its value that a stock loses on the day after its last row. A sensitivity: that
        no row will follow is known with hindsight only. 0 keeps the last close for ever.
    """

    def __init__(
        self,
        quotes: Quotes,
        costs: Costs,
        cash: float,
        fill: Fill = "close",
        *,
        participation: float | None = None,
        delisting: float = 0.0,
    ) -> None:
        if fill not in get_args(Fill):
            raise InputError("fill", f"must be one of {', '.join(get_args(Fill))}", fill)
        if participation is not None and not 0 < participation <= 1:
            raise InputError("participation", "must be above 0 and at most 1", participation)
        if not 0 <= delisting <= 1:
            raise InputError("delisting", "must be from 0 to 1", delisting)
        if participation is not None and np.isnan(quotes.volume[quotes.quoted]).all():
            raise InputError("panel", "must have volumes", hint="or leave out participation")
        if fill == "vwap" and np.isnan(quotes.vwap[quotes.quoted]).all():
            raise InputError("panel", "must have amount and volume", hint="fill at the close")
        self.quotes, self.costs, self.cash = quotes, costs, float(cash)
        self.shares = np.zeros(len(quotes.codes), dtype=np.int64)
        self.price = np.zeros(len(quotes.codes))
        self.opened = np.zeros(len(quotes.codes), dtype=np.int64)
        self.orders: list[Order] = []
        self._bought = np.zeros(len(quotes.codes), dtype=np.int64)
        self._fills = getattr(quotes, fill)
        self._day = -1
        self._participation, self._delisting = participation, delisting
        days = np.arange(len(quotes.dates))[:, None]
        self._last = np.where(quotes.quoted, days, -1).max(axis=0)

    def open_day(self, day: int) -> None:
        """Begin day number `day`: yesterday's purchases may be sold, corporate actions happen."""
        self._day = day
        self._bought[:] = 0
        growth = self.quotes.growth[day]
        for stock in np.flatnonzero((self.shares > 0) & (growth != 1)):
            scaled = self.shares[stock] * growth[stock]
            whole = int(scaled + _WHOLE)
            self.cash += max(scaled - whole, 0.0) * self.price[stock] / growth[stock]
            self.shares[stock] = whole

    def close_day(self) -> None:
        """Take the day's closes as the value of each share."""
        quoted = self.quotes.quoted[self._day]
        self.price[quoted] = self.quotes.close[self._day, quoted]
        if self._delisting and self._day > 0:
            ended = self._last == self._day - 1
            left = self.quotes.close[self._day - 1, ended] * (1 - self._delisting)
            self.price[ended] = left

    def values(self) -> np.ndarray:
        """Yuan held in each stock at its last close, shape (n_stocks,)."""
        return self.shares * self.price

    def sell(self, stock: int, value: float = np.inf) -> Order:
        """Sell shares worth about `value` yuan in whole lots, or the whole position if infinite.

        Odd lots are sold only as part of the whole position. Only shares held since yesterday
        or longer can be sold (T+1).
        """
        refused = self._refusal(stock) or self._unsellable(stock)
        if refused:
            return self._note("sell", stock, value, refused)
        price = self._fills[self._day, stock]
        paid = np.fmax(price * (1 - self.costs.slippage), self.quotes.limit_down[self._day, stock])
        free = int(self.shares[stock] - self._bought[stock])
        count = free if value >= free * paid else self._lots(stock, value / paid)
        return self._trade("sell", stock, value, count, paid)

    def buy(self, stock: int, budget: float) -> Order:
        """Buy as many lots as `budget` yuan pay for with all costs, within the cash there is."""
        refused = self._refusal(stock) or self._unbuyable(stock)
        if refused:
            return self._note("buy", stock, budget, refused)
        price = self._fills[self._day, stock]
        paid = np.fmin(price * (1 + self.costs.slippage), self.quotes.limit_up[self._day, stock])
        count = self._affordable(stock, paid, min(budget, self.cash))
        return self._trade("buy", stock, budget, count, paid)

    def ledger(self) -> pd.DataFrame:
        """Every order as a table: the fields of `Order` with `decided`, `date` and `code`.

        `decided` is the day at whose close the order was decided, the day before `date`.
        """
        amounts = dict.fromkeys(Order._fields[6:], float)
        table = pd.DataFrame(self.orders, columns=Order._fields).astype(
            {"day": int, "stock": int, "side": str, "asked": float, "outcome": str, "shares": int}
            | amounts
        )
        day, stock = table.pop("day"), table.pop("stock")
        table.insert(0, "decided", self.quotes.dates[day - 1])
        table.insert(1, "date", self.quotes.dates[day])
        table.insert(2, "code", self.quotes.codes[stock])
        return table

    def _refusal(self, stock: int) -> str:
        """Why the stock does not trade at all today, or nothing."""
        if not self.quotes.quoted[self._day, stock]:
            return NOT_QUOTED
        return SUSPENDED if self.quotes.suspended[self._day, stock] else ""

    def _unsellable(self, stock: int) -> str:
        if self.shares[stock] == 0:
            return NOT_HELD
        if self.shares[stock] == self._bought[stock]:
            return BOUGHT_TODAY
        lowest = self.quotes.limit_down[self._day, stock] + _HALF_TICK
        return LIMIT_DOWN if self._fills[self._day, stock] < lowest else ""

    def _unbuyable(self, stock: int) -> str:
        highest = self.quotes.limit_up[self._day, stock] - _HALF_TICK
        return LIMIT_UP if self._fills[self._day, stock] > highest else ""

    def _affordable(self, stock: int, price: float, budget: float) -> int:
        """Most shares in whole lots whose price and charges stay within `budget`."""
        quotes, day = self.quotes, self._day
        each = price * (1 + quotes.stamp_buy[day] + quotes.fee_of_value[day, stock])
        each += quotes.fee_of_par[day, stock]
        most = budget / (each + price * self.costs.commission)
        if self.costs.commission:
            most = min(most, (budget - quotes.commission_minimum[day]) / each)
        return self._lots(stock, most)

    def _lots(self, stock: int, shares: float) -> int:
        """`shares` rounded down to what an order may ask for; zero below the minimum."""
        step = int(self.quotes.lot_step[stock])
        count = int(max(shares + _WHOLE, 0.0) // step) * step
        return count if count >= self.quotes.lot_minimum[stock] else 0

    def _charges(
        self, side: str, stock: int, shares: int, value: float
    ) -> tuple[float, float, float]:
        """Commission, stamp tax and transfer fee in yuan; no sale costs more than it brings."""
        quotes, day = self.quotes, self._day
        commission = value * self.costs.commission
        if commission:
            commission = max(commission, quotes.commission_minimum[day])
        tax = (quotes.stamp_buy if side == "buy" else quotes.stamp_sell)[day] * value
        fee = quotes.fee_of_value[day, stock] * value + quotes.fee_of_par[day, stock] * shares
        if side == "sell":
            commission = min(commission, value - tax - fee)
        return commission, tax, fee

    def _traded(self, stock: int, count: int) -> int:
        """How many of `count` shares the day's volume lets through, in whole lots."""
        if self._participation is None:
            return count
        volume = self.quotes.volume[self._day, stock]
        most = 0.0 if np.isnan(volume) else self._participation * volume
        return count if count <= most else self._lots(stock, most)

    def _trade(self, side: str, stock: int, asked: float, wanted: int, paid: float) -> Order:
        """Move shares and cash, and note the order."""
        if wanted == 0:
            return self._note(side, stock, asked, BELOW_LOT)
        count = self._traded(stock, wanted)
        if count == 0:
            return self._note(side, stock, asked, THIN)
        outcome = FILLED if count == wanted else IN_PART
        value = count * paid
        charges = self._charges(side, stock, count, value)
        if side == "buy":
            if self.shares[stock] == 0:
                self.opened[stock] = self._day
            self.shares[stock] += count
            self._bought[stock] += count
            self.cash = max(self.cash - value - sum(charges), 0.0)
        else:
            self.shares[stock] -= count
            self.cash += value - sum(charges)
        conceded = count * abs(paid - self._fills[self._day, stock])
        return self._note(side, stock, asked, outcome, count, paid, value, *charges, conceded)

    def _note(self, side: str, stock: int, asked: float, outcome: str, *amounts: float) -> Order:
        order = Order(self._day, stock, side, asked, outcome, *amounts)
        self.orders.append(order)
        return order
