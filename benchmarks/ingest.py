"""How long do ten years of quotes take from the sandbox into the store, and out of it again?

One JSON line a figure: 300 stocks over 2008 to 2017 of `daily`, `adj_factor` and `daily_basic`
through the real `tushare` client into a fresh store (the sandbox answers from a thread of the same
process, and its own time is part of the figure), then the rows compared with the market's; one day
and one stock read from the store, median of many with every file opened anew and, in `cold`, out
of the system's cache as well as an unprivileged process can put it.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from stockcast import determinism
from stockcast.data.store import Store
from stockcast.data.tushare.client import Client
from stockcast.market import calendar
from stockcast.market.sandbox import serving
from stockcast.market.simulated import Market, Strengths, simulate

STOCKS, START, END = 300, "2008-01-02", "2017-12-29"
TABLES = ("bars", "factors", "valuation")
READS = 50


def told(**figures: object) -> None:
    print(json.dumps({"benchmark": "ingest", **figures}), flush=True)


def ingested(market: Market, folder: Path) -> Store:
    """A fresh store with the three tables, as fast as one client gets them."""
    store = Store(folder)
    with serving(market) as address:
        client = Client("sandbox", address=address, per_minute=1_000_000)
        store.update(client, START, END, ["stocks"])
        total, began = 0, time.perf_counter()
        for table in TABLES:
            start = time.perf_counter()
            (outcome,) = store.update(client, START, END, [table])
            seconds = time.perf_counter() - start
            total += outcome.fetched
            told(
                figure=f"ingest {table}", calls=outcome.calls, rows=outcome.fetched,
                seconds=round(seconds, 1), rows_per_s=round(outcome.fetched / seconds),
            )  # fmt: skip
        seconds = time.perf_counter() - began
    told(
        figure="ingest", stocks=STOCKS, rows=total, seconds=round(seconds, 1),
        rows_per_s=round(total / seconds),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        megabytes=round(float(store.status(END).megabytes.sum()), 1),
    )  # fmt: skip
    return store


def compared(market: Market, store: Store) -> None:
    """Whether the store has the market's rows, each of them and no other."""
    for table in TABLES:
        made = market.table(table)
        pd.testing.assert_frame_equal(store.read(table), made[made.date.between(START, END)])
    told(figure="equal to the market row for row", tables=len(TABLES))


def forget(folder: Path) -> None:
    """Ask the system to drop the files from its cache."""
    for path in folder.rglob("*.parquet"):
        file = os.open(path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def milliseconds(read: Callable[[int], object], before: Callable[[], None]) -> float:
    """Median of `READS` reads of different days or stocks."""
    taken = []
    for i in range(READS):
        before()
        began = time.perf_counter()
        read(i)
        taken.append(time.perf_counter() - began)
    return round(1e3 * statistics.median(taken), 1)


def main() -> None:
    began = time.perf_counter()
    days = calendar.sessions(START, END)
    market = simulate(days, STOCKS, Strengths(), determinism.stream(2017, "market"))
    for table in ("stocks", *TABLES):
        market.table(table)
    told(
        figure="simulate",
        stocks=STOCKS,
        days=len(days),
        seconds=round(time.perf_counter() - began, 1),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = ingested(market, Path(folder) / "store")
        compared(market, store)
        codes = market.table("stocks").code.to_list()
        reads = {
            "one day": lambda i: store.day("bars", days[(i * 47) % len(days)]),
            "one stock": lambda i: store.stock("bars", codes[(i * 7) % len(codes)]),
        }
        for name, read in reads.items():
            read(0)
            warm = milliseconds(read, lambda: None)
            cold = milliseconds(read, lambda: forget(store.folder))
            told(figure=f"{name} of bars", milliseconds=warm, cold=cold, goal=20)
        sql = "SELECT count(*), avg(amount) FROM bars WHERE year = 2015"
        took = milliseconds(lambda _: store.query(sql), lambda: None)
        told(figure="one year's mean by SQL", milliseconds=took)


if __name__ == "__main__":
    main()
