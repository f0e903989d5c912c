"""Units told from the quotes themselves: shares or lots, yuan, thousands or ten thousands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from stockcast.errors import InputError

LOT = 100.0


class Units(NamedTuple):
    """What volume and amount have to be multiplied by to be in shares and yuan."""

    volume: float
    amount: float


_READINGS = {
    0: Units(1, 1),
    2: Units(LOT, 1),
    -1: Units(LOT, 1e3),
    -2: Units(LOT, 1e4),
    -3: Units(1, 1e3),
    -4: Units(1, 1e4),
}
"""Power of ten of (amount / volume) / price -> the only pair of customary units that gives it."""


def units(close: pd.Series, volume: pd.Series, amount: pd.Series, origin: str) -> Units:
    """Units of a table of quotes.

    The average price of a day, amount / volume, lies near the close. If it is a power of ten away,
    the power tells the units: every pair of customary ones gives a different power.

    Parameters
    ----------
    close
        Yuan a share, as traded.
    volume, amount
        In shares or lots of 100; in yuan, thousand or ten thousand yuan. Days on which either is
        missing or zero are left out; with none left, shares and yuan are believed.
    origin
        Begins the error message.

    Raises
    ------
    InputError
        When the median average price is no power of ten from the close: adjusted prices, say.
    """
    known = (volume > 0) & (amount > 0) & (close > 0)
    if not known.any():
        return Units(1, 1)
    ratio = float((amount[known] / volume[known] / close[known]).median())
    power = round(np.log10(ratio))
    if power not in _READINGS or not 0.8 < ratio / 10.0**power < 1.25:
        raise InputError(
            f"{origin}, columns volume and amount", "must give an average price near the close",
            f"amount / volume / close = {ratio:.4g} on the median day",
            "prices have to be as traded; units known: shares or lots of 100, yuan, 1,000 or "
            "10,000 yuan",
        )  # fmt: skip
    return _READINGS[power]
