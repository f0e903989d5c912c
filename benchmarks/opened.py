"""The sealed years, once they are open: the real run's forecasts beside Qlib's.

The spans are the run's: ours and the peer's LightGBM on Alpha158
(`benchmarks/peer/walk_forward.py`) learn once, from the same years, are validated on the same year
and forecast the whole test without learning anything more. Definitions, rows and lines are those of
`benchmarks/scoreboard.py`; `train_years` tells them apart. The loader refuses the days while the
window is sealed.

    stockcast run params/ashare.yml
    STOCKCAST_REAL_DATA=... STOCKCAST_QLIB_PYTHON=... python benchmarks/opened.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path

import pandas as pd
from kept import write
from scoreboard import (
    ENOUGH,
    KEYS,
    LINEAR,
    PEER,
    RULES,
    against_peer,
    by_year,
    choices,
    joined,
    outcomes,
    over_rivals,
    told,
)
from walk_forward import LEARNED_FROM, panel_of

from stockcast import determinism, params, paths
from stockcast.data import holdout
from stockcast.features.rows import FLAGS, NUMBERS
from stockcast.params import Params
from stockcast.samples import splits
from stockcast.samples.table import sample_table


def peer(folder: Path, run: Params, horizon: int) -> pd.DataFrame:
    """The peer's scores and labels of the run's test; made once."""
    if not (folder / "scores.parquet").is_file():
        spans = (run.start, run.train_end, run.start, run.valid_end, run.start, run.end)
        first = [str(pd.Timestamp(day).date()) for day in spans]
        for at, before in ((2, run.train_end), (4, run.valid_end)):
            first[at] = str((pd.Timestamp(before) + pd.Timedelta(days=1)).date())
        panel = folder.parent / "panel.parquet"
        command = [os.environ["STOCKCAST_QLIB_PYTHON"], PEER, folder, "--panel", panel]
        command += ["--horizon", horizon, "--spans", *first]
        done = subprocess.run(
            [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True
        )
        told("peer", horizon=horizon, **json.loads(done.stdout.splitlines()[-1]))
    return pd.read_parquet(folder / "scores.parquet").rename(
        columns={"score": "peer", "label": "peer_label"}
    )


def ours(stages: Path, run: Params, names: list[str], horizon: int) -> pd.DataFrame:
    """Scores by date and code, a column a model; those that forecast this horizon."""
    told_there = pd.read_parquet(
        stages / "10_judgement" / "models.parquet", columns=[*KEYS, "model", "horizon", "score"]
    )
    headline = pd.read_parquet(
        stages / "10_judgement" / "forecasts.parquet", columns=[*KEYS, "horizon", "score"]
    ).assign(model=run.headline)
    rows = pd.concat([headline, told_there[told_there["model"] != run.headline]])
    rows = rows[(rows["horizon"] == horizon) & rows["model"].isin([run.headline, *names])]
    return rows.pivot(index=KEYS, columns="model", values="score").dropna().reset_index()


def known(
    folder: Path, stages: Path, run: Params, panel: pd.DataFrame, horizon: int
) -> pd.DataFrame:
    """Members with label, flags, size and the two rules."""
    days = pd.DatetimeIndex(panel["date"].unique())
    split = splits.purged(days, run.train_end, run.valid_end, horizon)
    write(sample_table(panel, split, horizon), folder / "samples.parquet")
    rules = [*KEYS, "return_5", "momentum_120"]
    features = pd.read_parquet(stages / "03_features" / "features.parquet", columns=rules)
    write(features, folder / "features.parquet")
    table = outcomes(folder, panel)
    return table[table["date"].isin(split.test)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--params", type=Path, default=paths.root() / "params" / "ashare.yml")
    parser.add_argument(
        "--models", nargs="*", default=(LINEAR, "lightgbm"), help="beside the headline"
    )
    parser.add_argument("--horizons", type=int, nargs="+", default=(5, 1))
    parser.add_argument("--work", type=Path, default=paths.root() / "_build" / "opened")
    asked = parser.parse_args()
    os.environ.update(determinism.ENVIRONMENT)
    if paths.real_data() is None:
        told("skipped", why="STOCKCAST_REAL_DATA names no folder with a real panel")
        return
    run = params.read(asked.params)
    stages, panel = paths.runs() / run.run, panel_of(run).panel
    taught = (pd.Timestamp(run.start).year, pd.Timestamp(run.train_end).year)
    LEARNED_FROM["train_years"] = "{} to {}, once".format(*taught)
    told("window", note=holdout.note(panel), opened=holdout.count())
    write(panel[[*KEYS, *NUMBERS, *FLAGS]], asked.work / "panel.parquet")
    for horizon in asked.horizons:
        folder = asked.work / f"h{horizon}"
        folder.mkdir(parents=True, exist_ok=True)
        mine = ours(stages, run, list(asked.models), horizon)
        names = [name for name in mine.columns if name not in KEYS]
        table = joined(peer(folder, run, horizon), mine, known(folder, stages, run, panel, horizon))
        for rows, part in choices(table).items():
            found, series = against_peer(part, rows, [*names, *RULES], horizon)
            if rows == "peer's mask":
                by_year(series, [*names, *RULES], horizon)
                over_rivals(series, names, horizon)
                t = {name: found[name].t for name in names}
                told("ahead once", horizon=horizon, wanted_t=ENOUGH, **t)


if __name__ == "__main__":
    main()
