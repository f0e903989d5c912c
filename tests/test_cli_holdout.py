"""`stockcast holdout`: freeze, open at most three times, and tell how it stands."""

from __future__ import annotations

import json

import pytest

from stockcast.data.holdout import record, seals
from stockcast.data.holdout.seals import Seal

FREEZE = ("holdout", "freeze", "--params", "params/book.yml", "--who", "a reader")
OPEN = ("holdout", "open", "--who", "a reader", "--why", "does it hold on later days?")


@pytest.fixture
def seal(project, notebook, monkeypatch) -> Seal:
    """The only sealed window, in a project with one notebook."""
    made = Seal("spring", "2015-05-04", "2015-06-30", 3, project / "marks.txt")
    monkeypatch.setattr(seals, "SEALS", (made,))
    notebook("01_data", "x = 1")
    return made


def lines() -> list[dict]:
    """The record, read without the package."""
    return [json.loads(line) for line in record.file().read_text().splitlines()]


def test_freezing_writes_the_hashes_of_all_choices(seal, command, project):
    """Parameters, notebooks with their code, the lock and other files named must be in the line."""
    (project / "study.py").write_text("print(1)\n")
    status, out, err = command(*FREEZE, "--also", "study.py")
    assert (status, err) == (0, "")
    assert "4 choices are frozen for spring (2015-05-04 to 2015-06-30)" in out
    [line] = lines()
    assert set(line["choices"]) == {
        "params/book.yml", "notebooks/01_data.ipynb", "requirements.lock", "study.py",
    }  # fmt: skip
    assert all(len(found) == 16 for found in line["choices"].values())
    assert (line["event"], line["who"], line["params"]) == ("freeze", "a reader", "params/book.yml")


def test_opening_tells_who_when_why_and_how_often_before(seal, command):
    """Every opening must be a line of its own that anybody can read later."""
    for before in range(3):
        assert command(*FREEZE)[0] == 0
        status, out, err = command(*OPEN)
        assert (status, err) == (0, "")
        assert f"spring (2015-05-04 to 2015-06-30) is open, {before + 1} of at most 3 times" in out
        line = lines()[-1]
        assert (line["event"], line["who"]) == ("open", "a reader")
        assert (line["opened_before"], line["frozen"]) == (before, 2 * before + 1)
        assert line["why"] == "does it hold on later days?"
        assert line["when"].endswith("Z")
        assert "commit" in line


def test_a_fourth_opening_is_refused(seal, command):
    """After three nothing opens it, nor may it be frozen, which would close it for good."""
    for _ in range(3):
        command(*FREEZE)
        command(*OPEN)
    status, _, err = command(*FREEZE)
    assert status == 2
    assert "window spring: must not be opened more than 3 times; got 3; freezing would" in err
    record.add(record.FREEZE, "spring", params="params/book.yml", also=[], choices={})
    status, _, err = command(*OPEN)
    assert status == 2
    assert "window spring: must not be opened more than 3 times; got 3" in err
    assert len(lines()) == 7


def test_opening_without_frozen_choices_is_refused(seal, command):
    """Who has not said beforehand what is judged may not look."""
    status, out, err = command(*OPEN)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "must have frozen choices before it is opened; stockcast holdout freeze" in err
    assert not record.file().exists()


def test_an_open_window_is_not_opened_again(seal, command):
    """A second opening for the same choices would waste one of three."""
    command(*FREEZE)
    command(*OPEN)
    status, _, err = command(*OPEN)
    assert status == 2
    assert "window spring: is open already; opened 1 of 3 times" in err


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("params/book.yml", lambda text: text.replace("horizon: 5", "horizon: 4")),
        ("notebooks/01_data.ipynb", lambda text: text.replace("x = 1", "x = 2")),
        ("requirements.lock", lambda text: text + "pandas==3\n"),
        ("study.py", lambda text: text + "print(2)\n"),
    ],
)
def test_changed_choices_are_not_opened(name, change, seal, command, project):
    """What was frozen must be what is judged; the line names what differs."""
    (project / "study.py").write_text("print(1)\n")
    command(*FREEZE, "--also", "study.py")
    before = (project / name).read_text()
    (project / name).write_text(change(before))
    assert (project / name).read_text() != before
    status, _, err = command(*OPEN)
    assert status == 2
    assert f"must find its choices as they were frozen; got ['{name}']" in err
    assert f"changed since: {name}" in command("holdout", "status")[1]
    (project / name).write_text(before)
    assert command(*OPEN)[0] == 0


def test_a_notebook_more_is_another_choice(seal, command, notebook):
    """A chapter written after the freezing must not be judged by it."""
    command(*FREEZE)
    notebook("02_market", "y = 1")
    status, _, err = command(*OPEN)
    assert status == 2
    assert "got ['notebooks/02_market.ipynb']" in err


def test_what_was_frozen_and_removed_is_named(seal, command, project):
    """A file that is gone must be told like one that has changed."""
    (project / "study.py").write_text("print(1)\n")
    command(*FREEZE, "--also", "study.py")
    (project / "study.py").unlink()
    assert "got ['study.py']" in command(*OPEN)[2]
    (project / "params/book.yml").unlink()
    assert command(*OPEN)[0] == 2


def test_status_tells_how_it_stands(seal, command):
    """Sealed or open, how often, by whom and why, and whether anything has changed since."""
    status, out, err = command("holdout", "status")
    assert (status, err) == (0, "")
    assert out.splitlines()[:3] == [
        "spring (2015-05-04 to 2015-06-30): sealed", "opened 0 of at most 3 times",
        "no choices are frozen",
    ]  # fmt: skip
    command(*FREEZE)
    command(*OPEN)
    out = command("holdout", "status")[1]
    assert "spring (2015-05-04 to 2015-06-30): open" in out
    assert "opened 1 of at most 3 times" in out
    assert "by a reader at no commit: does it hold on later days?" in out
    assert "changed since: nothing" in out
    assert "the record is whole, has no version in git" in out
    command(*FREEZE)
    assert ": sealed" in command("holdout", "status")[1]


def test_a_record_that_was_changed_is_refused_everywhere(seal, command):
    """No command may go on from a record that somebody has changed."""
    command(*FREEZE)
    text = record.file().read_text()
    record.file().write_text(text.replace("a reader", "nobody"))
    for words in (("holdout", "status"), FREEZE, OPEN):
        status, out, err = command(*words)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "holdout.jsonl, line 1: must be as it was written" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--window", "sprin"), "window: is not known; got 'sprin'; did you mean"),
        (("open", "--why", "  "), "--why: must not be empty"),
        (("open",), "Missing option '--why'"),
        (("freeze",), "Missing option '--params'"),
        (("freeze", "--params", "params/none.yml"), "params/none.yml: must be a file that exists"),
        ((*FREEZE[1:], "--also", "/etc/hostname"), "exists, inside the project"),
        ((), "Missing command"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_status_2(words, said, seal, command):
    """As with the other commands: one line on stderr, and nothing is written."""
    status, out, err = command("holdout", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert not record.file().exists()
