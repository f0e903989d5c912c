"""Tables of what the scripts in `benchmarks/` measured, from the lines kept of their runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stockcast import paths
from stockcast.errors import InputError, nearest

FILE = "benchmarks/results.jsonl"


def lines(path: Path | None = None) -> list[dict[str, Any]]:
    """The lines kept, one figure each, in the order in which they were measured."""
    path = paths.root() / FILE if path is None else path
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def table(
    found: Sequence[Mapping[str, Any]], benchmark: str, columns: Mapping[str, str], **where: str
) -> str:
    """Markdown table of a benchmark's lines.

    Parameters
    ----------
    found
        As `lines` gives them.
    benchmark
        Name of the script, the value of `benchmark`.
    columns
        Heading by key, in order. A key whose interval is known, as `KEY_low` and `KEY_high`, is
        shown with it; what a line does not have is left empty.
    where
        Only lines that have these values, as text.

    Raises
    ------
    InputError
        When there is no such line, or no line has one of the keys.
    """
    kept = [line for line in found if line["benchmark"] == benchmark]
    if not kept:
        known = {line["benchmark"] for line in found}
        raise InputError(
            "benchmark", "must have been measured", benchmark, nearest(benchmark, known)
        )
    kept = [line for line in kept if all(str(line.get(k)) == v for k, v in where.items())]
    for key in columns:
        if not any(key in line for line in kept):
            raise InputError(f"{benchmark}, column {key}", "must be in a line", str(where))
    heads = ["|".join(["", *columns.values(), ""]), "|".join(["", *["--:"] * len(columns), ""])]
    heads[1] = heads[1].replace("--:", "---", 1)
    return "\n".join(heads + ["|".join(["", *(_cell(o, k) for k in columns), ""]) for o in kept])


def _cell(line: Mapping[str, Any], key: str) -> str:
    low, high = line.get(f"{key}_low"), line.get(f"{key}_high")
    text = str(line.get(key, "")) if key == "year" else _number(line.get(key))
    return text if low is None or not text else f"{text} ({_number(low)} to {_number(high)})"


def _number(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("_", " ")
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3}f}"
