"""The model that a run keeps for its forecasts, found by name and read with its record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stockcast import paths
from stockcast.errors import InputError, MissingArtifact, nearest
from stockcast.models import record
from stockcast.models.model import Fitted
from stockcast.models.record import Record


@dataclass(frozen=True)
class Kept:
    """A fitted model and what is recorded of it.

    Attributes
    ----------
    fitted : Fitted
    record : Record
    folder : Path
    """

    fitted: Fitted
    record: Record
    folder: Path

    @property
    def version(self) -> str:
        """First 16 digits of the record's hash: the model's version in the ledger."""
        return self.record.digest()[:16]


def kept(run: str, name: str) -> Kept:
    """The model `name` that a stage of `run` kept.

    Raises
    ------
    MissingArtifact
        When the run has kept no model yet.
    InputError
        When none has this name, or its files are not those that were kept.
    """
    from stockcast.models.catalogue import MODELS

    folders = {path.name: path for path in record.found(paths.runs() / run)}
    if not folders:
        raise MissingArtifact(f"a kept model of {run}", "stockcast run params/FILE.yml")
    if name not in folders:
        raise InputError(
            "headline", f"must be a model that the run {run} keeps", name, nearest(name, folders)
        )
    about = record.read(folders[name])
    kinds = {model.name: model.load for model in MODELS}
    load = kinds.get(name) or kinds.get(name.rsplit("_", 1)[0])  # committee_1: another horizon's
    if load is None:
        raise InputError("headline", "must be of a kind that can be read", name)
    return Kept(load(folders[name]), about, folders[name])
