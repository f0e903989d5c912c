"""Where a run's ledger is: its database and its anchor, and the password from no file of ours."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from stockcast import paths

URL, ANCHOR, PASSWORD = (
    "STOCKCAST_LEDGER_URL",
    "STOCKCAST_LEDGER_ANCHOR",
    "STOCKCAST_LEDGER_PASSWORD",
)
KEYRING = "stockcast-ledger"
"""Service name under which the keyring may hold the password; the user name is the URL's."""
FOLDER, FILE, ANCHOR_FILE = "ledger", "ledger.sqlite", "anchor.jsonl"
REPLAY = "replay"
"""Folder of a run's replay, which has a ledger of its own."""


@dataclass(frozen=True)
class Place:
    """Where a ledger is.

    Attributes
    ----------
    url : str
        SQLAlchemy's; it may hold a password and is never shown.
    anchor : Path
    """

    url: str = field(repr=False)
    anchor: Path


def place(run: str, *, replayed: bool = False) -> Place:
    """Where the ledger of a run is.

    `runs/RUN/ledger/ledger.sqlite` and `runs/RUN/ledger/anchor.jsonl`, unless the environment's
    `STOCKCAST_LEDGER_URL` and `STOCKCAST_LEDGER_ANCHOR` say otherwise. A ledger named so holds the
    forecasts of every run: each of them names its own.

    Parameters
    ----------
    run
        Its name.
    replayed
        That of the run's replay, which is always in `runs/RUN/replay`.
    """
    if replayed:
        return inside(paths.stage(run, REPLAY))
    folder = paths.stage(run, FOLDER)
    url = os.environ.get(URL) or f"sqlite:///{folder / FILE}"
    return Place(url, Path(os.environ.get(ANCHOR) or folder / ANCHOR_FILE).absolute())


def inside(folder: Path) -> Place:
    """A ledger in a file of its own, in `folder`."""
    folder = Path(folder).absolute()
    return Place(f"sqlite:///{folder / FILE}", folder / ANCHOR_FILE)


def password(user: str) -> str | None:
    """The password of a database's user: `STOCKCAST_LEDGER_PASSWORD`, else the keyring's."""
    return os.environ.get(PASSWORD) or _from_keyring(user)


def _from_keyring(user: str) -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING, user)
    except (KeyringError, RuntimeError):
        return None
