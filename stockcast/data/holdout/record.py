"""The record of a sealed window: what was frozen, who opened it and when, line after line.

`holdout.jsonl` at the project's root is only ever added to and is committed. Each line holds the
hash of the one before, so that a line changed or taken out is noticed; that the end was cut off,
or all of it written anew, is noticed by comparison with every version that git holds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stockcast import paths
from stockcast.errors import InputError

FILE = "holdout.jsonl"
NOTHING = "0" * 64
"""What stands for the line before the first."""
FREEZE, OPEN = "freeze", "open"


def file() -> Path:
    """Where the record is: `holdout.jsonl` in the project's root."""
    return paths.root() / FILE


def entries() -> list[dict[str, Any]]:
    """Every line of the record, in order; empty when nothing was ever frozen.

    Returns
    -------
    list of dict
        `number` (from 1), `event` (`freeze` or `open`), `window`, `when` (UTC), `who`, `commit`,
        `choices` (name -> hash), `previous` and `hash`; whatever else `add` was given.

    Raises
    ------
    InputError
        Naming the first line that is not as it was written.
    """
    try:
        return _parsed(file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(FILE, "must be a readable text file", str(error)) from None


def head() -> str:
    """Hash of the last line: printed on a page, it tells later whether the record was rewritten."""
    found = entries()
    return found[-1]["hash"] if found else NOTHING


def add(event: str, window: str, **facts: object) -> dict[str, Any]:
    """Write one more line and give it back.

    Parameters
    ----------
    event
        `freeze` or `open`.
    window
        Name of the sealed window.
    facts
        Whatever JSON can hold.

    Raises
    ------
    InputError
        When the record is not whole, another command is writing it, or it cannot be written.
    """
    with _alone():
        check_history()
        before = entries()
        entry = {"number": len(before) + 1, "event": event, "window": window, "when": _now()}
        entry |= facts
        entry["previous"] = before[-1]["hash"] if before else NOTHING
        entry["hash"] = _hash(entry)
        text = file().read_text(encoding="utf-8") if before else ""
        with paths.replacing(file()) as scratch:
            scratch.write_text(text + _canonical(entry) + "\n", encoding="utf-8")
    return entry


def check_history() -> int:
    """Compare the record with every version of it in git, and count those.

    Each must be a beginning of the file there is now. Outside git there are none: in a source
    archive only the chain itself can be checked.

    Raises
    ------
    InputError
        When lines that were committed are no longer there.
    """
    entries()
    now = file().read_bytes() if file().is_file() else b""
    commits = _git("log", "--format=%H", "--", FILE).decode().split()
    for commit in commits:
        then = _git("show", f"{commit}:./{FILE}")  # empty where that commit removed it
        if not now.startswith(then):
            raise InputError(
                FILE, f"must begin with all that commit {commit[:12]} holds",
                hint=f"put it back: git show {commit[:12]}:{FILE} > {FILE}",
            )  # fmt: skip
    return len(commits)


def changed(frozen: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of choices that differ, came or went, sorted."""
    return sorted(name for name in {*frozen, *now} if frozen.get(name) != now.get(name))


def _parsed(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n")[:-1], 1):
        entry = _entry(line)
        previous = found[-1]["hash"] if found else NOTHING
        if (
            entry is None
            or entry["hash"] != _hash(entry)
            or (entry["number"], entry["previous"]) != (number, previous)
        ):
            raise _broken(number)
        found.append(entry)
    if text and not text.endswith("\n"):
        raise _broken(len(found) + 1)
    return found


def _entry(line: str) -> dict[str, Any] | None:
    """What a line holds; None when it is none of ours, or is written another way."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(entry, dict) and {"number", "event", "window", "previous", "hash"} <= {
        *entry
    }
    return entry if whole and _canonical(entry) == line else None


def _broken(number: int) -> InputError:
    return InputError(
        f"{FILE}, line {number}", "must be as it was written",
        hint=f"lines are only ever added; put them back: git checkout {FILE}",
    )  # fmt: skip


def _canonical(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _hash(entry: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(_canonical(kept).encode()).hexdigest()


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def _alone() -> Iterator[None]:
    """Keep others from writing the record meanwhile: of two lines written at once one is lost."""
    lock = file().with_name(f".{FILE}.lock")
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        raise InputError(
            FILE, "must not be written twice at a time",
            hint=f"wait; if no other command runs, remove {lock.name}",
        ) from None  # fmt: skip
    except OSError as error:
        raise InputError(FILE, "must be in a folder to write to", error.strerror) from None
    try:
        yield
    finally:
        lock.unlink()


def _git(*words: str) -> bytes:
    """What git prints; nothing where there is no git or it does not know."""
    command = ["git", "-C", str(paths.root()), *words]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""
