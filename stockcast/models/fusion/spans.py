"""What a kind of data adds on days of its own, where a run's split knows too little of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import pandas as pd

from stockcast.models.fusion.modalities import judgeable, modality, source, told
from stockcast.models.fusion.models import fit_all
from stockcast.models.fusion.settings import Settings
from stockcast.models.sample_set import SampleSet
from stockcast.samples.splits import Split

WITH, WITHOUT = "with it", "without it"
COLUMNS = ("source", "arm", "seed", "date", "code", "score", "label")

FEWEST = 120
"""Trading days below which a span of its own would tell nothing."""

OWN_SPLIT = "the run's split"


def candidates(names: Sequence[str], judged: Sequence[str]) -> list[str]:
    """Those features whose modality is not among `judged`."""
    return [name for name in names if modality(name) not in judged]


def sets(samples: SampleSet, judged: Sequence[str], most: int) -> dict[str, SampleSet]:
    """A sample set for each source of data that the run's split cannot judge.

    Parameters
    ----------
    samples
        Holds the features of the modalities `judged`, and all `candidates`.
    judged
        Modalities that the run's own split judges.
    most
        Features of a source: those told on the most rows, in the order of `samples`. What was told
        says nothing about outcomes, so no look at them decides.

    Returns
    -------
    dict
        By source: the judged modalities' features beside the source's own.
    """
    common = [name for name in samples.names if modality(name) in judged]
    others = [name for name in samples.names if modality(name) not in judged]
    rows = {name: int(told(samples, name).sum()) for name in others}
    found = {}
    for kind in dict.fromkeys(source(name) for name in others):
        own = [name for name in others if source(name) == kind and rows[name]]
        own = sorted(own, key=rows.get, reverse=True)[:most]
        if own:
            found[kind] = samples.only([*common, *own])
    return found


def with_and_without(
    apart: Mapping[str, SampleSet],
    judged: Sequence[str],
    settings: Settings,
    seed: int,
    *,
    every: int = 1,
    fewest: int = FEWEST,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit fusion with and without each source of data that the run's own split cannot judge.

    Each gets a split of the days on which it is known (`span`), and two ensembles there: one that
    reads the judged modalities, one that reads it beside them. Features of the judged ones were
    chosen on the run's training days, some of which may be days of the span's test; that favours
    both arms alike.

    Parameters
    ----------
    apart
        As `sets` gives them.
    judged
        Modalities that both arms read.
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
        `source`, `arm` (`WITH` or `WITHOUT`), `seed`, `date`, `code`, `score`, `label`; for
        `stockcast.judge.ablation`. Empty where nothing could be fitted.
    table : DataFrame, index of the sources
        As `judgeable` gives it, with `where` (the span's test days, or why there is none) and
        `within_test`: whether they are days of the run's own test.
    """
    rows, scores = {}, []
    for kind, samples in apart.items():
        [modality_of] = {modality(n) for n in samples.names if source(n) == kind}
        row = judgeable(samples).loc[modality_of]
        split, why = span(samples, row["first"], row["last"], fewest=fewest)
        inside = None if split is None else samples.divided(split)
        if not judged:
            why, inside = "nowhere: there is nothing to set beside it", None
        elif inside is not None and not judgeable(inside).loc[modality_of, "judged"]:
            why, inside = "nowhere: known with gaps", None
        elif inside is not None and not _labelled(inside):
            why, inside = "nowhere: its outcomes are sealed", None
        rows[kind] = {**row, "where": why, "within_test": False}
        if inside is None:
            continue
        rows[kind]["within_test"] = bool(split.test[-1] >= _first_test(samples))
        arms = {WITH: (*judged, modality_of), WITHOUT: tuple(judged)}
        wanted = {
            arm: dataclasses.replace(settings, modalities=kinds) for arm, kinds in arms.items()
        }
        for arm, fitted in fit_all(wanted, inside, seed).items():
            scores.append(fitted.scores(inside, every=every).assign(arm=arm, source=kind))
    columns = [*judgeable(samples).columns, "where", "within_test"] if apart else ["where"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("source")
    if not scores:
        return pd.DataFrame(columns=list(COLUMNS)), table
    truth = next(iter(apart.values())).samples[["date", "code", "label"]]
    out = pd.concat(scores).merge(truth, on=["date", "code"])
    return out[list(COLUMNS)], table


def span(
    samples: SampleSet, first: pd.Timestamp, last: pd.Timestamp, *, fewest: int = FEWEST
) -> tuple[Split | None, str]:
    """A split of its own for what is known from `first` to `last` only, and its test in words.

    The first 60 % of the days train, the next 15 % validate and the rest test, each purged by
    horizon + 1 days as every split is. The run's own test days are left alone, unless there are
    too few days before them: what is known on no others can only be asked there.

    Parameters
    ----------
    samples
        Whose trading days are taken, and whose split says where the run's test begins.
    first, last
        Days inclusive; NaT: none.
    fewest
        Trading days below which nothing could be told.

    Returns
    -------
    split : Split or None
        None where the span has fewer days.
    where : str
    """
    days = samples.days
    days = days[(days >= first) & (days <= last)] if pd.notna(first) else days[:0]
    before = days[days < _first_test(samples)]
    days = before if len(before) >= fewest else days
    if len(days) < fewest:
        return None, f"nowhere: known on {len(days)} days"
    purge = samples.horizon + 1
    cut, end = int(0.6 * len(days)), int(0.75 * len(days))
    split = Split(days[: cut - purge], days[cut : end - purge], days[end:])
    return split, f"{split.test[0]:%Y-%m-%d} to {split.test[-1]:%Y-%m-%d}"


def _labelled(samples: SampleSet) -> bool:
    """Whether every part has a row whose outcome is known."""
    return all(samples.part(name, labelled=True).any() for name in ("train", "valid", "test"))


def _first_test(samples: SampleSet) -> pd.Timestamp:
    """First day of the run's test; the end of time where it has none."""
    first = samples.samples["date"][samples.samples["split"] == "test"].min()
    return pd.Timestamp.max if pd.isna(first) else first
