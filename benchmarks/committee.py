"""What is the committee worth on the real panel, year after year, and what is each member?

For each year from 2013 to 2017 its members learn from 2010 to the end of the year before, the last
of these years having told their head what a standing is worth, and forecast the year; the years
from 2018 on, which are sealed, are not loaded. They read every feature that the panel allows and
the peer's Alpha158, as ranks within the day. Nothing is chosen anew for a year.

One JSON line for the committee and one a member: mean Rank IC with its Newey-West interval and t
over all years, the same year by year, and the committee's difference to each member by day.

    STOCKCAST_REAL_DATA=... python benchmarks/committee.py --horizons 5 1

Forecasts are kept where `benchmarks/walk_forward.py` keeps its own, so that
`benchmarks/scoreboard.py --models committee` compares them with Qlib's.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from kept import apart, write
from walk_forward import LEARNED_FROM, SHOWN, panel_of, path_of, prepare, told, until_2017, years

from stockcast import determinism, params, paths
from stockcast.features import catalogue
from stockcast.features.compute import compute
from stockcast.judge import metrics, scoreboard
from stockcast.judge.intervals import newey_west, paired_difference
from stockcast.models.committee import NAME, SEATS, Ranks, fit_ranks
from stockcast.models.measured import measured
from stockcast.params import Params
from stockcast.samples.splits import Split

AT_A_TIME = 60
"""Columns read at a time."""

PEER = [feature.name for feature in catalogue.family(catalogue.PEER)]


def tables(run: Params, folder: Path) -> Iterator[pd.DataFrame]:
    """All features, some columns at a time."""
    file = folder / "features.parquet"
    names = [n for n in pq.read_schema(file).names if n not in ("date", "code")]
    for first in range(0, len(names), AT_A_TIME):
        yield pd.read_parquet(file, columns=["date", "code", *names[first : first + AT_A_TIME]])
    yield compute(panel_of(run).panel, names=PEER)


def forecast(run: Params, folder: Path, tested: list[Split], learned_from: dict) -> None:
    """The committee's forecasts of every year, and what each member said."""
    LEARNED_FROM.update(learned_from)  # in a process of its own
    table = pd.read_parquet(folder / "samples.parquet")
    table = table[table["trainable"] | table["member"]].reset_index(drop=True)
    ranks = Ranks.of(table, tables(run, folder))
    groups = {"peer": PEER, "own": [name for name in ranks.names if name not in PEER]}
    for split in tested:
        if path_of(folder, NAME, split).is_file():
            continue
        samples = table.assign(split=split.name_of(table["date"]))
        (committee, _), learning = measured(
            fit_ranks, ranks, samples, run.horizon, run.seed, groups, jobs=determinism.PROCESSES
        )
        (said, standings), asking = measured(committee.forecast_ranks, ranks, samples, run=run.run)
        for seat in SEATS:
            path = path_of(folder, seat.name, split)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(standings[["date", "code"]].assign(score=standings[seat.name]), path)
        costs = {
            "fit_seconds": learning.seconds,
            "forecast_seconds": asking.seconds,
            "peak_mb": max(learning.peak_mb, asking.peak_mb),
        }
        path = path_of(folder, NAME, split)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(said.assign(**costs), path)
        year = split.test[0].year
        told("committee fitted", year=year, horizon=run.horizon, features=len(ranks.names), **costs)


def kept(folder: Path, name: str, tested: list[Split]) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path_of(folder, name, split)) for split in tested])


def judge(run: Params, folder: Path, tested: list[Split]) -> None:
    table = pd.read_parquet(folder / "samples.parquet")
    first = table[table["date"].isin(tested[0].train) & table["trainable"]]["label"]
    said = kept(folder, NAME, tested)
    costs = said.groupby(said["date"].dt.year)[list(scoreboard.COSTS)].first()
    costs = costs.agg({"fit_seconds": "sum", "forecast_seconds": "sum", "peak_mb": "max"})
    judged = scoreboard.same_rows(said, table)
    board = scoreboard.scoreboard(
        judged, horizon=run.horizon, seed=run.seed, taught=first,
        costs=costs.to_frame(NAME).T,
    )  # fmt: skip
    told("committee", model=NAME, horizon=run.horizon, **board.loc[NAME, SHOWN])
    outcome = judged[["date", "code", "label"]]
    lag = max(10, run.horizon)
    own = metrics.daily_ic(judged, method="spearman")
    by_year(NAME, own, run.horizon)
    for seat in SEATS:
        rows = kept(folder, seat.name, tested).merge(outcome, on=["date", "code"])
        series = metrics.daily_ic(rows, method="spearman")
        alone = newey_west(series, lag)
        more = newey_west(paired_difference(own, series), lag)
        told(
            "committee member", model=seat.name, horizon=run.horizon, rank_ic=alone.mean,
            rank_ic_low=alone.low, rank_ic_high=alone.high, t=alone.t,
            committee_more=more.mean, committee_t=more.t,
        )  # fmt: skip
        by_year(seat.name, series, run.horizon)


def by_year(name: str, series: pd.Series, horizon: int) -> None:
    for year, part in series.groupby(series.index.year):
        told("year", model=name, year=int(year), horizon=horizon, rank_ic=float(np.mean(part)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--params", type=Path, default=paths.root() / "params" / "ashare.yml")
    parser.add_argument("--horizons", type=int, nargs="+", default=(5, 1))
    parser.add_argument("--train-years", type=int, help="the last so many [default: from 2010 on]")
    parser.add_argument("--folder", type=Path, default=paths.root() / "_build" / "walk_forward")
    args = parser.parse_args()
    os.environ.update(determinism.ENVIRONMENT)  # of the processes begun here
    for horizon in args.horizons:
        run = until_2017(args.params, horizon=horizon, most_features=80)
        own = ("panel", "start", "end", "seed", "horizon", "most_features")
        wanted = run.model_dump(include=set(own))
        if args.train_years:
            LEARNED_FROM["train_years"] = wanted["train_years"] = args.train_years
        folder = args.folder / params.digest(wanted)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "samples.parquet").is_file():
            apart(prepare, [(run, folder)], 1)
        days = pd.read_parquet(folder / "samples.parquet", columns=["date"])["date"].unique()
        tested = years(pd.DatetimeIndex(days), run, args.train_years)
        apart(forecast, [(run, folder, tested, dict(LEARNED_FROM))], 1)
        judge(run, folder, tested)


if __name__ == "__main__":
    main()
