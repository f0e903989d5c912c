"""What a feature is: a declared expression and the facts a reader needs about it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Feature:
    """One causal feature.

    Attributes
    ----------
    name : str
        Column name.
    family : str
        technical, market, policy or lead_lag.
    formula : str
        In plain mathematics; C, O, H, L adjusted prices, V adjusted volume, r daily return.
    inputs : tuple of str
        Columns of the panel, or tables, that it reads.
    lookback : int
        Trading days it needs before it has a value, its own day included.
    units : str
        What one unit of it is. All are scale-free: a constant times `adj_factor` changes none.
    source : str
        Who described it.
    expr : polars.Expr
        Over one stock's rows in order of date, with the working columns that the family's
        `prepare` adds.
    """

    name: str
    family: str
    formula: str
    inputs: tuple[str, ...]
    lookback: int
    units: str
    source: str
    expr: pl.Expr
