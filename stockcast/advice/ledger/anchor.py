"""The anchor: a file beside the database that remembers the head of the chain at every commit.

A hash chain alone misses a cut tail, and a chain written anew from its first entry on. The anchor
therefore keeps count and head hash elsewhere, in lines with a chain of their own. Before a commit
an *intent* line names the head that will be, after it a *kept* line says that it is. A writer that
dies between the two leaves an intent; the database then ends either before or after that batch,
and whoever writes next says which (*kept* or *dropped*). Any other end is no accident.

Against somebody who rewrites both the database and the anchor only a copy of the head kept
elsewhere helps: keep the anchor on another machine (`STOCKCAST_LEDGER_ANCHOR`), or print the head.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from stockcast.advice.ledger.chain import NOTHING, Head
from stockcast.advice.ledger.trouble import LedgerError
from stockcast.paths import shown

INTENT, KEPT, DROPPED = "intent", "kept", "dropped"
PATIENCE = 120.0
"""Seconds that a writer waits for others."""
_TAIL = 4096
"""Bytes read to find the last line; a line has about 400."""
SEE = "see: stockcast ledger verify"


@dataclass(frozen=True)
class Line:
    """One line of the anchor.

    Attributes
    ----------
    number : int
        From 1.
    state : str
        "intent", "kept" or "dropped".
    count, head : int, str
        Entries of the chain and the hash of the last; of an intent, as they shall be.
    before, before_head : int, str
        The same as they were before the batch.
    at : str
        UTC by the writer's clock.
    previous, hash : str
        Of the anchor's own chain.
    """

    number: int
    state: str
    count: int
    head: str
    before: int
    before_head: str
    at: str
    previous: str
    hash: str = ""

    def digest(self) -> str:
        """SHA-256 of all but `hash`."""
        values = dataclasses.asdict(self) | {"hash": ""}
        return hashlib.sha256(_text(values).encode()).hexdigest()


class Anchor:
    """The file, and what may be done with it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other writer out, of this process and of others.

        Raises
        ------
        LedgerError
            When the others take too long, or the folder cannot be written.
        """
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            held = FileLock(lock, timeout=PATIENCE).acquire()
        except Timeout:
            raise LedgerError(f"{shown(self.path)}: another writer keeps it; try later") from None
        except OSError as error:
            raise self._unwritable(error) from None
        with held:
            yield

    def read(self) -> list[Line | None]:
        """Every line that was written to its end, None for one that is none of ours."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LedgerError(f"{shown(self.path)}: cannot be read: {error.strerror}") from None
        return [_line(one) for one in text.split(b"\n")[:-1]]

    def last(self) -> Line | None:
        """The last line; None when there is none yet.

        Raises
        ------
        LedgerError
            When it is not as it was written.
        """
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL))
                lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerError(f"{shown(self.path)}: cannot be read: {error.strerror}") from None
        if not lines:
            return None
        line = _line(lines[-1])
        if line is None or line.digest() != line.hash:
            raise LedgerError(f"{shown(self.path)}: its last line was changed; {SEE}")
        return line

    def settle(self, head: Head, at: str) -> None:
        """Make sure that the database ends where the anchor says; finish what a crash left open.

        Raises
        ------
        LedgerError
            When it ends elsewhere: nothing may be added to such a ledger.
        """
        last, now = self.last(), (head.count, head.hash)
        if last is None:
            if head.count:
                raise LedgerError(f"{shown(self.path)}: the ledger's anchor is missing; {SEE}")
        elif last.state == INTENT and now == (last.count, last.head):
            self.add(KEPT, head, Head(last.before, last.before_head), at)
        elif last.state == INTENT and now == (last.before, last.before_head):
            self.add(DROPPED, head, head, at)
        elif last.state == INTENT or now != (last.count, last.head):
            raise LedgerError(
                f"{shown(self.path)}: the ledger ends at entry {head.count}, "
                f"where its anchor says {last.count}, or with another hash; {SEE}"
            )

    def add(self, state: str, head: Head, before: Head, at: str) -> None:
        """Write one line, and do not return before it is on the disk.

        Raises
        ------
        LedgerError
            When it cannot be written; the file is then as it was.
        """
        last = self.last()
        number, previous = (last.number + 1, last.hash) if last else (1, NOTHING)
        line = Line(
            number, state, head.count, head.hash, before.count, before.hash, at, previous
        )  # fmt: skip
        line = dataclasses.replace(line, hash=line.digest())
        try:
            self._write(_text(dataclasses.asdict(line)).encode() + b"\n")
        except OSError as error:
            raise self._unwritable(error) from None

    def _write(self, text: bytes) -> None:
        new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            end = _whole(handle)
            try:
                os.ftruncate(handle, end)
                os.lseek(handle, end, os.SEEK_SET)
                while text:
                    text = text[os.write(handle, text) :]
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, end)
                raise
        finally:
            os.close(handle)
        if new:
            _sync_folder(self.path.parent)

    def _unwritable(self, error: OSError) -> LedgerError:
        why = error.strerror or str(error)
        return LedgerError(f"{shown(self.path)}: the anchor cannot be written: {why}")


def _whole(handle: int) -> int:
    """Where the last whole line ends: a writer that died may have left a piece of one behind."""
    size = os.lseek(handle, 0, os.SEEK_END)
    start = max(0, size - _TAIL)
    tail = os.pread(handle, _TAIL, start)
    return start + tail.rfind(b"\n") + 1


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(values: dict[str, object]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _line(text: bytes) -> Line | None:
    """What a line holds; None when it is none of ours, or is written another way."""
    try:
        values = json.loads(text)
        line = Line(**values)
    except (ValueError, TypeError):
        return None
    kinds = {name: int if name in ("number", "count", "before") else str for name in values}
    if any(type(values[name]) is not kind for name, kind in kinds.items()):
        return None
    return line if _text(values).encode() == text else None
