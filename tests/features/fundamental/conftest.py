"""A market of 40 stocks over three years, and its fundamental features."""

from __future__ import annotations

import pandas as pd
import pytest

from stockcast.data import sources
from tests.features.fundamental.making import READ, made
from tests.features.known import all_tables


@pytest.fixture(scope="package")
def market() -> dict[str, pd.DataFrame]:
    """40 simulated stocks, 2014 to 2016: the tables that fundamental features read."""
    found = sources.load(
        "simulated", start="2014-01-02", end="2016-12-30", simulated_stocks=40, seed=7
    )
    tables = all_tables(found)
    return {name: tables[name] for name in READ}


@pytest.fixture(scope="package")
def found(market) -> pd.DataFrame:
    """All fundamental features of that market."""
    return made(market)
