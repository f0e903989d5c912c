"""The ledger's database: SQLite in a file, or PostgreSQL by URL, through SQLAlchemy.

One table holds the chain. Triggers refuse to change or delete its rows and to add one out of turn:
they keep honest programs honest; what somebody does who removes them, `verify` shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc

from stockcast.advice.ledger.chain import Entry, Head
from stockcast.advice.ledger.place import password
from stockcast.advice.ledger.trouble import LedgerError
from stockcast.errors import InputError

PATIENCE = 120.0
"""Seconds that SQLite waits for another connection."""
CHUNK = 900
"""Values in one IN (...): older SQLite takes 999."""
WRITES = "stockcast_writes"

METADATA = sa.MetaData()
ENTRIES = sa.Table(
    "entries",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
              autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("issued", sa.Text, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.UniqueConstraint("kind", "key"),
)  # fmt: skip

TRIGGERS = {
    "sqlite": {
        "entries_no_update": "BEFORE UPDATE ON entries BEGIN "
        "SELECT RAISE(ABORT, 'the ledger is only ever added to'); END",
        "entries_no_delete": "BEFORE DELETE ON entries BEGIN "
        "SELECT RAISE(ABORT, 'the ledger is only ever added to'); END",
        # INSERT OR REPLACE deletes without asking the trigger above.
        "entries_in_turn": "BEFORE INSERT ON entries "
        "WHEN NEW.number IS NOT (SELECT COALESCE(MAX(number), 0) + 1 FROM entries) BEGIN "
        "SELECT RAISE(ABORT, 'the ledger is only added to at its end'); END",
    },
    "postgresql": {
        "entries_no_change": "BEFORE UPDATE OR DELETE ON entries "
        "FOR EACH ROW EXECUTE FUNCTION entries_refuse()",
        "entries_no_truncate": "BEFORE TRUNCATE ON entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse()",
    },
}
_REFUSE = (
    "CREATE OR REPLACE FUNCTION entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'the ledger is only ever added to'; END $$"
)
_STANDING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entries'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'entries'::regclass "
    "AND tgenabled <> 'D' AND NOT tgisinternal",
}

event.listen(ENTRIES, "after_create", sa.DDL(_REFUSE).execute_if(dialect="postgresql"))
for _dialect, _bodies in TRIGGERS.items():
    for _name, _body in _bodies.items():
        _made = sa.DDL(f"CREATE TRIGGER {_name} {_body}")
        event.listen(ENTRIES, "after_create", _made.execute_if(dialect=_dialect))


class Database:
    """Connections to it, and the few questions that the ledger asks.

    Parameters
    ----------
    url
        `sqlite:////absolute/file` or `postgresql://user@host/name`; without a password,
        PostgreSQL's is looked up (`stockcast.advice.ledger.place.password`). It is never shown.

    Raises
    ------
    InputError
        When the URL is none, names another kind of database, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.name = _shown(parsed)
        self._secret = parsed.password
        self.file = Path(parsed.database) if parsed.get_backend_name() == "sqlite" else None
        waits = {"timeout": PATIENCE} if self.file else {}
        try:
            self._engine = sa.create_engine(parsed, poolclass=sa.NullPool, connect_args=waits)
        except (ImportError, exc.ArgumentError):
            hint = "python -m pip install psycopg"
            raise InputError("ledger's URL", "must name an installed driver", self.name, hint)\
                from None  # fmt: skip
        if self.file:
            event.listen(self._engine, "connect", _begin_ourselves)
            event.listen(self._engine, "begin", _begin)

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection | None]:
        """A connection that sees one state of the database; None while nothing was ever written.

        Raises
        ------
        LedgerError
            When the database cannot be read.
        """
        if self.file and not self.file.exists():
            yield None
            return
        with self._telling("read"), self._engine.connect() as connection:
            there = sa.inspect(connection).has_table(ENTRIES.name)
            yield connection if there else None

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection that alone may write; what is not committed in it has never been.

        Raises
        ------
        LedgerError
            When the database cannot be written.
        """
        with self._telling("written"):
            if self.file:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.connect().execution_options(**{WRITES: True}) as connection:
                METADATA.create_all(connection)
                if not self.file:
                    connection.exec_driver_sql("LOCK TABLE entries IN EXCLUSIVE MODE")
                yield connection

    def close(self) -> None:
        """Give back whatever the driver holds."""
        self._engine.dispose()

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Make the driver's errors one line, without statements, values or passwords."""
        try:
            yield
        except exc.SQLAlchemyError as error:
            why = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
            if self._secret:
                why = why.replace(str(self._secret), "***")
            raise LedgerError(f"{self.name}: cannot be {what}: {why}") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise LedgerError(f"{self.name}: cannot be {what}: {why}") from None


def head(connection: sa.Connection) -> Head:
    """Where the chain ends in the database."""
    table = ENTRIES.c
    last = sa.select(table.number, table.hash, table.issued).order_by(table.number.desc()).limit(1)
    row = connection.execute(last).first()
    return Head(*row) if row else Head()


def add(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Insert entries, not committed."""
    connection.execute(sa.insert(ENTRIES), [entry._asdict() for entry in entries])


def entries(connection: sa.Connection | None, kinds: Sequence[str] = ()) -> list[Entry]:
    """Every entry in the order of the numbers, or those of some kinds."""
    if connection is None:
        return []
    asked = sa.select(*(ENTRIES.c[name] for name in Entry._fields)).order_by(ENTRIES.c.number)
    if kinds:
        asked = asked.where(ENTRIES.c.kind.in_(list(kinds)))
    return [Entry(*row) for row in connection.execute(asked)]


def unscored(connection: sa.Connection | None) -> list[Entry]:
    """Forecasts that no score names, in order."""
    if connection is None:
        return []
    scores = ENTRIES.alias("scores")
    names = scores.c.key == sa.cast(ENTRIES.c.number, sa.Text)
    asked = (
        sa.select(*(ENTRIES.c[name] for name in Entry._fields))
        .where(ENTRIES.c.kind == "forecast")
        .where(~sa.exists().where(scores.c.kind == "score", names))
        .order_by(ENTRIES.c.number)
    )
    return [Entry(*row) for row in connection.execute(asked)]


def payloads(connection: sa.Connection, kind: str, keys: Iterable[str]) -> dict[str, str]:
    """Payload by key, of those keys that entries of the kind have."""
    wanted, found = list(dict.fromkeys(keys)), {}
    asked = sa.select(ENTRIES.c.key, ENTRIES.c.payload).where(ENTRIES.c.kind == kind)
    for first in range(0, len(wanted), CHUNK):
        part = asked.where(ENTRIES.c.key.in_(wanted[first : first + CHUNK]))
        found |= dict(tuple(row) for row in connection.execute(part))
    return found


def missing_triggers(connection: sa.Connection | None) -> list[str]:
    """Names of the triggers that should stand and do not."""
    if connection is None:
        return []
    dialect = connection.dialect.name
    standing = {row[0] for row in connection.exec_driver_sql(_STANDING[dialect])}
    return sorted(set(TRIGGERS[dialect]) - standing)


def _parsed(url: str) -> sa.URL:
    hint = "such as sqlite:////folder/ledger.sqlite or postgresql://user@host/name"
    try:
        parsed = sa.make_url(url)
    except (exc.ArgumentError, ValueError, TypeError):  # whose texts may hold the password
        raise InputError("ledger's URL", "must be a database's", hint=hint) from None
    if parsed.get_backend_name() not in TRIGGERS:
        backend = parsed.get_backend_name()
        raise InputError("ledger's URL", "must name SQLite or PostgreSQL", backend, hint)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise InputError("ledger's URL", "must name a file", _shown(parsed), hint)
    elif parsed.username and parsed.password is None:
        parsed = parsed.set(password=password(parsed.username))
    return parsed


def _shown(url: sa.URL) -> str:
    """The URL without its password; its options, where another may stand, are left out."""
    return url.set(query={}).render_as_string(hide_password=True)


def _begin_ourselves(connection: object, _record: object) -> None:
    connection.isolation_level = None  # else the driver begins when it likes


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
