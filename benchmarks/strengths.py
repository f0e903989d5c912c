"""How much of what can be known does each model find, and what does it claim where nothing is?

Simulated markets like the default run's, their planted effects at 0, 1/2, 1 and 2 times their
default strength, several seeds each. On every market features are computed and chosen as the run
does it (out of fold, on training days alone), every model of the catalogue learns from those
chosen, and all are judged on the same rows of the test.

One JSON line a market and model; then one a strength and model, over the markets of the strength:
the share of the oracle's Rank IC recovered, with an interval over days (`share_low`, `share_high`:
the days of all markets, in blocks) and one over markets (`markets_low`, `markets_high`: Student's
t); and at strength zero how often an interval of 95 % excluded zero, and how often it may.

    python benchmarks/strengths.py --models ridge lightgbm --seeds 2017 2018 2019
    python benchmarks/strengths.py --strengths 0 --models ridge lightgbm --seeds $(seq 40)

Markets and forecasts are kept in a folder and not made twice, so a long study can be interrupted
and models can join it later; after a change of code, empty the folder.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from kept import apart, forecasts_of, write

from stockcast import determinism, params, paths
from stockcast.data import sources
from stockcast.determinism import stream
from stockcast.features import catalogue as known_features
from stockcast.features.choice import selection
from stockcast.features.compute import compute
from stockcast.judge import intervals, metrics, scoreboard, scorecard
from stockcast.market.tables import TABLES
from stockcast.models.catalogue import MODELS
from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from stockcast.params import Params
from stockcast.samples import labels, splits
from stockcast.samples.table import sample_table

SHOWN = (
    "ic rank_ic rank_ic_low rank_ic_high rank_icir t share share_low share_high accuracy auc f1_3 "
    "f1_5 f1_10 fit_seconds forecast_seconds peak_mb days"
)
GOAL = 0.70
EFFECTS = [name for name in Params.model_fields if name.startswith("strength_")]
ORDERED = ["start", "end", "stocks", "universe", "seed", "lookback", "horizon", "simulated_stocks"]
SPLIT = ["train_end", "valid_end", "most_features"]


def told(figure: str, **more: object) -> None:
    plain = {
        name: (round(value, 4) if math.isfinite(value) else None)
        if isinstance(value, float)
        else value
        for name, value in more.items()
    }
    print(json.dumps({"benchmark": "strengths", "figure": figure, **plain}), flush=True)


def path_of(what: str, folder: Path) -> Path:
    """The last file written of a market, or that of a model's forecasts."""
    return folder / ("samples.parquet" if what == "market" else f"forecasts/{what}.parquet")


def market(run: Params, folder: Path) -> tuple[SampleSet, pd.DataFrame]:
    """Samples with the features that the run would choose, and the oracle; made once."""
    names = ("features", "oracle", "samples")
    if not path_of("market", folder).is_file():
        for name, table in zip(names, made(run), strict=True):
            write(table, folder / f"{name}.parquet")
    features, oracle, samples = (pd.read_parquet(folder / f"{name}.parquet") for name in names)
    return SampleSet(features, samples, run.horizon, run.lookback, run.run), oracle


def made(run: Params) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Features, oracle and samples of a new market."""
    wanted = run.model_dump()
    found = sources.load("simulated", **{name: wanted[name] for name in [*ORDERED, *EFFECTS]})
    tables = {"links": found.links, "events": found.events}
    tables |= {name: found.side[name] for name in TABLES if name in found.side}
    features = compute(
        found.panel, {name: table for name, table in tables.items() if table is not None}
    )
    days = pd.DatetimeIndex(found.panel["date"].unique())
    split = splits.purged(days, run.train_end, run.valid_end, run.horizon)
    chosen = choose(found.panel, features, split, run)
    oracle = found.oracle[found.oracle["horizon"] == run.horizon]
    return (
        features[["date", "code", *chosen]],
        oracle[["date", "code", scoreboard.ORACLE]],
        sample_table(found.panel, split, run.horizon),
    )


def choose(
    panel: pd.DataFrame, features: pd.DataFrame, split: splits.Split, run: Params
) -> list[str]:
    """The first features by importance out of fold, as chapter 3 takes them."""
    outcome = labels.label(panel, run.horizon).label
    trains = panel["date"].isin(split.train) & panel["in_universe"] & outcome.notna()
    pool = features[trains.to_numpy()].reset_index(drop=True)
    pairs = splits.nested(split.train, 3, run.horizon)
    inner = [tuple(pool["date"].isin(part).to_numpy() for part in pair) for pair in pairs]
    inside = pool["date"].isin(split.train).to_numpy()
    names = [entry["name"] for entry in known_features.described() if entry["name"] in features]
    found = selection.select(
        pool, outcome[trains].to_numpy(), inside, inner, names=names, fold="this run", seed=run.seed
    )
    return list(found.ranking[: run.most_features])


def prepare(run: Params, name: str, folder: Path) -> None:
    """The market, or a model's forecasts, where they are not there yet."""
    began = time.perf_counter()
    samples, _ = market(run, folder)
    for model in (model for model in MODELS if model.name == name):
        forecasts_of(model, samples, run.seed, path_of(model.name, folder))
    seconds = time.perf_counter() - began
    told("prepared", strength=run.strength_value, seed=run.seed, what=name, seconds=seconds)


def judge(run: Params, models: Sequence[Model], folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a model, and the daily Rank IC of each, by column; the oracle's is last."""
    samples, oracle = market(run, folder)
    said = pd.concat(
        [forecasts_of(model, samples, run.seed, path_of(model.name, folder)) for model in models]
    )
    judged = scoreboard.same_rows(said, samples.samples, oracle)
    board = scoreboard.scoreboard(
        judged,
        horizon=run.horizon,
        seed=run.seed,
        taught=samples.samples["label"][samples.part("train")],
        costs=said.groupby("model")[list(scoreboard.COSTS)].first(),
    )
    by_model = judged.groupby("model", sort=False)
    daily = {name: metrics.daily_ic(part, method="spearman") for name, part in by_model}
    first = judged[judged["model"] == models[0].name]
    daily[scoreboard.ORACLE] = metrics.daily_ic(first, score="oracle", method="spearman")
    for name, row in board.iterrows():
        same = {"strength": run.strength_value, "seed": run.seed, "model": name}
        told("market", **same, **row[SHOWN.split()])
    return board, pd.DataFrame(daily)


def summed_up(strength: float, found: dict[int, tuple[pd.DataFrame, pd.DataFrame]]) -> None:
    """A line a model over the markets of one strength, by their seeds."""
    shares = pd.DataFrame({seed: board["share"] for seed, (board, _) in found.items()}).T
    spread = intervals.over_seeds(shares)
    daily = pd.concat([each for _, each in found.values()], ignore_index=True)
    truth = daily.pop(scoreboard.ORACLE)
    for name, own in daily.items():
        sure = intervals.newey_west(own)
        line = {"strength": strength, "model": name, "markets": len(found), "days": sure.n}
        line |= {"rank_ic": sure.mean, "rank_ic_low": sure.low, "rank_ic_high": sure.high}
        if strength:
            part = scorecard.share(own, truth, stream(0, "strengths"))
            line |= {"oracle": float(truth.mean()), "goal": GOAL}
            line |= {"share": part.mean, "share_low": part.low, "share_high": part.high}
            line |= {f"markets_{end}": float(spread.loc[name, end]) for end in ("low", "high")}
        told("over markets", **line)
    if not strength:
        for name, row in scoreboard.claims(
            {s: board for s, (board, _) in found.items()}
        ).iterrows():
            told("claims at strength zero", model=name, **row)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strengths", nargs="+", type=float, default=[0.0, 0.5, 1.0, 2.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[2017, 2018, 2019])
    parser.add_argument("--models", nargs="+", choices=[model.name for model in MODELS])
    parser.add_argument("--params", type=Path, default=paths.root() / "params" / "book.yml")
    parser.add_argument("--stocks", type=int, help="[default: the run's]")
    parser.add_argument("--features", type=int, help="chosen at most [default: the run's]")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--folder", type=Path, default=paths.root() / "_build" / "strengths")
    return parser.parse_args()


def runs_of(args: argparse.Namespace, strength: float) -> Iterable[tuple[Params, Path]]:
    """Parameters and folder of each market of a strength."""
    change = {"simulated_stocks": args.stocks, "most_features": args.features}
    change = {name: value for name, value in change.items() if value}
    change |= dict.fromkeys(EFFECTS, strength)
    base = params.read(args.params)
    for seed in args.seeds:
        run = base.model_copy(update={**change, "seed": seed})
        wanted = run.model_dump(include={*ORDERED, *EFFECTS, *SPLIT})
        yield run, args.folder / params.digest(wanted)


def main() -> None:
    args = asked()
    os.environ.update(determinism.ENVIRONMENT)  # of the processes begun here
    models = [model for model in MODELS if not args.models or model.name in args.models]
    for strength in args.strengths:
        markets = list(runs_of(args, strength))
        for names in (["market"], [model.name for model in models]):
            tasks = [(run, name, folder) for run, folder in markets for name in names]
            apart(prepare, [task for task in tasks if not path_of(*task[1:]).is_file()], args.jobs)
        found = {run.seed: judge(run, models, folder) for run, folder in markets}
        summed_up(strength, found)


if __name__ == "__main__":
    main()
