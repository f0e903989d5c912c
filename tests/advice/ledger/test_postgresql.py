"""The same ledger on PostgreSQL, where `STOCKCAST_TEST_POSTGRESQL` names an empty database."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from stockcast.advice.ledger import Ledger, LedgerError
from stockcast.errors import InputError
from tests.advice.ledger.conftest import issue

VARIABLE = "STOCKCAST_TEST_POSTGRESQL"


@pytest.fixture
def place(tmp_path):
    """URL of the server, its table dropped before and after; an anchor."""
    url = os.environ.get(VARIABLE)
    if not url:
        pytest.skip(f"{VARIABLE} names no database")
    pytest.importorskip("psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    def empty() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS entries")

    empty()
    yield url, tmp_path / "anchor.jsonl"
    empty()


def run(url: str, *statements: str) -> None:
    """Statements as the database's owner might give them."""
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_issued_and_read(ledger):
    """What is issued comes back; the same again is nothing new."""
    assert ledger.entries().empty
    assert issue(ledger, "2016-01-04", 1000) == 1000
    assert issue(ledger, "2016-01-04", 1000) == 0
    assert ledger.record("note", {"who": "读者"}, issued_at="2016-01-04 18:00", keys="a") == 1
    with pytest.raises(InputError, match="note a: is there already"):
        ledger.record("note", {"who": "读者"}, keys="a")
    assert len(ledger.unscored()) == 1000
    assert ledger.verify() == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE entries SET kind = 'note'", "DELETE FROM entries", "TRUNCATE entries"],
)
def test_the_database_refuses_by_itself(statement, ledger, place):
    """Changing, deleting and emptying."""
    issue(ledger, "2016-01-04")
    with pytest.raises(sa.exc.DBAPIError, match="the ledger is only ever added to"):
        run(place[0], statement)
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (
            "UPDATE entries SET payload = replace(payload, '0.75', '0.95') WHERE number = 4",
            "changed",
        ),
        ("DELETE FROM entries WHERE number = 4", "removed"),
        ("DELETE FROM entries WHERE number > 3", "truncated"),
    ],
)
def test_attacks_show(statement, kind, ledger, place):
    """Where the triggers are switched off meanwhile; that they are off shows, too."""
    for day in ("2016-01-04", "2016-01-05"):
        issue(ledger, day)
    run(place[0], "ALTER TABLE entries DISABLE TRIGGER ALL", statement)
    kinds = [fault.kind for fault in ledger.verify()]
    assert kind in kinds
    assert kinds.count("unprotected") == 2


def test_writers_at_once(place):
    """Four writers: one chain."""

    def write(name: str) -> None:
        with Ledger.open(*place) as ledger:
            for number in range(5):
                ledger.record("note", {"who": name, "n": number})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    with Ledger.open(*place) as ledger:
        assert ledger.verify() == []
        assert ledger.head().count == 20


def test_a_server_that_is_not_there_does_not_tell_the_password(tmp_path):
    """One line; neither it nor the ledger's own words hold the password."""
    pytest.importorskip("psycopg")
    url = "postgresql+psycopg://reader:hush-hush@127.0.0.1:1/none?sslpassword=hush-hush"
    with Ledger.open(url, tmp_path / "a.jsonl") as ledger:
        assert "hush" not in repr(ledger)
        with pytest.raises(LedgerError, match="cannot be read") as caught:
            ledger.entries()
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
