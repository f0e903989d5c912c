"""Qlib's LightGBM on Alpha158, year after year: run by an interpreter that has pyqlib 0.9.7.

    python -m venv /some/venv && /some/venv/bin/pip install pyqlib==0.9.7 lightgbm pyarrow
    /some/venv/bin/python benchmarks/peer/walk_forward.py FOLDER --panel PANEL --horizon 5

Qlib's published benchmark with the label's horizon as a parameter: the return from the close of t+1
to the close of t+1+horizon. A year is forecast by what was learned from the first day to two years
before (or from the last `--train-years` of them) and stopped early on the year before, on the
members of each day; `--spans` names others, learned from and forecast once. As published, nothing
is purged between these spans. The handler keeps features as they are and puts labels on one scale
day by day, so that one table of features serves all years.

It writes Qlib's data folder beside the panel (see alpha158.py) where there is none, keeps
`FOLDER/scores.parquet` (date, code, score, label; a row a member and day, label NaN where Qlib
knows none) and prints one JSON line: seconds for the features, seconds and rounds of each fit.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import pandas as pd
from alpha158 import PROCESSES, build

LIGHTGBM = {
    "loss": "mse", "colsample_bytree": 0.8879, "learning_rate": 0.2, "subsample": 0.8789,
    "lambda_l1": 205.6999, "lambda_l2": 580.9768, "max_depth": 8, "num_leaves": 210,
    "num_threads": PROCESSES,
}  # fmt: skip
"""examples/benchmarks/LightGBM/workflow_config_lightgbm_Alpha158.yaml of Qlib."""


def spans(year: int, first: pd.Timestamp, train_years: int | None) -> dict[str, tuple[str, str]]:
    """Train, validate and test as Qlib's segments, ends included."""
    start = first if train_years is None else pd.Timestamp(year - 1 - train_years, 1, 1)
    return {
        "train": (f"{max(start, first):%Y-%m-%d}", f"{year - 2}-12-31"),
        "valid": (f"{year - 1}-01-01", f"{year - 1}-12-31"),
        "test": (f"{year}-01-01", f"{year}-12-31"),
    }


def handler_of(first: pd.Timestamp, last: pd.Timestamp, horizon: int) -> object:
    from qlib.contrib.data.handler import Alpha158

    label = f"Ref($close, -{horizon + 1})/Ref($close, -1) - 1"
    return Alpha158(
        instruments="members", start_time=first, end_time=last,
        fit_start_time=first, fit_end_time=last, label=([label], ["LABEL0"]),
    )  # fmt: skip


def forecast(handler: object, segments: dict[str, tuple[str, str]]) -> tuple[pd.DataFrame, dict]:
    """Scores and raw labels of the test, and what the fit cost."""
    from qlib.contrib.model.gbdt import LGBModel
    from qlib.data.dataset import DatasetH

    data = DatasetH(handler, segments)
    model = LGBModel(**LIGHTGBM)
    began = time.perf_counter()
    model.fit(data)
    cost = {
        "fit_seconds": round(time.perf_counter() - began, 1),
        "rounds": model.model.best_iteration,
    }
    label = data.prepare("test", col_set="label", data_key="raw").iloc[:, 0]
    return pd.DataFrame({"score": model.predict(data), "label": label}), cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--panel", type=Path, required=True)
    parser.add_argument("--horizon", type=int, default=5, help="trading days held")
    parser.add_argument("--years", type=int, nargs=2, default=(2013, 2017), help="tested")
    parser.add_argument("--train-years", type=int, help="[default: all from the first]")
    parser.add_argument(
        "--spans", nargs=6, metavar="DAY", help="first and last day of training, validation, test"
    )
    args = parser.parse_args()
    folder, panel = args.folder.resolve(), pd.read_parquet(args.panel)
    source = args.panel.resolve().with_name("qlib")
    if not (source / "calendars/day.txt").is_file():
        build(panel, source)
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # two threads that spin starve each other
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)  # Qlib's tracker writes where it runs
    import qlib
    from qlib.constant import REG_CN

    qlib.init(provider_uri=str(source), region=REG_CN, kernels=PROCESSES, logging_level=50)
    first, last = panel["date"].min(), pd.Timestamp(args.years[1], 12, 31)
    years = range(args.years[0], args.years[1] + 1)
    asked = {str(year): spans(year, first, args.train_years) for year in years}
    if args.spans:
        pairs = zip(args.spans[::2], args.spans[1::2], strict=True)
        asked = {"once": dict(zip(("train", "valid", "test"), pairs, strict=True))}
        last = pd.Timestamp(args.spans[-1])
    began = time.perf_counter()
    handler = handler_of(first, min(last, panel["date"].max()), args.horizon)
    line: dict[str, object] = {"features_s": round(time.perf_counter() - began, 1)}
    said = []
    for name, segments in asked.items():
        table, line[name] = forecast(handler, segments)
        said.append(table)
    scores = pd.concat(said).rename_axis(["date", "code"]).reset_index()
    scores["code"] = scores["code"].str[2:] + "." + scores["code"].str[:2]
    scratch = folder / "scores.scratch"
    scores.sort_values(["date", "code"]).to_parquet(scratch, index=False)
    scratch.replace(folder / "scores.parquet")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
