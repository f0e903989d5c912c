"""What is asked of a broker, on which terms, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from stockcast.errors import InputError

FILLED = "filled"
PARTLY = "filled in part"
NOT_QUOTED = "not quoted"
SUSPENDED = "suspended"
LIMIT_UP = "locked limit-up"
LIMIT_DOWN = "locked limit-down"
NOT_HELD = "not held"
BOUGHT_TODAY = "bought today"
BELOW_LOT = "less than one lot"
TOO_THIN = "too little volume"

CHARGES = ["commission", "stamp_tax", "transfer_fee", "slippage", "dividend_tax"]


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
    impact
        Price conceded on top, in standard deviations of the stock's daily return for an order of
        a whole day's volume; it grows with the square root of the order's share of the volume
        (Almgren et al. 2005, "Direct estimation of equity market impact", Risk 18, have a power of
        .6). A sensitivity, not a rule: off by default.
    """

    commission: float = 0.00025
    slippage: float = 0.0005
    impact: float = 0.0

    def __post_init__(self) -> None:
        for name in ("commission", "slippage", "impact"):
            if not getattr(self, name) >= 0:
                raise InputError(name, "must not be negative", getattr(self, name))


class Order(NamedTuple):
    """One order and its outcome; amounts in yuan, zero unless something filled.

    `day` and `stock` are numbers of `Quotes.dates` and `Quotes.codes`; `asked` is the yuan to
    spend or to raise as decided the evening before, infinite for "all of it". `unfilled` counts
    the shares that the day's volume was too small for.
    """

    day: int
    stock: int
    side: Literal["buy", "sell"]
    asked: float
    outcome: str
    shares: int = 0
    unfilled: int = 0
    price: float = np.nan
    value: float = 0.0
    commission: float = 0.0
    stamp_tax: float = 0.0
    transfer_fee: float = 0.0
    slippage: float = 0.0
    dividend_tax: float = 0.0


_TYPES = {
    "day": int, "stock": int, "side": str, "asked": float, "outcome": str, "shares": int,
    "unfilled": int,
}  # fmt: skip


def audit(orders: Sequence[Order], dates: pd.DatetimeIndex, codes: pd.Index) -> pd.DataFrame:
    """Every order as a table: the fields of `Order`, with `decided`, `date` and `code`.

    `decided` is the day at whose close the order was decided, the day before `date`.
    """
    table = pd.DataFrame(orders, columns=Order._fields)
    table = table.astype(_TYPES | dict.fromkeys(Order._fields[7:], float))
    day, stock = table.pop("day"), table.pop("stock")
    table.insert(0, "decided", dates[day - 1])
    table.insert(1, "date", dates[day])
    table.insert(2, "code", codes[stock])
    return table
