"""SQL over the store's files where they lie: DuckDB in memory; nothing is copied or written.

Each table of the store is a view of its rows in force, with its canonical columns and, where it is
cut by year, `year`. A condition on `year` leaves files unopened; one on a day or a code skips the
row groups that cannot have it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from stockcast.data.store import layout
from stockcast.errors import InputError
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    import duckdb


def query(store: Path, sql: str, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
    """`Store.query` on a folder."""
    import duckdb

    try:
        with duckdb.connect(":memory:") as connection:
            _only_reads(connection, sql)
            _views(connection, store, as_of)
            return connection.sql(sql).to_arrow_table().to_pandas()
    except duckdb.Error as error:
        raise InputError("query", "cannot be answered", hint=_first_line(error)) from None


def _only_reads(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    import duckdb

    asked = {statement.type for statement in connection.extract_statements(sql)}
    if asked - {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN} or not asked:
        raise InputError("query", "must be a SELECT", sql, "the store is only read")


def _views(connection: duckdb.DuckDBPyConnection, store: Path, as_of: pd.Timestamp | None) -> None:
    """One view a table; then no other file can be read."""
    for table in layout.tables(store):
        files = [str(path.absolute()) for path in layout.parts(store, table)]
        if files:
            connection.execute(_view(table, files, as_of))
    quoted = _quoted(str(Path(store).absolute()))
    connection.execute(f"SET allowed_directories = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _view(table: str, files: list[str], as_of: pd.Timestamp | None) -> str:
    columns = [f'"{name}"' for name in TABLES[table].columns]
    if table not in layout.WHOLE:
        columns.append("year")
    in_force = "superseded IS NULL"
    if as_of is not None:
        then = f"TIMESTAMP '{as_of}'"
        in_force = f"seen <= {then} AND (superseded IS NULL OR superseded > {then})"
    listed = ", ".join(map(_quoted, files))
    split = "true" if table not in layout.WHOLE else "false"
    return (
        f'CREATE VIEW "{table}" AS SELECT {", ".join(columns)} '
        f"FROM read_parquet([{listed}], hive_partitioning = {split}) WHERE {in_force}"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
