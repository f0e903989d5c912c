"""Where studies are kept: in a SQLite file, in PostgreSQL by URL, or in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stockcast.errors import InputError
from stockcast.paths import runs
from stockcast.paths import shown as shown_path

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

SETTING = "STOCKCAST_STUDIES"
SQLITE = "sqlite:///"
WAIT = 60
"""Seconds that a process waits for another's write."""


def sqlite(path: Path) -> str:
    """URL of a SQLite file."""
    return f"{SQLITE}{Path(path).absolute()}"


def usual(run: str) -> str:
    """Where the studies of a run are kept: the URL in `STOCKCAST_STUDIES`, or a file beside it.

    The environment holds the URL and no parameter does: parameters are printed on pages.
    """
    return os.environ.get(SETTING) or sqlite(runs() / run / "studies.sqlite")


def forget(url: str) -> None:
    """Delete a file of studies; a database that others may use stays as it is."""
    if not url.startswith(SQLITE):
        return
    file = Path(url.removeprefix(SQLITE))
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def shown(url: str) -> str:
    """`url` without its password and without anything that could hold one."""
    if not url:
        return "memory"
    if url.startswith(SQLITE):
        return shown_path(Path(url.removeprefix(SQLITE)))
    kind, _, rest = url.partition("://")
    where = re.split(r"[?#]", rest)[0].rpartition("@")[2]
    return f"{kind}://{where}" if rest else kind


def connect(url: str) -> BaseStorage:
    """Open the storage at `url`, made ready if it is new.

    Parameters
    ----------
    url
        `sqlite:///PATH`, `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`, or empty: memory. The
        password is in no message.

    Raises
    ------
    InputError
        When there is no such database, or no driver for it.
    """
    import sqlalchemy
    from optuna.storages import InMemoryStorage, RDBStorage

    if not url:
        return InMemoryStorage()
    lite = url.startswith(SQLITE)
    fault = ""
    try:
        if lite:
            Path(url.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        options = {"connect_args": {"timeout": WAIT}} if lite else {"pool_pre_ping": True}
        storage = RDBStorage(url, engine_kwargs=options)
        if lite:
            sqlalchemy.event.listen(storage.engine, "connect", _ahead)
            storage.engine.dispose()
    except ImportError:
        fault = "install its driver, as in: pip install 'psycopg[binary]'"
    except (sqlalchemy.exc.SQLAlchemyError, OSError, ValueError, RuntimeError) as error:
        fault = f"{type(error).__name__}: see that it runs and that the URL is right"
    if fault:  # raised out here, so that no chained error shows the URL
        raise InputError(f"storage {shown(url)}", "must be a database that opens", hint=fault)
    return storage


@contextmanager
def opened(url: str) -> Iterator[BaseStorage]:
    """The storage at `url`, its connections closed in the end; see `connect`."""
    held = connect(url)
    try:
        yield held
    finally:
        if hasattr(held, "engine"):
            held.remove_session()
            held.engine.dispose()


def _ahead(connection: object, _: object) -> None:
    """A write-ahead log: one wait for the disk now and then, where each write would wait.

    What was written survives the end of the process, however it ends.
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def driving(url: str, study: str) -> Iterator[None]:
    """Be the only process that asks for trials of a study in a SQLite file or in PostgreSQL.

    Raises
    ------
    InputError
        When another process is at it.
    """
    if url.startswith("postgresql"):
        with _advised(url, study):
            yield
        return
    if not url.startswith(SQLITE):
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(f"{url.removeprefix(SQLITE)}.{study}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _taken(study) from None
    try:
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)  # while it is held: nobody else's goes
        lock.release()


@contextmanager
def _advised(url: str, study: str) -> Iterator[None]:
    """A lock that PostgreSQL keeps as long as this connection lives: a kill releases it."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        asked = sqlalchemy.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
        if not connection.execute(asked, {"name": f"stockcast study {study}"}).scalar():
            raise _taken(study)
        yield


def _taken(study: str) -> InputError:
    rule, hint = "is being run by another process", "wait for it to end"
    return InputError(f"study {study}", rule, hint=hint)
