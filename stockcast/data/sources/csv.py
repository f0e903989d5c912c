"""CSV files as a source: one of all stocks, or a folder with one for each, in anyone's columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from stockcast.data import columns, files
from stockcast.data.sources.source import Order, Source, Tables
from stockcast.errors import InputError
from stockcast.market import policy


def _tables(order: Order) -> Tables:
    index = files.index(order.benchmark, order.benchmark_code) if order.benchmark else None
    return Tables(_quotes(order.panel, order.columns), index, events=policy.real_events())


def _quotes(panel: str, mapping: str) -> pd.DataFrame:
    given = columns.mapping(mapping)
    path = files.find(panel, "panel")
    # File by file: one stock may count lots and another shares.
    read = [columns.translated(_one(file, given), given, file.name) for file in _files(path)]
    return pd.concat(read, ignore_index=True) if len(read) > 1 else read[0]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.glob("*.csv"))
    if not found:
        raise InputError(f"panel {path.name}", "must be a CSV file or a folder with some")
    return found


def _one(path: Path, given: dict[str, str]) -> pd.DataFrame:
    """A file as it is; without a column of codes the file's name is the code."""
    frame = files.read(path, "csv")
    names = {**columns.KNOWN, **given, "code": "code"}
    if not any(names.get(str(have)) == "code" for have in frame):
        frame["code"] = path.stem
    return frame


def _codes(panel: str, columns: str = "", **_: object) -> list[str]:
    return files.a_shares(_quotes(panel, columns).code)


csv = Source(_tables, _codes)
