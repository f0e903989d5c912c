"""Kinds of data: which features belong to which, which to take, and where each is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.features.catalogue import BY_NAME
from stockcast.models.sample_set import SampleSet

DESCRIBED = {
    "prices": "the stock's own prices and volumes, and those of its leaders",
    "other": "features that the catalogue does not know",
    "fundamentals": "statements and valuation",
    "market": "money flow, sector, market, policy and calendar",
    "news": "headlines: how they sound, how many, and their words",
}
"""The modalities, in the order in which the networks hold them."""

SERIES = ("prices", "other")
"""Modalities whose windows are read; of the others the last day is, which carries its history."""

DAILY = ("return_1", "gap", "range_1", "close_position", "volume_surge_5")
"""What a day's prices and volume are: the series that a reader of windows makes its own
indicators from. Judged one by one they say little, so no choice by importance would take them."""

WORDS = "words_"
"""How the names of features start that `stockcast.models.fusion.headlines` makes."""

KNOWN = 0.5
"""Share of its values that a modality must be told on a part's rows to be judged there."""

_OF_FAMILY = {
    "technical": "prices",
    "lead_lag": "prices",
    "alpha158": "prices",
    "fundamental": "fundamentals",
    "market": "market",
    "policy": "market",
    "calendar": "market",
    "text": "news",
}
_OF_PRICES = ("momentum", "reversal", "to date", "seasonality")  # groups of the calendar's family
_TOGETHER = 3  # features of one cluster, at most: the next would say nearly the same


def modality(name: str) -> str:
    """The modality of a feature, by its family in the catalogue."""
    if name.startswith(WORDS):
        return "news"
    feature = BY_NAME.get(name)
    if feature is None:
        return "other"
    if feature.family == "calendar" and feature.group in _OF_PRICES:
        return "prices"
    return _OF_FAMILY[feature.family]


def source(name: str) -> str:
    """Where a feature comes from: its modality, of fundamentals "statements" or "valuation".

    The two come from different tables, which may be known for different years.
    """
    kind = modality(name)
    if kind != "fundamentals":
        return kind
    return "valuation" if "valuation" in BY_NAME[name].inputs else "statements"


def by_modality(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The features of each modality, in the order given; modalities without any are left out."""
    groups = {kind: tuple(name for name in names if modality(name) == kind) for kind in DESCRIBED}
    return {kind: group for kind, group in groups.items() if group}


def choose(choices: pd.DataFrame, most: int, *, fold: str = "this run") -> dict[str, list[str]]:
    """The features of each modality that the training days say most for.

    Parameters
    ----------
    choices
        `fold`, `name`, `reason`, `cluster`, `importance`, `p`: what was judged on each fold's
        training rows when features were selected. Features that were dropped without a judgement
        have NaN and the reason.
    most
        Features of a modality; of one cluster at most three.
    fold
        Whose judgement to take. One whose training days reach past the run's own would look ahead.

    Returns
    -------
    dict
        By modality: names from the least `p` of their clusters up, more important ones first. Of
        prices, those of `DAILY` that are there come before them. A modality of which nothing was
        judged, because it was hardly known on the training days, gives its first features, in the
        order of `choices`: what it is worth can only be asked on days of its own
        (`stockcast.models.fusion.spans`).

    Raises
    ------
    InputError
        When the fold is not there.
    """
    mine = choices[choices["fold"] == fold]
    if not mine["p"].notna().any():
        raise InputError("fold", "must be one that choices were made for", fold)
    daily = [name for name in DAILY if name in set(mine["name"])]
    unknown = by_modality(mine["name"][mine["reason"] == "unknown"].to_list())
    mine = mine[mine["p"].notna() & ~mine["name"].isin(daily)]
    mine = mine.sort_values(["p", "cluster", "importance"], ascending=[True, True, False])
    mine = mine.assign(modality=[modality(name) for name in mine["name"]])
    near = mine.groupby(["modality", "cluster"]).cumcount()
    ranked = mine["name"][near < _TOGETHER]
    groups = unknown | by_modality([*daily, *ranked])
    return {kind: list(groups[kind][:most]) for kind in DESCRIBED if kind in groups}


def judgeable(samples: SampleSet) -> pd.DataFrame:
    """Which modalities a run can say something about.

    A modality can be judged where the networks could learn it, choose by it and be tested on it:
    where at least `KNOWN` of its values are told of the members of training, validation and test
    days each. Stocks that only train may lack it: the networks are told so.
    A value is told when it is there and its feature is not one and the same for all stocks through
    the month: years without a headline are no years of silence, but years that nobody recorded.

    Returns
    -------
    DataFrame, index of the modalities of the set's features
        `features`; `train`, `valid`, `test`: share of the values told there, NaN for a part
        without rows; `first`, `last`: the days from and to which at least `KNOWN` of the day's
        values are told (NaT: no day); `judged`: bool.
    """
    groups = by_modality(samples.names)
    date = samples.samples["date"]
    ranked = samples.samples["member"].to_numpy(bool)
    parts = {
        name: samples.part(name, labelled=False) & ranked for name in ("train", "valid", "test")
    }
    rows = {}
    for kind, names in groups.items():
        told = _told(samples, names)
        shares = {
            name: float(told[part].mean()) if part.any() else np.nan for name, part in parts.items()
        }
        daily = pd.Series(told[ranked]).groupby(date[ranked].to_numpy()).mean()
        there = daily.index[daily >= KNOWN]
        rows[kind] = {
            "features": len(names),
            **shares,
            "first": there.min() if len(there) else pd.NaT,
            "last": there.max() if len(there) else pd.NaT,
            "judged": all(share >= KNOWN for share in shares.values()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("modality")


def _known(samples: SampleSet, names: Sequence[str]) -> np.ndarray:
    """Share of the features that each row has: (n_rows,)."""
    found = np.zeros(len(samples.features))
    for name in names:
        found += np.isfinite(samples.features[name].to_numpy(np.float32))
    return found / max(len(names), 1)


def _told(samples: SampleSet, names: Sequence[str]) -> np.ndarray:
    """Share of the features that each row is told: (n_rows,)."""
    found = np.zeros(len(samples.features))
    for name in names:
        found += told(samples, name)
    return found / max(len(names), 1)


def told(samples: SampleSet, name: str) -> np.ndarray:
    """Whether a feature is there, in a month in which it takes more than one value: (n_rows,)."""
    values = samples.features[name].astype(np.float32)
    month = samples.samples["date"].dt.to_period("M").array.asi8
    by_month = values.groupby(month)
    varies = (by_month.max() > by_month.min()).reindex(month).to_numpy()
    return np.isfinite(values.to_numpy()) & varies


def known_by_modality(
    samples: SampleSet, groups: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """For each modality the share of its features that each row has: (n_rows,) float."""
    return {kind: _known(samples, names) for kind, names in groups.items()}
