"""What an order costs: the price conceded, the commission with its minimum, the tax, the fee."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stockcast.errors import InputError
from stockcast.trading.orders import Costs
from stockcast.trading.quotes import Quotes


class Charges(NamedTuple):
    """Yuan taken of one order."""

    commission: float
    stamp_tax: float
    transfer_fee: float


class Tariff:
    """The dated charges of `quotes` on a broker's terms; stocks and days are numbers.

    Fees are not rounded to 0.01 yuan.

    Raises
    ------
    InputError
        When `costs.impact` is asked for and the quotes have no volume.
    """

    def __init__(self, quotes: Quotes, costs: Costs) -> None:
        if costs.impact and quotes.volume is None:
            raise InputError("panel", "must have the column volume", hint="the impact needs it")
        self._quotes, self._costs = quotes, costs
        self._stamp = {"buy": quotes.stamp_buy.tolist(), "sell": quotes.stamp_sell.tolist()}
        self._least = quotes.commission_minimum.tolist()

    def price(self, day: int, stock: int, side: str, quoted: float, shares: float = 0.0) -> float:
        """Yuan a share at which `shares` trade where `quoted` is the market's: within the limits.

        The impact, if any, is that of so many shares.
        """
        conceded = self._costs.slippage
        if self._costs.impact:
            conceded += self._impact(day, stock, shares)
        if side == "buy":
            paid = quoted * (1 + conceded)
            limit = self._quotes.limit_up.item(day, stock)
            return limit if paid > limit else paid  # a limit of NaN is none
        paid = quoted * max(1 - conceded, 0.0)
        limit = self._quotes.limit_down.item(day, stock)
        return limit if paid < limit else paid

    def charges(self, day: int, stock: int, side: str, shares: int, value: float) -> Charges:
        """What `shares` worth `value` yuan cost besides; no sale costs more than it brings."""
        rate = self._costs.commission
        commission = max(value * rate, self._least[day]) if rate and value else 0.0
        tax = self._stamp[side][day] * value
        fee = self._quotes.fee_of_value.item(day, stock) * value
        fee += self._quotes.fee_of_par.item(day, stock) * shares
        if side == "sell":
            commission = min(commission, value - tax - fee)
        return Charges(commission, tax, fee)

    def affordable(self, day: int, stock: int, price: float, budget: float) -> float:
        """Most shares whose price and charges stay within `budget` yuan, not in whole lots yet."""
        each = price * (1 + self._stamp["buy"][day] + self._quotes.fee_of_value.item(day, stock))
        each += self._quotes.fee_of_par.item(day, stock)
        rate = self._costs.commission
        most = budget / (each + price * rate)
        return min(most, (budget - self._least[day]) / each) if rate else most

    def _impact(self, day: int, stock: int, shares: float) -> float:
        volume = self._quotes.volume.item(day, stock)
        wild = self._quotes.volatility.item(day, stock)
        if not (volume > 0 and np.isfinite(wild)):
            return 0.0
        return self._costs.impact * wild * float(np.sqrt(shares / volume))
