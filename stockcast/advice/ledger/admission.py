"""What may be added to the ledger: nothing twice, nothing dated before what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from stockcast.advice.ledger import chain, database
from stockcast.advice.ledger.chain import Asked, Head
from stockcast.errors import InputError

Moment = dt.datetime | pd.Timestamp | str
OWN = ("forecast", "score")
"""Kinds that only `issue` and `score` write."""
LEEWAY = pd.Timedelta(minutes=5)
"""How much earlier than the entry before a writer may come: clocks differ, and writers wait."""


def records(
    kind: str,
    payloads: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    keys: str | Sequence[str] | None,
) -> list[Asked]:
    """Payloads of another kind than the ledger's own, as the entries they shall become.

    Raises
    ------
    InputError
        When a kind, a payload or a key breaks its rule.
    """
    if chain.check_kind(kind) in OWN:
        raise InputError("kind", "must be another than the ledger's own", kind, "use issue, score")
    many = [payloads] if isinstance(payloads, Mapping) else list(payloads)
    if any("key" in payload for payload in many):
        raise InputError("payload", "must not have the name key", hint="give it as keys")
    if keys is not None:
        named = [keys] if isinstance(keys, str) else list(keys)
        if len(named) != len(many) or not all(isinstance(key, str) and key for key in named):
            raise InputError("keys", "must be one text a payload", keys)
        many = [{**one, "key": key} for one, key in zip(many, named, strict=True)]
    return [Asked(kind, payload.get("key"), chain.canonical(payload)) for payload in many]


def issued(asked: Moment | None, now: str, before: Head) -> str:
    """The time of the next entries as text: what was asked for, or now.

    Raises
    ------
    InputError
        When it lies in the future, or before the last entry by more than clocks differ.
    """
    found = now if asked is None else chain.moment(asked)
    if pd.Timestamp(found) > pd.Timestamp(now) + LEEWAY:
        raise InputError("issued_at", "must not lie in the future", found, f"it is {now}")
    if before.issued and pd.Timestamp(found) < pd.Timestamp(before.issued) - LEEWAY:
        hint = f"that is {before.issued}"
        raise InputError("issued_at", "must not be before the last entry's", found, hint)
    return max(found, before.issued)


def new(connection: sa.Connection, asked: Sequence[Asked], twice: str) -> list[Asked]:
    """Those of `asked` that the ledger does not hold yet, each once."""
    known: dict[tuple[str, str], str] = {}
    for kind in {one.kind for one in asked}:
        keys = [one.key for one in asked if one.kind == kind and one.key is not None]
        there = database.payloads(connection, kind, keys)
        known |= {(kind, key): payload for key, payload in there.items()}
    found = []
    for one in asked:
        place = (one.kind, one.key)
        if one.key is None or place not in known:
            found.append(one)
            known[place] = one.payload
        elif twice == "refuse" or (twice == "same" and known[place] != one.payload):
            done = "issued" if one.kind == "forecast" else "written"
            rule = f"was {done} with other values" if twice == "same" else "is there already"
            raise InputError(f"{one.kind} {one.key}", rule, hint="the ledger is only added to")
    return found
