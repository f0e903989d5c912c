"""The ledger: forecasts are issued into it, outcomes and opinions recorded, nothing is changed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from stockcast.advice.ledger import chain, database, said, verify
from stockcast.advice.ledger.anchor import INTENT, KEPT, Anchor
from stockcast.advice.ledger.chain import Asked, Entry, Head
from stockcast.advice.ledger.database import Database
from stockcast.advice.ledger.trouble import Fault, LedgerError
from stockcast.errors import InputError

Moment = dt.datetime | pd.Timestamp | str
OWN = ("forecast", "score")
"""Kinds that only `issue` and `score` write."""
LEEWAY = pd.Timedelta(minutes=5)
"""How much earlier than the entry before a writer may come: clocks differ, and writers wait."""


class Ledger:
    """A ledger that is open. Use `Ledger.open`, in a `with`.

    Every write is one transaction: all of it is kept, or nothing. Several processes may write at
    once; each waits for its turn.
    """

    def __init__(self, base: Database, anchor: Anchor, clock: Callable[[], Moment]) -> None:
        self._database, self._anchor, self._clock = base, anchor, clock

    @classmethod
    def open(
        cls,
        url: str,
        anchor: Path,
        *,
        clock: Callable[[], Moment] = lambda: dt.datetime.now(dt.UTC),
    ) -> Ledger:
        """Open a ledger; nothing is made before the first write.

        Parameters
        ----------
        url, anchor
            As `stockcast.advice.ledger.place` gives them. One ledger has one anchor, which all who
            write must share.
        clock
            What tells the time where `issued_at` is not given.

        Raises
        ------
        InputError
            When the URL names no database that can hold a ledger.
        """
        return cls(Database(url), Anchor(anchor), clock)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Ledger({self._database.name!r}, {str(self._anchor.path)!r})"

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def issue(
        self,
        forecasts: pd.DataFrame,
        *,
        issued_at: Moment,
        data_hash: str,
        model_version: str,
        information_until: pd.Timestamp | str,
    ) -> int:
        """Write forecasts down, before anybody can know how they end.

        Parameters
        ----------
        forecasts : DataFrame with the columns `stockcast.models.model.COLUMNS`
            And optionally `rank`, the place in the evening's list from 1, NaN when not listed.
            NaN is kept as such; `date` and `code` must be there.
        issued_at
            Between the close of `date` and the close of the next trading day, from which the label
            counts; not before the entry before. Without a time zone it is Shanghai's.
        data_hash, model_version, information_until
            What the forecasts were made from; of a later day than `information_until` each.

        Returns
        -------
        int
            New entries. A forecast that is there already, the same in everything, counts 0.

        Raises
        ------
        InputError
            When a forecast breaks a rule, or another one of the same run, model, horizon, date and
            code has been issued; then nothing is written.
        LedgerError
            When the ledger cannot be written, or is not whole at its end.
        """
        made = {"data_hash": data_hash, "model_version": model_version}
        asked = said.asked(forecasts, made, information_until)
        return self._append(asked, issued_at, "same", said.check_issued)

    def record(
        self,
        kind: str,
        payloads: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        keys: str | Sequence[str] | None = None,
        issued_at: Moment | None = None,
        twice: Literal["refuse", "same"] = "refuse",
    ) -> int:
        """Write down something else: feedback, orders, fills, lists.

        Parameters
        ----------
        kind
            Lower-case letters and underscores; not "forecast" or "score".
        payloads
            One map of names onto what JSON can hold, or several, kept together or not at all. The
            name `key` is the ledger's own.
        keys
            For each payload what no other of the kind may have; it is kept as `key` in the payload.
            None: the same may be recorded again.
        issued_at
            [default: now]
        twice
            "refuse" an entry whose key is there; "same": one with the same payload counts 0, only
            a different one is refused.

        Returns
        -------
        int
            New entries.

        Raises
        ------
        InputError
            When a payload, a key or the time breaks a rule; then nothing is written.
        LedgerError
            As `issue`.
        """
        if chain.check_kind(kind) in OWN:
            raise InputError("kind", "must be another than the ledger's own", kind, "use issue")
        many = [payloads] if isinstance(payloads, Mapping) else list(payloads)
        if any("key" in payload for payload in many):
            raise InputError("payload", "must not have the name key", hint="give it as keys")
        if keys is not None:
            named = [keys] if isinstance(keys, str) else list(keys)
            if len(named) != len(many) or not all(isinstance(key, str) and key for key in named):
                raise InputError("keys", "must be one text a payload", keys)
            many = [{**one, "key": key} for one, key in zip(many, named, strict=True)]
        asked = [Asked(kind, payload.get("key"), chain.canonical(payload)) for payload in many]
        return self._append(asked, issued_at, twice)

    def entries(self, kind: str = "") -> pd.DataFrame:
        """Every entry, or those of one kind, in order.

        Returns
        -------
        DataFrame
            number, kind, issued (UTC), key, payload (dict), previous, hash.
        """
        with self._database.reading() as connection:
            found = database.entries(connection, [kind] if kind else [])
        table = pd.DataFrame(found, columns=list(Entry._fields))
        table["issued"] = pd.to_datetime(table["issued"], utc=True).dt.as_unit("us")
        table["payload"] = [json.loads(text) for text in table["payload"]]
        return table

    def forecasts(self) -> pd.DataFrame:
        """Every forecast as it was issued.

        Returns
        -------
        DataFrame
            number, issued (UTC), the columns of a forecast table, data_hash, model_version,
            information_until and rank (NaN: not listed).
        """
        return said.table(self.entries("forecast"))

    def head(self) -> Head:
        """Entries so far, the hash of the last and when it was issued."""
        with self._database.reading() as connection:
            return database.head(connection) if connection is not None else Head()

    def verify(self) -> list[Fault]:
        """What is wrong with the ledger; empty when it is whole.

        Finds entries changed, removed, reordered, back-dated or issued when they knew too much, a
        tail cut off, a chain written anew, an anchor changed, cut or missing, triggers taken away.
        A writer that died leaves no fault: `stockcast.advice.ledger.anchor`.

        Returns
        -------
        list of Fault
            In the order of the entries, then what the anchor tells.
        """
        with self._anchor.alone():
            lines = self._anchor.read()
            try:
                with self._database.reading() as connection:
                    entries = database.entries(connection)
                    bare = database.missing_triggers(connection) if connection is not None else []
            except LedgerError as error:
                return [Fault("unreadable", 0, str(error))]
        return [
            *verify.of_entries(entries),
            *verify.of_anchor(lines),
            *verify.against_anchor(entries, lines),
            *(Fault("unprotected", 0, f"the trigger {name} is missing") for name in bare),
        ]

    def _append(
        self,
        asked: Sequence[Asked],
        issued_at: Moment | None,
        twice: str,
        check: Callable[[Sequence[Asked], str], None] | None = None,
    ) -> int:
        """Write what is new of `asked`; intent, commit, kept: see `stockcast.advice.ledger.anchor`.

        A failure before the commit leaves nothing; one after it leaves everything, and the next
        writer finishes the anchor.
        """
        with self._anchor.alone(), self._database.writing() as connection:
            before = database.head(connection)
            self._anchor.settle(before)
            new = _new(connection, asked, twice)
            if not new:
                return 0
            issued = self._issued(issued_at, before)
            if check:
                check(new, issued)
            entries = chain.linked(before, issued, new)
            database.add(connection, entries)
            after = Head(entries[-1].number, entries[-1].hash, issued)
            self._anchor.add(INTENT, after, before)
            connection.commit()
            self._anchor.add(KEPT, after, before)
        return len(entries)

    def _issued(self, issued_at: Moment | None, before: Head) -> str:
        """The time of the next entry as text."""
        now = chain.moment(self._clock())
        issued = now if issued_at is None else chain.moment(issued_at)
        if pd.Timestamp(issued) > pd.Timestamp(now) + LEEWAY:
            raise InputError("issued_at", "must not lie in the future", issued, f"it is {now}")
        if before.issued and pd.Timestamp(issued) < pd.Timestamp(before.issued) - LEEWAY:
            raise InputError(
                "issued_at", "must not be before the last entry's", issued,
                f"that is {before.issued}",
            )  # fmt: skip
        return max(issued, before.issued)


def _new(connection: Any, asked: Sequence[Asked], twice: str) -> list[Asked]:
    """Those of `asked` that the ledger does not hold yet, each once."""
    known: dict[tuple[str, str], str] = {}
    for kind in {one.kind for one in asked}:
        keys = [one.key for one in asked if one.kind == kind and one.key is not None]
        found = database.payloads(connection, kind, keys)
        known |= {(kind, key): payload for key, payload in found.items()}
    new = []
    for one in asked:
        place = (one.kind, one.key)
        if one.key is None or place not in known:
            new.append(one)
            known[place] = one.payload
        elif twice == "refuse" or (twice == "same" and known[place] != one.payload):
            done = "issued" if one.kind == "forecast" else "written"
            rule = f"was {done} with other values" if twice == "same" else "is there already"
            raise InputError(f"{one.kind} {one.key}", rule, hint="the ledger is only added to")
    return new
