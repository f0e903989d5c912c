"""Where studies are kept."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from stockcast.errors import InputError
from stockcast.models.search.storage import SETTING, connect, driving, forget, shown, sqlite, usual


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@127.0.0.1:1/studies",
        "postgresql+psycopg2://me:s3c@ret@127.0.0.1:1/studies?password=s3cret",
        "nonsense://me:s3cret@host/db",
    ],
)
def test_no_message_shows_a_password(url: str) -> None:
    """A database that does not open is named without its password, in the whole chain of errors."""
    with pytest.raises(InputError, match="must be a database that opens") as caught:
        connect(url)
    told = "".join(traceback.format_exception(caught.value, chain=True))
    assert "s3c" not in told.replace(repr(url), "").split("connect(url)")[-1]
    assert caught.value.__context__ is None


def test_what_is_shown_of_a_url() -> None:
    """Kind, host and database; of a file, its place in the project."""
    assert shown("postgresql://me:s3cret@host:5/db?sslmode=require") == "postgresql://host:5/db"
    assert shown("") == "memory"
    assert "/" not in shown(sqlite(Path("/somewhere/else/studies.sqlite")))


def test_a_file_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    """A folder that is a file gives one line."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="must be a database that opens"):
        connect(sqlite(tmp_path / "taken" / "studies.sqlite"))


def test_no_lock_stays_behind(tmp_path: Path) -> None:
    """The lock's file goes with the lock."""
    url = sqlite(tmp_path / "studies.sqlite")
    with driving(url, "a"):
        assert list(tmp_path.glob("*.lock"))
    assert not list(tmp_path.glob("*.lock"))


def test_studies_lie_beside_the_run_or_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No parameter names a database, so that no page shows one; a file that served can go."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path))
    assert usual("tiny") == sqlite(tmp_path / "tiny" / "studies.sqlite")
    connect(usual("tiny"))
    assert (tmp_path / "tiny" / "studies.sqlite").is_file()
    forget(usual("tiny"))
    assert not list((tmp_path / "tiny").iterdir())
    monkeypatch.setenv(SETTING, "postgresql://me:s3cret@host/db")
    assert usual("tiny") == "postgresql://me:s3cret@host/db"
    forget(usual("tiny"))
