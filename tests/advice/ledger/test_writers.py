"""Several at once, killed at any moment, without a disk: nothing lost, nothing doubled."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from stockcast.advice.ledger import Ledger, LedgerError
from stockcast.advice.ledger.anchor import Anchor
from tests.advice.ledger.conftest import issue

POINTS = (
    "before the intent", "in the intent", "before the commit", "after the commit",
    "in the last line",
)  # fmt: skip


def writer(*words: object) -> subprocess.Popen:
    """`tests.advice.ledger.writer` in a process of its own."""
    command = [sys.executable, "-m", "tests.advice.ledger.writer", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen) -> list[str]:
    """What it printed, once it ended well."""
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return out.splitlines()


def test_writers_at_once(tmp_path, opened):
    """Three processes, none of which waits for another: one chain, each entry once."""
    go = time.time() + 4
    writers = [writer("together", tmp_path, name, go) for name in "xyz"]
    with opened() as ledger:
        while any(process.poll() is None for process in writers):
            assert ledger.verify() == []
            time.sleep(0.02)
    told = [line for process in writers for line in ended(process)]
    with opened() as ledger:
        assert ledger.verify() == []
        notes = [tuple(sorted(p.items())) for p in ledger.entries("note")["payload"]]
        shared = ledger.entries("shared")["payload"]
        numbers = ledger.entries()["number"].tolist()
    assert Counter(Counter(notes).values()) == {1: 36}
    assert sorted(one["n"] for one in shared) == list(range(6))
    assert sum(line.endswith(" 1") for line in told) == 6
    assert numbers == list(range(1, 43))


def left(ledger: Ledger) -> dict[str, int]:
    """Forecasts by day; none twice."""
    table = ledger.forecasts()
    assert not table.duplicated(["date", "code"]).any()
    return {f"{day:%F}": count for day, count in table.groupby("date").size().items()}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point, tmp_path, opened):
    """All of an evening or nothing of it is there; verify is silent, and the next one settles."""
    assert ended(writer("killed", tmp_path, point)) == ["tried 2016-01-04"]
    committed = point in ("after the commit", "in the last line")
    with opened() as ledger:
        assert ledger.verify() == []
        assert left(ledger) == ({"2016-01-04": 200} if committed else {})
        assert issue(ledger, "2016-01-04", 200) == (0 if committed else 200)
        assert ledger.verify() == []
        assert issue(ledger, "2016-01-05", 200) == 200
        assert ledger.verify() == []
    lines = (tmp_path / "anchor.jsonl").read_text().splitlines()
    assert len(lines) % 2 == 0


def test_killed_again_and_again(tmp_path, opened):
    """Forty evenings, each killed at some moment: what was acknowledged is there."""
    told = ended(writer("killed", tmp_path, "never", "never", *["any"] * 40))
    kept = {line.split()[1] for line in told if line.startswith("kept")}
    assert sum(line.startswith("tried") for line in told) == 42
    assert 2 <= len(kept) < 42
    with opened() as ledger:
        assert ledger.verify() == []
        found = left(ledger)
        assert set(found.values()) <= {200}
        assert kept <= set(found)
        assert issue(ledger, "2016-06-30", 200) == 200
        assert ledger.verify() == []


def test_a_full_disk_under_the_database(ledger, tmp_path, monkeypatch):
    """SQLite may take no page more: one line, and nothing of the evening."""
    issue(ledger, "2016-01-04", 20)

    def narrow(connection, _record):
        connection.isolation_level = None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    from sqlalchemy import event

    engine = ledger._database._engine
    event.listen(engine, "connect", narrow)
    with pytest.raises(LedgerError, match="cannot be written: database or disk is full") as caught:
        issue(ledger, "2016-01-05", 2000)
    assert str(caught.value).count("\n") == 0
    event.remove(engine, "connect", narrow)
    assert ledger.verify() == []
    assert left(ledger) == {"2016-01-04": 20}
    assert issue(ledger, "2016-01-05", 2000) == 2000
    assert ledger.verify() == []


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize(("at", "committed"), [(1, False), (2, True)])
def test_a_full_disk_under_the_anchor(call, at, committed, ledger, monkeypatch, place):
    """At the intent nothing is kept; after the commit everything is, and the line says so."""
    issue(ledger, "2016-01-04")
    before, calls = place[1].read_bytes(), []
    own = getattr(os, call)

    def full(*words: object) -> int:
        calls.append(words)
        if len(calls) == at:
            if call == "write":
                own(words[0], words[1][:30])
            raise OSError(errno.ENOSPC, "No space left on device")
        return own(*words)

    with monkeypatch.context() as patched:
        patched.setattr(f"stockcast.advice.ledger.anchor.os.{call}", full)
        with pytest.raises(LedgerError, match="anchor cannot be written: No space left") as caught:
            issue(ledger, "2016-01-05")
    assert ("the entries are kept" in str(caught.value)) == committed
    assert place[1].read_bytes().startswith(before)
    assert place[1].read_bytes().endswith(b"\n")
    assert ledger.verify() == []
    assert left(ledger) == {"2016-01-04": 3} | ({"2016-01-05": 3} if committed else {})
    assert issue(ledger, "2016-01-05") == (0 if committed else 3)
    assert ledger.verify() == []
    assert left(ledger) == {"2016-01-04": 3, "2016-01-05": 3}


def test_a_commit_that_fails_leaves_nothing(ledger, tmp_path, monkeypatch):
    """The disk is full at the very last moment, when the intent is written already."""
    issue(ledger, "2016-01-04")
    reader = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entries").fetchone()  # a reader keeps the commit out
    monkeypatch.setattr("stockcast.advice.ledger.database.PATIENCE", 0.2)
    with (
        Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path / "anchor.jsonl") as other,
        pytest.raises(LedgerError, match="cannot be written: database is locked"),
    ):
        issue(other, "2016-01-05")
    reader.execute("ROLLBACK")
    reader.close()
    assert ledger.verify() == []
    assert left(ledger) == {"2016-01-04": 3}
    assert issue(ledger, "2016-01-05") == 3
    assert ledger.verify() == []


def test_a_writer_that_waits_too_long_says_so(ledger, monkeypatch):
    """Another one keeps the lock."""
    monkeypatch.setattr("stockcast.advice.ledger.anchor.PATIENCE", 0.1)
    with (
        Anchor(ledger.anchor).alone(),
        pytest.raises(LedgerError, match="another writer keeps it"),
    ):
        issue(ledger, "2016-01-04")


def test_a_lost_last_line_is_a_crash(ledger, place):
    """Without the line that says *kept* the intent still tells; the next writer adds it anew."""
    issue(ledger, "2016-01-04")
    lines = place[1].read_text().splitlines(keepends=True)
    place[1].write_text(lines[0])
    assert ledger.verify() == []
    issue(ledger, "2016-01-05")
    assert ledger.verify() == []
    states = [
        line.split('"state":"')[1].split('"')[0] for line in place[1].read_text().split("\n")[:-1]
    ]
    assert states == ["intent", "kept", "intent", "kept"]
