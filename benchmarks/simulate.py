"""How long does the simulated market take, with every table of it?

One JSON line: 300 stocks over ten years in one process and one thread, median of `RUNS`; seconds
for the market itself, for all its tables, and for the slowest of them. Run it on an idle machine.
"""

from __future__ import annotations

import json
import statistics
import time

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate
from stockcast.market.tables import TABLES

STOCKS, SPAN, RUNS = 300, ("2010-01-04", "2019-12-31"), 3


def seconds() -> dict[str, float]:
    """Seconds of `simulate` and of each table."""
    days = sessions(*SPAN)
    began = time.perf_counter()
    market = simulate(days, STOCKS, Strengths(), stream(2017, "market"))
    passed = {"simulate": time.perf_counter() - began}
    for name in TABLES:
        began = time.perf_counter()
        market.table(name)
        passed[name] = time.perf_counter() - began
    return passed


def main() -> None:
    runs = [seconds() for _ in range(RUNS)]
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    total = statistics.median(sum(run.values()) for run in runs)
    slowest = max(TABLES, key=median.get)
    line = {
        "benchmark": "simulate",
        "stocks": STOCKS,
        "days": len(sessions(*SPAN)),
        "market_s": round(median["simulate"], 2),
        "tables_s": round(total - median["simulate"], 2),
        "total_s": round(total, 2),
        "slowest_table": slowest,
        "slowest_table_s": round(median[slowest], 2),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
