"""Trained networks with all they need to read a sample set, and their files."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models import files
from stockcast.models.model import COLUMNS
from stockcast.models.networks import forecast as forecasting
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material, gather
from stockcast.models.sample_set import SampleSet
from stockcast.paths import replacing
from stockcast.samples.windows import Normaliser

_WEIGHTS, _ABOUT = "networks.safetensors", "model.json"


@dataclass(frozen=True)
class FittedNetworks:
    """An ensemble with all it needs to read a sample set; see `stockcast.models.model.Fitted`.

    Attributes
    ----------
    ensemble : Ensemble
    normaliser : Normaliser
        Of the training rows.
    lookback : int
    experts : str
        "own": forecasts are for the stocks of the training alone.
    draws : str
    dropout_draws, seed : int
        Of the dropout masks.
    """

    ensemble: Ensemble
    normaliser: Normaliser
    lookback: int
    experts: str = "shared"
    draws: str = "ensemble"
    dropout_draws: int = 16
    seed: int = 0

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
        missing = [name for name in self.normaliser.names if name not in samples.names]
        if missing:
            raise InputError("features", "must hold all that the network reads", missing[:3])
        return gather(
            samples.only(self.normaliser.names).features,
            samples.samples,
            lookback=self.lookback,
            horizon=samples.horizon,
            experts=self.experts,
            normaliser=self.normaliser,
            codes=self.ensemble.codes,
        )

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts for the members on the days of `part` that have a full window.

        Raises
        ------
        InputError
            When there are none, a day does not come after `information_until`, or a feature that
            the networks read is missing.
        """
        material = self.material(samples)
        days = dataclasses.replace(material.days(part), target=None)
        table = forecasting.forecast(
            self.ensemble,
            days,
            material.scale,
            horizon=samples.horizon,
            run=samples.run,
            draws=self.draws,
            dropout_draws=self.dropout_draws,
            seed=self.seed,
        )
        return table[list(COLUMNS)]

    def save(self, folder: Path) -> None:
        """Write the weights, then `model.json`: without it, there is no model."""
        folder = Path(folder)
        (folder / _ABOUT).unlink(missing_ok=True)
        forecasting.save(self.ensemble, folder / _WEIGHTS)
        scaling = {name: getattr(self.normaliser, name) for name in ("centre", "spread", "common")}
        about = {
            "lookback": self.lookback,
            "experts": self.experts,
            "draws": self.draws,
            "dropout_draws": self.dropout_draws,
            "seed": self.seed,
            "features": self.normaliser.names,
            "relative": self.normaliser.relative,
            "scaling": {name: values.tolist() for name, values in scaling.items()},
            "history": [member.history for member in self.ensemble.members],
        }
        with replacing(folder / _ABOUT) as scratch:
            scratch.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> FittedNetworks:
    """Read what `FittedNetworks.save` wrote."""
    about = files.description(Path(folder) / _ABOUT)
    scaling = {name: np.asarray(values) for name, values in about["scaling"].items()}
    ensemble = forecasting.load(Path(folder) / _WEIGHTS)
    members = tuple(
        dataclasses.replace(member, history=history)
        for member, history in zip(ensemble.members, about["history"], strict=True)
    )
    return FittedNetworks(
        dataclasses.replace(ensemble, members=members),
        Normaliser(tuple(about["features"]), relative=about["relative"], **scaling),
        about["lookback"],
        about["experts"],
        about["draws"],
        about["dropout_draws"],
        about["seed"],
    )
