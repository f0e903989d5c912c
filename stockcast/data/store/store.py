"""The store: one folder that updates append to and that everything else reads.

    store = Store(paths.store())
    store.update(Client(), "2015-01-05")           # again and again; fetches what is missing
    store.read("bars", "2017-01-01", codes=["600519.SH"])
    store.read("factors", as_of="2018-03-01")      # what was known then
    store.query("SELECT code, avg(amount) FROM bars WHERE year = 2017 GROUP BY code")

The folder is plain files, so DVC can keep its versions: `dvc add store`, then `dvc push`. Whoever
has it checked out reads exactly those revisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stockcast import paths
from stockcast.data.store import layout, parts, plan, query, read, status, update
from stockcast.data.store.feed import Client, Outcome, Progress, Request
from stockcast.data.store.update import RECHECKED
from stockcast.errors import InputError

INDEXES = ("000300.SH",)


class Store:
    """Tables of `stockcast.market.tables` in partitioned Parquet, every revision kept.

    Parameters
    ----------
    folder
        Where it lies; made by the first update. None: `paths.store()`.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder) if folder is not None else paths.store()

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"

    def update(
        self,
        client: Client,
        start: str | pd.Timestamp | None = None,
        end: str | pd.Timestamp | None = None,
        tables: Sequence[str] | None = None,
        *,
        recheck: int = RECHECKED,
        refresh: bool = False,
        indexes: Sequence[str] = INDEXES,
        now: str | pd.Timestamp | None = None,
        progress: Progress | None = None,
    ) -> list[Outcome]:
        """Fetch the days that are missing and write them; safe to kill at any moment.

        Parameters
        ----------
        client
            Has `fetch(interface, **params)` and gives canonical rows.
        start, end
            First and last day wanted. Without `start`, from the first day that is covered;
            without `end`, to the last day that is complete at `now`.
        tables
            Names of `TABLES`; None means every one that an interface gives.
        recheck
            Covered days, the last ones before `end`, that are fetched again to find revisions.
        refresh
            Also fetch whole tables that were fetched today.
        indexes
            Codes of the indexes whose bars and weights are fetched, beside those that the store
            has already. One that is new is fetched for every day that the others have, too.
        now
            Shanghai time, which decides the days that are complete and is written as `seen`.
        progress
            Called with the table, the days done and the days to do.

        Returns
        -------
        list of Outcome
            One a table, in the order of `tables`.

        Raises
        ------
        InputError
            An argument is wrong, the store is empty and `start` is not given, or another process
            is updating the store.
        StoreFull
            The disk is full; what was there is untouched.
        StockcastError
            What the client raises; days that had come by then are kept. A table for which the
            account lacks permission is left out and says so in its outcome.
        """
        if recheck < 0:
            raise InputError("recheck", "must not be negative", recheck)
        request = Request(
            _day(start, "start"), _day(end, "end"), recheck, refresh, indexes,
            read.moment(now, "now") or shanghai_now(),
        )  # fmt: skip
        _check_order(request.start, request.end)
        if not request.indexes:
            raise InputError("indexes", "must name at least one", hint="such as 000300.SH")
        if request.start is not None and request.start > request.now:
            today = f"it is {request.now:%F} in Shanghai"
            raise InputError("start", "must not be after today", f"{request.start:%F}", today)
        wanted = [plan.check(table) for table in tables] if tables else plan.tables()
        return update.update(self.folder, client, wanted, request, progress)

    def read(
        self,
        table: str,
        start: str | pd.Timestamp | None = None,
        end: str | pd.Timestamp | None = None,
        codes: Sequence[str] | None = None,
        as_of: str | pd.Timestamp | None = None,
        *,
        revisions: bool = False,
    ) -> pd.DataFrame:
        """Rows of a table, as `TABLES[table].typed` gives them.

        Parameters
        ----------
        table
            A name of `TABLES`. One that was never fetched has no rows.
        start, end
            First and last day of the table's dated column, both inclusive; tables without one
            ignore them. Rows without a day come only when neither is given.
        codes
            Stocks, indexes or contracts; None for all.
        as_of
            Rows as the store held them then: a moment, or a day for its end. It tells revisions
            apart, not when a fact became public (`Table.public`): rows that an update fetched
            after `as_of` are left out, however old they are.
        revisions
            Every revision, with the columns `revision`, `seen` and `superseded`.

        Raises
        ------
        InputError
            The table is not known, a day is none, or a file is damaged.
        """
        return read.read(
            self.folder, table, _day(start, "start"), _day(end, "end"), codes,
            read.last_moment(as_of, "as_of"), revisions,
        )  # fmt: skip

    def day(self, table: str, date: str | pd.Timestamp) -> pd.DataFrame:
        """Rows of one day."""
        return self.read(table, date, date)

    def stock(self, table: str, code: str) -> pd.DataFrame:
        """Rows of one stock."""
        return self.read(table, codes=[code])

    def query(self, sql: str, *, as_of: str | pd.Timestamp | None = None) -> pd.DataFrame:
        """Answer of a SELECT in DuckDB's dialect over views named as the tables.

        Views hold the rows in force, or those at `as_of`; the column `year` prunes files.

        Raises
        ------
        InputError
            The statement is no SELECT, or DuckDB refuses it.
        """
        return query.query(self.folder, sql, read.last_moment(as_of, "as_of"))

    def status(self, now: str | pd.Timestamp | None = None) -> pd.DataFrame:
        """What is there, one row a table.

        Returns
        -------
        DataFrame
            `table`; `rows` in force; `first` and `last` day with rows; `missing`, the days between
            covered ones that are not; `behind`, the complete days after the last covered one;
            `revisions`, rows that are kept but no longer in force; `megabytes`; `updated`,
            Shanghai time.
        """
        return status.status(self.folder, read.moment(now, "now") or shanghai_now())

    def missing(self, table: str, now: str | pd.Timestamp | None = None) -> pd.DatetimeIndex:
        """Days from the first covered one on that are complete and not covered."""
        moment = read.moment(now, "now") or shanghai_now()
        return status.missing(self.folder, layout.check(table), moment)

    def tables(self) -> list[str]:
        """Names of the tables that were ever fetched."""
        return layout.tables(self.folder)

    def export(
        self,
        table: str,
        target: Path | str,
        start: str | pd.Timestamp | None = None,
        end: str | pd.Timestamp | None = None,
        codes: Sequence[str] | None = None,
        as_of: str | pd.Timestamp | None = None,
    ) -> int:
        """Write what `read` gives into a .csv or .parquet file; the number of rows.

        Raises
        ------
        InputError
            As `read`; when the file's name ends otherwise, `start` is after `end`, a code is
            unknown, or there is no row to write: a file of that name is left as it is.
        """
        target = Path(target)
        if target.suffix not in (".csv", ".parquet"):
            raise InputError("to", "must end in .csv or .parquet", target.name)
        _check_order(_day(start, "start"), _day(end, "end"))
        rows = self.read(table, start, end, codes, as_of)
        if codes is not None and (unknown := read.unknown(self.folder, table, codes)):
            raise InputError("codes", f"are not in the table {table}", ", ".join(unknown))
        if rows.empty:
            hint = "stockcast data status shows what there is"
            raise InputError(f"table {table}", "has no such rows in the store", hint=hint)
        packed = rows.to_csv(index=False).encode() if target.suffix == ".csv" else _parquet(rows)
        parts.replace(target, packed)
        return len(rows)


def shanghai_now() -> pd.Timestamp:
    """The time on a Shanghai clock, without zone."""
    return pd.Timestamp.now("Asia/Shanghai").tz_localize(None).as_unit("us")


def _parquet(rows: pd.DataFrame) -> memoryview:
    import io

    packed = io.BytesIO()
    rows.to_parquet(packed, index=False)
    return packed.getbuffer()


def _day(value: object, what: str) -> pd.Timestamp | None:
    found = read.moment(value, what)
    return found.normalize() if found is not None else None


def _check_order(start: pd.Timestamp | None, end: pd.Timestamp | None) -> None:
    if start is not None and end is not None and start > end:
        raise InputError("start", "must not be after end", f"{start:%F}", f"end is {end:%F}")
