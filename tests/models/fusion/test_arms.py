"""Asking many ensembles at once gives what asking each gives."""

from __future__ import annotations

from stockcast.judge.ablation import differences, rank_ics
from stockcast.models.fusion import arms


def test_scores_of_all_arms_go_into_the_ablation(fitted, fused_set):
    """Removing the modality that matters costs Rank IC beyond both lucks."""
    some = {name: fitted[name] for name in ("gated", "blind")}
    scores = arms.score_all(some, fused_set, jobs=1)
    own = fitted["blind"].scores(fused_set)
    blind = scores[scores["arm"] == "blind"].reset_index(drop=True)
    assert blind[["seed", "date", "code", "score"]].equals(own)
    lost = differences(rank_ics(scores), "gated").loc["blind"]
    assert lost["days_high"] < 0


def test_forecasts_of_all_arms_carry_their_names(fitted, fused_set):
    """The table holds each ensemble's own forecast under the arm's name."""
    both = {"one": fitted["late"], "two": fitted["gated"]}
    table = arms.forecast_all(both, fused_set, jobs=1)
    one = table[table["model"] == "one"].reset_index(drop=True)
    assert one.drop(columns="model").equals(
        fitted["late"].forecast(fused_set).drop(columns="model")
    )
    assert set(table["model"]) == {"one", "two"}
