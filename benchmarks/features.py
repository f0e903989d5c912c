"""How long do features of the real panel take, beside Qlib, and in how much memory?

One JSON line a figure. `alpha158`: from Qlib's data folder to a table in memory of the members'
rows, 158 columns, once with nothing compiled and then five times in turn with Qlib itself where
`STOCKCAST_QLIB_PYTHON` names an interpreter that has it: both read the same files, each run is a
process of its own, with two processors. `seconds` count no imports; ours compile when they are
imported, so a cold run is told by `process_s`, which counts everything. `alpha158 from Parquet`:
the same from the panel as a Parquet file. `everything`: every feature the tables allow, from tables
in memory. `stream`: Alpha158 of 5,400 stocks over 16 years from one file to another.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.data import sources
from stockcast.features import catalogue
from stockcast.features.compute import compute
from stockcast.features.rows import FLAGS, NUMBERS
from stockcast.features.stream import stream

PANEL = "panel_csi300.parquet"
SPAN = {"start": "2010-01-01", "end": "2020-12-31", "sealed_quotes": True}
PEER = Path(__file__).parent / "peer" / "alpha158.py"
NAMES = [feature.name for feature in catalogue.family(catalogue.PEER)]
RUNS, STOCKS, DAYS = 5, 5_400, 16 * 243
GOAL, KUNQUANT, GIGABYTES = 20, {"warm": 2.6, "compilation": 4.0}, 6
SPACE = 24e9
"""Bytes that the streamed panel and its features may need on disk."""


def told(figure: str, **more: object) -> None:
    print(json.dumps({"benchmark": "features", "figure": figure, **more}), flush=True)


def from_folder(folder: Path) -> pd.DataFrame:
    """Qlib's files as a panel: prices stay adjusted, in single precision, under the factor 1."""
    days = pd.to_datetime((folder / "calendars/day.txt").read_text().split()).as_unit("us")
    stocks = sorted((folder / "features").iterdir(), key=lambda path: path.name[2:])
    columns, sizes, starts = {}, [], []
    for name in ("open", "high", "low", "close", "volume", "vwap"):
        held = [np.frombuffer((path / f"{name}.day.bin").read_bytes(), "<f4") for path in stocks]
        sizes, starts = [len(part) - 1 for part in held], [int(part[0]) for part in held]
        columns[name] = np.concatenate([part[1:] for part in held], dtype=float)
    day = np.concatenate([np.arange(a, a + n) for a, n in zip(starts, sizes, strict=True)])
    first = pd.Series(np.cumsum([0, *sizes[:-1]]) - starts, [path.name.upper() for path in stocks])
    spans = pd.read_table(folder / "instruments/members.txt", names=["symbol", "start", "end"])
    at = first[spans.symbol].to_numpy()
    change = np.zeros(len(day) + 1, np.int8)
    np.add.at(change, at + days.get_indexer(pd.to_datetime(spans.start)), 1)
    np.add.at(change, at + days.get_indexer(pd.to_datetime(spans.end)) + 1, -1)
    codes = pd.Index([f"{p.name[2:]}.{p.name[:2].upper()}" for p in stocks], dtype="str")
    amount = columns.pop("vwap")
    amount *= columns["volume"]
    held = columns | {
        "date": days[day],
        "code": pd.Categorical.from_codes(np.repeat(np.arange(len(codes)), sizes), codes),
        "amount": amount,
        "adj_factor": np.ones(len(day)),
        "suspended": np.isnan(columns["close"]),
        "in_universe": np.cumsum(change[:-1]) > 0,
        **dict.fromkeys(("pre_close", "limit_up", "limit_down"), np.full(len(day), np.nan)),
    }
    return pd.DataFrame(held, copy=False)


def from_parquet(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path, columns=["date", "code", *NUMBERS, *FLAGS])


def alpha158(read: Callable[[Path], pd.DataFrame], path: Path) -> pd.DataFrame:
    """From files to a table of the members' rows."""
    panel = read(path)
    return compute(panel, names=NAMES, keep=panel.in_universe.to_numpy())


def tables_of_panel() -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    found = sources.load("parquet", panel=PANEL, benchmark="index.parquet", **SPAN)
    held = {**found.side, "links": found.links, "events": found.events}
    return found.panel, {name: table for name, table in held.items() if table is not None}


def used() -> float:
    """Processor seconds of this process so far."""
    return sum(os.times()[:2])


def timed(what: Callable[[], pd.DataFrame]) -> dict[str, object]:
    began, before = time.perf_counter(), used()
    table = what()
    seconds, processor = time.perf_counter() - began, used() - before
    return {
        "seconds": round(seconds, 2),
        "processor_s": round(processor, 2),
        "rows": len(table),
        "features": table.shape[1] - 2,
    }


def child(task: str, path: Path) -> None:
    """One measurement in a process of its own; its figures as a JSON line."""
    if task == "folder":
        figures = timed(lambda: alpha158(from_folder, path))
    elif task == "parquet":
        figures = timed(lambda: alpha158(from_parquet, path))
    elif task == "everything":
        panel, tables = tables_of_panel()
        figures = timed(lambda: compute(panel, tables))
        again = timed(lambda: compute(panel, tables))
        figures |= {"again_s": again["seconds"], "again_processor_s": again["processor_s"]}
    else:
        began, before = time.perf_counter(), used()
        rows = stream(path, path.with_name("streamed.parquet"), names=NAMES)
        figures = {
            "seconds": round(time.perf_counter() - began, 1),
            "processor_s": round(used() - before, 1),
            "rows": rows,
            "gigabytes_written": round(path.with_name("streamed.parquet").stat().st_size / 1e9, 1),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(figures | {"peak_memory_gb": round(peak / 1024**2, 2)}))


def ours(task: str, path: Path, compiled: Path) -> dict:
    """The figures of a child whose compiled code is kept in `compiled`."""
    env = os.environ | {"NUMBA_CACHE_DIR": str(compiled), "OMP_NUM_THREADS": "1"}
    return measured_process([sys.executable, __file__, "--child", task, str(path)], env)


def peers(folder: Path) -> dict:
    return measured_process([os.environ["STOCKCAST_QLIB_PYTHON"], PEER, folder])


def measured_process(command: list, env: dict[str, str] | None = None) -> dict:
    """What a process says of itself on its last line, and how long it took with all its imports."""
    began = time.perf_counter()
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    whole = round(time.perf_counter() - began, 2)
    return json.loads(done.stdout.splitlines()[-1]) | {"process_s": whole}


def peer_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("peer", PEER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measured(work: Path) -> None:
    """Alpha158 of the real panel, cold, and in turn with Qlib."""
    panel = sources.load("parquet", panel=PANEL, **SPAN).panel
    panel.to_parquet(work / "panel.parquet", index=False)
    peer_script().build(panel, work / "qlib")
    told("alpha158 cold", **ours("folder", work / "qlib", work / "compiled"), goal=KUNQUANT)
    has_peer = bool(os.environ.get("STOCKCAST_QLIB_PYTHON"))
    pairs = []
    for _ in range(RUNS):
        theirs = peers(work / "qlib") if has_peer else {}
        pairs.append((theirs, ours("folder", work / "qlib", work / "compiled")))
    line = {"rows": pairs[0][1]["rows"], "features": len(NAMES), "load": os.getloadavg()[0]}
    for key in ("seconds", "processor_s", "process_s"):
        line[key] = [mine[key] for _, mine in pairs]
        line[f"median_{key}"] = statistics.median(line[key])
        if has_peer:
            line[f"qlib_{key}"] = [theirs[key] for theirs, _ in pairs]
            line[f"qlib_by_ours_{key}"] = round(
                statistics.median(theirs[key] / mine[key] for theirs, mine in pairs), 1
            )
    told("alpha158", **line, goal={"qlib_by_ours": GOAL, "seconds": KUNQUANT["warm"]})
    once = ours("parquet", work / "panel.parquet", work / "compiled")
    told("alpha158 from Parquet", **once)
    told("everything", **ours("everything", work, work / "compiled all"))
    told("everything, compiled before", **ours("everything", work, work / "compiled all"))


def write_market(path: Path, stocks: int) -> None:
    """Random walks with halts as a panel, sorted by code."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, days = np.random.default_rng(16), pd.bdate_range("2005-01-03", periods=DAYS).as_unit("us")
    writer = None
    for number in range(stocks):
        close = np.round(np.maximum(20 * np.exp(np.cumsum(rng.normal(0, 0.02, DAYS))), 0.5), 2)
        spread = np.round(close * np.abs(rng.normal(0, 0.01, (2, DAYS))), 2)
        volume = np.round(np.exp(rng.normal(14, 0.6, DAYS)))
        halted = rng.random(DAYS) < 0.02
        flat = {"adj_factor": 1.0, "pre_close": np.nan, "limit_up": np.nan, "limit_down": np.nan}
        stock = pd.DataFrame({
            "date": days, "code": f"{number + 1:06d}.SZ", "open": close, "high": close + spread[0],
            "low": close - spread[1], "close": close, "volume": volume, "amount": volume * close,
            **flat, "suspended": halted, "in_universe": True,
        })  # fmt: skip
        table = pa.Table.from_pandas(stock, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def streamed(work: Path) -> None:
    """Alpha158 of a market as large as the real one, in bounded memory."""
    room = min(1.0, shutil.disk_usage(work).free / SPACE)
    stocks = int(STOCKS * room)
    write_market(work / "market.parquet", stocks)
    figures = ours("stream", work / "market.parquet", work / "compiled")
    told("stream", stocks=stocks, years=16, **figures, goal={"peak_memory_gb": GIGABYTES})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--child", nargs=2, metavar=("TASK", "PATH"))
    parser.add_argument("--only", choices=("panel", "stream"))
    args = parser.parse_args()
    if args.child:
        child(args.child[0], Path(args.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        if args.only != "stream":
            if paths.real_data() is None:
                told("alpha158", skipped="STOCKCAST_REAL_DATA names no folder with a real panel")
            else:
                measured(Path(folder))
        if args.only != "panel":
            streamed(Path(folder))


if __name__ == "__main__":
    main()
