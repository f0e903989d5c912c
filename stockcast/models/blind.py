"""Models that cannot know anything, for comparison: taught on labels dealt at random."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.determinism import PROCESSES, stream
from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from stockcast.models.side_by_side import in_processes


def dealt(samples: SampleSet, rng: np.random.Generator) -> SampleSet:
    """The set with each day's outcomes dealt at random among its stocks.

    Scaled returns lose their day's mean first: it is the same however they are dealt, and by
    features that all stocks of a day share could be learned. Test days keep their outcomes, and
    unknown outcomes stay unknown where they are.
    """
    table = samples.samples
    scaled = (table["label"] / table["scale"]).to_numpy(float)
    taught = table["split"].isin(["train", "valid"]).to_numpy() & np.isfinite(scaled)
    rows = np.flatnonzero(taught)
    day = pd.factorize(table["date"].to_numpy()[rows])[0]
    relative = scaled[rows] - (np.bincount(day, scaled[rows]) / np.bincount(day))[day]
    order = np.lexsort((rng.random(len(rows)), day))  # within each day, any order
    label = table["label"].to_numpy(float).copy()
    label[rows] = relative[order] * table["scale"].to_numpy(float)[rows]
    return dataclasses.replace(samples, samples=table.assign(label=label))


def blind_forecasts(
    models: Sequence[Model], samples: SampleSet, seeds: Sequence[int], jobs: int = PROCESSES
) -> pd.DataFrame:
    """Test forecasts of each model taught on labels dealt by each seed.

    Parameters
    ----------
    models, samples
        As in `stockcast.models.side_by_side.fit_all`.
    seeds
        One deal each, the same for all models.
    jobs
        Processes; the forecasts do not depend on it.

    Returns
    -------
    DataFrame
        Forecast columns and `seed`, model after model.
    """
    tasks = [(model, samples, seed) for model in models for seed in seeds]
    return pd.concat(in_processes(_blind, tasks, jobs), ignore_index=True)


def _blind(model: Model, samples: SampleSet, seed: int) -> pd.DataFrame:
    taught = dealt(samples, stream(seed, "dealt labels"))
    return model.fit(taught, seed).forecast(samples).assign(seed=seed)
