"""What a modality adds on days of its own, where a run's split knows too little of it."""

from __future__ import annotations

import dataclasses

import pandas as pd

from stockcast.models.fusion.modalities import judgeable, span_split
from stockcast.models.fusion.models import fit_all
from stockcast.models.fusion.settings import Settings
from stockcast.models.sample_set import SampleSet

WITH, WITHOUT = "with it", "without it"
COLUMNS = ("modality", "arm", "seed", "date", "code", "score", "label")


def with_and_without(
    samples: SampleSet, settings: Settings, seed: int, *, every: int = 1, fewest: int = 250
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit fusion with and without each modality that the run's own split cannot judge.

    Each such modality gets a split of the days on which it is known (`span_split`), and two
    ensembles there: one that reads the judged modalities, one that reads it beside them. Features
    chosen on the run's training days may have been chosen on days of the span's test; that favours
    both arms alike.

    Parameters
    ----------
    samples
        The run's; its days end before any sealed window.
    settings
        Of both arms but for the modalities.
    seed
        Of the first network.
    every
        Score every n-th day of the span's test.
    fewest
        Trading days below which a span is left out.

    Returns
    -------
    scores : DataFrame
        `modality`, `arm` (`WITH` or `WITHOUT`), `seed`, `date`, `code`, `score`, `label`; for
        `stockcast.judge.ablation`. Empty where nothing could be fitted.
    table : DataFrame, index of all modalities
        As `judgeable` gives it, with `where`: "the run's split", the span's test days, or why
        there is none.
    """
    table = judgeable(samples)
    judged = tuple(table.index[table["judged"]])
    where, scores = dict.fromkeys(judged, "the run's split"), []
    for kind in table.index[~table["judged"]]:
        first, last = table.loc[kind, ["first", "last"]]
        split = None if pd.isna(first) else span_split(samples, first, last, fewest=fewest)
        if split is None or not judged:
            where[kind] = "nowhere: known on too few days"
            continue
        inside = samples.divided(split)
        if not judgeable(inside).loc[kind, "judged"]:
            where[kind] = "nowhere: known with gaps"
            continue
        where[kind] = f"{split.test[0]:%Y-%m-%d} to {split.test[-1]:%Y-%m-%d}"
        arms = {WITH: (*judged, kind), WITHOUT: judged}
        wanted = {
            arm: dataclasses.replace(settings, modalities=kinds) for arm, kinds in arms.items()
        }
        for arm, fitted in fit_all(wanted, inside, seed).items():
            scores.append(fitted.scores(inside, every=every).assign(arm=arm, modality=kind))
    if not scores:
        return pd.DataFrame(columns=list(COLUMNS)), table.assign(where=pd.Series(where))
    out = pd.concat(scores).merge(samples.samples[["date", "code", "label"]], on=["date", "code"])
    return out[list(COLUMNS)], table.assign(where=pd.Series(where))
