"""What is every model worth on the real panel, year after year, and what does it cost?

For each year from 2013 to 2017 every model learns from 2010 to two years before, is validated on
the year before and forecasts the year; the years from 2018 on, which are sealed, are not loaded.
Every model reads the same features, the first by importance out of fold on the year's training days
alone. CSI 300 members as known each day are forecast, stocks that are or have been members teach.

One JSON line a model over all years, on the rows that all models forecast, and one a model and
year: IC, ICIR, Rank IC, Rank ICIR, accuracy, AUC, F1 of the labels beyond 3, 5 and 10 %, with 95 %
intervals where they have one; seconds to train and to forecast, summed over the years, and the
most memory of a process.

    STOCKCAST_REAL_DATA=... python benchmarks/walk_forward.py --models ridge lightgbm

Features and forecasts are kept in a folder and not made twice, so that it can be interrupted and
models can join later; after a change of code, empty the folder.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from kept import apart, forecasts_of, write

from stockcast import determinism, params, paths
from stockcast.data import sources
from stockcast.features import catalogue as known_features
from stockcast.features.choice import selection
from stockcast.features.compute import compute
from stockcast.judge import scoreboard
from stockcast.models.catalogue import MODELS
from stockcast.models.sample_set import SampleSet
from stockcast.params import Params
from stockcast.samples import splits
from stockcast.samples.splits import Split
from stockcast.samples.table import sample_table

YEARS = (2013, 2017)
LAST = "2017-12-29"
"""Nothing after this day is loaded, wherever the parameters end: the years after were sealed."""

FIGURES = ("ic", "icir", "rank_ic", "rank_icir", "accuracy", "auc")
SHOWN = [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")]
SHOWN += ["t", "f1_3", "f1_5", "f1_10", *scoreboard.COSTS, "days"]


LEARNED_FROM = {"train_years": "all"}
"""Told in every line: from how many years up to the validated one, where not from all."""


def told(figure: str, **more: object) -> None:
    plain = {
        name: (round(value, 4) if math.isfinite(value) else None)
        if isinstance(value, float)
        else value
        for name, value in more.items()
    }
    line = {"benchmark": "walk_forward", "figure": figure, **LEARNED_FROM, **plain}
    print(json.dumps(line), flush=True)


def panel_of(run: Params) -> sources.Tables:
    wanted = ("panel", "columns", "benchmark", "benchmark_code", "start", "end", "universe")
    values = run.model_dump()
    return sources.load(run.source, horizon=run.horizon, **{name: values[name] for name in wanted})


def until_2017(file: Path, **change: object) -> Params:
    """The parameters in `file`, changed, without the days after `LAST`."""
    return params.read(file).model_copy(update={"end": LAST, **change})


def prepare(run: Params, folder: Path) -> None:
    """Every feature of every row, and the samples; made once."""
    found = panel_of(run)
    tables = {**found.side, "links": found.links, "events": found.events}
    days = pd.DatetimeIndex(found.panel["date"].unique())
    table = sample_table(found.panel, years(days, run)[0], run.horizon)
    write(compute(found.panel, tables), folder / "features.parquet")
    write(table, folder / "samples.parquet")


def years(days: pd.DatetimeIndex, run: Params, train_years: int | None = None) -> list[Split]:
    asked = {"first_test": YEARS[0], "horizon": run.horizon}
    if train_years is None:
        return splits.expanding(days, **asked)
    return splits.walk_forward(days, **asked, train_years=train_years)


def choose(run: Params, folder: Path, train_years: int | None = None) -> None:
    """The features of each year by importance out of fold on its training days."""
    table = pd.read_parquet(folder / "samples.parquet")
    features = pd.read_parquet(folder / "features.parquet")
    names = [entry["name"] for entry in known_features.described() if entry["name"] in features]
    found = {}
    for split in years(pd.DatetimeIndex(table["date"].unique()), run, train_years):
        teach = table["date"].isin(split.train) & table["member"] & table["label"].notna()
        pool = features[teach.to_numpy()].reset_index(drop=True)
        pairs = splits.nested(split.train, 3, run.horizon)
        inner = [tuple(pool["date"].isin(part).to_numpy() for part in pair) for pair in pairs]
        year, began = str(split.test[0].year), time.perf_counter()
        chosen = selection.select(
            pool, table["label"][teach].to_numpy(), np.ones(len(pool), bool), inner,
            names=names, fold=year, seed=run.seed,
        )  # fmt: skip
        found[year] = list(chosen.ranking)
        seconds = time.perf_counter() - began
        told("chosen", year=int(year), kept=len(chosen.kept), offered=len(names), seconds=seconds)
    with paths.replacing(folder / "ranking.json") as scratch:
        scratch.write_text(json.dumps(found), encoding="utf-8")


def samples_of(run: Params, folder: Path, split: Split) -> SampleSet:
    ranking = json.loads((folder / "ranking.json").read_text("utf-8"))[str(split.test[0].year)]
    names = ranking[: run.most_features]
    last = pd.Timestamp(split.test[-1])
    features = pd.read_parquet(folder / "features.parquet", columns=["date", "code", *names])
    table = pd.read_parquet(folder / "samples.parquet")
    whole = SampleSet(features, table, run.horizon, run.lookback, run.run)
    return whole.divided(split).until(last)


def forecast(run: Params, folder: Path, name: str, split: Split) -> None:
    """A model's forecasts of one year."""
    [model] = [model for model in MODELS if model.name == name]
    began = time.perf_counter()
    path = path_of(folder, name, split)
    forecasts_of(model, samples_of(run, folder, split), run.seed, path)
    told("fitted", model=name, year=path.stem, seconds=time.perf_counter() - began)


def path_of(folder: Path, name: str, split: Split) -> Path:
    return folder / "forecasts" / name / f"{split.test[0].year}.parquet"


def judge(run: Params, folder: Path, names: list[str], tested: list[Split]) -> None:
    said = {
        split.test[0].year: pd.concat(
            [pd.read_parquet(path_of(folder, name, split)) for name in names]
        )
        for split in tested
    }
    table = pd.read_parquet(folder / "samples.parquet")
    judged = scoreboard.same_rows(pd.concat(said.values()), table)
    first = table[table["date"].isin(tested[0].train) & table["trainable"]]["label"]
    taught = {"horizon": run.horizon, "seed": run.seed, "taught": first}
    by_year = [part.groupby("model")[list(scoreboard.COSTS)].first() for part in said.values()]
    costs = sum(by_year)
    costs["peak_mb"] = pd.concat(by_year)["peak_mb"].groupby(level=0).max()
    board = scoreboard.scoreboard(judged, costs=costs, **taught)
    for name, row in board.iterrows():
        told("all years", model=name, horizon=run.horizon, **row[SHOWN])
    for year, part in judged.groupby(judged["date"].dt.year):
        each = scoreboard.scoreboard(part, resamples=100, **taught)
        for name, row in each.loc[names].iterrows():
            told("year", model=name, year=int(year), horizon=run.horizon,
                 **row[["ic", "rank_ic", "rank_ic_low", "rank_ic_high"]])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=[model.name for model in MODELS])
    parser.add_argument("--params", type=Path, default=paths.root() / "params" / "ashare.yml")
    parser.add_argument("--horizon", type=int, help="[default: the run's]")
    parser.add_argument("--features", type=int, default=80, help="read at most")
    parser.add_argument("--train-years", type=int, help="the last so many [default: from 2010 on]")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--folder", type=Path, default=paths.root() / "_build" / "walk_forward")
    args = parser.parse_args()
    os.environ.update(determinism.ENVIRONMENT)  # of the processes begun here
    change = {"horizon": args.horizon, "most_features": args.features}
    run = until_2017(args.params, **{name: value for name, value in change.items() if value})
    wanted = run.model_dump(include={"panel", "start", "end", "seed", "horizon", "most_features"})
    if args.train_years:
        LEARNED_FROM["train_years"] = wanted["train_years"] = args.train_years
    folder = args.folder / params.digest(wanted)
    if not (folder / "samples.parquet").is_file():
        apart(prepare, [(run, folder)], 1)
    if not (folder / "ranking.json").is_file():
        apart(choose, [(run, folder, args.train_years)], 1)
    table = pd.read_parquet(folder / "samples.parquet", columns=["date"])
    tested = years(pd.DatetimeIndex(table["date"].unique()), run, args.train_years)
    assert tested[-1].test[0].year == YEARS[1], "the sealed years stay sealed"
    names = [model.name for model in MODELS if not args.models or model.name in args.models]
    tasks = [(run, folder, name, split) for name in names for split in tested]
    apart(forecast, [task for task in tasks if not path_of(*task[1:]).is_file()], args.jobs)
    judge(run, folder, names, tested)


if __name__ == "__main__":
    main()
