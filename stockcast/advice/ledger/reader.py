"""What a ledger holds: its entries as tables, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
import pandas as pd

from stockcast.advice.ledger import database, said, scoring, verify
from stockcast.advice.ledger.anchor import SEE, Anchor
from stockcast.advice.ledger.chain import Entry, Head
from stockcast.advice.ledger.database import Database
from stockcast.advice.ledger.trouble import Fault, LedgerError


class Reader:
    """A ledger that is read. What was never written is empty, and looking makes no file.

    Every method raises `LedgerError` when the database cannot be read.
    """

    def __init__(self, base: Database, anchor: Anchor) -> None:
        self._database, self._anchor = base, anchor

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._database.name!r}, {str(self._anchor.path)!r})"

    @property
    def anchor(self) -> Path:
        """The anchor's file."""
        return self._anchor.path

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def begun(self) -> bool:
        """Whether anything was ever written, as far as the anchor or the database tells."""
        return self.anchor.exists() or self.head().count > 0

    def head(self) -> Head:
        """Entries so far, the hash of the last and when it was issued.

        Printed or kept elsewhere, the hash tells later whether all of it was written anew.
        """
        with self._database.reading() as connection:
            return database.head(connection) if connection is not None else Head()

    def entries(self, kind: str = "") -> pd.DataFrame:
        """Every entry, or those of one kind, in order.

        Returns
        -------
        DataFrame
            number, kind, issued (UTC), key, payload (dict), previous, hash.
        """
        with self._database.reading() as connection:
            return _table(database.entries(connection, [kind] if kind else []))

    def forecasts(self) -> pd.DataFrame:
        """Every forecast as it was issued.

        Returns
        -------
        DataFrame
            number, issued (UTC), the columns of a forecast table, data_hash, model_version,
            information_until and rank (NaN: not listed).
        """
        entries = self.entries("forecast")
        with _as_written():
            return said.table(entries)

    def unscored(self) -> pd.DataFrame:
        """`forecasts` that have no score yet."""
        with self._database.reading() as connection:
            entries = _table(database.unscored(connection))
        with _as_written():
            return said.table(entries)

    def scores(self) -> pd.DataFrame:
        """Every score beside the forecast that it judges: `stockcast.advice.ledger.scoring.table`.

        Returns
        -------
        DataFrame
            number, scored (UTC), forecast (its number), until, outcome, label, hit, squared_error,
            brier, in_interval, and what `forecasts` tells of it.
        """
        entries, forecasts = self.entries("score"), self.forecasts()
        with _as_written():
            return scoring.table(entries, forecasts)

    def revised(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Scores that this panel would give otherwise: its history was revised since.

        Returns
        -------
        DataFrame
            forecast, date, code, label as scored, and `now`, the label by this panel.
        """
        return scoring.revised(self.scores(), panel)

    def verify(self, *, strict: bool = True) -> list[Fault]:
        """What is wrong with the ledger; empty when it is whole.

        Finds entries changed, removed, reordered, back-dated or issued when they knew too much, a
        tail cut off, a chain written anew, an anchor changed, cut or missing, triggers taken away.
        A writer that died leaves no fault: `stockcast.advice.ledger.anchor`.

        Parameters
        ----------
        strict
            Whether a forecast is a fault that was in time by its `issued_at`, but not by the clock
            of who wrote it: it was dated back. (A replay's clock is turned back as well.)

        Returns
        -------
        list of Fault
            In the order of the entries, then what the anchor tells.

        Raises
        ------
        LedgerError
            When the anchor cannot be read. A database that cannot be is a fault.
        """
        with suppress(LedgerError):  # which is told below
            if not self.begun():
                return []
        with self._anchor.alone():
            lines = self._anchor.read()
            try:
                with self._database.reading() as connection:
                    entries = database.entries(connection)
                    bare = database.missing_triggers(connection)
            except LedgerError as error:
                return [Fault("unreadable", 0, str(error))]
        return [
            *verify.of_entries(entries),
            *verify.of_anchor(lines),
            *verify.against_anchor(entries, lines),
            *(verify.written_late(entries, lines) if strict else ()),
            *(Fault("unprotected", 0, f"the trigger {name} is missing") for name in bare),
        ]


def _table(entries: list[Entry]) -> pd.DataFrame:
    with _as_written():
        table = pd.DataFrame(entries, columns=list(Entry._fields))
        table["issued"] = pd.to_datetime(table["issued"], utc=True).dt.as_unit("us")
        table["payload"] = [orjson.loads(text) for text in table["payload"]]
        return table


@contextmanager
def _as_written() -> Iterator[None]:
    """Tell of entries that somebody has changed into what cannot be read."""
    try:
        yield
    except (ValueError, TypeError, KeyError):
        raise LedgerError(f"an entry of the ledger is not as it was written; {SEE}") from None
