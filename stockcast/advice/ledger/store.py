"""The ledger: forecasts are issued into it, outcomes and opinions recorded, nothing is changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from stockcast.advice.ledger import admission, chain, database, said, scoring
from stockcast.advice.ledger.admission import Moment
from stockcast.advice.ledger.anchor import INTENT, KEPT, Anchor
from stockcast.advice.ledger.chain import Asked, Head
from stockcast.advice.ledger.database import Database
from stockcast.advice.ledger.reader import Reader
from stockcast.advice.ledger.trouble import LedgerError


class Ledger(Reader):
    """A ledger that is open. Use `Ledger.open`, in a `with`.

    Every write is one transaction: all of it is kept, or nothing. Several processes may write at
    once; each waits for its turn.
    """

    def __init__(self, base: Database, anchor: Anchor, clock: Callable[[], Moment]) -> None:
        super().__init__(base, anchor)
        self._clock = clock

    @classmethod
    def open(
        cls,
        url: str,
        anchor: Path,
        *,
        clock: Callable[[], Moment] = lambda: dt.datetime.now(dt.UTC),
    ) -> Ledger:
        """Open a ledger; nothing is made before the first write.

        Parameters
        ----------
        url, anchor
            As `stockcast.advice.ledger.place` gives them. One ledger has one anchor, which all who
            write must share.
        clock
            What tells the time where `issued_at` is not given, and to the anchor; a replay has one
            of its own.

        Raises
        ------
        InputError
            When the URL names no database that can hold a ledger.
        """
        return cls(Database(url), Anchor(anchor), clock)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def issue(
        self,
        forecasts: pd.DataFrame,
        *,
        issued_at: Moment,
        data_hash: str,
        model_version: str,
        information_until: pd.Timestamp | str,
    ) -> int:
        """Write forecasts down, before anybody can know how they end.

        Parameters
        ----------
        forecasts : DataFrame with the columns `stockcast.models.model.COLUMNS`
            And optionally `rank`, the place in the evening's list from 1, NaN when not listed.
            NaN is kept as such; `date` and `code` must be there.
        issued_at
            Between the close of `date` and the close of the next trading day, from which the label
            counts; not before the entry before. Without a time zone it is Shanghai's.
        data_hash, model_version, information_until
            What the forecasts were made from; all are of later days than `information_until`.

        Returns
        -------
        int
            New entries. A forecast that is there already, the same in everything, counts 0.

        Raises
        ------
        InputError
            When a forecast breaks a rule, or another one of the same run, model, horizon, date and
            code has been issued; then nothing is written.
        LedgerError
            When the ledger cannot be written, or is not whole at its end.
        """
        made = {"data_hash": data_hash, "model_version": model_version}
        asked = said.asked(forecasts, made, information_until)
        return self._append(asked, issued_at, "same", said.check_issued)

    def record(
        self,
        kind: str,
        payloads: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        keys: str | Sequence[str] | None = None,
        issued_at: Moment | None = None,
        twice: Literal["refuse", "same"] = "refuse",
    ) -> int:
        """Write down something else: feedback, orders, fills, lists.

        Parameters
        ----------
        kind
            Lower-case letters and underscores; not "forecast" or "score".
        payloads
            One map of names onto what JSON can hold, or several, kept together or not at all. The
            name `key` is the ledger's own.
        keys
            For each payload what no other of the kind may have; it is kept as `key` in the payload.
            None: the same may be recorded again.
        issued_at
            [default: now]
        twice
            "refuse" an entry whose key is there; "same": one with the same payload counts 0, only
            a different one is refused.

        Returns
        -------
        int
            New entries.

        Raises
        ------
        InputError
            When a payload, a key or the time breaks a rule; then nothing is written.
        LedgerError
            As `issue`.
        """
        asked = admission.records(kind, payloads, keys)
        return self._append(asked, issued_at, twice)

    def score(
        self,
        panel: pd.DataFrame,
        known_until: pd.Timestamp | str | None = None,
        *,
        date: pd.Timestamp | str | None = None,
        issued_at: Moment | None = None,
    ) -> int:
        """Score every forecast whose horizon is over, once.

        Parameters
        ----------
        panel
            The panel, as for `stockcast.samples.labels.label`.
        known_until
            Last day whose close counts as known. [default: the panel's last day]
        date
            Only forecasts of that day. [default: all]
        issued_at
            Not before the close of the last day used. [default: now]

        Returns
        -------
        int
            New entries. What has a score keeps it, whatever the panel says now: see `revised`.

        Raises
        ------
        InputError
            When there is no forecast of `date`, a day is none, or the scores would be issued
            before their outcomes were known; then nothing is written.
        LedgerError
            As `issue`.
        """
        waiting = self.unscored()
        if date is not None:
            numbers = said.of_day(self.forecasts(), date)["number"]
            waiting = waiting[waiting["number"].isin(numbers)]
        asked = scoring.asked(scoring.outcomes(waiting, panel, known_until))
        return self._append(asked, issued_at, "skip", said.check_scored)

    def _append(
        self,
        asked: Sequence[Asked],
        issued_at: Moment | None,
        twice: str,
        check: Callable[[Sequence[Asked], str], None] | None = None,
    ) -> int:
        """Write what is new of `asked`; intent, commit, kept: see `stockcast.advice.ledger.anchor`.

        A failure before the commit leaves nothing; one after it leaves everything, and the next
        writer finishes the anchor.
        """
        if check and asked and not self.begun():  # a ledger does not begin by what it refuses
            check(asked, admission.issued(issued_at, chain.moment(self._clock()), Head()))
        with self._anchor.alone(), self._database.writing() as connection:
            before, now = database.head(connection), chain.moment(self._clock())
            self._anchor.settle(before, now)
            new = admission.new(connection, asked, twice)
            if not new:
                return 0
            issued = admission.issued(issued_at, now, before)
            if check:
                check(new, issued)
            entries = chain.linked(before, issued, new)
            database.add(connection, entries)
            after = Head(entries[-1].number, entries[-1].hash, issued)
            self._anchor.add(INTENT, after, before, now)
            connection.commit()
            try:
                self._anchor.add(KEPT, after, before, now)
            except LedgerError as error:
                raise LedgerError(
                    f"{error}; the entries are kept, the next write says so"
                ) from None
        return len(entries)
