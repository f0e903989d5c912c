"""Every number that the chapter on judgement publishes, once more from its forecasts.

The other computation is in `by_hand`, which shares no code with the package. The chapter's own
artifacts are compared where a run has made them; small made-up forecasts are compared always.
"""

from __future__ import annotations

import ast
import json
import math
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast import params
from stockcast.determinism import stream
from stockcast.judge import intervals, metrics, placebo, scoreboard, scorecard
from tests.book.by_hand import board, means, order, prose, signs
from tests.book.by_hand.page import Asked, Page
from tests.conftest import ROOT

FILES = {"simulated": "book.yml", "ashare": "ashare.yml"}
BY_HAND = ROOT / "tests" / "book" / "by_hand"
RUNS = Path(os.environ.get("STOCKCAST_RUNS") or ROOT / "runs")
CLOSE = {"rel_tol": 1e-9, "abs_tol": 1e-9}
COSTS = {"fit_seconds", "forecast_seconds", "peak_mb"}
"""What training took is measured, not computed from forecasts."""


@pytest.fixture(scope="module", params=["simulated", "ashare"])
def folder(request) -> Path:
    """The folder of a run that has judged its forecasts."""
    found = RUNS / request.param
    if not (found / "10_judgement" / "models.parquet").is_file():
        pytest.skip(f"the run {request.param} has no 10_judgement/models.parquet")
    return found


@pytest.fixture(scope="module")
def page(folder) -> Page:
    """The chapter once more."""
    return page_of(folder)


@cache
def page_of(folder: Path) -> Page:
    said = read(folder, "results.json")
    seed = params.read(ROOT / "params" / FILES[folder.name]).seed
    samples = pd.read_parquet(folder / "04_samples" / "samples.parquet")
    taught = samples.loc[(samples["split"] == "train") & samples["trainable"], "label"]
    wanted = {name: said[name] for name in ("horizon", "top_k", "sigma_gate")}
    wanted["own"] = said["headline"].replace(" ", "_")
    forecasts = pd.read_parquet(folder / "10_judgement" / "models.parquet")
    return Page(forecasts, taught, Asked(seed=seed, **wanted))


@pytest.fixture(scope="module")
def rows(page) -> dict:
    """The scoreboard once more."""
    return board.scoreboard(page.all, page.taught, page.asked)


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / "10_judgement" / name).read_text("utf-8"))


def leaves(found: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every value of nested tables and lists with its place."""
    if isinstance(found, dict | list):
        inside = found.items() if isinstance(found, dict) else enumerate(found)
        for name, value in inside:
            yield from leaves(value, f"{place}/{name}")
    else:
        yield place, found


def apart(published: object, again: object) -> dict[str, tuple]:
    """Values that differ by more than 1e-9, or that only one side has; None stands for NaN."""
    one, other = dict(leaves(published)), dict(leaves(again))
    out = {}
    for place in one.keys() | other.keys():
        pair = one.get(place, "nothing"), other.get(place, "nothing")
        if any(isinstance(value, str) for value in pair):
            same = pair[0] == pair[1]
        else:
            x, y = (math.nan if value is None else float(value) for value in pair)
            same = math.isclose(x, y, **CLOSE) or (math.isnan(x) and math.isnan(y))
        if not same:
            out[place] = pair
    return out


def test_by_hand_shares_no_code_with_the_package():
    """No module of `by_hand` may import stockcast, by whatever way of writing it."""
    imported = set()
    for path in BY_HAND.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    assert not {name for name in imported if "stockcast" in name}
    own = {name for name in imported if name.startswith("tests")}
    assert all(name.startswith("tests.book.by_hand") for name in own)


def test_a_wrong_number_is_found():
    """A value that differs in the ninth place, is missing or is new must not pass."""
    published = {"a": [1.0, None], "b": {"word": "open"}}
    assert apart(published, {"a": [1.0 + 1e-10, math.nan], "b": {"word": "open"}}) == {}
    assert set(apart(published, {"a": [1.0 + 1e-8, None], "b": {"word": "kept"}})) == {
        "/a/0",
        "/b/word",
    }
    assert set(apart(published, {"a": [1.0], "b": {"word": "open"}, "c": 2})) == {"/a/1", "/c"}


def test_metrics_json_comes_out_again(folder, page):
    """Every entry of metrics.json follows from the forecasts to 1e-9, and no entry is left out."""
    assert apart(read(folder, "metrics.json"), page.metrics()) == {}


def test_the_scoreboard_comes_out_again(folder, rows):
    """Every figure of every model follows from the forecasts to 1e-9; what training cost cannot."""
    table = pd.read_parquet(folder / "10_judgement" / "scoreboard.parquet").set_index("model")
    published = table.drop(columns=list(COSTS), errors="ignore")
    again = pd.DataFrame.from_dict(rows, orient="index")
    assert set(again.columns) <= set(published.columns)
    again = again.reindex(columns=published.columns)
    assert apart(published.to_dict("index"), again.to_dict("index")) == {}


def test_the_numbers_of_the_sentences_come_out_again(folder, page, rows):
    """Every number glued into the prose follows from the forecasts and the empty markets."""
    empty = pd.read_parquet(folder / "10_judgement" / "empty_markets.parquet")
    committee = [
        pd.read_parquet(folder / "05_committee" / f"{name}.parquet")
        for name in ("forecasts", "outcomes")
    ]
    again = prose.numbers(page, rows) | prose.of_empty_markets(empty)
    again |= prose.of_one_day(*committee)
    said = read(folder, "results.json")
    published = {name: value for name, value in said.items() if not isinstance(value, str)}
    assert apart(published, again) == {}


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    """Forecasts of two models for 30 stocks on 70 days, with ties, gaps and a bare day."""
    rng = np.random.default_rng(6)
    days = pd.bdate_range("2016-01-04", periods=70).as_unit("us")
    codes = [f"{n:06d}.SZ" for n in range(30)]
    keys = pd.MultiIndex.from_product([days, codes], names=["date", "code"]).to_frame(index=False)
    label = rng.normal(0, 0.06, len(keys))
    label[(rng.random(len(keys)) < 0.1) | (keys["date"] == days[20])] = np.nan
    truth = {"label": label, "scale": 0.05, "oracle": 0.2 * np.nan_to_num(label) + rng.normal(
        0, 0.05, len(keys))}  # fmt: skip
    tables = []
    for model, skill in (("first", 0.1), ("second", 0.3)):
        score = np.round(skill * np.nan_to_num(label) + rng.normal(0, 0.06, len(keys)), 2)
        tables.append(keys.assign(
            **truth, model=model, score=score, mu=score / 10,
            sigma=rng.uniform(0.03, 0.08, len(keys)), prob_up=0.5 + np.round(score, 1),
            sigma_prob=rng.uniform(0, 0.2, len(keys)), horizon=5,
        ))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("lag", [0, 10, 40])
def test_newey_west_agrees_with_statsmodels_through_the_package(made, lag):
    """Sums written out give the interval that the package takes from a library."""
    series = metrics.daily_ic(made[made["model"] == "first"])
    own, again = intervals.newey_west(series, lag, 0.99), means.newey_west(series, lag, 0.99)
    assert apart(again, {"mean": own.mean, "low": own.low, "high": own.high, "t": own.t,
                         "days": own.n}) == {}  # fmt: skip


def test_daily_figures_agree_on_made_up_forecasts(made):
    """Ties, missing outcomes and a day without any come out alike, one day at a time."""
    part = made[made["model"] == "second"].reset_index(drop=True)
    pairs = {
        "ic": (metrics.daily_ic(part), order.ic(part)),
        "rank": (metrics.daily_ic(part, method="spearman"), order.rank_ic(part)),
        "relative": (metrics.relative_accuracy(part), order.relative_accuracy(part)),
        "precision": (metrics.recommendation_precision(part, 7), order.precision(part, 7)),
        "spread": (metrics.quantile_spread(part, 3)["spread"], order.spread(part, 3)),
    }
    for name, (own, again) in pairs.items():
        np.testing.assert_allclose(own, again, rtol=1e-9, atol=1e-9, err_msg=name)
        assert own.notna().sum() == 69, name
    assert placebo.persistence(part) == pytest.approx(order.persistence(part), abs=1e-9)


def test_directions_agree_on_made_up_forecasts(made):
    """Rates, their resampled ends, calibration and coverage come out alike."""
    part = made[made["model"] == "second"].dropna(subset=["label"])
    rng = [stream(7, "raw", 1), means.stream(7, "raw", 1)]
    own = metrics.classification_intervals(part, rng[0], n=50)
    assert apart(own.to_dict("index"), signs.with_intervals(part, rng[1], n=50)) == {}
    said, label = part["prob_up"].clip(0.05, 0.95), part["label"]
    assert apart(metrics.classification(said, label), signs.losses(said, label.to_numpy())) == {}
    own = metrics.calibration_table(said, label, 20).to_dict("records")
    assert apart(own, signs.calibration(said, label, 20)) == {}
    correct = ((said > 0.5) == (label > 0)).astype(float)
    cut = np.array([0.0, 0.05, 0.1, 0.3])
    own = metrics.coverage_curve(part["sigma_prob"], correct, part["date"], rng[0], thresholds=cut)
    again = signs.coverage(part["sigma_prob"], correct, part["date"], rng[1], cut)
    assert apart(own.to_dict("records"), again) == {}


def test_the_scoreboard_agrees_on_made_up_forecasts(made):
    """All figures of all models, the oracle's and the trailing volatility's come out alike."""
    samples = made[made["model"] == "first"][["date", "code", "label", "scale"]]
    truth = made[made["model"] == "first"][["date", "code", "oracle"]]
    taught = pd.Series(np.random.default_rng(1).normal(0, 0.06, 5000))
    said = made.drop(columns=["label", "scale", "oracle"])
    level = scoreboard.same_rows(said, samples.assign(member=True), truth)
    own = scoreboard.scoreboard(level, horizon=5, seed=3, taught=taught, resamples=30)
    again = pd.DataFrame.from_dict(
        board.scoreboard(made, taught, Asked(3, 5, 7, 0.1), resamples=30), orient="index"
    )
    own = own.drop(columns=list(COSTS))
    assert apart(own.to_dict("index"), again.reindex(columns=own.columns).to_dict("index")) == {}


def test_shares_and_claims_agree_on_made_up_forecasts(made):
    """The share of the oracle and how often noise passes come out alike."""
    part = made[made["model"] == "second"].reset_index(drop=True)
    own, whole = order.rank_ic(part), order.rank_ic(part, "oracle")
    one = scorecard.share(own, whole, stream(3, "share"), n=60)
    again = means.share(own, whole, means.stream(3, "share"), n=60)
    assert apart({"mean": one.mean, "low": one.low, "high": one.high}, again) == {}
    page = Page(part, part["label"], Asked(3, 5, 7, 0.1, own="second"))
    claims = placebo.false_claims(
        part, min(page.persistence, 0.99), stream(3, "placebo"), horizon=5, trials=10
    )
    assert apart(claims.to_dict(), page.claims_of_noise(10)) == {}
