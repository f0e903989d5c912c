"""An ensemble of a run's models that listens to its ledger, when it is asked to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast import params, paths
from stockcast.advice.feedback import experts
from stockcast.advice.feedback.listening import NAME, listen
from stockcast.advice.ledger import Ledger, place
from stockcast.advice.terms import Terms
from stockcast.errors import InputError, MissingArtifact
from stockcast.market import calendar
from stockcast.models.model import COLUMNS
from tests.advice.feedback.conftest import CODES, MADE, forecasts

DAYS = calendar.sessions("2016-01-04", "2016-05-20")
MODELS = ("knows", "guesses")


@pytest.fixture
def terms(project: Path) -> Terms:
    """A run with two models: the scores of one follow the outcome's sign, of the other nothing."""
    rng = np.random.default_rng(3)
    keys = pd.MultiIndex.from_product([DAYS, CODES], names=["date", "code"]).to_frame(index=False)
    label = rng.normal(0, 0.02, len(keys))
    folder = paths.runs() / "simulated"
    for stage in ("04_samples", "05_classical"):
        (folder / stage).mkdir(parents=True)
    samples = keys.assign(label=label, split="test")
    samples.to_parquet(folder / "04_samples" / "samples.parquet")
    likeness = dict(zip(MODELS, (0.4, 0.0), strict=True))
    said = pd.concat(
        forecasts("2016-01-04").iloc[[0] * len(keys)].reset_index(drop=True).assign(
            **keys, model=name, horizon=5, score=share * label / 0.02 + rng.normal(size=len(keys)),
        )
        for name, share in likeness.items()
    )  # fmt: skip
    said[list(COLUMNS)].to_parquet(folder / "05_classical" / "forecasts.parquet")
    run = params.read(Path(__file__).parents[3] / "params" / "tiny.yml")
    return Terms.of(run.model_copy(update={"run": "simulated", "horizon": 5}))


@pytest.fixture
def seer(terms, tmp_path) -> Ledger:
    """A ledger in which somebody said, evening by evening, what would come."""
    samples = pd.read_parquet(paths.runs() / "simulated" / "04_samples" / "samples.parquet")
    where = place("simulated")
    with Ledger.open(where.url, where.anchor) as ledger:
        for day, outcome in samples.groupby("date"):
            ledger.issue(forecasts(f"{day:%F}"), issued_at=f"{day:%F}T18:00", **MADE)
            words = np.where(outcome["label"] > 0, "up", "down")
            rows = outcome.assign(label=words, expert="Ada", date=f"{day:%F}")
            file = tmp_path / "labels.csv"
            rows[["date", "code", "label", "expert"]].to_csv(file, index=False)
            experts.import_labels(ledger, file, issued_at=f"{day:%F}T20:00")
        yield ledger


def test_it_listens_only_when_asked(terms, seer):
    """At strength 0 nothing moves; at 1 whoever sides with one who is right gains weight."""
    off, on = (listen(terms, seer, strength) for strength in (0.0, 1.0))
    assert off.votes == {"experts": len(DAYS) * len(CODES), "users": 0}
    assert off.weights["with"].equals(off.weights["without"])
    assert off.ablation.loc["difference", "mean"] == 0
    assert on.worth > 0.9
    assert on.weights.loc["knows", "with"] > on.weights.loc["knows", "without"] + 0.01
    assert on.weights.sum().tolist() == pytest.approx([1, 1])
    assert on.ablation.loc["with", "moved"] > 0
    assert list(on.forecasts.columns) == list(COLUMNS)
    assert set(on.forecasts["model"]) == {NAME}


def test_votes_after_the_day_change_no_forecast_of_it(terms, seer):
    """Whoever votes later moves later weights alone."""
    before = listen(terms, seer, 1.0).forecasts
    table = pd.read_parquet(paths.runs() / "simulated" / "04_samples" / "samples.parquet")
    cut = DAYS[-20]
    later = table["date"] > cut
    table.loc[later, "label"] = -table.loc[later, "label"]
    table.to_parquet(paths.runs() / "simulated" / "04_samples" / "samples.parquet")
    after = listen(terms, seer, 1.0).forecasts
    early = before["date"] <= cut
    pd.testing.assert_frame_equal(before[early], after[early], check_exact=True)
    assert not before[~early].equals(after[~early])


def test_the_command_says_what_listening_does(terms, ledger, command, tmp_path):
    """Off unless asked for; the ensemble's forecasts go into a file."""
    status, out, _ = command("feedback", "weights")
    assert status == 0
    assert "the votes are off" in out
    out_file = tmp_path / "listening.parquet"
    status, out, _ = command("feedback", "weights", "--strength", "0.5", "--out", str(out_file))
    assert status == 0
    assert "knows" in out
    assert "the votes are off" not in out
    assert len(pd.read_parquet(out_file)) == len(DAYS) * len(CODES)


@pytest.mark.parametrize("strength", ["-0.1", "1.5"])
def test_a_strength_beyond_its_rule_is_refused(terms, ledger, command, tmp_path, strength):
    """Status 2, one line, and no file."""
    out_file = tmp_path / "listening.parquet"
    asked = ("feedback", "weights", "--strength", strength, "--out", str(out_file))
    status, out, err = command(*asked)
    assert (status, out) == (2, "")
    assert "strength: must be from 0 to 1" in err
    assert not out_file.exists()


def test_a_run_without_forecasts_is_named(terms, ledger):
    """What is missing says which command makes it; one model is no ensemble."""
    file = paths.runs() / "simulated" / "05_classical" / "forecasts.parquet"
    said = pd.read_parquet(file)
    said[said["model"] == "knows"].to_parquet(file)
    with pytest.raises(InputError, match="must be two models or more"):
        listen(terms, ledger, 0.5)
    file.unlink()
    with pytest.raises(MissingArtifact, match="forecasts of simulated"):
        listen(terms, ledger, 0.5)
