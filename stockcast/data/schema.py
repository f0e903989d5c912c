"""The panel: one row per trading day and stock, checked once, at the boundary.

`validate` refuses what breaks a rule; `stockcast.data.completion.complete` then derives what a
source leaves out. Columns and units are those of `PANEL`; adjusted price = price x adj_factor,
adjusted volume = volume / adj_factor, both in float64.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa

from stockcast.data.boards import board
from stockcast.errors import InputError, nearest
from stockcast.market.rules import BOARDS

PRICES = ("open", "high", "low", "close")
RENAMED = {"in_csi300": "in_universe"}  # a source's own name -> ours
DATE = "datetime64[us]"

_positive = pa.Check.gt(0, error="must be above zero")
_not_negative = pa.Check.ge(0, error="must not be negative")


def _price(what: str) -> pa.Column:
    return pa.Column(float, _positive, description=what)


def _derived(dtype: object, what: str, nullable: bool = False, **more: object) -> pa.Column:
    return pa.Column(dtype, required=False, nullable=nullable, description=what, **more)


PANEL = pa.DataFrameSchema(
    {
        "date": pa.Column(DATE, description="trading day, at midnight"),
        "code": pa.Column(str, description="600519.SH: six digits and the exchange"),
        "open": _price("first price, yuan as traded"),
        "high": _price("highest price, yuan as traded"),
        "low": _price("lowest price, yuan as traded"),
        "close": _price("last price, yuan as traded"),
        "volume": pa.Column(float, _not_negative, description="shares"),
        "amount": pa.Column(float, _not_negative, nullable=True, description="yuan"),
        "adj_factor": pa.Column(float, _positive, description="cumulative from the past"),
        "pre_close": _derived(float, "exchange's reference price, yuan", True, checks=_positive),
        "limit_up": _derived(float, "highest price allowed, NaN: none", True, checks=_positive),
        "limit_down": _derived(float, "lowest price allowed, NaN: none", True, checks=_positive),
        "board": _derived(str, "main, chinext, star or beijing", checks=pa.Check.isin(BOARDS)),
        "list_date": _derived(DATE, "first day traded, NaT: unknown", True),
        "suspended": _derived(bool, "did not trade; carried flat with zero volume"),
        "is_st": _derived(bool, "special treatment; False where unknown"),
        "in_universe": _derived(bool, "in the index that day"),
        "as_traded": _derived(bool, "prices are the exchange's, not a vendor's adjusted ones"),
        "sector": _derived(str, "line of business, where the source says it"),
        "pct_chg": _derived(float, "official change against pre_close, percent", True),
    },
    strict="filter",
)
"""Schema of the panel. Columns that `complete` derives need not be there before it."""

_FLAGS = ("suspended", "is_st", "in_universe", "as_traded")


def validate(frame: pd.DataFrame, origin: str = "panel") -> pd.DataFrame:
    """Check a table of quotes and bring it to the schema's names and types.

    Parameters
    ----------
    frame
        Rows sorted by date within each stock, in any order of stocks.
    origin
        Begins the error messages, usually the file's name.

    Returns
    -------
    DataFrame
        The columns of `PANEL` that `frame` has; others are dropped.

    Raises
    ------
    InputError
        For the first rule broken: no rows, a missing column (the nearest one is named), a wrong
        type, a code that is no A-share's, a (date, code) twice, days out of order, a missing or
        non-positive price on a day that traded, a high below the low.
    """
    frame = frame.rename(columns={k: v for k, v in RENAMED.items() if v not in frame})
    for name, column in PANEL.columns.items():
        if column.required and name not in frame:
            hint = nearest(name, [str(have) for have in frame if have not in PANEL.columns])
            raise InputError(f"{origin}, column {name}", "must be there", hint=hint)
    if frame.empty:
        raise InputError(origin, "must have rows", "an empty table")
    frame = frame[[name for name in PANEL.columns if name in frame]].reset_index(drop=True)
    frame = _typed(frame, origin)
    _check_keys(frame, origin)
    frame = _carry_flat(frame)
    try:
        frame = PANEL.validate(frame)
    except pa.errors.SchemaError as error:
        raise _as_input_error(error, frame, origin) from None
    _check_bars(frame, origin)
    return frame


def _typed(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Every column in the schema's type, or an error naming the first value that will not go."""
    out = {}
    for name, values in frame.items():
        kind = PANEL.columns[name].dtype.type
        what = f"{origin}, column {name}"
        if name in ("date", "list_date"):
            out[name] = as_dates(values, what)
        elif name in _FLAGS:
            out[name] = _as_flags(values, what)
        elif pd.api.types.is_numeric_dtype(kind):
            out[name] = as_numbers(values, what)
        else:
            if not pd.api.types.is_string_dtype(values):
                raise InputError(what, "must hold text", _first(values, values.notna()))
            out[name] = values.astype("str")
    return pd.DataFrame(out)


def _first(values: pd.Series, where: pd.Series) -> object:
    found = values[where]
    if not len(found):
        return "nothing"
    value = found.iloc[0]
    return value.item() if isinstance(value, np.generic) else value


def as_dates(values: pd.Series, what: str) -> pd.Series:
    """Days at midnight; the InputError for what is none begins with `what`."""
    dates = pd.to_datetime(values, errors="coerce")
    bad = values.notna()
    if not pd.api.types.is_numeric_dtype(values):  # 20150105 would be read as nanoseconds
        bad &= dates.isna()
    if bad.any():
        raise InputError(what, "must hold dates", _first(values, bad), "write them as 2015-01-05")
    if what.endswith("column date") and dates.isna().any():
        raise InputError(what, "must not be missing", hint=f"row {int(dates.isna().argmax())}")
    return dates.dt.tz_localize(None).dt.normalize().astype(DATE)


def as_numbers(values: pd.Series, what: str) -> pd.Series:
    """Double-precision numbers; the InputError for what is none begins with `what`."""
    if pd.api.types.is_bool_dtype(values):
        raise InputError(what, "must hold numbers", bool(values.iloc[0]))
    numbers = pd.to_numeric(values, errors="coerce")
    bad = numbers.isna() & values.notna()
    if bad.any():
        raise InputError(what, "must hold numbers", _first(values, bad))
    if numbers.dtype == np.float32:
        return pd.Series(single(numbers.to_numpy()), values.index)
    return numbers.astype(float)


def single(values: np.ndarray) -> np.ndarray:
    """Single precision widened, with prices on the 0.01 tick put back on it exactly."""
    wide = values.astype(float)
    on_tick = np.round(wide, 2)
    return np.where(on_tick.astype(np.float32) == values, on_tick, wide)


def _as_flags(values: pd.Series, what: str) -> pd.Series:
    """Booleans; 0 and 1 count, and for `is_st` anything else but 1 means unknown, so False."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype(bool)
    if what.endswith("is_st"):
        return pd.to_numeric(values, errors="coerce").eq(1)
    bad = ~values.isin([0, 1])
    if bad.any():
        raise InputError(what, "must hold true or false", _first(values, bad))
    return values.astype(bool)


def _check_keys(frame: pd.DataFrame, origin: str) -> None:
    """Codes are A-shares', rows unique, days ascending within each stock."""
    codes = pd.Series(frame.code.unique())
    foreign = codes[board(codes) == ""]
    if len(foreign):
        raise InputError(
            f"{origin}, column code", "must hold A-share codes such as 600519.SH",
            foreign.iloc[0], "drop that row, or name the stocks to keep in `stocks`",
        )  # fmt: skip
    stock = pd.factorize(frame.code)[0]
    day = frame.date.astype("int64").to_numpy()
    order = np.argsort(stock, kind="stable")
    same = np.diff(stock[order]) == 0
    steps = np.diff(day[order])
    if (same & (steps < 0)).any():
        row = frame.iloc[order[1:][same & (steps < 0)][0]]
        if frame.duplicated(["date", "code"]).any():
            row = frame[frame.duplicated(["date", "code"])].iloc[0]
            raise _twice(row, origin)
        raise InputError(
            f"{origin}, column date", "must be sorted by date within each stock",
            f"{row.date:%Y-%m-%d} after a later day of {row.code}",
            'sort it with frame.sort_values(["code", "date"])',
        )  # fmt: skip
    if (same & (steps == 0)).any():
        raise _twice(frame.iloc[order[1:][same & (steps == 0)][0]], origin)


def _twice(row: pd.Series, origin: str) -> InputError:
    return InputError(
        origin, "must hold each (date, code) once", f"{row.date:%Y-%m-%d} {row.code} twice",
        'see frame[frame.duplicated(["date", "code"])]',
    )  # fmt: skip


def _carry_flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Days without trading: prices carried from the last close, volume zero."""
    if "suspended" not in frame:
        frame["suspended"] = ~(frame.volume > 0)
    still = frame.suspended.to_numpy()
    frame["volume"] = frame.volume.mask(still, 0.0)
    if frame.loc[still, list(PRICES)].isna().to_numpy().any():
        last = frame.close.groupby(frame.code).ffill()
        for name in PRICES:
            frame[name] = frame[name].where(~still | frame[name].notna(), last)
    return frame


def _as_input_error(error: pa.errors.SchemaError, frame: pd.DataFrame, origin: str) -> InputError:
    name = error.schema.name
    rule = "must not be missing on a day that traded"
    row = 0
    if isinstance(error.failure_cases, pd.DataFrame):
        row = int(error.failure_cases["index"].iloc[0])
    if error.reason_code is pa.errors.SchemaErrorReason.DATAFRAME_CHECK:
        rule = error.check.error if "isin" not in str(error.check) else f"must be one of {BOARDS}"
    at = frame.iloc[row]
    got = f"{frame[name].iloc[row]} on {at.date:%Y-%m-%d} for {at.code}"
    return InputError(f"{origin}, column {name}", rule, got)


def _check_bars(frame: pd.DataFrame, origin: str) -> None:
    """A day's high and low enclose its open and close."""
    slack = 1e-6  # single-precision sources
    low, high = frame.low * (1 - slack), frame.high * (1 + slack)
    bad = (high < low) | (frame.close > high) | (frame.close < low)
    bad |= (frame.open > high) | (frame.open < low)
    if bad.any():
        row = frame[bad].iloc[0]
        raise InputError(
            f"{origin}, column high", "must be the day's highest price, and low the lowest",
            f"open {row.open:g}, high {row.high:g}, low {row.low:g}, close {row.close:g} on "
            f"{row.date:%Y-%m-%d} for {row.code}",
        )  # fmt: skip
