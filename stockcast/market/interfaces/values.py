"""Values both ways: how numbers, days and words are written on the wire."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.market.interfaces.interface import (
    DAY,
    DIGITS,
    MONTH,
    QUARTER,
    TEXT,
    TIME,
    WHOLE,
    Field,
)

_EXACT = 2.0**53  # whole numbers up to here are exact in float64
_SPARE = 2  # digits kept beyond the documented ones when reading: real replies exceed them

_FORMATS = {DAY: "%Y%m%d", MONTH: "%Y%m", TIME: "%Y-%m-%d %H:%M:%S"}

WORDS = {
    ("stock_basic", "market"): {
        "main": "主板", "chinext": "创业板", "star": "科创板", "beijing": "北交所",
    },
}  # fmt: skip
"""(interface, field) -> our word to Tushare's; any other word stays as it is."""


def scaled(values: np.ndarray, field: Field) -> np.ndarray:
    """Canonical numbers from those on the wire, as near to the decimal number as float64 can be.

    A plain product is off in the last bit (5000.02 x 100); a whole number divided by a power of
    ten is correctly rounded, so the numbers are made whole first.
    """
    if field.factor == 1 or field.decimals is None:
        return values * field.factor
    digits = field.decimals + _SPARE
    return _shifted(values, digits, digits - _power(field), values * field.factor)


def unscaled(values: np.ndarray, field: Field) -> np.ndarray:
    """Numbers as on the wire, rounded to the documented decimals."""
    if field.decimals is None:
        return values / field.factor
    return _shifted(values, field.decimals - _power(field), field.decimals, values / field.factor)


def _shifted(values: np.ndarray, up: int, down: int, otherwise: np.ndarray) -> np.ndarray:
    """round(values x 10^up) / 10^down; `otherwise` where that whole number would not be exact."""
    whole = np.rint(_times_ten(values, up))
    return np.where(np.abs(whole) < _EXACT, _times_ten(whole, -down), otherwise)


def _times_ten(values: np.ndarray, power: int) -> np.ndarray:
    return values * 10.0**power if power >= 0 else values / 10.0**-power


def _power(field: Field) -> int:
    return round(np.log10(field.factor))


def written(values: pd.Series, field: Field, interface: str) -> np.ndarray:
    """A canonical column as written on the wire: float or whole numbers, or text and None."""
    if field.kind == TEXT:
        words = WORDS.get((interface, field.name))
        values = values.replace(words) if words else values
        return _objects(values, values == "")
    if field.kind in (DAY, MONTH, QUARTER, TIME):
        return _dates(values, field.kind)
    if field.kind == WHOLE:
        return values.to_numpy().astype("int64")
    numbers = unscaled(values.to_numpy(dtype="float64"), field)
    if field.kind == DIGITS:
        return np.array([None if np.isnan(n) else f"{n:.0f}" for n in numbers], dtype=object)
    if field.decimals == 0 and not np.isnan(numbers).any():
        return numbers.astype("int64")
    return numbers


def _objects(values: pd.Series, missing: pd.Series) -> np.ndarray:
    out = values.to_numpy(dtype=object)
    return np.where(missing | values.isna(), None, out)


def _dates(values: pd.Series, kind: str) -> np.ndarray:
    """Text of each date; distinct dates are few, so each is written once."""
    position, distinct = pd.factorize(values)
    distinct = pd.DatetimeIndex(distinct)
    if kind == QUARTER:
        texts = [f"{date.year}Q{date.quarter}" for date in distinct]
    else:
        texts = distinct.strftime(_FORMATS[kind]).tolist()
    return np.array([*texts, None], dtype=object)[position]


def parsed(texts: pd.Series, kind: str) -> pd.Series:
    """Dates of texts, NaT where one is no date. Months and quarters are their last day."""
    if kind == QUARTER:
        good = texts.str.fullmatch(r"\d{4}Q[1-4]")
        month = pd.to_numeric(texts.str[-1:].where(good), errors="coerce") * 3
        texts = texts.str[:4] + month.astype("Int64").astype("str").str.zfill(2)
        texts = texts.where(good, "")
    wide = {DAY: 8, MONTH: 6, QUARTER: 6}.get(kind)
    if wide:
        texts = texts.where(texts.str.fullmatch(rf"\d{{{wide}}}"), "")
    if kind in (MONTH, QUARTER):
        first = pd.to_datetime(texts, format="%Y%m", errors="coerce")
        return first + pd.offsets.MonthEnd(0)
    read = "ISO8601" if kind == TIME else _FORMATS[kind]
    return pd.to_datetime(texts, format=read, errors="coerce")
