"""Features of more stocks than fit into memory: some whole stocks at a time, into one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.features.compute import of_rows
from stockcast.features.feature import Feature
from stockcast.features.rows import FLAGS, NUMBERS, Rows

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("date", "code", *NUMBERS, *FLAGS)
AT_ONCE = 200_000
"""Rows of a group: their 158 features take 126 MB."""


def stream(
    source: Path | str | Iterable[pd.DataFrame],
    target: Path | str,
    *,
    names: Sequence[str],
    at_once: int = AT_ONCE,
    how: str = "",
) -> int:
    """Write features of a panel that is read some whole stocks at a time.

    Parameters
    ----------
    source
        A Parquet file of the panel's columns sorted by code and date, or frames of such rows: each
        of some whole stocks, codes ascending from frame to frame.
    target
        Parquet file to write: `date`, `code`, one float32 column per feature in the order of
        `names`, sorted by code and date, a row group per group of stocks.
    names
        Features wanted. They must look at one stock alone.
    at_once
        Rows of a file read at once; a group has at least these and its last stock whole.
    how
        Threads, processes or a cluster; see `stockcast.workers.run`.

    Returns
    -------
    int
        Rows written. Values are those of `stockcast.features.compute.compute`, bit for bit.

    Raises
    ------
    InputError
        For a feature that looks across stocks or needs another table, a file that is not there or
        lacks a column, codes out of order, or no rows.
    """
    import pyarrow.parquet as pq

    features = _of_one_stock(names)
    groups = _read(Path(source), at_once) if isinstance(source, str | Path) else iter(source)
    count, writer = 0, None
    with paths.replacing(Path(target)) as scratch:
        try:
            for group in _ascending(groups):
                table = _table(group, features, how)
                writer = writer or pq.ParquetWriter(
                    scratch, table.schema, compression="zstd", use_dictionary=["code"]
                )
                writer.write_table(table, row_group_size=len(table))
                count += len(table)
        finally:
            if writer is not None:
                writer.close()
        if not count:
            raise InputError("panel", "must have rows")
    return count


def _of_one_stock(names: Sequence[str]) -> tuple[Feature, ...]:
    features = catalogue.chosen(names, COLUMNS, {})
    for module in catalogue.modules_of(features):
        if hasattr(module, "prepare"):
            across = next(f.name for f in module.FEATURES if f in features)
            raise InputError(
                f"feature {across}", "must look at one stock alone to be streamed",
                hint="`compute` gives it for a panel in memory",
            )  # fmt: skip
    return features


def _read(path: Path, at_once: int) -> Iterator[pd.DataFrame]:
    """Whole stocks of a file, about `at_once` rows at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid):
        raise InputError(
            f"panel {path.name}", "must be a Parquet file", paths.shown(path)
        ) from None
    with file:
        _check_columns(file.schema_arrow.names, f"panel {path.name}")
        rest = pd.DataFrame()
        for batch in file.iter_batches(at_once, columns=list(COLUMNS)):
            frame = pd.concat([rest, batch.to_pandas()]) if len(rest) else batch.to_pandas()
            last = (frame.code == frame.code.iloc[-1]).to_numpy()
            rest = frame[last]
            if not last.all():
                yield frame[~last]
        if len(rest):
            yield rest


def _ascending(groups: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The groups, or an error where a code comes after one that is not before it."""
    latest = ""
    for group in groups:
        _check_columns(group.columns, "panel")
        if group.code.min() <= latest:
            raise InputError(
                "panel, column code", "must ascend, each stock's rows together",
                f"{group.code.min()} after {latest}", "sort the rows by code and date",
            )  # fmt: skip
        latest = group.code.max()
        yield group


def _check_columns(have: Iterable[str], what: str) -> None:
    missing = sorted(set(COLUMNS) - set(have))
    if missing:
        raise InputError(what, "needs its columns", hint=f"missing: {missing}")


def _table(group: pd.DataFrame, features: Sequence[Feature], how: str) -> pa.Table:
    """`date`, `code` and the features of some stocks, by code and date."""
    import pyarrow as pa

    rows, _ = Rows.of(group)
    names = [feature.name for feature in features]
    values = of_rows(rows, names, np.ones(len(rows), bool), how)
    codes = pa.DictionaryArray.from_arrays(rows.stock().astype(np.int32), pa.array(rows.codes))
    dates = pa.array(rows.dates.to_numpy()[rows.day])
    keys = {"date": dates, "code": codes.cast(pa.string())}
    return pa.table(keys | dict(zip(names, map(pa.array, values), strict=True)))
