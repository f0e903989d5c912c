"""A run's ensemble, weighted with what people have said in its ledger. Off unless asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from stockcast import paths
from stockcast.advice.feedback import experts, satisfaction, weights
from stockcast.advice.ledger import Ledger
from stockcast.advice.terms import Terms
from stockcast.data import holdout
from stockcast.determinism import stream
from stockcast.ensemble.members import Members
from stockcast.ensemble.pooling import pool
from stockcast.errors import InputError, MissingArtifact
from stockcast.judge import metrics

TABLES = {
    "05_classical": "forecasts",
    "05_committee": "forecasts",
    "06_networks": "kinds",
    "07_fusion": "forecasts",
}
"""Stages whose models are members, and the table of each that holds their forecasts."""

NAME = "listening"
"""The forecast table's `model` of an ensemble that may listen."""


@dataclass(frozen=True, eq=False)
class Listened:
    """What listening comes to.

    Attributes
    ----------
    votes : dict of int
        Votes given in time, by source.
    worth : float
        How much of what they seemed to know is more than noise, on the last day; 0 to 1.
    weights : DataFrame, index of the members, columns "without" and "with"
        Of the last day.
    ablation : DataFrame
        See `stockcast.advice.feedback.weights.ablation`.
    forecasts : DataFrame
        As `stockcast.models.model.COLUMNS`: the ensemble's, of all days, with the votes.
    """

    votes: dict[str, int]
    worth: float
    weights: pd.DataFrame
    ablation: pd.DataFrame
    forecasts: pd.DataFrame


def listen(terms: Terms, ledger: Ledger, strength: float) -> Listened:
    """Weigh the run's models by their past, and by the votes in the ledger.

    Parameters
    ----------
    terms
        Of the run.
    ledger
        Open; its expert labels and ratings are the votes.
    strength
        How far votes may tilt the weights, from 0 (not at all) to 1; see
        `stockcast.advice.feedback.weights.listening_weights`.

    Raises
    ------
    InputError
        When the strength is no fraction, or the run has fewer than two models.
    MissingArtifact
        When the run has not been executed.
    """
    said, samples = _forecasts(terms), _samples(terms)
    members = Members.of(said)
    if len(members.names) < 2:
        raise InputError("members", "must be two models or more", len(members.names))
    outcomes = samples[["date", "code", "label"]]
    days = pd.DatetimeIndex(samples["date"].unique()).sort_values()
    judged = said.merge(outcomes, on=["date", "code"], how="left")
    daily = pd.DataFrame(
        {name: metrics.daily_ic(part, method="spearman") for name, part in judged.groupby("model")}
    )
    given = {
        "experts": weights.votes_of_experts(experts.labels(ledger)),
        "users": weights.votes_of_users(satisfaction.ratings(ledger), ledger.forecasts()),
    }
    votes = pd.concat(given.values(), ignore_index=True)
    asked = (members, daily, votes, outcomes, days)
    tables = {
        name: weights.listening_weights(*asked, strength=share)
        for name, share in (("without", 0.0), ("with", strength))
    }
    rng = stream(terms.seed, "feedback", NAME)
    return Listened(
        votes={name: len(table) for name, table in given.items()},
        worth=float(weights.worth(votes, outcomes, days, members.horizon).iloc[-1]),
        weights=pd.DataFrame({name: table.iloc[-1] for name, table in tables.items()}),
        ablation=weights.ablation(*asked, rng, strength=strength),
        forecasts=pool(members, tables["with"].reindex(members.days), NAME),
    )


def _forecasts(terms: Terms) -> pd.DataFrame:
    """Of all members, at the run's horizon."""
    found = []
    for stage, name in TABLES.items():
        path = paths.stage(terms.run, stage) / f"{name}.parquet"
        if path.is_file():
            table = pd.read_parquet(path)
            found.append(table[table["horizon"] == terms.horizon])
    if not found:
        raise MissingArtifact(f"forecasts of {terms.run}", "stockcast run FILE")
    return pd.concat(found, ignore_index=True)


def _samples(terms: Terms) -> pd.DataFrame:
    path = paths.stage(terms.run, "04_samples") / "samples.parquet"
    if not path.is_file():
        raise MissingArtifact(paths.shown(path), "stockcast run FILE")
    table = pd.read_parquet(path)
    panel = paths.stage(terms.run, "01_data") / "panel.parquet"
    holdout.check_artifact(table, panel, "04_samples/samples.parquet")
    return table
