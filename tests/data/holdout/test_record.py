"""The record of a sealed window: only ever added to, and what was done to it is noticed."""

from __future__ import annotations

import json
import subprocess

import pytest

from stockcast import paths
from stockcast.data.holdout import record
from stockcast.errors import InputError


@pytest.fixture
def written(project):
    """A record of four lines."""
    for event in (record.FREEZE, record.OPEN, record.FREEZE, record.OPEN):
        record.add(event, "window", who="a reader", choices={"params": "12ab"})
    return record.file()


def git(*words: str) -> None:
    """Run git in the project as somebody."""
    named = ["-c", "user.name=reader", "-c", "user.email=reader@example.org"]
    subprocess.run(["git", *named, *words], check=True, capture_output=True)


def test_lines_are_added_and_chained(written):
    """Each line must carry its number, the hash of the one before and its own, and be JSON."""
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert lines == record.entries()
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert lines[0]["previous"] == record.NOTHING
    assert [line["previous"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    assert record.head() == lines[-1]["hash"]
    assert {line["who"] for line in lines} == {"a reader"}
    assert [path.name for path in paths.root().glob(".holdout*")] == []  # no lock, no scratch file


def test_no_record_is_an_empty_one(project):
    """Before anything was frozen there must be nothing to read, and no complaint."""
    assert record.entries() == []
    assert record.head() == record.NOTHING
    assert record.check_history() == 0


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace("a reader", "nobody"), *lines[2:]], 2),
        (lambda lines: [*lines[:3], lines[3].replace("open", "shut")], 4),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines[:2], "", *lines[2:]], 3),
        (lambda lines: [lines[0].replace(":", ": ", 1), *lines[1:]], 1),
        (lambda lines: [*lines, "[]"], 5),
        (lambda lines: [*lines, '{"number":5}'], 5),
    ],
)
def test_a_changed_record_is_refused(written, change, line):
    """A line changed, taken out, moved or put in must be named, whichever it is."""
    lines = written.read_text().splitlines()
    written.write_text("\n".join(change(lines)) + "\n")
    with pytest.raises(InputError, match=f"line {line}: must be as it was written"):
        record.entries()
    with pytest.raises(InputError, match="must be as it was written"):
        record.add(record.OPEN, "window")


def test_a_line_cut_short_is_refused(written):
    """A record that ends in the middle of a line must not be read up to there."""
    written.write_text(written.read_text().rstrip("\n"))
    with pytest.raises(InputError, match="line 4: must be as it was written"):
        record.entries()


def test_a_tail_cut_off_is_noticed_by_git(written):
    """The chain is whole without its end: a version in git must tell that lines are missing."""
    git("init", "-q")
    git("add", record.FILE)
    git("commit", "-qm", "opened twice")
    assert record.check_history() == 1
    lines = written.read_text().splitlines(keepends=True)
    written.write_text("".join(lines[:3]))
    assert len(record.entries()) == 3
    with pytest.raises(InputError, match=r"must begin with all that commit \w{12} holds"):
        record.check_history()
    with pytest.raises(InputError, match="must begin with all that commit"):
        record.add(record.FREEZE, "window")
    git("commit", "-qam", "opened once, says the record")
    with pytest.raises(InputError, match="must begin with all that commit"):
        record.check_history()


def test_a_record_written_anew_or_removed_is_noticed_by_git(written):
    """A whole new chain is whole too: it must not begin otherwise than the committed one."""
    git("init", "-q")
    git("add", record.FILE)
    git("commit", "-qm", "opened twice")
    written.unlink()
    with pytest.raises(InputError, match="must begin with all that commit"):
        record.add(record.FREEZE, "window", who="somebody else")
    with pytest.raises(InputError, match="must begin with all that commit"):
        record.check_history()


def test_more_lines_agree_with_git(written):
    """What is added after a commit must not count as a change of it."""
    git("init", "-q")
    git("add", record.FILE)
    git("commit", "-qm", "opened twice")
    record.add(record.FREEZE, "window")
    git("commit", "-qam", "frozen again")
    assert record.check_history() == 2
    assert len(record.entries()) == 5


def test_two_at_a_time_are_refused(written):
    """Of two commands that write at once one line would be lost: the second must stop."""
    (written.parent / ".holdout.jsonl.lock").touch()
    before = written.read_bytes()
    with pytest.raises(InputError, match=r"twice at a time.*remove \.holdout\.jsonl\.lock"):
        record.add(record.OPEN, "window")
    assert written.read_bytes() == before


def test_changed_choices_are_named():
    """A choice that differs, came or went must be told, and no other."""
    frozen = {"params": "1", "notebook": "2", "lock": "3"}
    assert record.changed(frozen, dict(frozen)) == []
    now = {"params": "1", "notebook": "9", "more": "4"}
    assert record.changed(frozen, now) == ["lock", "more", "notebook"]


def test_the_projects_own_record_is_whole():
    """The committed record must be as it was written, and hold all that git ever held."""
    record.check_history()
    openings = [line for line in record.entries() if line["event"] == record.OPEN]
    assert [line["opened_before"] for line in openings] == list(range(len(openings)))
