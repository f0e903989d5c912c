"""The chain: every entry is hashed together with the hash of the one before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import orjson
import pandas as pd

from stockcast.errors import InputError

NOTHING = "0" * 64
"""What stands for the hash of the entry before the first."""
_ENCODER = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)
_KIND = re.compile(r"[a-z][a-z_]{0,31}\Z")


class Entry(NamedTuple):
    """One entry, as the table `entries` holds it.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    kind : str
        "forecast", "score", "feedback", ...: lower-case letters and underscores.
    issued : str
        UTC, as `moment` writes it; never before that of the entry before.
    key : str or None
        What no other entry of the kind may have; it follows from the payload (`key_of`).
    payload : str
        Canonical JSON.
    previous, hash : str
        Hexadecimal SHA-256 of the entry before and of this one.
    """

    number: int
    kind: str
    issued: str
    key: str | None
    payload: str
    previous: str
    hash: str


class Asked(NamedTuple):
    """What shall become an entry."""

    kind: str
    key: str | None
    payload: str


class Head(NamedTuple):
    """Where the chain ends: entries so far, hash and time of the last."""

    count: int = 0
    hash: str = NOTHING
    issued: str = ""


def canonical(payload: Mapping[str, Any]) -> str:
    """The one JSON text of a payload: keys sorted, no spaces, floats as `repr` writes them.

    NaN and NaT become null; dates and moments ISO text; NumPy's numbers Python's.

    Raises
    ------
    InputError
        For an infinite number, a text that UTF-8 cannot hold, or another type.
    """
    text = _ENCODER.encode(_plain(payload))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("payload", "must hold texts that UTF-8 can write") from None
    return text


def digest(number: int, kind: str, issued: str, payload: str, previous: str) -> str:
    """SHA-256 of `number|kind|issued|payload|previous`, in hexadecimal.

    Only the payload may hold a bar, and the last field has a fixed length: no two entries share
    one text.
    """
    text = f"{number}|{kind}|{issued}|{payload}|{previous}"
    return hashlib.sha256(text.encode()).hexdigest()


def linked(head: Head, issued: str, asked: Iterable[Asked]) -> list[Entry]:
    """The entries that follow `head`."""
    found = []
    number, previous = head.count, head.hash
    for kind, key, payload in asked:
        number += 1
        own = digest(number, kind, issued, payload, previous)
        found.append(Entry(number, kind, issued, key, payload, previous, own))
        previous = own
    return found


def key_of(kind: str, payload: Mapping[str, Any]) -> str | None:
    """What makes an entry of that kind the only one; None: it need not be."""
    if kind == "forecast":
        parts = [payload.get(name) for name in ("run", "model", "horizon", "date", "code")]
        return orjson.dumps(parts).decode()
    if kind == "score":
        return str(payload.get("forecast"))
    return payload.get("key")


def check_kind(kind: str) -> str:
    """`kind`, if it may be one.

    Raises
    ------
    InputError
        When it is no short word.
    """
    if not isinstance(kind, str) or not _KIND.match(kind):
        raise InputError("kind", "must be lower-case letters and underscores", kind)
    return kind


def moment(value: dt.datetime | pd.Timestamp | str) -> str:
    """A moment in UTC as `2017-12-29T10:00:00.000000Z`; texts so written sort as the moments do.

    Without a time zone it is Shanghai's, as everywhere in the package.

    Raises
    ------
    InputError
        When it is no moment.
    """
    try:
        found = pd.Timestamp(value)
    except (TypeError, ValueError):
        found = pd.NaT
    if pd.isna(found):
        raise InputError("issued_at", "must be a moment", value, "such as 2017-12-29T18:00")
    zoned = found.tz_localize("Asia/Shanghai") if found.tzinfo is None else found
    return zoned.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: Any) -> Any:
    """`value` in the types of JSON; the most frequent types first."""
    if type(value) is float:
        return _number(value)
    if value is None or isinstance(value, str | bool):
        return value
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise InputError("payload", "must have names that are text", list(value))
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        return _plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    raise InputError("payload", "must hold numbers, texts, dates, lists and maps", type(value))


def _number(value: float) -> float | None:
    if math.isinf(value):
        raise InputError("payload", "must hold finite numbers", value)
    return None if math.isnan(value) else value
