"""One writer of a store at a time."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from stockcast import paths
from stockcast.data.store import layout, parts
from stockcast.errors import InputError


@contextmanager
def writing(store: Path) -> Iterator[None]:
    """Be the only writer.

    The operating system frees the lock of a process that dies, so nothing has to be cleaned up by
    hand.

    Raises
    ------
    InputError
        When another process is writing: which one, and since when.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(_made(store) / layout.LOCK)
    writer = Path(store) / layout.WRITER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"store {paths.shown(store)}", f"is being updated by {_who(writer)}",
            hint="wait for it to end",
        ) from None  # fmt: skip
    try:
        told = {
            "process": os.getpid(), "host": socket.gethostname(),
            "since": f"{pd.Timestamp.now():%F %T}",
        }  # fmt: skip
        parts.replace(writer, json.dumps(told).encode())
        layout.sweep(store)
        yield
    finally:
        writer.unlink(missing_ok=True)
        lock.release()


def _made(store: Path) -> Path:
    try:
        Path(store).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"store {paths.shown(store)}", "must be a folder that can be written", error.strerror,
            "name another with --store or STOCKCAST_STORE",
        ) from None  # fmt: skip
    return Path(store)


def _who(writer: Path) -> str:
    try:
        told = json.loads(writer.read_text("utf-8"))
        return f"process {told['process']} on {told['host']} since {told['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"
