"""A forecast in the ledger: its payload, when it may be issued, and the table read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from stockcast.advice.ledger import chain
from stockcast.advice.ledger.chain import Asked
from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.models.model import COLUMNS

NUMBERS = ("score", "mu", "sigma", "prob_up", "sigma_prob", "interval_low", "interval_high", "rank")
MADE = ("data_hash", "model_version", "information_until")
_TEXTS = ("code", "run", "model")


def asked(
    forecasts: pd.DataFrame, made: Mapping[str, str], information_until: pd.Timestamp | str
) -> list[Asked]:
    """Forecasts as the entries they shall become.

    Raises
    ------
    InputError
        For a column that is missing or of another kind, the same forecast twice in the table, a
        day that did not trade, or one that the model has learned from.
    """
    _check(forecasts, made)
    until = _day(information_until, "information_until")
    if len(forecasts) and forecasts["date"].min() <= until:
        raise InputError(
            "information_until", "must come before the first forecast's date", f"{until:%F}"
        )
    known = {**made, "information_until": f"{until:%F}"}
    columns = {name: forecasts[name].tolist() for name in (*_TEXTS, "horizon")}
    columns["date"] = forecasts["date"].dt.strftime("%Y-%m-%d").tolist()
    columns |= {name: _floats(forecasts, name) for name in NUMBERS}
    found = []
    for row in zip(*columns.values(), strict=True):
        payload = known | dict(zip(columns, row, strict=True))
        found.append(Asked("forecast", chain.key_of("forecast", payload), chain.canonical(payload)))
    return found


def check_issued(new: Sequence[Asked], issued: str) -> None:
    """Refuse forecasts that come too early or too late.

    Raises
    ------
    InputError
        When `issued` is before the close of a forecast's day or not before the next day's close.
    """
    for date in sorted({json.loads(one.payload)["date"] for one in new}):
        if fault := out_of_time(date, issued):
            first, last = window(date)
            raise InputError(
                f"forecasts of {date}", f"must be issued from {first} to before {last}", issued,
                f"this is too {fault}",
            )  # fmt: skip


def check_scored(new: Sequence[Asked], issued: str) -> None:
    """Refuse scores that are issued before their outcomes were known.

    Raises
    ------
    InputError
        When `issued` is before the close of the last day that they use.
    """
    last = max(json.loads(one.payload)["until"] for one in new)
    if issued < closed(last):
        raise InputError("scores", f"must be issued after the close of {last}", issued)


@cache
def closed(date: str) -> str:
    """The moment at which that day's closes are known, in UTC."""
    return chain.moment(pd.Timestamp(date) + calendar.CLOSE)


def of_day(forecasts: pd.DataFrame, date: pd.Timestamp | str) -> pd.DataFrame:
    """The forecasts dated `date`.

    Raises
    ------
    InputError
        When there are none, or it is no date.
    """
    day = _day(date, "date")
    found = forecasts[forecasts["date"] == day]
    if found.empty:
        dates = forecasts["date"]
        hint = f"it has {dates.min():%F} to {dates.max():%F}" if len(dates) else "it is empty"
        raise InputError("date", "must be one the ledger has forecasts of", f"{day:%F}", hint)
    return found


def out_of_time(date: str, issued: str) -> str:
    """ "early" or "late" when a forecast of that date may not be issued then; else empty."""
    first, last = window(date)
    if issued < first:
        return "early"
    return "late" if issued >= last else ""


@cache
def window(date: str) -> tuple[str, str]:
    """From when and until when a forecast dated `date` may be issued, in UTC.

    From the close of its day to the close of the next trading day: there the label begins, so
    who writes later has seen some of the outcome.
    """
    return closed(date), closed(f"{calendar.next_session(date):%F}")


def table(entries: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of a ledger's entries: number, issued, `COLUMNS`, what they were made from."""
    names = [*COLUMNS, *MADE, "rank"]
    found = pd.DataFrame(entries["payload"].tolist(), columns=names, index=entries.index)
    for name in ("date", "information_until"):
        found[name] = pd.to_datetime(found[name].map(str), format="%Y-%m-%d").astype(
            "datetime64[us]"
        )
    found = found.astype(dict.fromkeys(NUMBERS, float) | {"horizon": np.int64})
    found.insert(0, "number", entries["number"].astype(np.int64))
    found.insert(1, "issued", entries["issued"])
    return found.reset_index(drop=True)


def _check(forecasts: pd.DataFrame, made: Mapping[str, str]) -> None:
    for name in COLUMNS:
        if name not in forecasts:
            raise InputError("forecasts", f"must have the column {name}", list(forecasts.columns))
    for name, value in made.items():
        if not isinstance(value, str) or not value:
            raise InputError(name, "must be a text", value)
    if not pd.api.types.is_datetime64_dtype(forecasts["date"]):
        raise InputError("forecasts, column date", "must hold dates", str(forecasts["date"].dtype))
    if not pd.api.types.is_integer_dtype(forecasts["horizon"]):
        raise InputError("forecasts, column horizon", "must hold whole numbers")
    for name in _TEXTS:
        bad = [one for one in forecasts[name].unique() if not isinstance(one, str) or not one]
        if bad:
            raise InputError(f"forecasts, column {name}", "must hold texts", bad[0])
    for day in forecasts["date"].unique():
        _check_day(pd.Timestamp(day))


def _check_day(day: pd.Timestamp) -> None:
    if pd.isna(day) or day != day.normalize() or not len(calendar.sessions(day, day)):
        raise InputError("forecasts, column date", "must hold trading days", str(day))


def _floats(forecasts: pd.DataFrame, name: str) -> list[float]:
    if name not in forecasts:
        return [np.nan] * len(forecasts)
    try:
        return forecasts[name].astype(float).tolist()
    except (TypeError, ValueError):
        raise InputError(f"forecasts, column {name}", "must hold numbers") from None


def _day(value: pd.Timestamp | str, what: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(value)
    except (TypeError, ValueError):
        day = pd.NaT
    if pd.isna(day):
        raise InputError(what, "must be a date", value, "write it as 2015-01-05")
    return day
