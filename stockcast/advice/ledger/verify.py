"""Is the ledger what it was? Entry by entry, link by link, and against its anchor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import orjson
import pandas as pd

from stockcast.advice.ledger import chain, said
from stockcast.advice.ledger.anchor import DROPPED, INTENT, KEPT, Line
from stockcast.advice.ledger.chain import NOTHING, Entry
from stockcast.advice.ledger.trouble import Fault
from stockcast.errors import InputError

GRACE = pd.Timedelta(hours=1)
"""Time that may pass between the moment a forecast tells and its writing."""


def of_entries(entries: Sequence[Entry]) -> Iterator[Fault]:
    """What the entries show by themselves.

    - changed: the content is not what its hash was made from, or the key not what the payload says
    - removed: numbers are missing, or the entry that one follows by its hash is gone
    - reordered: the entry that one follows by its hash stands elsewhere
    - back-dated: issued before the entry it follows
    - early, late: a forecast issued before its day's close, or when its outcome had begun; a score
      issued before its outcome was known. A score without its forecast is "changed"
    """
    forecasts = _Forecasts()
    odd = [entry.number for entry in entries if not _is_written(entry)]
    yield from (Fault("changed", number, "it holds what is no text") for number in odd)
    entries = [_as_text(entry) for entry in entries] if odd else entries
    where = {entry.hash: entry.number for entry in entries}
    for entry in entries:
        own = chain.digest(*entry[:3], entry.payload, entry.previous)
        if own != entry.hash:
            yield Fault("changed", entry.number, "its content is not what its hash was made from")
        yield from forecasts.faults(entry)
    first = Entry(0, "", "", None, "", "", NOTHING)
    for before, entry in pairwise([first, *entries]):
        yield from _of_link(before, entry, where)


def _of_link(before: Entry, entry: Entry, where: dict[str, int]) -> Iterator[Fault]:
    number = entry.number
    if number != before.number + 1:
        first, last = before.number + 1, number - 1
        gone = f"entries {first} to {last} are" if last > first else f"entry {last} is"
        yield Fault("removed", number, f"{gone} missing before it")
    elif entry.previous != before.hash:
        named = where.get(entry.previous)
        if named is None and entry.previous != NOTHING:
            yield Fault("removed", number, "the entry that it followed is not there any more")
        else:
            place = f"entry {named}" if named else "no other"
            yield Fault("reordered", number, f"it followed {place} when it was written")
    if entry.issued < before.issued:
        said_so = f"issued {entry.issued}, before the entry it follows, {before.issued}"
        yield Fault("back-dated", number, said_so)


class _Forecasts:
    """Reads payloads in order, and knows which forecasts there have been and are scored."""

    def __init__(self) -> None:
        self.issued: set[int] = set()

    def faults(self, entry: Entry) -> Iterator[Fault]:
        payload = _parsed(entry.payload)
        if payload is None:
            yield Fault("changed", entry.number, "its payload is no JSON map")
            return
        if chain.key_of(entry.kind, payload) != entry.key:
            yield Fault("changed", entry.number, f"its key {entry.key} is not its payload's")
        if entry.kind == "forecast":
            self.issued.add(entry.number)
            yield from _of_time(entry, payload)
        elif entry.kind == "score":
            yield from self._of_score(entry, payload)

    def _of_score(self, entry: Entry, payload: dict[str, Any]) -> Iterator[Fault]:
        try:
            there, closed = payload["forecast"] in self.issued, said.closed(payload["until"])
        except (InputError, KeyError, TypeError, ValueError):
            there, closed = False, ""
        if not there:
            told = f"it scores {payload.get('forecast')}, which is no forecast before it"
            yield Fault("changed", entry.number, told)
        elif entry.issued < closed:
            told = f"issued {entry.issued}, before its outcome was known, {closed}"
            yield Fault("early", entry.number, told)


def _of_time(entry: Entry, payload: dict[str, Any]) -> Iterator[Fault]:
    try:
        first, last = said.window(payload["date"])
    except (InputError, KeyError, TypeError, ValueError):
        yield Fault("changed", entry.number, "it forecasts no day of the calendar")
        return
    if entry.issued < first:
        told = f"issued {entry.issued}, before the close of its day, {first}"
        yield Fault("early", entry.number, told)
    elif entry.issued >= last:
        told = f"issued {entry.issued}, when its outcome had begun, {last}"
        yield Fault("late", entry.number, told)


def of_anchor(lines: Sequence[Line | None]) -> Iterator[Fault]:
    """What the anchor shows by itself: lines changed, removed or reordered."""
    previous, count = NOTHING, 0
    for number, line in enumerate(lines, 1):
        if line is None or line.digest() != line.hash:
            yield Fault("anchor", number, "is not as it was written")
        elif (line.number, line.previous) != (number, previous):
            yield Fault("anchor", number, "does not follow the line before it")
        elif line.count < count:
            yield Fault("anchor", number, "counts fewer entries than a line before it")
        previous = line.hash if line else ""
        count = max(count, line.count) if line and line.state == KEPT else count


def against_anchor(entries: Sequence[Entry], lines: Sequence[Line | None]) -> Iterator[Fault]:
    """What only the comparison shows.

    - truncated: the anchor counts more entries than there are
    - rewritten: an entry has another hash than the anchor remembers
    - unanchored: entries that the anchor never heard of, or no anchor at all

    A batch whose *intent* is the anchor's last line may be there or not: a writer died.
    """
    known = [line for line in lines if line is not None]
    if not known:
        if entries:
            yield Fault("unanchored", 0, f"{len(entries)} entries and no anchor")
        return
    hashes = {entry.number: entry.hash for entry in entries} | {0: NOTHING}
    end = max(hashes)
    settled = [line for line in known if line.state in (KEPT, DROPPED)]
    anchored = max((line.count for line in settled), default=0)
    if anchored > end:
        yield Fault("truncated", end, f"the last of {end} entries; its anchor counts {anchored}")
    for line in settled:
        if line.count in hashes and hashes[line.count] != line.head:
            told = f"its hash is not the one anchored at {line.at}"
            yield Fault("rewritten", line.count, told)
            break
    last = known[-1]
    pending = last.state == INTENT and (end, hashes[end]) == (last.count, last.head)
    if end > anchored and not pending:
        yield Fault("unanchored", anchored + 1, f"from here on to {end} the anchor knows nothing")


def written_late(entries: Sequence[Entry], lines: Sequence[Line | None]) -> Iterator[Fault]:
    """Forecasts that were in time by what they say, but not by the clock of who wrote them.

    The anchor's *intent* tells when a batch was written. That of a replay with a clock of its own
    agrees with what it says; anything else that shows here was dated back.
    """
    at = {
        number: line.at
        for line in lines
        if line is not None and line.state == INTENT
        for number in range(line.before + 1, min(line.count, len(entries)) + 1)
    }
    for entry in map(_as_text, entries):
        payload = _parsed(entry.payload) if entry.kind == "forecast" else None
        if payload is None or entry.number not in at:
            continue
        try:
            limit = _limit(payload["date"])
        except (InputError, KeyError, TypeError, ValueError):
            continue  # which `of_entries` tells
        if entry.issued < limit <= at[entry.number]:
            told = f"issued {entry.issued} as it says, but written {at[entry.number]}"
            yield Fault("back-dated", entry.number, told)


@cache
def _limit(date: str) -> str:
    """When a forecast of that date must have been written."""
    return chain.moment(pd.Timestamp(said.window(date)[1]) + GRACE)


def _is_written(entry: Entry) -> bool:
    """Whether every column holds text; SQLite takes anything."""
    key = entry.key is None or type(entry.key) is str
    return key and all(type(one) is str for one in (*entry[1:3], *entry[4:]))


def _as_text(entry: Entry) -> Entry:
    return Entry(entry.number, *(one if one is None else str(one) for one in entry[1:]))


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
