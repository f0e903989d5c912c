"""A sample set as fusion networks read it: modality after modality, then their marks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from stockcast.errors import InputError
from stockcast.models.fusion.modalities import known_by_modality
from stockcast.models.networks.material import Material, gather
from stockcast.models.sample_set import SampleSet
from stockcast.samples.windows import Normaliser


def lay_out(
    samples: SampleSet,
    groups: Mapping[str, Sequence[str]],
    normaliser: Normaliser | None = None,
) -> Material:
    """Windows, days and targets of a sample set.

    Parameters
    ----------
    samples
        Its labels become targets; forecasts do not look at them.
    groups
        Features of each modality, in the order in which the network was built.
    normaliser
        As the material that the network was trained on had it; None: fitted on the training rows.

    Returns
    -------
    Material
        As `stockcast.models.networks.material.gather` makes it, with one more column of
        `windows.values` a modality: 1 on days when the stock had any of its features, else 0.

    Raises
    ------
    InputError
        When a feature is missing, or there is no training row to fit to.
    """
    names = [name for group in groups.values() for name in group]
    missing = [name for name in names if name not in samples.names]
    if missing:
        raise InputError("features", "must hold all that the network reads", missing[:3])
    material = gather(
        samples.only(names).features,
        samples.samples,
        lookback=samples.lookback,
        horizon=samples.horizon,
        normaliser=normaliser,
        codes=(),  # fusion does not tell stocks apart by their names
    )
    keys, windows = samples.samples[["date", "code"]], material.windows
    marks = [
        windows.grid(keys.assign(mark=share > 0), "mark", fill=False)
        for share in known_by_modality(samples, groups).values()
    ]
    values = np.concatenate([windows.values, np.stack(marks, -1).astype(np.float32)], axis=-1)
    return dataclasses.replace(material, windows=dataclasses.replace(windows, values=values))
