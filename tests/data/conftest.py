"""A small, valid panel to break, and files made of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.market import calendar


def quotes(codes=("000001.SZ", "600000.SH"), start="2015-01-05", end="2015-06-30") -> pd.DataFrame:
    """Quotes of a source with the required columns only, sorted by code and date."""
    days = calendar.sessions(start, end)
    tables = []
    for place, code in enumerate(codes):
        close = np.round(10 + place + np.sin(np.arange(len(days)) / 5), 2)
        tables.append(
            pd.DataFrame(
                {
                    "date": days, "code": code, "open": close, "high": close + 0.1,
                    "low": close - 0.1, "close": close, "volume": 1e6, "amount": close * 1e6,
                    "adj_factor": 1.0 + place, "suspended": False, "in_csi300": True,
                }
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two stocks over half a year."""
    return quotes()


@pytest.fixture
def folder(tmp_path, monkeypatch, frame):
    """A folder with real data in it: panel.parquet, panel.csv and index.parquet."""
    frame.to_parquet(tmp_path / "panel.parquet")
    frame.to_csv(tmp_path / "panel.csv", index=False)
    days = frame.date.unique()
    index = pd.concat(
        pd.DataFrame({"date": days, "code": code, "close": np.arange(len(days)) + level})
        for code, level in (("000300.SH", 3000.0), ("000905.SH", 5000.0))
    )
    index.to_parquet(tmp_path / "index.parquet")
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    return tmp_path
