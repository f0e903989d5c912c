"""What all technical features share: steady columns, TA-Lib stock by stock, one declaration.

Equal adjusted prices on two sides of an ex-day differ in their last bits, by chance of the factor;
an indicator that asks whether a price rose would then answer by chance. The features of this
package therefore read prices rounded to 33 bits: a part in ten billion, finer than a float32 tells
apart and far coarser than the rounding of a product.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import talib
from numba import njit

from stockcast.features.feature import Feature
from stockcast.features.rows import Rows, ratio

_LEAVE = 2.0**20 + 1
"""Rounds a float64 of 53 bits to 33, see `steady`."""

OPEN, HIGH, LOW, CLOSE = (f"steady_{name}" for name in ("open", "high", "low", "close"))
PREVIOUS, LOG, RETURN, LOG_RETURN = (
    f"steady_{name}" for name in ("previous", "log", "return", "log_return")
)
TYPICAL = "steady_typical"
"""(H + L + C) / 3."""
VOLUME, FLOW = "steady_volume", "steady_flow"
"""Adjusted volume, 0 on suspended days; the same with 0 for a missing one too, for TA-Lib."""

CLOSES = ("close", "adj_factor")
HALF_TRADED = ("close", "adj_factor", "suspended")
HL = ("high", "low", "adj_factor")
HLC = ("high", "low", "close", "adj_factor")
BARS = ("open", "high", "low", "close", "adj_factor")


def declare(group: str) -> tuple[Callable[..., Feature], Callable[..., tuple[Feature, ...]]]:
    """Two functions that declare features of one group of the technical family.

    The first declares one: its arguments are those of `Feature` from the name and the formula on,
    then the function of the rows (it may read the steady columns) and the keyword arguments it is
    called with. The second declares one for each of several lookbacks n: instead of the name it
    takes the stem and the lookbacks, `{n}` in the formula stands for n, instead of the lookback it
    takes by how much that exceeds n, and the function is called with `days=n` too.
    """

    def one(
        name: str, formula: str, inputs: tuple[str, ...], lookback: int, units: str, source: str,
        make: Callable[..., np.ndarray], **by: object,
    ) -> Feature:  # fmt: skip
        values = partial(_on_steady, make=make, by=by)
        return Feature(name, "technical", group, formula, inputs, lookback, units, source, values)

    def several(
        stem: str, spans: tuple[int, ...], formula: str, inputs: tuple[str, ...], more: int,
        units: str, source: str, make: Callable[..., np.ndarray], **by: object,
    ) -> tuple[Feature, ...]:  # fmt: skip
        return tuple(
            one(f"{stem}_{n}", formula.replace("{n}", str(n)), inputs, n + more, units, source,
                make, days=n, **by)
            for n in spans
        )  # fmt: skip

    return one, several


def indicator(rows: Rows, function: Callable, *of: str, output: int = 0, **by: float) -> np.ndarray:
    """A function of TA-Lib, from each stock's first row on.

    Parameters
    ----------
    rows
        Rows of whole stocks.
    function
        Of TA-Lib.
    of
        Names of columns. A missing value is carried forward for TA-Lib, which would lose its
        running sums by it, and the result is NaN on that row.
    output
        Which of the function's outputs.
    by
        Its parameters.

    Returns
    -------
    ndarray of shape (n_rows,)
        In the function's own units; NaN where it has no value yet.
    """
    key = (function.__name__, of, output, tuple(sorted(by.items())))
    return rows.memo(key, lambda: _indicator(rows, function, of, output, by))


def highest(rows: Rows, of: str, days: int) -> np.ndarray:
    """Highest of the last `days` rows, in a time that does not grow with `days`."""
    return indicator(rows, talib.MAX, of, timeperiod=days)


def lowest(rows: Rows, of: str, days: int) -> np.ndarray:
    """Lowest of the last `days` rows."""
    return indicator(rows, talib.MIN, of, timeperiod=days)


def half_traded(rows: Rows, of: np.ndarray, days: int) -> np.ndarray:
    """The values where at least half of the last `days` rows traded, else NaN.

    What is left of a correlation or a higher moment when nearly nothing moved is noise.
    """
    traded = rows.memo(("traded", days), lambda: count(rows, rows["traded"], days))
    return np.where(traded >= days / 2, of, np.nan)


def count(rows: Rows, flag: np.ndarray, days: int, *of: str, unknown: int = 0) -> np.ndarray:
    """Of the last `days` rows, those whose flag is true.

    A stock's first `unknown` rows have no flag; NaN on a row where one of the columns `of` that the
    flag is made of is missing. Counts are whole numbers, so a running one is exact.
    """
    found = _count(np.ascontiguousarray(flag, bool), rows.bounds, days, unknown)
    return np.where(known(rows, *of), found, np.nan) if of else found


def known(rows: Rows, *of: str) -> np.ndarray:
    """Bool per row: none of the columns is missing."""
    return ~np.logical_or.reduce([np.isnan(rows[name]) for name in of])


def _indicator(
    rows: Rows, function: Callable, of: tuple[str, ...], output: int, by: dict[str, float]
) -> np.ndarray:
    def of_stock(*columns: np.ndarray) -> np.ndarray:
        found = function(*columns, **by)
        return found[output] if isinstance(found, tuple) else found

    found = rows.per_stock(of_stock, *(rows.filled(name) for name in of))
    return np.where(known(rows, *of), found, np.nan)


def _on_steady(rows: Rows, make: Callable[..., np.ndarray], by: dict[str, object]) -> np.ndarray:
    if FLOW not in rows.columns:
        _add_steady(rows)
    return make(rows, **by)


def _add_steady(rows: Rows) -> None:
    columns = rows.columns
    for name, price in zip((OPEN, HIGH, LOW, CLOSE), ("open", "high", "low", "close"), strict=True):
        columns[name] = steady(rows[f"adj_{price}"])
    columns[TYPICAL] = steady((rows["adj_high"] + rows["adj_low"] + rows["adj_close"]) / 3)
    columns[PREVIOUS] = rows.lag(CLOSE)
    columns[RETURN] = ratio(columns[CLOSE], columns[PREVIOUS]) - 1
    columns[LOG] = logarithm(columns[CLOSE])
    columns[LOG_RETURN] = columns[LOG] - rows.lag(LOG)
    columns[VOLUME] = np.where(rows["traded"], rows["adj_volume"], 0.0)
    columns[FLOW] = np.nan_to_num(columns[VOLUME], nan=0.0)


def steady(of: np.ndarray) -> np.ndarray:
    """Rounded to 33 bits by Dekker's splitting, Numerische Mathematik 18 (1971)."""
    far = of * _LEAVE
    return far - (far - of)


def logarithm(of: np.ndarray) -> np.ndarray:
    """Natural logarithm; NaN where there is none."""
    return np.log(of, out=np.full(len(of), np.nan), where=of > 0)


@njit(cache=True, nogil=True)
def _count(flag, bounds, days, unknown):
    """Running count of each stock."""
    out = np.full(len(flag), np.nan)
    for stock in range(len(bounds) - 1):
        begin, found = bounds[stock] + unknown, 0
        for row in range(begin, bounds[stock + 1]):
            found += flag[row]
            if row - begin >= days:
                found -= flag[row - days]
            if row - begin >= days - 1:
                out[row] = found
    return out
