"""The story's networks on the story's stocks: trained as told, without the faults of its code.

Six networks, each from several seeds: one LSTM a stock, the two-level network before and after
falls are weighted, a two-level network that can be asked about a stock it never saw, the same
trained to the bitter end, and one LSTM for that stock alone. `as_told` keeps the story's own code;
`faults` measures it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from stockcast.determinism import PROCESSES, settle_torch
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.days import Days
from stockcast.models.networks.device import choose
from stockcast.models.networks.ensembles import Plan, train_ensembles
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material, gather
from stockcast.models.networks.student_t import Student
from stockcast.models.networks.training import Recipe, Trained, train
from stockcast.models.sample_set import SampleSet
from stockcast.models.side_by_side import in_processes

WIDTH = 32  # hidden units of an expert, as the story has it
RECIPE = Recipe(
    epochs=6, patience=2, learning_rate=0.005, batch_days=32, down_weight=1.0, loss="cross_entropy"
)
BATCH = 64  # days forecast at once

TO_THE_END = 12  # epochs of the convinced network

_ALONE = {"attention": "none", "coordinator": False}
NETWORKS = {
    "single": "an LSTM a stock, none sees another",
    "two_level": "five experts and a coordinator",
    "weighted": "the same, falls weighted in the loss",
    "transferable": "one expert for all stocks, known or not, and a coordinator",
    "convinced": "the same, trained on while the training loss falls, no eye on validation",
    "outsider": "an LSTM for the sixth stock, trained on it alone",
}
"""What is trained, by name."""


def retell(
    samples: SampleSet,
    outsider: str,
    seeds: Sequence[int],
    *,
    down_weight: float,
    recipe: Recipe = RECIPE,
    jobs: int = PROCESSES,
) -> tuple[pd.DataFrame, dict[str, Ensemble]]:
    """Train the six networks and forecast the validation and the test days.

    Look-ahead: the labels of "train" teach and those of "valid" decide when to stop, so what is
    said of validation days is not out of sample; the test days are.

    Parameters
    ----------
    samples
        Of the experts' stocks and the outsider, members on every day.
    outsider
        The stock on which no committee is trained.
    seeds
        One network of each kind.
    down_weight
        Of falls, for "weighted".
    recipe, jobs
        How, and in how many processes; no bit depends on `jobs`.

    Returns
    -------
    forecasts : DataFrame
        network, seed, split ("valid" or "test"), date, code, prob_up, label (NaN where unknown).
    ensembles : dict
        The networks by name.
    """
    six = samples.samples
    five, alone = (_of(samples, six["code"] != outsider), _of(samples, six["code"] == outsider))
    owned, pooled, single = (
        _material(five, "own"),
        _material(five, "shared"),
        _material(alone, "own"),
    )
    features, stocks = len(samples.names), len(owned.codes)
    own = Architecture(features, stocks, WIDTH, "own")
    lonely = Architecture(features, stocks, WIDTH, "own", **_ALONE)
    weighted = dataclasses.replace(recipe, down_weight=down_weight)
    wanted: list[tuple[Material, Mapping[str, tuple[Architecture, Recipe]]]] = [
        (
            owned,
            {"single": (lonely, recipe), "two_level": (own, recipe), "weighted": (own, weighted)},
        ),
        (pooled, {"transferable": (Architecture(features, stocks, WIDTH, "shared"), recipe)}),
        (single, {"outsider": (Architecture(features, 1, WIDTH, "own", **_ALONE), recipe)}),
    ]
    device, plan = choose("cpu"), Plan(tuple(seeds), jobs=jobs)
    trained: dict[str, Ensemble] = {}
    for material, recipes in wanted:
        trained |= train_ensembles(recipes, material, device, plan)
    trained["convinced"] = _convinced(pooled, recipe, seeds, jobs)
    stranger = _asked(samples, pooled)
    asked = {"transferable": stranger, "convinced": stranger, "outsider": single}
    tables = [
        said(member, asked.get(name, owned), part).assign(network=name, seed=seed, split=part)
        for name, ensemble in trained.items()
        for seed, member in zip(seeds, ensemble.members, strict=True)
        for part in ("valid", "test")
    ]
    truth = six[["date", "code", "label"]]
    told = pd.concat(tables, ignore_index=True).merge(truth, on=["date", "code"], how="left")
    return told[["network", "seed", "split", "date", "code", "prob_up", "label"]], trained


def _convinced(material: Material, recipe: Recipe, seeds: Sequence[int], jobs: int) -> Ensemble:
    """Shared experts that stop by their own training days, which say "go on"."""
    longer = dataclasses.replace(recipe, epochs=TO_THE_END, patience=TO_THE_END)
    size = material.windows.values.shape[2], len(material.codes)
    architecture = Architecture(*size, WIDTH, "shared")
    days, some = material.days("train"), material.days("train", every=8)
    tasks = [(architecture, longer, days, some, choose("cpu"), seed) for seed in seeds]
    members = tuple(in_processes(train, tasks, jobs))
    return Ensemble("convinced", members, material.codes, material.information_until)


def said(member: Trained, material: Material, part: str) -> pd.DataFrame:
    """What one network says on the days of a split: date, code, prob_up."""
    settle_torch(0)
    days = material.days(part)
    tables = []
    for first in range(0, len(days), BATCH):
        chosen = np.arange(first, min(first + BATCH, len(days)))
        inputs, _ = days.batch(chosen)
        with torch.inference_mode():
            location, scale, freedom = (v.double().numpy() for v in member.module(**inputs))
        up = Student(location, scale, float(freedom)).prob_up()
        row, place = np.nonzero(inputs["present"].numpy())
        stock = _stocks(days, chosen, inputs["present"].numpy())
        tables.append(
            pd.DataFrame(
                {
                    "date": material.windows.dates[days.days[chosen[row]]],
                    "code": np.asarray(material.windows.codes)[stock],
                    "prob_up": up[row, place],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _stocks(days: Days, chosen: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Row in the windows of each place where a stock is present."""
    if days.fixed:
        return np.nonzero(present)[1]
    return np.concatenate([days.stocks_of(day) for day in days.days[chosen]])


def parameters(architecture: Architecture) -> int:
    """Numbers that training sets."""
    return sum(weight.numel() for weight in architecture.build().parameters())


def training_bytes(architecture: Architecture, batch_days: int, lookback: int) -> int:
    """Memory that training takes at most, in bytes, of float32.

    Weights, their slopes and AdamW's two moments; the batch; and what the backward pass keeps. Of
    an LSTM that is, a stock and day, its four gates, the cell before and after its tanh and the
    state: seven times its width. A coordinator is twice as wide and reads the batch once.
    """
    a = architecture
    stock_days = batch_days * a.stocks * lookback
    kept = stock_days * (2 * a.features + 7 * a.width)
    if a.coordinator:
        kept += batch_days * lookback * (a.stocks * a.width + 7 * 2 * a.width)
    return 4 * (4 * parameters(a) + kept)


def _of(samples: SampleSet, rows: pd.Series) -> SampleSet:
    keep = rows.to_numpy(bool)
    return SampleSet(
        samples.features[keep].reset_index(drop=True),
        samples.samples[keep].reset_index(drop=True),
        samples.horizon,
        samples.lookback,
        samples.run,
    )


def _material(samples: SampleSet, experts: str) -> Material:
    return gather(
        samples.features,
        samples.samples,
        lookback=samples.lookback,
        horizon=samples.horizon,
        experts=experts,
    )


def _asked(samples: SampleSet, trained: Material) -> Material:
    """All stocks, scaled and numbered as in training: one that was not there has number 0."""
    return gather(
        samples.features,
        samples.samples,
        lookback=samples.lookback,
        horizon=samples.horizon,
        experts="shared",
        normaliser=trained.normaliser,
        codes=trained.codes,
    )
