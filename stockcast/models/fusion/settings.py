"""How fusion networks are made and trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stockcast.determinism import PROCESSES
from stockcast.errors import InputError, nearest
from stockcast.models.fusion.fused import Architecture
from stockcast.models.fusion.modalities import SERIES, by_modality
from stockcast.models.networks.training import Recipe
from stockcast.models.sample_set import SampleSet

DESCRIBED = {
    "early": "all modalities side by side, read by one reader",
    "late": "each modality read and judged on its own, the forecasts weighed",
    "gated": "each modality read on its own, weighed by a gate for each stock and day",
}


@dataclass(frozen=True)
class Settings:
    """How an ensemble of fusion networks is made and trained.

    Attributes
    ----------
    kind : str
        "early", "late" or "gated".
    modalities : tuple of str or None
        Those to read, by their names in `modalities.DESCRIBED`; None: all that have a feature.
    across : bool
        Attention between the stocks of a day.
    over_time : bool
        Read the windows of prices; False: the last day of everything.
    recipe : Recipe
    width : int
        Hidden units of a modality's reader, even.
    dropout : float
    members : int
        Networks of the ensemble.
    train_every : int
        Each network sees every n-th training day, the k-th network from the k-th day on.
    device, mixed_precision, compiled
        See `stockcast.models.networks.device.choose`. No setting of a fitted model.
    jobs : int
        Processes; no bit depends on it.
    checkpoints : Path or None
        Folder from which an interrupted training goes on.
    """

    kind: str = "gated"
    modalities: tuple[str, ...] | None = None
    across: bool = False
    over_time: bool = True
    recipe: Recipe = field(default_factory=lambda: Recipe(4, 4, 0.01, 4, 1.0))
    width: int = 12
    dropout: float = 0.1
    members: int = 5
    train_every: int = 2
    device: str = "auto"
    mixed_precision: bool = True
    compiled: bool = False
    jobs: int = PROCESSES
    checkpoints: Path | None = None

    def groups(self, samples: SampleSet) -> dict[str, tuple[str, ...]]:
        """Features of each modality it reads.

        Raises
        ------
        InputError
            When a modality that it asks for has no feature.
        """
        there = by_modality(samples.names)
        for kind in self.modalities or ():
            if kind not in there:
                raise InputError("modality", "must have a feature", kind, nearest(kind, there))
        wanted = there if self.modalities is None else self.modalities
        return {kind: names for kind, names in there.items() if kind in wanted}

    def architecture(self, groups: Mapping[str, tuple[str, ...]]) -> Architecture:
        """The network for these features."""
        return Architecture(
            self.kind,
            tuple(len(names) for names in groups.values()),
            sum(kind in SERIES for kind in groups) if self.over_time else 0,
            self.width,
            self.across,
            self.dropout,
        )
