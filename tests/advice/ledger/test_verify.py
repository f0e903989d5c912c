"""Every way to change the past must show: the SQLite file and the anchor are attacked directly."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from stockcast.advice.ledger import Ledger, LedgerError
from stockcast.advice.ledger.database import TRIGGERS
from stockcast.errors import StockcastError
from tests.advice.ledger.conftest import CLOCK, MADE, forecasts, issue

COLUMNS = "number, kind, issued, key, payload, previous, hash"


@pytest.fixture(scope="module")
def evenings(tmp_path_factory) -> Path:
    """A ledger of three evenings of three forecasts, to be copied."""
    folder = tmp_path_factory.mktemp("evenings")
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    with Ledger.open(url, folder / "anchor.jsonl", clock=CLOCK) as ledger:
        for day in ("2016-01-04", "2016-01-05", "2016-01-06"):
            issue(ledger, day)
        assert ledger.verify() == []
    return folder


@pytest.fixture
def base(evenings, tmp_path) -> Callable[..., None]:
    """Three evenings are in `ledger`; gives what changes the file behind the ledger's back.

    The triggers are dropped, and put back after the attack.
    """
    for name in ("ledger.sqlite", "anchor.jsonl"):
        shutil.copy(evenings / name, tmp_path / name)

    def attack(*statements: str, rewrite: Callable[[list], list] | None = None) -> None:
        with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
            for name in TRIGGERS["sqlite"]:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            if rewrite:
                rows = connection.execute(f"SELECT {COLUMNS} FROM entries ORDER BY number")
                rows = chained(rewrite([list(row) for row in rows]))
                connection.execute("DELETE FROM entries")
                connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            for name, body in TRIGGERS["sqlite"].items():
                connection.execute(f"CREATE TRIGGER {name} {body}")
        connection.close()

    return attack


def chained(rows: list) -> list:
    """A whole new chain of the rows, as somebody who knows how it is made would write it."""
    previous = "0" * 64
    for number, row in enumerate(rows, 1):
        row[0], row[5] = number, previous
        text = f"{number}|{row[1]}|{row[2]}|{row[4]}|{previous}"
        previous = row[6] = hashlib.sha256(text.encode()).hexdigest()
    return rows


def kinds(ledger) -> set[tuple[str, int]]:
    """Kind and number of every fault."""
    return {(fault.kind, fault.number) for fault in ledger.verify()}


def test_changed_content_shows(ledger, base):
    """A better probability, written into one payload."""
    base("UPDATE entries SET payload = replace(payload, '0.75', '0.95') WHERE number = 4")
    assert kinds(ledger) == {("changed", 4)}
    assert str(ledger.verify()[0]) == (
        "changed: entry 4: its content is not what its hash was made from"
    )


@pytest.mark.parametrize("column", ["kind", "issued", "previous", "hash"])
def test_every_column_is_bound(column, ledger, base):
    """No column of an entry may be changed without its number being told."""
    value = {"kind": "score", "issued": "2016-01-05T10:00:01.000000Z"}.get(column, "f" * 64)
    base(f"UPDATE entries SET {column} = '{value}' WHERE number = 4")
    assert ("changed", 4) in kinds(ledger)


def test_a_changed_key_shows(ledger, base):
    """The key is outside the hash, but follows from the payload."""
    base("UPDATE entries SET key = 'other' WHERE number = 4")
    assert kinds(ledger) == {("changed", 4)}


def test_content_changed_with_its_hash_shows(ledger, base):
    """Whoever hashes the changed entry anew breaks the link to the next."""
    [entry] = ledger.entries().query("number == 4").to_dict("records")
    payload = json.dumps(entry["payload"] | {"prob_up": 0.95}, sort_keys=True)
    payload = payload.replace(", ", ",").replace(": ", ":")
    text = f"4|forecast|2016-01-05T10:00:00.000000Z|{payload}|{entry['previous']}"
    new = hashlib.sha256(text.encode()).hexdigest()
    base(f"UPDATE entries SET payload = '{payload}', hash = '{new}' WHERE number = 4")
    assert kinds(ledger) == {("removed", 5)}


def test_a_removed_entry_shows(ledger, base):
    """One that turned out wrong, taken out of the middle."""
    base("DELETE FROM entries WHERE number = 5")
    assert kinds(ledger) == {("removed", 6)}
    assert "entry 5 is missing before it" in str(ledger.verify()[0])


def test_the_first_entries_removed_show(ledger, base):
    """The beginning counts as well."""
    base("DELETE FROM entries WHERE number < 4")
    assert ("removed", 4) in kinds(ledger)


def test_a_removed_entry_with_the_rest_renumbered_shows(ledger, base):
    """The gap closed, the hashes left."""
    base("DELETE FROM entries WHERE number = 5", "UPDATE entries SET number = number - 1 "
         "WHERE number > 5")  # fmt: skip
    found = kinds(ledger)
    assert {("changed", 5), ("removed", 5), ("truncated", 8)} <= found


def test_reordered_entries_show(ledger, base):
    """Two entries that changed places."""
    base(*(f"UPDATE entries SET number = {new} WHERE number = {old}"
           for old, new in ((4, 99), (5, 4), (99, 5))))  # fmt: skip
    found = kinds(ledger)
    assert {("reordered", 4), ("reordered", 5), ("reordered", 6)} <= found
    assert {("changed", 4), ("changed", 5)} <= found


def test_a_cut_tail_shows(ledger, base):
    """The chain of what is left is whole; only the anchor knows better."""
    base("DELETE FROM entries WHERE number > 6")
    assert kinds(ledger) == {("truncated", 6)}
    assert "its anchor counts 9" in str(ledger.verify()[0])


@pytest.mark.parametrize("keep", [8, 7, 3, 0])
def test_every_cut_shows(keep, ledger, base):
    """Part of an evening, an evening, all of them."""
    base(f"DELETE FROM entries WHERE number > {keep}")
    assert ("truncated", keep) in kinds(ledger)


def test_a_database_thrown_away_shows(ledger, base, tmp_path):
    """No database is the shortest of all."""
    (tmp_path / "ledger.sqlite").unlink()
    assert kinds(ledger) == {("truncated", 0)}
    with pytest.raises(LedgerError, match="ends at entry 0, where its anchor says 9"):
        ledger.record("note", {"n": 1})
    (tmp_path / "ledger.sqlite").write_bytes(b"x" * 4096)
    assert kinds(ledger) == {("unreadable", 0)}


def test_a_full_rewrite_shows(ledger, base):
    """Every hash made anew from the first changed entry on: a perfect chain, another head."""

    def better(rows):
        rows[3][4] = rows[3][4].replace('"prob_up":0.75', '"prob_up":0.95')
        return rows

    base(rewrite=better)
    assert kinds(ledger) == {("rewritten", 6)}


def test_a_rewrite_with_an_entry_less_or_more_shows(ledger, base):
    """Of another length, too."""
    base(rewrite=lambda rows: rows[:4] + rows[5:])
    assert kinds(ledger) == {("rewritten", 6), ("truncated", 8)}


def test_an_entry_added_behind_the_back_shows(ledger, base):
    """A chain that goes on rightly, but without the anchor."""

    def more(rows):
        row = ["", "note", "2016-01-06T10:00:00.000000Z", None, '{"n":1}', "", ""]
        return [*rows, row]

    base(rewrite=more)
    assert kinds(ledger) == {("unanchored", 10)}
    with pytest.raises(LedgerError, match="ends at entry 10, where its anchor says 9"):
        ledger.record("note", {"n": 1})


def test_a_back_dated_entry_shows(ledger, base):
    """A forecast of Monday that was written on Wednesday after two others, with Monday's time."""

    def late(rows):
        row = list(rows[0])
        row[4] = row[4].replace('"ridge"', '"genius"')
        row[3] = row[3].replace('"ridge"', '"genius"')
        return [*rows, row]

    base(rewrite=late)
    assert ("back-dated", 10) in kinds(ledger)


@pytest.mark.parametrize(
    ("issued", "kind"),
    [
        ("2016-01-07T07:00:00.000000Z", "late"),
        ("2016-01-29T10:00:00.000000Z", "late"),
        ("2016-01-06T06:59:59.000000Z", "early"),
    ],
)
def test_a_forecast_out_of_its_time_shows(issued, kind, ledger, base):
    """Issued when its outcome had begun (15:00 in Shanghai is 7:00 UTC), or before its close."""

    def moved(rows):
        rows[8][2] = issued
        return rows

    base(rewrite=moved)
    assert (kind, 9) in kinds(ledger)


def test_a_score_of_nothing_shows(ledger, base):
    """A score must belong to a forecast before it."""

    def more(rows):
        issued = "2016-01-06T10:00:00.000000Z"
        return [*rows, ["", "score", issued, "77", '{"forecast":77,"hit":true}', "", ""]]

    base(rewrite=more)
    assert ("changed", 10) in kinds(ledger)


@pytest.mark.parametrize("column", ["kind", "issued", "key", "payload", "previous", "hash"])
def test_bytes_in_place_of_text_show(column, ledger, base):
    """SQLite takes anything; no column may be made one that verification stumbles over."""
    base(f"UPDATE entries SET {column} = x'ff00' WHERE number = 4")
    assert kinds(ledger) & {("changed", 4), ("unreadable", 0)}


@pytest.mark.parametrize("payload", ["", "[]", "{}", '{"date":5}', "null"])
def test_a_payload_that_is_none_shows(payload, ledger, base):
    """In verification as a fault, elsewhere as one line."""
    base(f"UPDATE entries SET payload = '{payload}' WHERE number = 4")
    assert ("changed", 4) in kinds(ledger)
    with pytest.raises(LedgerError, match="not as it was written; see: stockcast ledger verify"):
        ledger.forecasts()


def test_missing_triggers_show(ledger, base, tmp_path):
    """Whoever opened the door must not have closed it."""
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER entries_no_update")
    connection.close()
    assert [str(fault) for fault in ledger.verify()] == [
        "unprotected: the trigger entries_no_update is missing"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET payload = '{}' WHERE number = 1",
        "DELETE FROM entries WHERE number = 9",
        f"INSERT OR REPLACE INTO entries ({COLUMNS}) "
        "SELECT number, 'note', issued, key, payload, previous, hash FROM entries LIMIT 1",
        f"INSERT INTO entries ({COLUMNS}) VALUES (11, 'note', '', NULL, '{{}}', '', 'x')",
    ],
)
def test_the_database_refuses_by_itself(statement, ledger, base, tmp_path):
    """While the triggers stand, no statement may change, remove or leave out an entry."""
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="the ledger is only"):
        connection.execute(statement)
    connection.close()
    assert ledger.verify() == []


class TestAnchor:
    """The anchor may be attacked as well."""

    @pytest.fixture
    def anchor(self, base, place):
        """Its file; three evenings have left six lines."""
        assert len(place[1].read_text().splitlines()) == 6
        return place[1]

    def test_a_missing_anchor_shows(self, anchor, ledger):
        """And nothing more may be added without it."""
        anchor.unlink()
        assert kinds(ledger) == {("unanchored", 0)}
        with pytest.raises(LedgerError, match="anchor is missing"):
            issue(ledger, "2016-01-07")
        anchor.write_text("")
        assert kinds(ledger) == {("unanchored", 0)}

    @pytest.mark.parametrize(("lines", "known"), [(4, 6), (2, 3), (3, 3), (1, 0)])
    def test_a_cut_anchor_shows(self, lines, known, anchor, ledger):
        """The entries since are in no anchor; nothing may be added."""
        text = anchor.read_text().splitlines(keepends=True)
        anchor.write_text("".join(text[:lines]))
        assert kinds(ledger) == {("unanchored", known + 1)}
        with pytest.raises(LedgerError, match="see: stockcast ledger verify"):
            issue(ledger, "2016-01-07")

    def test_a_line_changed_shows(self, anchor, ledger):
        """The anchor's own chain."""
        anchor.write_text(anchor.read_text().replace('"count":6', '"count":5'))
        assert {("anchor", 3), ("anchor", 4)} <= kinds(ledger)

    def test_a_line_removed_shows(self, anchor, ledger):
        """From the middle."""
        lines = anchor.read_text().splitlines(keepends=True)
        anchor.write_text("".join(lines[:2] + lines[4:]))
        assert kinds(ledger) == {("anchor", 3), ("anchor", 4)}

    def test_lines_reordered_show(self, anchor, ledger):
        """Two lines that changed places."""
        lines = anchor.read_text().splitlines(keepends=True)
        anchor.write_text("".join([*lines[:2], lines[3], lines[2], *lines[4:]]))
        assert {("anchor", 3), ("anchor", 4), ("anchor", 5)} <= kinds(ledger)

    def test_words_that_are_no_line_show(self, anchor, ledger):
        """And stop the next writer."""
        anchor.write_text(anchor.read_text() + "{}\n")
        assert kinds(ledger) == {("anchor", 7)}
        with pytest.raises(StockcastError, match="its last line was changed"):
            issue(ledger, "2016-01-07")

    @pytest.mark.parametrize("line", ["{}", '{"number":"x"}', "[1]", "\xff"])
    def test_other_words_are_no_line(self, line, anchor, ledger):
        """Whatever stands there, verification comes to its end."""
        anchor.write_text(line + "\n" + anchor.read_text(), encoding="latin-1")
        assert ("anchor", 1) in kinds(ledger)

    def test_an_older_copy_of_both_shows_nothing_but_its_head(self, anchor, ledger):
        """What no file can show: the head, kept elsewhere, is what tells two histories apart."""
        head = ledger.head()
        ledger.issue(forecasts("2016-01-07"), issued_at="2016-01-07 18:00", **MADE)
        assert ledger.head().hash != head.hash
        assert (ledger.head().count, head.count) == (12, 9)
