"""Where a ledger is, and that its password is told to nobody."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from keyring.errors import KeyringError

from stockcast import paths
from stockcast.advice.ledger import database, place
from stockcast.advice.ledger.place import ANCHOR, PASSWORD, URL

SERVER = "postgresql+psycopg://reader@host/stocks"


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch):
    """No variable and no keyring of the machine."""
    for name in (URL, ANCHOR, PASSWORD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keyring, "get_password", lambda service, user: None)


def test_a_runs_own_place():
    """Beside the run's other artifacts, database and anchor."""
    folder = paths.runs() / "mine" / "ledger"
    found = place("mine")
    assert found.url == f"sqlite:///{folder / 'ledger.sqlite'}"
    assert found.anchor == folder / "anchor.jsonl"


def test_the_environment_goes_before(monkeypatch):
    """And what it says of the database is not shown."""
    monkeypatch.setenv("STOCKCAST_LEDGER_URL", "postgresql://reader:hush@host/stocks")
    monkeypatch.setenv("STOCKCAST_LEDGER_ANCHOR", "/elsewhere/anchor.jsonl")
    found = place("mine")
    assert found.url == "postgresql://reader:hush@host/stocks"
    assert found.anchor == Path("/elsewhere/anchor.jsonl")
    assert "hush" not in repr(found)


def test_a_password_comes_from_the_environment_or_the_keyring(monkeypatch):
    """In this order, for the URL's user; one in the URL itself goes before both."""
    assert database._parsed(SERVER).password is None
    asked = []
    monkeypatch.setattr(
        keyring, "get_password", lambda *words: asked.append(words) or "from the keyring"
    )
    assert database._parsed(SERVER).password == "from the keyring"
    assert asked == [("stockcast-ledger", "reader")]
    monkeypatch.setenv("STOCKCAST_LEDGER_PASSWORD", "from the environment")
    assert database._parsed(SERVER).password == "from the environment"
    assert database._parsed(SERVER.replace("reader@", "reader:own@")).password == "own"


def test_no_keyring_is_no_error(monkeypatch):
    """A server without one asks the database without a password."""

    def broken(*_: str) -> str:
        raise KeyringError("no backend")

    monkeypatch.setattr(keyring, "get_password", broken)
    assert database._parsed(SERVER).password is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:hush@host:5432/stocks?sslpassword=hush&password=hush",
        "sqlite:////tmp/x.sqlite?password=hush",
    ],
)
def test_a_shown_url_has_no_secrets(url):
    """Neither the password nor the options, where another may stand."""
    assert "hush" not in database._shown(database._parsed(url))
