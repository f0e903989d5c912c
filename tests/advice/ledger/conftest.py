"""A ledger in a folder of its own, and literal forecasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.ledger import Ledger

MADE = {"data_hash": "d1", "model_version": "m1", "information_until": "2015-12-31"}
EVENING = pd.Timedelta(hours=18)


class Clock:
    """Tells the evening that is issued, at other times the real one."""

    now: pd.Timestamp | None = None

    def __call__(self) -> pd.Timestamp:
        return self.now or pd.Timestamp.now("UTC")


CLOCK = Clock()


def forecasts(day: str, codes: int = 3, model: str = "ridge", **columns) -> pd.DataFrame:
    """Forecasts of stocks 600000.SH, 600001.SH, ... of one day, the first with the best score."""
    table = pd.DataFrame(
        {
            "date": pd.Timestamp(day).as_unit("us"),
            "code": [f"{600000 + n}.SH" for n in range(codes)],
            "run": "tiny",
            "model": model,
            "horizon": 1,
            "score": [float(codes - n) for n in range(codes)],
            "mu": [0.01 * (1 - n) for n in range(codes)],
            "sigma": 0.02,
            "prob_up": [0.75 - 0.25 * (n % 3) for n in range(codes)],
            "sigma_prob": np.nan,
            "interval_low": -0.05,
            "interval_high": 0.05,
        }
    )
    return table.assign(**columns)


def issue(ledger: Ledger, day: str, codes: int = 3, **columns) -> int:
    """Issue `forecasts` at 18:00 of their day."""
    CLOCK.now = issued = pd.Timestamp(day) + EVENING
    try:
        return ledger.issue(forecasts(day, codes, **columns), issued_at=issued, **MADE)
    finally:
        CLOCK.now = None


@pytest.fixture
def place(tmp_path) -> tuple[str, Path]:
    """URL and anchor of a ledger that is not there yet."""
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path / "anchor.jsonl"


@pytest.fixture
def opened(place) -> Callable[[], Ledger]:
    """Open the ledger, as often as wanted."""
    return lambda: Ledger.open(*place, clock=CLOCK)


@pytest.fixture
def ledger(place) -> Ledger:
    """The ledger, open."""
    with Ledger.open(*place, clock=CLOCK) as found:
        yield found
