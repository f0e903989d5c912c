"""What a feature is: a function of the past and the facts a reader needs about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stockcast.features.rows import Rows


@dataclass(frozen=True)
class Feature:
    """One causal feature.

    Attributes
    ----------
    name : str
        Column name; one that ends in numbers says its lookbacks by them.
    family : str
        technical, fundamental, market, calendar, policy, lead_lag, text or alpha158.
    group : str
        What it is about within the family, such as volatility or profitability.
    formula : str
        In plain mathematics; C, O, H, L adjusted prices, V adjusted volume, A amount, r daily
        return.
    inputs : tuple of str
        Columns of the panel, and tables by their names in `stockcast.market.tables.TABLES` or
        `links` and `events`. Where one is not there, the feature is not either.
    lookback : int
        Trading days it needs before it has a value, its own day included.
    units : str
        What one unit of it is. All are scale-free: a constant times `adj_factor` changes none.
    source : str
        Who described it.
    make : function
        Gives its values (float, shape (n_rows,)) for the rows of some whole stocks. It may look
        back within a stock; what looks across stocks is made before, by its module's `prepare`.
        NaN: not enough history, or undefined; an infinity is turned into NaN.
    """

    name: str
    family: str
    group: str
    formula: str
    inputs: tuple[str, ...]
    lookback: int
    units: str
    source: str
    make: Callable[[Rows], np.ndarray]

    @property
    def stem(self) -> str:
        """The name without its lookbacks: one formula has one stem."""
        return re.sub(r"(_?\d+)+$", "", self.name)
