"""What does the ledger cost: an evening, sixty of them with their scores, and its verification?

JSON lines: seconds to issue and score sixty evenings of 300 forecasts one by one (two fsyncs of the
anchor and one commit a write), the slowest evening, and seconds to verify 100,000 entries.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.advice.ledger import Ledger
from stockcast.market import calendar
from stockcast.models.model import COLUMNS

STOCKS, EVENINGS, HORIZON, ENTRIES = 300, 60, 5, 100_000
EVENING = pd.Timedelta(hours=18)


def told(figure: str, **more: object) -> None:
    print(json.dumps({"benchmark": "ledger", "figure": figure, **more}), flush=True)


def market(days: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    """A panel of random walks."""
    codes = [f"{600000 + n}.SH" for n in range(STOCKS)]
    close = 10 * np.exp(np.cumsum(rng.normal(0, 0.02, (len(days), STOCKS)), axis=0))
    index = pd.MultiIndex.from_product([days, codes], names=["date", "code"])
    table = pd.DataFrame({"close": close.ravel()}, index).reset_index()
    return table.assign(open=table["close"], adj_factor=1.0, suspended=False, limit_up=np.nan)


def forecasts(panel: pd.DataFrame, day: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    codes = panel.loc[panel["date"] == day, "code"].to_numpy()
    table = pd.DataFrame({"date": day, "code": codes, "run": "bench", "model": "walk"})
    table = table.assign(
        horizon=HORIZON, **{name: rng.normal(size=len(codes)) for name in COLUMNS[5:]}
    )
    return table.assign(prob_up=rng.uniform(size=len(codes)))[list(COLUMNS)]


def evenings(folder: Path, panel: pd.DataFrame, days: pd.DatetimeIndex) -> None:
    rng = np.random.default_rng(1)
    made = {"data_hash": "0" * 16, "model_version": "0" * 16, "information_until": days[0]}
    seconds, scored = [], 0
    with Ledger.open(
        f"sqlite:///{folder / 'evenings.sqlite'}", folder / "evenings.jsonl"
    ) as ledger:
        for day in days[1 : EVENINGS + 1]:
            table, known = forecasts(panel, day, rng), panel[panel["date"] <= day]
            began = time.perf_counter()
            ledger.issue(table, issued_at=day + EVENING, **made)
            scored += ledger.score(known, issued_at=day + EVENING)
            seconds.append(time.perf_counter() - began)
        assert ledger.verify() == []
        assert ledger.head().count == STOCKS * EVENINGS + scored
        size = (folder / "evenings.sqlite").stat().st_size
    told(
        "evenings", evenings=EVENINGS, forecasts=STOCKS * EVENINGS, scores=scored,
        seconds=round(sum(seconds), 2), slowest_s=round(max(seconds), 3),
        megabytes=round(size / 1e6, 1),
    )  # fmt: skip


def verified(folder: Path, panel: pd.DataFrame, days: pd.DatetimeIndex) -> None:
    rng = np.random.default_rng(2)
    made = {"data_hash": "0" * 16, "model_version": "0" * 16, "information_until": days[0]}
    with Ledger.open(f"sqlite:///{folder / 'many.sqlite'}", folder / "many.jsonl") as ledger:
        began, entries = time.perf_counter(), 0
        for day in days[1:]:
            models = [forecasts(panel, day, rng).assign(model=f"m{n}") for n in range(3)]
            entries += ledger.issue(pd.concat(models), issued_at=day + EVENING, **made)
            if entries >= ENTRIES:
                break
        issuing = time.perf_counter() - began
        began = time.perf_counter()
        assert ledger.verify() == []
        seconds = time.perf_counter() - began
    told(
        "verify", entries=entries, seconds=round(seconds, 2), entries_per_s=round(entries / seconds)
    )
    told(
        "issue", entries=entries, seconds=round(issuing, 2), entries_per_s=round(entries / issuing)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="[default: a temporary one]")
    asked = parser.parse_args()
    days = calendar.sessions("2015-01-05", "2016-12-30")
    panel = market(days, np.random.default_rng(0))
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        evenings(Path(folder), panel, days)
        verified(Path(folder), panel, days)


if __name__ == "__main__":
    main()
