"""A feature made of statements alone: declared in a line, computed at publications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features.feature import Feature
from stockcast.features.fundamental.statements import Statements, known
from stockcast.features.rows import Rows

STATEMENTS = ("income", "balance", "cash_flow")
PREFIX = "fundamental_"
"""Of the columns that these modules add."""


@dataclass(frozen=True)
class Line:
    """What a `Feature` says, and the function of `Statements` that gives it at every event.

    The latest period is that of the first of `inputs`.
    """

    name: str
    inputs: tuple[str, ...]
    formula: str
    units: str
    source: str
    of: Callable[[Statements], np.ndarray]


def features(group: str, lines: Sequence[Line]) -> tuple[Feature, ...]:
    """The lines as features of the family fundamental."""
    return tuple(
        feature(line.name, group, line.formula, line.inputs, line.units, line.source)
        for line in lines
    )


def feature(
    name: str, group: str, formula: str, inputs: tuple[str, ...], units: str, source: str,
    lookback: int = 1,
) -> Feature:  # fmt: skip
    """A feature whose values a `prepare` has added as a column."""
    make = partial(_column, name=PREFIX + name)
    return Feature(name, "fundamental", group, formula, inputs, lookback, units, source, make)


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[name]


def as_columns(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Values (n_rows,) under the columns' names, in single precision; NaN where infinite."""
    out = {}
    with np.errstate(over="ignore"):
        for name, column in values.items():
            single = column.astype(np.float32)
            out[PREFIX + name] = np.where(np.isinf(single), np.float32(np.nan), single)
    return out


def columns(
    lines: Sequence[Line],
    rows: Rows,
    tables: Mapping[str, pd.DataFrame],
    names: Sequence[str] = STATEMENTS,
) -> dict[str, np.ndarray]:
    """Columns (n_rows,), single precision, of the lines whose tables are there.

    A value stands from the trading day after its publication to the next publication, or until
    its period is stale.
    """
    found = known(rows, tables, names)
    anchors = {line.inputs[0] for line in lines if line.inputs[0] in found.figures}
    seen = {anchor: found.latest(anchor) for anchor in anchors}
    out = {}
    with np.errstate(all="ignore"):
        for line in lines:
            if found.figures.keys() >= set(line.inputs):
                statements = seen[line.inputs[0]]
                values = line.of(statements).astype(np.float32)
                out[line.name] = statements.spread(values)
    return as_columns(out)
