"""CSV files from people: read strictly, and refused whole at the first fault, with its line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stockcast.errors import InputError

Row = dict[str, Any]


def read(path: Path, columns: Mapping[str, Callable[[str], Any]]) -> list[tuple[int, Row]]:
    """Rows of a CSV file with exactly these columns, in any order.

    Parameters
    ----------
    path
        UTF-8, with a line of headers.
    columns
        For each name what makes a value of its text; it raises `InputError` or ValueError.

    Returns
    -------
    list of (line, row)
        `line` as an editor counts them.

    Raises
    ------
    InputError
        At the first fault, naming the line.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _rows(csv.reader(file, strict=True), path.name, columns)
    except FileNotFoundError:
        raise InputError(str(path), "must exist") from None
    except UnicodeDecodeError:
        raise InputError(path.name, "must be a text in UTF-8") from None
    except OSError as error:
        raise InputError(str(path), "must be a file that can be read", error.strerror) from None


def at_line(path: Path | str, line: int, error: InputError) -> InputError:
    """`error` with the line at which it showed."""
    what = f"{Path(path).name}, line {line}, {error.what}"
    return InputError(what, error.rule, error.got, error.hint)


def _rows(
    reader: Any, name: str, columns: Mapping[str, Callable[[str], Any]]
) -> list[tuple[int, Row]]:
    found: list[tuple[int, Row]] = []
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InputError(f"{name}, line {line}", "must be CSV", str(error)) from None
        if not header:
            header = [cell.strip() for cell in cells]
            if sorted(header) != sorted(columns):
                rule = f"must name the columns {', '.join(columns)}"
                raise InputError(f"{name}, line {line}", rule, ",".join(header))
        elif cells:
            found.append((line, _row(cells, header, f"{name}, line {line}", columns)))
    if not found:
        raise InputError(name, "must hold at least one row under its headers")
    return found


def _row(
    cells: list[str], header: list[str], where: str, columns: Mapping[str, Callable[[str], Any]]
) -> Row:
    if len(cells) != len(header):
        raise InputError(where, f"must have {len(header)} values", len(cells))
    row = {}
    for column, cell in zip(header, cells, strict=True):
        try:
            row[column] = columns[column](cell.strip())
        except InputError as error:
            raise InputError(f"{where}, {error.what}", error.rule, error.got, error.hint) from None
        except ValueError as error:
            raise InputError(f"{where}, {column}", str(error), cell) from None
    return row
