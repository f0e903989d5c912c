"""A vendor that never changes its mind unless told, and processes that update a store from it.

Run as a module it reads lines `STORE HOW N`, forks a process for each and says how it ended. The
process updates STORE and kills itself: HOW `call` at the N-th request, `write` before the N-th file
is put in its place, `written` just after, `open` when the N-th half-written file lies there,
`never` not at all. With `after` it is killed from outside after N seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from stockcast.data.store import Store
from stockcast.market.calendar import sessions
from stockcast.market.interfaces import INTERFACES
from stockcast.market.tables import TABLES

START, END, NOW = "2014-11-03", "2016-02-26", "2016-03-01 18:00"
NAMES = ("stocks", "bars", "factors", "income")
CODES = [f"{600000 + i}.SH" for i in range(12)]


def market() -> dict[str, pd.DataFrame]:
    """Tables of a dozen stocks over sixteen months, always the same."""
    return dict(_made())


@cache
def _made() -> dict[str, pd.DataFrame]:
    days, rng = sessions(START, "2016-03-01"), np.random.default_rng(5)
    grid = pd.DataFrame({"date": np.repeat(days, len(CODES)), "code": CODES * len(days)})
    bars = grid.assign(**_numbers("bars", len(grid), rng))
    factors = grid.assign(adj_factor=1.0)
    stocks = pd.DataFrame({"code": CODES, "name": "甲", "board": "main", "sector": "钢铁"}).assign(
        list_date=pd.Timestamp("2001-01-04"), delist_date=pd.NaT
    )
    announced = pd.date_range("2014-11-08", periods=6, freq="87D").as_unit("us")
    income = pd.DataFrame({"code": CODES * 6, "announced": np.repeat(announced, len(CODES))})
    income = income.assign(
        first_announced=income.announced, period=income.announced - pd.Timedelta(days=30),
        report="1", **_numbers("income", len(income), rng),
    )  # fmt: skip
    made = {"bars": bars, "factors": factors, "stocks": stocks, "income": income}
    return {name: TABLES[name].typed(frame) for name, frame in made.items()}


def _numbers(table: str, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    names = [name for name, kind in TABLES[table].columns.items() if kind == "number"]
    return {name: rng.uniform(1, 100, n).round(2) for name in names}


class Vendor:
    """Serves tables as `stockcast.data.tushare.client.Client` does, and remembers its calls."""

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        self.tables, self.calls = tables, []
        self.before: Callable[[], None] = lambda: None

    def fetch(self, name: str, **params: str) -> pd.DataFrame:
        """Rows of the days and the listing status that `params` name."""
        self.before()
        self.calls.append((name, params))
        interface = INTERFACES[name]
        rows = self.tables[interface.table]
        column = {made.name: made.column for made in interface.fields}.get(interface.dated)
        if "start_date" in params:
            rows = rows[rows[column].between(params["start_date"], params["end_date"])]
        elif params.get(interface.dated):
            rows = rows[rows[column] == params[interface.dated]]
        if params.get("list_status", "L") != "L" or params.get("report_type", "1") != "1":
            rows = rows.iloc[:0]
        if "index_code" in params:
            rows = rows[rows["index"] == params["index_code"]]
        if "ts_code" in params:
            rows = rows[rows.code == params["ts_code"]]
        return rows.reset_index(drop=True)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_at(n: int, function: Callable, after: bool = False) -> Callable:
    """`function`, but its `n`-th call ends the process, before it or after it."""
    left = [n]

    def counting(*words: object, **named: object) -> object:
        left[0] -= 1
        if left[0] == 0 and not after:
            _die()
        result = function(*words, **named)
        if left[0] == 0:
            _die()
        return result

    return counting


def update(tables: dict[str, pd.DataFrame], store: str, how: str, n: str) -> None:
    """Update `store`, or die trying."""
    vendor = Vendor(tables)
    if how == "call":
        vendor.before = _kill_at(int(n), lambda: None)
    elif how in ("write", "written"):
        os.replace = _kill_at(int(n), os.replace, after=how == "written")
    elif how == "open":
        os.fsync = _kill_at(int(n), os.fsync)
    Store(store).update(vendor, START, END, NAMES, now=NOW)


def main() -> None:
    """Fork a process for each line; importing everything anew would take a second each."""
    tables = market()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                update(tables, *line.split())
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        if line.split()[1] == "after":
            time.sleep(float(line.split()[2]))
            os.kill(child, signal.SIGKILL)  # not yet waited for, so the number is still its own
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
