"""A writer in a process of its own: `python -m tests.advice.ledger.writer TASK FOLDER ...`.

It issues one evening after the other and prints each when `issue` has come back. Under the task
`killed` every evening is issued in a process that is killed, at a point named or after a while.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from stockcast.advice.ledger import Ledger
from stockcast.advice.ledger.anchor import Anchor
from stockcast.market import calendar
from tests.advice.ledger.conftest import CLOCK, issue

DAYS = [f"{day:%F}" for day in calendar.sessions("2016-01-04", "2016-06-30")]


def opened(folder: Path) -> Ledger:
    return Ledger.open(
        f"sqlite:///{folder / 'ledger.sqlite'}", folder / "anchor.jsonl", clock=CLOCK
    )


def together(folder: Path, name: str, go: float) -> None:
    """Six evenings of one model, and each of them the same forecasts of a shared model."""
    with opened(folder) as ledger:
        time.sleep(max(0.0, go - time.time()))
        for number in range(6):
            ledger.record("note", [{"who": name, "n": number, "part": part} for part in "ab"])
            print(number, ledger.record("shared", {"n": number}, keys=str(number), twice="same"))


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def fatal(point: str) -> Iterator[None]:
    """Make the next write fatal at a point between its beginning and its end."""
    add, write = Anchor.add, Anchor._write
    if point == "before the intent":
        Anchor.add = die
    elif point == "in the intent":
        Anchor._write = lambda self, text: (write(self, text[:50]), die())
    elif point == "before the commit":
        Anchor.add = lambda self, *words: (add(self, *words), die())
    elif point in ("after the commit", "in the last line"):

        def last(self: Anchor, state: str, *words: object) -> None:
            if state == "kept":
                if point == "in the last line":
                    write(self, b'{"at": "half a li')
                die()
            add(self, state, *words)

        Anchor.add = last
    yield


def killed(folder: Path, *points: str) -> None:
    """Each evening in a process that dies: at a point, or at a moment drawn for it.

    The first one of "never" tells how long an evening takes.
    """
    rng, takes = random.Random(7), 0.1
    for day, point in zip(DAYS, points, strict=False):
        began, child = time.perf_counter(), os.fork()
        if not child:
            with fatal(point), opened(folder) as ledger:
                issue(ledger, day, 200)
            os.write(1, f"kept {day}\n".encode())  # in one piece, or not at all
            os._exit(0)
        if point == "any":
            time.sleep(rng.uniform(0.0, 1.3 * takes))
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        takes = time.perf_counter() - began if point == "never" else takes
        print("tried", day, flush=True)


if __name__ == "__main__":
    task, folder, *words = sys.argv[1:]
    if task == "together":
        together(Path(folder), words[0], float(words[1]))
    else:
        with opened(Path(folder)) as first:  # what is loaded once is not loaded by each
            first.record("note", {"n": 0}, issued_at=pd.Timestamp("2016-01-04 10:00"))
        killed(Path(folder), *words)
