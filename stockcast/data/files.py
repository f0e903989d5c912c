"""Quote and index files: where they are looked for, and what is said when one cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stockcast import paths
from stockcast.data import schema
from stockcast.data.boards import board
from stockcast.errors import InputError, MissingArtifact, nearest

CODES = ("code", "代码", "股票代码", "证券代码", "ts_code", "symbol")
"""Headers under which CSV files have codes, whose leading zeros are part of them."""


def find(name: str, key: str) -> Path:
    """The file, or the folder of files, that parameter `key` names.

    Raises
    ------
    MissingArtifact
        No folder with real data is named; the line names both ways to get one.
    InputError
        The folder is named and the file is not there.
    """
    folder = paths.real_data()
    places = [place for place in (folder, Path.cwd(), paths.root()) if place is not None]
    for place in places:
        if (place / name).exists():
            return place / name
    if folder is None and not Path(name).is_absolute():
        raise MissingArtifact(
            f"{key} {name}",
            "a Tushare token and `source: tushare`, or a folder with a panel or a Qlib data folder "
            "(`source: qlib`), named by STOCKCAST_REAL_DATA",
        )
    hint = ""
    if folder is not None and folder.is_dir():
        hint = nearest(name, [path.name for path in folder.iterdir()])
    raise InputError(f"{key} {paths.shown(Path(name))}", "must be a file that exists", hint=hint)


def read(path: Path, kind: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A Parquet or CSV file as a table, codes as text.

    Parameters
    ----------
    path
        The file.
    kind
        parquet or csv.
    columns
        Those to read, all of which must be there; None reads all.

    Raises
    ------
    InputError
        The file is of another kind, or a column is missing.
    """
    try:
        if kind == "csv":
            have = pd.read_csv(path, nrows=0).columns
            _check_columns(path, have, columns)
            codes = {str(name): "str" for name in have if str(name) in CODES}
            return pd.read_csv(path, dtype=codes, usecols=columns)
        have = pq.read_schema(path).names
        _check_columns(path, have, columns)
        return pd.read_parquet(path, columns=columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        name = {"csv": "CSV", "parquet": "Parquet"}[kind]
        raise InputError(path.name, f"must be a {name} file", hint=str(error)) from None


def _check_columns(path: Path, have: Sequence[str], wanted: Sequence[str] | None) -> None:
    for name in wanted or ():
        if name not in have:
            hint = nearest(name, map(str, have))
            raise InputError(f"{path.name}, column {name}", "must be there", hint=hint)


def index(name: str, code: str) -> pd.DataFrame:
    """Closes of one index: `date`, `close`, ascending, days without a close left out.

    Parameters
    ----------
    name
        Parquet or CSV file, by its ending, with columns `date`, `code`, `close`.
    code
        The index.

    Raises
    ------
    InputError
        The file, a column or the index is not there, or a value is of the wrong type.
    """
    path = find(name, "benchmark")
    kind = "csv" if path.suffix == ".csv" else "parquet"
    table = read(path, kind, ["date", "code", "close"])
    held = table[table.code == code]
    if held.empty:
        hint = nearest(code, table.code.unique())
        raise InputError(f"{path.name}, index {code}", "is not there", hint=hint)
    held = pd.DataFrame(
        {
            "date": schema.as_dates(held.date, f"{path.name}, column date"),
            "close": schema.as_numbers(held.close, f"{path.name}, column close"),
        }
    )
    return held.dropna().sort_values("date", ignore_index=True)


def a_shares(codes: pd.Series) -> list[str]:
    """The A-share codes among `codes`, each once."""
    found = pd.Series(codes.unique(), dtype="str")
    return list(found[board(found) != ""])
