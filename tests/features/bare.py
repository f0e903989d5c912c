"""A market in which nothing happens, to let one thing happen in it."""

from __future__ import annotations

import pandas as pd

CODES = ["600000.SH", "600001.SH"]


def bare(days: pd.DatetimeIndex, codes: list[str] = CODES, **columns: object) -> pd.DataFrame:
    """A panel of quiet stocks: price 10, nothing moves."""
    panel = pd.DataFrame([(d, c) for d in days for c in codes], columns=["date", "code"])
    quiet = {
        "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "pre_close": 10.0, "volume": 1e6,
        "amount": 1e7, "adj_factor": 1.0, "limit_up": 11.0, "limit_down": 9.0, "suspended": False,
        "in_universe": True,
    }  # fmt: skip
    types = {"date": "datetime64[us]", "code": "str"}
    return panel.astype(types).assign(**(quiet | columns))
