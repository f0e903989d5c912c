"""The networks' chapter on CUDA comes to what it comes to on the CPU: `make test-gpu`."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from stockcast import params, paths
from stockcast.book import closure, execute, pipeline
from stockcast.judge import metrics
from tests.conftest import ROOT

CHAPTER = "06_networks"
TOLERANCE = 0.02  # of mean daily Rank IC and of accuracy: other kernels, other order of summation


def needed() -> list[pipeline.Step]:
    """The stages before the networks' that it reads, directly or not, in order."""
    order = pipeline.steps()
    wanted = {CHAPTER}
    for step in reversed(order):
        if step.name in wanted:
            wanted |= {stage for stage, _ in closure.reads(step.notebook)}
    return [step for step in order if step.name in wanted]


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(tmp_path, monkeypatch):
    """Rank IC and accuracy of each model must agree within the tolerance."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path))
    tiny = params.read(ROOT / "params" / "tiny.yml")
    found = {}
    for device in ("cpu", "cuda"):
        file = tmp_path / f"{device}.yml"
        values = tiny.model_dump() | {"device": device, "run": "gpu"}
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        for step in needed() if device == "cpu" else needed()[-1:]:
            execute.execute(step.notebook, file)
        found[device] = measured()
    assert found["cuda"].keys() == found["cpu"].keys()
    for key, value in found["cpu"].items():
        assert found["cuda"][key] == pytest.approx(value, abs=TOLERANCE), key


def measured() -> dict[tuple[str, str], float]:
    """Rank IC and accuracy of each model's forecasts."""
    forecasts = pd.read_parquet(paths.stage("gpu", CHAPTER) / "forecasts.parquet")
    samples = pd.read_parquet(paths.stage("gpu", "04_samples") / "samples.parquet")
    judged = forecasts.merge(samples[["date", "code", "label"]], on=["date", "code"])
    found = {}
    for model, rows in judged.groupby("model"):
        found[model, "rank_ic"] = metrics.daily_ic(rows, method="spearman").mean()
        found[model, "accuracy"] = metrics.classification(rows.prob_up, rows.label)["accuracy"]
    return found
