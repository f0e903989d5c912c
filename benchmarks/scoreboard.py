"""Are our forecasts of the real panel ahead of Qlib's, and on which rows?

For each year from 2013 to 2017 Qlib's LightGBM on Alpha158 learns, is stopped and forecasts as in
`benchmarks/peer/walk_forward.py`, on the panel that we read; the years from 2018 on, which are
sealed, are not loaded. Our forecasts of the same years, a linear model among them, are those that
`benchmarks/walk_forward.py` has kept; reversal (minus the return of 5 days) and momentum (that of
120) need no training.

A line a model, horizon and choice of rows: mean Rank IC and IC of both on the same rows, and their
difference, paired by day, with its Newey-West interval and t. The choices: the peer's mask
(members with an outcome), those that could be bought at the next close, those whose quotes are as
traded, and thirds of the day's members by the mean amount of the last twenty days. Then the peer's
mask year by year, what we have over the rivals other than the peer, and whether the difference is
positive with t of at least 3 at every horizon asked. Models compared here and then chosen by these
lines were chosen on the years they are judged on: choose before, by validation.

    STOCKCAST_REAL_DATA=... STOCKCAST_QLIB_PYTHON=/some/venv/bin/python \\
        python benchmarks/scoreboard.py --models ridge lightgbm

The peer's scores are kept in a folder and not made twice; empty it after a change of the panel.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
from kept import write
from walk_forward import LEARNED_FROM, YEARS, panel_of, until_2017

from stockcast import determinism, params, paths
from stockcast.errors import InputError
from stockcast.features.rows import FLAGS, NUMBERS
from stockcast.judge import metrics, scorecard
from stockcast.judge.intervals import Interval, newey_west, paired_difference
from stockcast.params import Params

PEER = Path(__file__).parent / "peer" / "walk_forward.py"
RULES = ("reversal", "momentum")
LINEAR = "ridge"
KEYS = ["date", "code"]
AMOUNT_DAYS, FEWEST_DAYS = 20, 5
THIRDS = ("smallest third", "middle third", "largest third")
ENOUGH = 3.0
"""The t value that a difference must have."""


def told(figure: str, **more: object) -> None:
    plain = {
        name: (round(value, 4) if math.isfinite(value) else None)
        if isinstance(value, float)
        else value
        for name, value in more.items()
    }
    line = {"benchmark": "scoreboard", "figure": figure, **LEARNED_FROM, **plain}
    print(json.dumps(line), flush=True)


def peers(work: Path, run: Params, asked: argparse.Namespace) -> pd.DataFrame:
    """The peer's scores and labels at the run's horizon; made once."""
    rolling = f"_last{asked.train_years}" if asked.train_years else ""
    folder = work / f"h{run.horizon}{rolling}_{asked.years[0]}_{asked.years[1]}"
    if not (folder / "scores.parquet").is_file():
        command = [
            os.environ["STOCKCAST_QLIB_PYTHON"], PEER, folder, "--panel", work / "panel.parquet",
            "--horizon", run.horizon, "--years", *asked.years,
        ]  # fmt: skip
        if asked.train_years:
            command += ["--train-years", asked.train_years]
        done = subprocess.run(
            [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True
        )
        told("peer", horizon=run.horizon, **json.loads(done.stdout.splitlines()[-1]))
    return pd.read_parquet(folder / "scores.parquet").rename(
        columns={"score": "peer", "label": "peer_label"}
    )


def kept_by(run: Params, asked: argparse.Namespace) -> Path:
    """The folder in which `benchmarks/walk_forward.py` keeps what it made of such a run."""
    wanted = run.model_dump(include={"panel", "start", "end", "seed", "horizon", "most_features"})
    if asked.train_years:
        wanted["train_years"] = asked.train_years
    return asked.folder / params.digest(wanted)


def ours(folder: Path, names: list[str], years: range) -> pd.DataFrame:
    """Scores by date and code, a column a model; the rows that all of them forecast."""
    columns = []
    for name in names:
        files = [folder / "forecasts" / name / f"{year}.parquet" for year in years]
        missing = [str(path) for path in files if not path.is_file()]
        if missing:
            raise InputError(
                f"forecasts of {name}", "must have been made", missing[0],
                f"python benchmarks/walk_forward.py --models {name}",
            )  # fmt: skip
        said = pd.concat([pd.read_parquet(path, columns=[*KEYS, "score"]) for path in files])
        columns.append(said.set_index(KEYS)["score"].rename(name))
    return pd.concat(columns, axis=1, join="inner").reset_index()


def outcomes(folder: Path, panel: pd.DataFrame) -> pd.DataFrame:
    """Members with label, flags, size and the two rules."""
    samples = pd.read_parquet(folder / "samples.parquet")
    rules = pd.read_parquet(
        folder / "features.parquet", columns=[*KEYS, "return_5", "momentum_120"]
    )
    amount = panel.sort_values(KEYS).groupby("code")["amount"]
    mean = amount.transform(lambda x: x.rolling(AMOUNT_DAYS, min_periods=FEWEST_DAYS).mean())
    facts = panel[[*KEYS, "as_traded"]].assign(trailing_amount=mean)
    table = samples.loc[samples["member"], [*KEYS, "label", "buyable_close"]]
    table = table.merge(facts, on=KEYS).merge(rules, on=KEYS)
    place = table.groupby("date")["trailing_amount"].rank(pct=True)
    third = np.ceil(3 * place).clip(1, 3)
    rules = {"reversal": -table["return_5"], "momentum": table["momentum_120"]}
    return table.assign(third=third, **rules).drop(columns=["return_5", "trailing_amount"])


def choices(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows on which everybody is judged."""
    out = {
        "peer's mask": table,
        "buyable at the next close": table[table["buyable_close"]],
        "as traded only": table[table["as_traded"]],
        "as traded, buyable": table[table["as_traded"] & table["buyable_close"]],
    }
    return out | {name: table[table["third"] == n] for n, name in enumerate(THIRDS, 1)}


def daily(part: pd.DataFrame, name: str, method: str) -> pd.Series:
    return metrics.daily_ic(part, score=name, method=method)


def of(interval: Interval) -> dict[str, float]:
    return {
        "difference": interval.mean, "difference_low": interval.low,
        "difference_high": interval.high, "t": interval.t, "days": interval.n,
    }  # fmt: skip


def against_peer(
    part: pd.DataFrame, rows: str, names: list[str], horizon: int
) -> tuple[dict[str, Interval], dict[str, pd.Series]]:
    """Tell each forecast's figures beside the peer's on the same rows; give Rank ICs by day."""
    lag = max(10, horizon)
    theirs = {method: daily(part, "peer", method) for method in ("spearman", "pearson")}
    found, series = {}, {"peer": theirs["spearman"]}
    for name in names:
        rank_ic, ic = daily(part, name, "spearman"), daily(part, name, "pearson")
        found[name] = newey_west(paired_difference(rank_ic, theirs["spearman"]), lag)
        beside = newey_west(paired_difference(ic, theirs["pearson"]), lag)
        told(
            "rows", rows=rows, model=name, horizon=horizon,
            rank_ic=rank_ic.mean(), peer_rank_ic=theirs["spearman"].mean(), **of(found[name]),
            ic=ic.mean(), peer_ic=theirs["pearson"].mean(), ic_difference=beside.mean,
            ic_t=beside.t, count=len(part),
        )  # fmt: skip
        series[name] = rank_ic
    return found, series


def by_year(series: dict[str, pd.Series], names: list[str], horizon: int) -> None:
    lag = max(10, horizon)
    for name in names:
        apart = paired_difference(series[name], series["peer"])
        for year, one in apart.groupby(apart.index.year):
            mean = {
                f"{who}_rank_ic": series[who][series[who].index.year == year].mean()
                for who in (name, "peer")
            }
            told(
                "year", model=name, year=int(year), horizon=horizon,
                rank_ic=mean[f"{name}_rank_ic"], peer_rank_ic=mean["peer_rank_ic"],
                **of(newey_west(one, lag)),
            )  # fmt: skip


def over_rivals(series: dict[str, pd.Series], names: list[str], horizon: int) -> None:
    """What each of ours has over the linear model and the rules, and the peer over them."""
    rivals = [name for name in (LINEAR, *RULES) if name in series]
    for name in ("peer", *names):
        others = {rival: series[rival] for rival in rivals if rival != name}
        for rival, row in scorecard.against(series[name], others, max(10, horizon)).iterrows():
            told(
                "over a rival", model=name, rival=rival, horizon=horizon, difference=row["mean"],
                difference_low=row["low"], difference_high=row["high"], t=row["t"],
            )  # fmt: skip


def joined(theirs: pd.DataFrame, mine: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rows that the peer scores, with an outcome, and that we forecast; tell what is lost."""
    mask = theirs.dropna(subset=["peer", "peer_label"])
    with_outcome = mask.merge(known, on=KEYS, how="left")
    table = with_outcome.dropna(subset=["label"]).merge(mine, on=KEYS)
    apart = (table["label"] - table["peer_label"]).abs()
    table = table.dropna(subset=list(RULES))
    told(
        "mask", peer_rows=len(mask), without_our_outcome=int(with_outcome["label"].isna().sum()),
        paired_rows=len(table), paired_share=len(table) / max(1, len(mask)),
        labels_apart=int((apart > 1e-4).sum()),
        peer_rank_ic=daily(mask.rename(columns={"peer_label": "label"}), "peer", "spearman").mean(),
    )  # fmt: skip
    return table


def judged(work: Path, run: Params, panel: pd.DataFrame, asked: argparse.Namespace) -> dict:
    """Everything at one horizon; the differences to the peer on its own mask."""
    folder, names = kept_by(run, asked), list(asked.models)
    mine = ours(folder, names, range(asked.years[0], asked.years[1] + 1))
    table = joined(peers(work, run, asked), mine, outcomes(folder, panel))
    found = {}
    for rows, part in choices(table).items():
        differences, series = against_peer(part, rows, [*names, *RULES], run.horizon)
        if rows == "peer's mask":
            found = {name: differences[name] for name in names}
            by_year(series, [*names, *RULES], run.horizon)
            over_rivals(series, names, run.horizon)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", required=True, help="ours, as they were kept")
    parser.add_argument("--params", type=Path, default=paths.root() / "params" / "ashare.yml")
    parser.add_argument("--horizons", type=int, nargs="+", default=(5, 1))
    parser.add_argument("--features", type=int, default=80, help="as ours were made with")
    parser.add_argument("--years", type=int, nargs=2, default=YEARS, help="judged")
    parser.add_argument("--train-years", type=int, help="[default: all from the first]")
    parser.add_argument("--folder", type=Path, default=paths.root() / "_build" / "walk_forward")
    parser.add_argument("--work", type=Path, default=paths.root() / "_build" / "scoreboard")
    asked = parser.parse_args()
    os.environ.update(determinism.ENVIRONMENT)
    if paths.real_data() is None:
        told("skipped", why="STOCKCAST_REAL_DATA names no folder with a real panel")
        return
    if asked.train_years:
        LEARNED_FROM["train_years"] = asked.train_years
    run = until_2017(asked.params, most_features=asked.features)
    panel = panel_of(run).panel
    assert panel["date"].max().year <= YEARS[1], "the sealed years stay sealed"
    asked.work.mkdir(parents=True, exist_ok=True)
    if not (asked.work / "panel.parquet").is_file():
        write(panel[[*KEYS, *NUMBERS, *FLAGS]], asked.work / "panel.parquet")
    found = {
        horizon: judged(asked.work, run.model_copy(update={"horizon": horizon}), panel, asked)
        for horizon in asked.horizons
    }
    for name in asked.models:
        t = {horizon: found[horizon][name].t for horizon in asked.horizons}
        told(
            "ahead", model=name, **{f"t_{horizon}": value for horizon, value in t.items()},
            ahead=all(value >= ENOUGH for value in t.values()), wanted_t=ENOUGH,
        )  # fmt: skip


if __name__ == "__main__":
    main()
