"""An update that is killed loses nothing and doubles nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from stockcast.data.store import Store
from tests.conftest import ROOT
from tests.data.store import vendor as vendors
from tests.data.store.conftest import assert_same

STEPS = [
    ("call", 2), ("call", 9), ("call", 21), ("call", 31),
    ("open", 2), ("open", 4), ("open", 7),
    ("write", 2), ("write", 5), ("write", 16),
    ("written", 2), ("written", 4), ("written", 6), ("written", 17),
]  # fmt: skip
"""Where an update kills itself; the lock's own file is the first that is written."""
SHARES = np.random.default_rng(20).uniform(0.02, 0.98, 10)
"""When it is killed from outside, as shares of an undisturbed update's time."""


class Forks:
    """Processes that update a store; see `vendor`."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.data.store.vendor"]
        self._parent = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def update(self, folder: Path, how: str = "never", n: float = 0) -> int:
        """How an update ended."""
        print(folder, how, n, file=self._parent.stdin, flush=True)
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        self._parent.stdin.close()
        self._parent.wait()
        self._parent.stdout.close()


@pytest.fixture(scope="module")
def forks():
    """Processes ready to update a store."""
    made = Forks()
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(forks, tmp_path_factory):
    """A store after one whole update, and the seconds it took."""
    folder = tmp_path_factory.mktemp("undisturbed") / "store"
    forks.update(folder.with_name("warm"))
    began = time.perf_counter()
    assert forks.update(folder) == 0
    return Store(folder), time.perf_counter() - began


@pytest.mark.parametrize(("how", "n"), STEPS)
def test_killed_at_any_step_and_resumed_nothing_is_lost(how, n, forks, undisturbed, tmp_path):
    """Row for row the same store, without duplicates, and no half-written file remains."""
    folder = tmp_path / "store"
    assert forks.update(folder, how, n) == -signal.SIGKILL
    _resume(folder, undisturbed[0])


@pytest.mark.parametrize("share", SHARES)
def test_killed_at_any_time_and_resumed_nothing_is_lost(share, forks, undisturbed, tmp_path):
    """As above, where nobody chose the step."""
    folder = tmp_path / "store"
    forks.update(folder, "after", share * undisturbed[1])
    _resume(folder, undisturbed[0])


def test_killed_at_every_step_in_turn_it_still_ends(forks, undisturbed, tmp_path):
    """Each update may be killed at its third file: progress is made all the same."""
    folder = tmp_path / "store"
    ends = [forks.update(folder, "written", 3) for _ in range(12)]
    assert 0 in ends
    _resume(folder, undisturbed[0])


def _resume(folder: Path, whole: Store) -> None:
    store = Store(folder)
    vendor = vendors.Vendor(vendors.market())
    store.update(vendor, vendors.START, vendors.END, vendors.NAMES, now=vendors.NOW, recheck=0)
    assert_same(store, whole)
    left = sorted(path.name for path in folder.rglob(".*"))
    assert left in ([], [".lock"])
    assert not (folder / "writer.json").exists()
