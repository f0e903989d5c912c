"""Literal panels for the trading tests."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def panel_of() -> Callable[..., pd.DataFrame]:
    """Return the maker of literal panels."""
    return _panel_of


def _panel_of(closes: dict[str, list[float]], start: str = "2016-01-04", **columns) -> pd.DataFrame:
    """Panel of weekdays from `start`, one list of closes per stock; NaN is a day without a row.

    A column given as a dict of lists is set stock by stock, any other value for all rows.
    """
    parts = []
    for code, prices in closes.items():
        part = pd.DataFrame({"date": pd.date_range(start, periods=len(prices), freq="B")})
        part = part.assign(code=code, open=prices, close=prices, adj_factor=1.0, board="main")
        part = part.assign(limit_up=np.nan, limit_down=np.nan, suspended=False, as_traded=True)
        for name, values in columns.items():
            if not isinstance(values, dict):
                part[name] = values
            elif code in values:
                part[name] = values[code]
        parts.append(part.dropna(subset=["close"]))
    return pd.concat(parts).sort_values(["date", "code"], ignore_index=True)
