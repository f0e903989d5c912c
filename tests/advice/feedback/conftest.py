"""A ledger of four evenings: 2016-01-04 to 01-07, stocks 600000.SH to 600005.SH, horizon 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.ledger import Ledger, place

EVENINGS = ("2016-01-04", "2016-01-05", "2016-01-06", "2016-01-07")
GROWTH = (0.03, 0.02, 0.01, -0.005, -0.015, -0.025)
CODES = [f"{600000 + n}.SH" for n in range(6)]
MADE = {"data_hash": "d", "model_version": "m", "information_until": "2015-12-31"}


def forecasts(day: str, model: str = "ridge", horizon: int = 1) -> pd.DataFrame:
    """The first three stocks are said to rise, the others to fall; two are listed."""
    return pd.DataFrame(
        {
            "date": pd.Timestamp(day).as_unit("us"),
            "code": CODES,
            "run": "simulated",
            "model": model,
            "horizon": horizon,
            "score": [3.0, 2.0, 1.0, -1.0, -2.0, -3.0],
            "mu": [0.03, 0.02, 0.01, -0.01, -0.02, -0.03],
            "sigma": 0.02,
            "prob_up": [0.7, 0.65, 0.6, 0.4, 0.35, 0.3],
            "sigma_prob": 0.02,
            "interval_low": -0.05,
            "interval_high": 0.05,
            "rank": [1.0, 2.0, *[np.nan] * 4],
        }
    )


def panel() -> pd.DataFrame:
    """Six trading days from 2016-01-04 (the calendar's): each stock grows by its `GROWTH` a day."""
    days = pd.to_datetime([*EVENINGS, "2016-01-08", "2016-01-11"]).as_unit("us")
    parts = [
        pd.DataFrame({"date": days, "code": code, "close": 10 * (1 + growth) ** np.arange(6)})
        for code, growth in zip(CODES, GROWTH, strict=True)
    ]
    table = pd.concat(parts).assign(adj_factor=1.0, suspended=False, limit_up=np.nan)
    table["open"] = table["close"]
    return table.sort_values(["date", "code"], ignore_index=True)


@pytest.fixture
def ledger(project) -> Iterator[Ledger]:
    """The run's own ledger in an empty project, with four evenings issued."""
    where = place("simulated")
    with Ledger.open(where.url, where.anchor) as opened:
        for day in EVENINGS:
            opened.issue(forecasts(day), issued_at=f"{day}T18:00", **MADE)
        yield opened


@pytest.fixture
def csv(tmp_path):
    """Write a CSV file of these lines."""

    def write(*lines: str) -> Path:
        path = tmp_path / "given.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
