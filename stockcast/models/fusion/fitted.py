"""Trained fusion networks: their forecasts, their weights of the modalities, and their files."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.models import files
from stockcast.models.fusion.fused import Architecture
from stockcast.models.fusion.material import lay_out
from stockcast.models.fusion.reading import batches, read_gates, said, table
from stockcast.models.model import COLUMNS, check_later
from stockcast.models.networks import forecast as forecasting
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material
from stockcast.models.sample_set import SampleSet
from stockcast.models.score_head import ScoreHead
from stockcast.paths import replacing
from stockcast.samples.windows import Normaliser

_WEIGHTS, _ABOUT = "networks.safetensors", "model.json"


@dataclass(frozen=True)
class FittedFusion:
    """An ensemble with all it needs to read a sample set; see `stockcast.models.model.Fitted`.

    Attributes
    ----------
    ensemble : Ensemble
    normaliser : Normaliser
        Of the training rows.
    groups : dict
        Features of each modality, in the networks' order.
    lookback : int
    head : ScoreHead
        From the networks' locations to returns, in units of their scale times the volatility.
    """

    ensemble: Ensemble
    normaliser: Normaliser
    groups: dict[str, tuple[str, ...]]
    lookback: int
    head: ScoreHead

    @property
    def name(self) -> str:
        """The forecast table's `model`."""
        return self.ensemble.name

    @property
    def information_until(self) -> pd.Timestamp:
        """Last date that a training or validation label used."""
        return self.ensemble.information_until

    def material(self, samples: SampleSet) -> Material:
        """Windows of a sample set, scaled as in training; for forecasts and explanations."""
        samples = dataclasses.replace(samples, lookback=self.lookback)
        return lay_out(samples, self.groups, self.normaliser)

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts for the members on the days of `part` that have a full window.

        Raises
        ------
        InputError
            When there are none, a day does not come after `information_until`, or a feature that
            the networks read is missing.
        """
        material = self._later(samples, part)
        days = []
        for day, location, scale in said(self.ensemble, material, part):
            size = scale.mean(axis=0)
            days.append((day, self.head.read(location / size, day.unit * size, relative=False)))
        out = table(material, days)
        out = out.assign(run=samples.run, model=self.name, horizon=samples.horizon)
        return out[list(COLUMNS)]

    def scores(self, samples: SampleSet, part: str = "test", *, every: int = 1) -> pd.DataFrame:
        """Scores of each network by itself, on every n-th day of `part`.

        Returns
        -------
        DataFrame
            `seed` (the network's number), `date`, `code`, `score`, as a fraction.
        """
        material = self._later(samples, part)
        days = []
        for day, location, _ in said(self.ensemble, material, part, every):
            own = {number: one * day.unit for number, one in enumerate(location)}
            days.append((day, own))
        out = table(material, days).melt(["date", "code"], var_name="seed", value_name="score")
        return out.astype({"seed": int})[["seed", "date", "code", "score"]]

    def _later(self, samples: SampleSet, part: str) -> Material:
        """The set's windows, refused where the networks know the days."""
        material = self.material(samples)
        check_later(material.windows.dates[material.days(part).days], self.information_until)
        return material

    def gates(self, samples: SampleSet, part: str = "test", *, every: int = 1) -> pd.DataFrame:
        """How much weight each modality gets, mean over the networks.

        Returns
        -------
        DataFrame
            `date`, `code`, then a column a modality, which sum to 1 in each row.

        Raises
        ------
        InputError
            For early fusion, which has no weights.
        """
        material, days = self.material(samples), []
        for inputs, day, kept in batches(material, part, every):
            of_members = [read_gates(member, inputs)[kept] for member in self.ensemble.members]
            weights = np.mean(of_members, axis=0).T
            days.append((day, dict(zip(self.groups, weights, strict=True))))
        return table(material, days)

    def save(self, folder: Path) -> None:
        """Write the weights, then `model.json`: without it, there is no model."""
        folder = Path(folder)
        (folder / _ABOUT).unlink(missing_ok=True)
        forecasting.save(self.ensemble, folder / _WEIGHTS)
        scaling = {name: getattr(self.normaliser, name) for name in ("centre", "spread", "common")}
        about = {
            "lookback": self.lookback,
            "groups": self.groups,
            "relative": self.normaliser.relative,
            "scaling": {name: values.tolist() for name, values in scaling.items()},
            "head": self.head.to_dict(),
            "history": [member.history for member in self.ensemble.members],
        }
        with replacing(folder / _ABOUT) as scratch:
            scratch.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> FittedFusion:
    """Read what `FittedFusion.save` wrote."""
    about = files.description(Path(folder) / _ABOUT)
    groups = {kind: tuple(names) for kind, names in about["groups"].items()}
    names = tuple(name for group in groups.values() for name in group)
    scaling = {name: np.asarray(values) for name, values in about["scaling"].items()}
    ensemble = forecasting.load(Path(folder) / _WEIGHTS, Architecture)
    members = tuple(
        dataclasses.replace(member, history=history)
        for member, history in zip(ensemble.members, about["history"], strict=True)
    )
    return FittedFusion(
        dataclasses.replace(ensemble, members=members),
        Normaliser(names, relative=about["relative"], **scaling),
        groups,
        about["lookback"],
        ScoreHead(**about["head"]),
    )
