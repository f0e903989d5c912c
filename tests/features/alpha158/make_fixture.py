"""Make the two files of this folder: a small simulated panel, and Qlib's Alpha158 of it.

    STOCKCAST_QLIB_PYTHON=/some/venv/bin/python python -m tests.features.alpha158.make_fixture

The interpreter named must have pyqlib 0.9.7 and pyarrow; this one has the project.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data import sources
from stockcast.features.rows import FLAGS, NUMBERS

HERE = Path(__file__).parent
PEER = Path(__file__).parents[3] / "benchmarks" / "peer" / "alpha158.py"
PANEL, VALUES = HERE / "panel.parquet", HERE / "qlib.parquet"
STOCKS, DAYS = 8, 200


def panel() -> pd.DataFrame:
    """The simulated stocks with the most suspended days and ex-dates, made harder.

    The first does not trade for 70 days, longer than any window; the second starts late; the third
    has days without an amount.
    """
    whole = sources.load(
        "simulated", start="2014-01-02", end="2015-12-31", simulated_stocks=60, seed=3, horizon=5
    ).panel
    days = whole.date.drop_duplicates().sort_values().iloc[-DAYS:]
    part = whole[whole.date.isin(days)]
    told = part.groupby("code").agg(halts=("suspended", "sum"), factors=("adj_factor", "nunique"))
    rare = told.halts.clip(upper=40) + 20 * (told.factors - 1)
    chosen = list(rare.sort_values(ascending=False, kind="stable").index[:STOCKS])
    part = part[part.code.isin(chosen)].assign(in_universe=True)
    row = part.groupby("code").cumcount()
    part.loc[(part.code == chosen[0]) & row.between(80, 149), "suspended"] = True
    part.loc[(part.code == chosen[2]) & (row % 17 == 0), "amount"] = np.nan
    part = part[(part.code != chosen[1]) | (row >= 30)]
    return part[["date", "code", *NUMBERS, *FLAGS]].reset_index(drop=True)


def main() -> None:
    panel().to_parquet(PANEL, compression="zstd", index=False)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [os.environ["STOCKCAST_QLIB_PYTHON"], PEER, Path(folder) / "qlib", "--panel", PANEL,
             "--values", VALUES],
            check=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
