"""Foreign column names: common Chinese and English headers, and mapping files for all others."""

from __future__ import annotations

import pandas as pd
import yaml

from stockcast.data import schema, units
from stockcast.data.codes import canonical
from stockcast.data.files import CODES, find
from stockcast.errors import InputError, nearest

KNOWN = {
    **dict.fromkeys(CODES, "code"),
    "日期": "date", "交易日期": "date", "trade_date": "date", "datetime": "date",
    "开盘": "open", "开盘价": "open", "收盘": "close", "收盘价": "close",
    "最高": "high", "最高价": "high", "最低": "low", "最低价": "low",
    "前收盘": "pre_close", "昨收": "pre_close", "前收盘价": "pre_close",
    "成交量": "volume", "vol": "volume", "成交额": "amount", "成交金额": "amount",
    "涨跌幅": "pct_chg",
    "复权因子": "adj_factor", "后复权因子": "adj_factor", "factor": "adj_factor",
    "停牌": "suspended", "是否ST": "is_st", "上市日期": "list_date", "行业": "sector",
}  # fmt: skip
"""Headers that need no mapping file, in the order in which one is preferred to the next."""


def mapping(name: str) -> dict[str, str]:
    """Read a mapping file.

    Parameters
    ----------
    name
        YAML, a line `their header: our column` each; looked for where panels are. Empty: none.

    Raises
    ------
    InputError
        The file is missing or no such list, or it names a column that a panel does not have.
    """
    if not name:
        return {}
    path = find(name, "columns")
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(path.name, "must be YAML", str(error)) from None
    if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
        raise InputError(path.name, "must be lines such as `Last: close`", loaded)
    for theirs, ours in loaded.items():
        if ours not in schema.PANEL.columns:
            hint = nearest(ours, schema.PANEL.columns)
            raise InputError(f"{path.name}, {theirs}: {ours}", "is no column of a panel", hint=hint)
    return {str(theirs): ours for theirs, ours in loaded.items()}


def translated(frame: pd.DataFrame, given: dict[str, str], origin: str) -> pd.DataFrame:
    """Foreign quotes under our names, in our units.

    Parameters
    ----------
    frame
        Quotes as traded, one row per day and stock.
    given
        As `mapping` returns it; goes before `KNOWN`.
    origin
        Begins the error messages.

    Returns
    -------
    DataFrame
        A frame of our own names comes back as it was. Otherwise: columns renamed, codes as
        600519.SH, days that came as numbers read as dates, volume in shares and amount in yuan
        (`stockcast.data.units`), and a missing `adj_factor` made of `pre_close` or `pct_chg`; rows
        sorted by code and date.

    Raises
    ------
    InputError
        Two headers mean the same column; there is nothing to make the factor of; a code or a unit
        is not understood.
    """
    names = _names(frame, given, origin)
    if not names:
        return frame
    frame = frame.rename(columns=names)
    frame["code"] = canonical(_needed(frame, "code", origin), f"{origin}, column code")
    frame["date"] = _days(_needed(frame, "date", origin))
    frame = frame.sort_values(["code", "date"], kind="stable", ignore_index=True)
    for name in ("close", "volume", "amount", "pre_close", "pct_chg"):
        if name in frame:
            frame[name] = schema.as_numbers(frame[name], f"{origin}, column {name}")
    if {"volume", "amount", "close"} <= set(frame):
        told = units.units(frame.close, frame.volume, frame.amount, origin)
        frame["volume"] *= told.volume
        frame["amount"] *= told.amount
    if "adj_factor" not in frame:
        frame["adj_factor"] = factor(frame, origin)
    return frame


def _names(frame: pd.DataFrame, given: dict[str, str], origin: str) -> dict[str, str]:
    """Their header -> our column, where the two differ."""
    for theirs in given:
        if theirs not in frame:
            hint = nearest(theirs, map(str, frame.columns))
            raise InputError(f"{origin}, column {theirs}", "must be there: it is mapped", hint=hint)
    taken = {
        str(name): name for name in frame if name in schema.PANEL.columns and name not in given
    }
    taken |= {name: name for name in schema.RENAMED if name in frame}
    for theirs, ours in given.items():
        if ours in taken.values():
            raise InputError(f"{origin}, column {theirs}", f"is a second column {ours}")
        taken[theirs] = ours
    for theirs, ours in KNOWN.items():
        if theirs in frame and ours not in taken.values():
            taken[theirs] = ours
    return {theirs: ours for theirs, ours in taken.items() if theirs != ours}


def _needed(frame: pd.DataFrame, name: str, origin: str) -> pd.Series:
    if name not in frame:
        hint = nearest(name, map(str, frame.columns))
        raise InputError(f"{origin}, column {name}", "must be there", hint=hint)
    return frame[name]


def _days(values: pd.Series) -> pd.Series:
    """Days, also where they are numbers such as 20150105."""
    if pd.api.types.is_integer_dtype(values):
        return pd.to_datetime(values.astype("str"), format="%Y%m%d", errors="coerce")
    return values


def factor(frame: pd.DataFrame, origin: str) -> pd.Series:
    """Adjustment factor from the exchange's reference prices, 1 on each stock's first day.

    The factor grows by last close / today's reference price: that is how exchanges announce what a
    payout takes off a price. With `pct_chg` alone (percent) the reference price is
    close / (1 + pct_chg / 100), on the tick; payouts below the percentage's own rounding are lost.

    Parameters
    ----------
    frame
        Sorted by code and date; `close` and `pre_close` or `pct_chg`.

    Raises
    ------
    InputError
        When neither is there.
    """
    slack = 0.006  # yuan: half a tick is what rounding can do to an ordinary day
    if "pre_close" in frame:
        reference = frame.pre_close
    elif "pct_chg" in frame:
        reference = (frame.close / (1 + frame.pct_chg / 100)).round(2)
        slack = slack + 1e-4 * frame.close  # a percentage of two decimals
    else:
        raise InputError(
            f"{origin}, column adj_factor", "must be there",
            hint="or a column to make it of: pre_close (前收盘) or pct_chg (涨跌幅)",
        )  # fmt: skip
    # The last close before a suspension counts, also where its days stand there empty.
    last = frame.close.groupby(frame.code).ffill().groupby(frame.code).shift()
    step = (last / reference).where(last.notna() & reference.notna(), 1.0)
    step = step.where((last - reference).abs() > slack, 1.0)
    return step.groupby(frame.code).cumprod()
