"""Qlib's Alpha158 of a panel: run by an interpreter that has pyqlib 0.9.7 and pyarrow.

    python -m venv /some/venv && /some/venv/bin/pip install pyqlib==0.9.7 pyarrow
    /some/venv/bin/python benchmarks/peer/alpha158.py FOLDER [--panel PANEL] [--values VALUES]

With a panel (Parquet: date, code, open, high, low, close, volume, amount, adj_factor, suspended,
in_universe) it first writes Qlib's data folder. Then it computes Alpha158 of the universe's
members, from the files to a table in memory, without its handler's processors, and prints one JSON
line: seconds, processor seconds, rows. `--values` keeps the table.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

PROCESSES = 2


def build(panel: pd.DataFrame, folder: Path) -> None:
    """calendars/, instruments/ and features/ the way Qlib reads them, in single precision.

    Prices are multiplied by the factor and volume is divided by it; a suspended day has nothing.
    """
    calendar = pd.DatetimeIndex(np.sort(panel.date.unique()))
    for name in ("calendars", "instruments"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "calendars/day.txt").write_text("\n".join(calendar.strftime("%Y-%m-%d")) + "\n")
    place = pd.Series(np.arange(len(calendar)), index=calendar)
    everything, members = [], []
    for code, stock in panel.groupby("code"):
        rows, symbol = stock.set_index("date").sort_index(), f"{code[-2:]}{code[:6]}"
        bars = rows[["open", "high", "low", "close"]].mul(rows.adj_factor, axis=0)
        bars["vwap"] = rows.amount / rows.volume * rows.adj_factor
        bars["volume"] = rows.volume / rows.adj_factor
        bars[rows.suspended] = np.nan
        start = place[rows.index[0]]
        bars = bars.reindex(calendar[start : place[rows.index[-1]] + 1])
        into = folder / "features" / symbol.lower()
        into.mkdir(parents=True, exist_ok=True)
        for name, values in bars.items():
            np.concatenate([[start], values]).astype("<f4").tofile(into / f"{name}.day.bin")
        everything.append((symbol, rows.index[0], rows.index[-1]))
        inside = rows.in_universe
        spell = (inside != inside.shift()).cumsum()
        for _, part in inside[inside].groupby(spell[inside]):
            members.append((symbol, part.index[0], part.index[-1]))
    for name, spans in (("all", everything), ("members", members)):
        lines = (f"{symbol}\t{a:%Y-%m-%d}\t{b:%Y-%m-%d}\n" for symbol, a, b in spans)
        (folder / f"instruments/{name}.txt").write_text("".join(lines))


def fetched(folder: Path) -> tuple[pd.DataFrame, float, float]:
    """Alpha158 of the members, and the seconds it took: on the clock, and of all processors."""
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    import qlib
    from qlib.constant import REG_CN
    from qlib.contrib.data.loader import Alpha158DL

    qlib.init(provider_uri=str(folder), region=REG_CN, kernels=PROCESSES, logging_level=50)
    loader = Alpha158DL()
    began, used = time.perf_counter(), sum(os.times()[:4])
    table = loader.load(instruments="members")
    return table, time.perf_counter() - began, sum(os.times()[:4]) - used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--panel", type=Path)
    parser.add_argument("--values", type=Path)
    args = parser.parse_args()
    folder = args.folder.resolve()
    if args.panel:
        build(pd.read_parquet(args.panel), folder)
    values = args.values.resolve() if args.values else None
    os.chdir(folder.parent)  # Qlib's tracker writes where it runs
    table, seconds, processor = fetched(folder)
    line = {"seconds": round(seconds, 2), "processor_s": round(processor, 2), "rows": len(table)}
    if values:
        table.columns = table.columns.get_level_values(-1)
        table = table.reset_index().rename(columns={"datetime": "date", "instrument": "code"})
        table["code"] = table.code.str[2:] + "." + table.code.str[:2]
        table.sort_values(["date", "code"]).to_parquet(values, compression="zstd")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
