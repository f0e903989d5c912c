"""Replies checked and turned into canonical tables: nothing malformed gets through in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market.interfaces.interface import (
    DIGITS,
    NUMBER,
    TEXT,
    WHOLE,
    Field,
    Interface,
)
from stockcast.market.interfaces.rows import stacked
from stockcast.market.interfaces.values import WORDS, parsed, scaled
from stockcast.market.tables import DTYPES, Table
from stockcast.market.tables import TEXT as WORD

Fault = Callable[[str, pd.Series], "ReplyError"]
"""Makes the error for a rule that the flagged values break."""

_REPEATS = ("names", "news", "dividends", "income", "balance", "cash_flow", "indicators")
"""Tables whose real replies give a key more than once. Of statements the row first published is
kept: a revision without a date of its own would be known before it was made."""


class ReplyError(InputError):
    """A reply lacks a field, has values of the wrong type, impossible ones, or contradicts itself.

    Parameters
    ----------
    interface, field
        Which; `field` may be empty.
    rule, got, hint
        As for `InputError`.
    """

    def __init__(
        self, interface: str, field: str, rule: str, got: object = None, hint: str = ""
    ) -> None:
        self.interface, self.field = interface, field
        super().__init__(
            f"Tushare's reply {interface}{'.' if field else ''}{field}", rule, got, hint
        )


def from_wire(
    interface: Interface, frame: pd.DataFrame, params: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """A reply as a canonical table.

    Parameters
    ----------
    interface
        Of `INTERFACES`.
    frame
        What the client returned: a column for each field. Fields we do not read are ignored.
    params
        The request's parameters: they say what no field does (the source of news).

    Returns
    -------
    DataFrame
        The interface's canonical table, typed, sorted by key. Columns the interface does not have
        (the release day of macro figures) are missing. No rows: an empty typed table.

    Raises
    ------
    ReplyError
        When a field is missing or twice there, a value is of the wrong type or impossible, a key
        is missing, or two rows have one key and differ (except where Tushare is known to repeat
        itself: then the newest counts).
    """
    _check_fields(interface, frame)
    if "suspend_type" in frame:
        frame = frame[frame["suspend_type"] != "R"]  # the day trading resumes
    flags = frame.get("update_flag")
    columns: dict[str, pd.Series] = {}
    for field in interface.mapped:
        if field.name in frame:
            values = _read(interface, field, frame[field.name])
        elif params and str(params.get(field.name) or ""):
            values = pd.Series(str(params[field.name]), index=frame.index, dtype="str")
        else:
            continue
        before = columns.get(field.column)
        columns[field.column] = values if before is None else values.fillna(before)
    read = pd.DataFrame(columns, index=frame.index)
    return _tabled(interface, _mended(interface, read), flags)


def _check_fields(interface: Interface, frame: pd.DataFrame) -> None:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ReplyError(interface.name, str(twice[0]), "must be there once")
    for field in interface.mapped:
        if field.name not in frame and not field.optional and not field.request:
            raise ReplyError(interface.name, field.name, "is missing", hint="ask for it in fields")


def _read(interface: Interface, field: Field, values: pd.Series) -> pd.Series:
    def fault(rule: str, bad: pd.Series) -> ReplyError:
        return ReplyError(interface.name, field.name, rule, values[bad].iloc[0])

    if field.kind == TEXT:
        return _words(interface, field, values, fault)
    if field.kind in (NUMBER, WHOLE, DIGITS):
        return _numbers(field, values, fault)
    return _dates(field, values, fault)


def _words(interface: Interface, field: Field, values: pd.Series, fault: Fault) -> pd.Series:
    missing = values.isna()
    if values.dtype == object or not pd.api.types.is_string_dtype(values):
        bad = ~missing & ~values.map(lambda value: isinstance(value, str)).astype(bool)
        if bad.any():
            raise fault("must be text", bad)
    words = WORDS.get((interface.name, field.name), {})
    text = values.where(~missing, "").astype("str")
    return text.replace({theirs: ours for ours, theirs in words.items()}) if words else text


def _numbers(field: Field, values: pd.Series, fault: Fault) -> pd.Series:
    if pd.api.types.is_bool_dtype(values) and len(values):
        raise fault("must be a number", pd.Series(True, index=values.index))
    if not pd.api.types.is_numeric_dtype(values):
        numbers = pd.to_numeric(values.mask(values.map(_is_no_number)), errors="coerce")
        bad = numbers.isna() & ~values.isna()
        if bad.any():
            raise fault("must be a number", bad)
        values = numbers
    out = values.astype("float64")
    if np.isinf(out).any():
        raise fault("must be finite", np.isinf(out))
    if field.least is not None and (out < field.least).any():
        raise fault(f"must be at least {field.least:g}", out < field.least)
    if field.kind == WHOLE and not (out % 1 == 0).all():
        raise fault("must be a whole number", out % 1 != 0)
    return pd.Series(scaled(out.to_numpy(), field), index=values.index)


def _is_no_number(value: object) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | float | str)


def _dates(field: Field, values: pd.Series, fault: Fault) -> pd.Series:
    missing = values.isna()
    if pd.api.types.is_bool_dtype(values) and len(values):
        raise fault("must be a date", ~missing)
    if pd.api.types.is_numeric_dtype(values):
        whole = missing | ((values % 1 == 0) & (values.abs() < 1e15))
        if not whole.all():
            raise fault("must be a date", ~whole)
        values = values.astype("Int64").astype("object")
    position, distinct = pd.factorize(values.where(~missing, None).map(_as_text))
    dates = parsed(pd.Series(distinct, dtype="str"), field.kind)
    known = pd.DatetimeIndex(dates).append(pd.DatetimeIndex([pd.NaT]))
    out = pd.Series(known.to_numpy(dtype="datetime64[us]")[position], index=values.index)
    bad = out.isna() & ~missing
    if bad.any():
        raise fault("must be a date", bad)
    return out


def _as_text(value: object) -> str | None:
    """Text of a date; of what can be none, a text that is none either."""
    if value is None or isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else "?"


def _mended(interface: Interface, read: pd.DataFrame) -> pd.DataFrame:
    """What differs between a reply and the table beyond names and units."""
    if interface.wide:
        return stacked(interface, read)
    if interface.name == "rt_k" and "date" in read:
        return read.assign(date=read["date"].dt.normalize())
    if interface.name == "opt_basic":
        return read.assign(underlying=read["underlying"].str.removeprefix("OP"))
    if interface.name == "news":
        return read.assign(title=_headline(read))
    if interface.name == "top_inst":
        same = read.groupby(["date", "code", "reason", "side", "seat"]).cumcount()
        number = "#" + (same + 1).astype("str")
        return read.assign(seat=read["seat"] + number.where(same > 0, ""))
    return read


def _headline(news: pd.DataFrame) -> pd.Series:
    """Title, else what the content has in brackets before it begins, else its first sentence."""
    bracket = news["content"].str.extract(r"^\s*【([^】]+)】", expand=False)
    sentence = news["content"].str.split("。", n=1).str[0]
    return news["title"].where(news["title"] != "", bracket.fillna(sentence)).astype("str")


def _tabled(interface: Interface, read: pd.DataFrame, flags: pd.Series | None) -> pd.DataFrame:
    table = interface.canonical
    key = [name for name in table.key if name in read]
    if "first_announced" in read:  # the day of publication itself is not always told
        read = read.assign(first_announced=read["first_announced"].fillna(read["announced"]))
    for name in (name for name in key if name != "timing"):  # none: suspended all day
        missing = (read[name] == "") if table.columns[name] == WORD else read[name].isna()
        if missing.any():
            raise ReplyError(interface.name, _field_of(interface, name), "must not be missing")
    if len(read):
        read = _once(interface, read, key, flags)
    return table.typed(_complete(table, read))


def _field_of(interface: Interface, column: str) -> str:
    return next((f.name for f in interface.mapped if f.column == column), column)


def _once(
    interface: Interface, read: pd.DataFrame, key: list[str], flags: pd.Series | None
) -> pd.DataFrame:
    """Each key once: repeated rows are dropped, contradictions are errors."""
    read = read.drop_duplicates()
    again = read.duplicated(key, keep=False)
    if not again.any():
        return read
    if interface.table not in _REPEATS:
        first = read.loc[again, key].iloc[0].to_dict()
        shown = ", ".join(f"{name} {value}" for name, value in first.items())
        raise ReplyError(interface.name, "", "must not contradict itself", shown)
    if flags is not None:  # 1: revised, on a day that nobody tells; what stands is the first
        order = flags.reindex(read.index).astype("str").sort_values(kind="stable").index
        return read.loc[order].drop_duplicates(key, keep="first")
    return read.drop_duplicates(key, keep="first")


def _complete(table: Table, read: pd.DataFrame) -> pd.DataFrame:
    """`read` with the table's other columns, all missing."""
    out = read.copy()
    for name, kind in table.columns.items():
        if name not in out:
            out[name] = pd.Series("" if kind == WORD else None, index=out.index).astype(
                DTYPES[kind]
            )
    return out
