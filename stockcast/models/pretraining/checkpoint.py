"""What pre-training leaves behind: an encoder, how it was made, and what it has seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.torch import save_file

from stockcast import paths
from stockcast.models import files
from stockcast.models.pretraining.patches import Architecture, PatchEncoder
from stockcast.samples.windows import Normaliser

_FORMAT = "stockcast pretrained encoder"


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A pre-trained encoder; `stockcast.models.pretraining.tasks.pretrain` makes it.

    Attributes
    ----------
    encoder : PatchEncoder
        In evaluation mode.
    architecture : Architecture
    normaliser : Normaliser
        Centre and spread of the channels over the bars it has seen.
    information_until : Timestamp
        Last day of those bars: what is fine-tuned from it may be chosen on later days only.
    data : str
        Hash of those bars.
    parameters : dict
        How it was trained, the seed included.
    history : tuple of dict
        `step`, `train_loss`, and on the days held out the shares explained, `patches` and
        `next_day`.
    seen : dict
        `stocks`, `days` and `windows` that it has learned from.
    """

    encoder: PatchEncoder
    architecture: Architecture
    normaliser: Normaliser
    information_until: pd.Timestamp
    data: str
    parameters: dict[str, float]
    history: tuple[dict[str, float], ...] = ()
    seen: dict[str, int] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """One safetensors file: the weights, and everything else as JSON in its header."""
        about = {
            "architecture": self.architecture.to_dict(),
            "normaliser": described(self.normaliser),
            "information_until": f"{self.information_until:%Y-%m-%d}",
            "data": self.data,
            "parameters": self.parameters,
            "history": self.history,
            "seen": self.seen,
        }
        weights = {name: one.contiguous() for name, one in self.encoder.state_dict().items()}
        with paths.replacing(path) as scratch:
            save_file(weights, scratch, {_FORMAT: json.dumps(about, sort_keys=True)})


def load(path: Path) -> Pretrained:
    """The encoder of a file that `Pretrained.save` wrote.

    Raises
    ------
    InputError
        For a file that is missing, cut short, or something else.
    """
    hint = "make it with: stockcast pretrain PARAMS"
    about, weights = files.tensors(path, _FORMAT, "must be a pre-trained encoder", hint)
    architecture = Architecture(**about["architecture"])
    encoder = PatchEncoder(architecture)
    encoder.load_state_dict(weights)
    return Pretrained(
        encoder=encoder.eval(),
        architecture=architecture,
        normaliser=normaliser_of(about["normaliser"]),
        information_until=pd.Timestamp(about["information_until"]),
        data=about["data"],
        parameters=about["parameters"],
        history=tuple(about["history"]),
        seen=about["seen"],
    )


def described(normaliser: Normaliser) -> dict[str, object]:
    """A normaliser as plain values."""
    return {
        "names": list(normaliser.names),
        "centre": [float(value) for value in normaliser.centre],
        "spread": [float(value) for value in normaliser.spread],
        "common": [bool(value) for value in normaliser.common],
        "relative": normaliser.relative,
    }


def normaliser_of(values: dict[str, Any]) -> Normaliser:
    """The normaliser that `described` described."""
    return Normaliser(
        tuple(values["names"]),
        np.array(values["centre"]),
        np.array(values["spread"]),
        np.array(values["common"], bool),
        values["relative"],
    )
