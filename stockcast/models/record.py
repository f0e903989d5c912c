"""What is kept of a fitted model: its files, and a record of what it is, learned from and scored.

    runs/RUN/STAGE/models/NAME/     what `Fitted.save` wrote; record.json, card.md; about.json

The same fit gives the same record and card, byte for byte. What differs at each fit stands apart
in about.json: what the machine measured (seconds, memory), and the hashes of the model's own
files, since skops writes times and addresses into them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from stockcast.errors import InputError
from stockcast.models import card
from stockcast.models.data_hash import data_hash
from stockcast.models.model import Fitted, Model
from stockcast.models.sample_set import SampleSet
from stockcast.paths import shown

FOLDER, RECORD, CARD, ABOUT = "models", "record.json", "card.md", "about.json"
PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Record:
    """A fitted model, in what JSON can hold.

    Attributes
    ----------
    run, stage, model : str
    level : int
    described : str
        As the `Model` says.
    seed, horizon, lookback : int
    parameters : dict
        How it was fitted.
    features : list of str
    data : str
        See `stockcast.models.data_hash`.
    information_until : str
        Date, YYYY-MM-DD.
    spans : dict
        By part: `first`, `last` (dates), `days`, `rows`; parts without days are left out.
    metrics : dict of float
        On the test; `x_low` and `x_high` are the ends of the interval of `x`. None: unknown.
    limits : list of str
        Sentences for the card.
    """

    run: str
    stage: str
    model: str
    level: int
    described: str
    seed: int
    horizon: int
    lookback: int
    parameters: dict[str, object]
    features: list[str]
    data: str
    information_until: str
    spans: dict[str, dict[str, object]]
    metrics: dict[str, float | None] = field(default_factory=dict)
    limits: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """SHA-256 of all of it."""
        return digest(dataclasses.asdict(self))


def keep(
    folder: Path,
    model: Model,
    fitted: Fitted,
    samples: SampleSet,
    *,
    stage: str,
    seed: int,
    parameters: Mapping[str, object] | None = None,
    metrics: Mapping[str, float] | None = None,
    limits: Sequence[str] = (),
    costs: Mapping[str, float] | None = None,
    features: Sequence[str] = (),
    features_hash: str = "",
) -> Record:
    """Save a fitted model with its record and its card, in place of an earlier one of its name.

    Parameters
    ----------
    folder, stage
        Where the stage's artifacts gather, and its name, `Stage.folder` and `Stage.name`.
    model, fitted, samples, seed
        What was fitted on what.
    parameters
        How; numbers, words, truth values and lists of them.
    metrics
        On the test, such as a row of `stockcast.judge.scoreboard`; what is no finite number counts
        as unknown.
    limits
        Sentences for the card, beside those that follow from the metrics.
    costs
        Such as `fit_seconds`, `forecast_seconds`, `peak_mb`.
    features, features_hash
        Of a model that reads features which `samples` does not hold: their names, and a hash of
        their values, which enters the record's `data`.

    Raises
    ------
    InputError
        When the name cannot name a folder.
    """
    if not re.fullmatch(r"\w[\w.-]*", fitted.name):
        raise InputError("name", "must be a word that can name a folder", fitted.name)
    target = Path(folder) / FOLDER / fitted.name
    with _replacing_folder(target) as scratch:
        fitted.save(scratch)
        record = Record(
            run=samples.run,
            stage=stage,
            model=fitted.name,
            level=model.level,
            described=model.described,
            seed=seed,
            horizon=samples.horizon,
            lookback=samples.lookback,
            parameters=json.loads(_text(dict(parameters or {}))),
            features=[*samples.names, *features],
            data=_data(samples, features_hash),
            information_until=f"{fitted.information_until:%Y-%m-%d}",
            spans=_spans(samples),
            metrics={
                name: _finite(value)
                for name, value in dict({} if metrics is None else metrics).items()
            },
            limits=list(limits),
        )
        about = {"files": _hashes(scratch), "costs": dict(costs or {})}
        (scratch / ABOUT).write_text(_text(about) + "\n", "utf-8")
        (scratch / RECORD).write_text(_text(dataclasses.asdict(record)) + "\n", "utf-8")
        (scratch / CARD).write_text(card.card(record), "utf-8")
    return record


def read(folder: Path) -> Record:
    """The record in a model's folder.

    Raises
    ------
    InputError
        When there is none, or the model's files are not those that were kept with it.
    """
    try:
        kept = Record(**json.loads((Path(folder) / RECORD).read_text("utf-8")))
        files = _about(folder)["files"]
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError(shown(folder), "must hold a model and its record") from None
    if _hashes(Path(folder)) != files:
        raise InputError(
            shown(folder), "must hold the files kept with it", hint="execute the stage again"
        )
    return kept


def costs_of(folder: Path) -> dict[str, float]:
    """What fitting and forecasting took, as `keep` was told; empty if it was not."""
    return _about(folder)["costs"]


def found(folder: Path) -> list[Path]:
    """Folders of the kept models below `folder`, sorted."""
    pattern = f"**/{FOLDER}/*/{RECORD}"
    paths = (path.parent for path in Path(folder).glob(pattern))
    return sorted(path for path in paths if not path.name.startswith("."))


def digest(value: object) -> str:
    """SHA-256 of what JSON can hold."""
    return hashlib.sha256(_text(value).encode()).hexdigest()


def _data(samples: SampleSet, more: str) -> str:
    own = data_hash(samples)
    return digest([own, more])[:16] if more else own


def _about(folder: Path) -> dict[str, dict]:
    return json.loads((Path(folder) / ABOUT).read_text("utf-8"))


def _spans(samples: SampleSet) -> dict[str, dict[str, object]]:
    spans = {}
    for part in PARTS:
        dates = samples.samples["date"][samples.part(part)]
        if len(dates):
            spans[part] = {
                "first": f"{dates.min():%Y-%m-%d}",
                "last": f"{dates.max():%Y-%m-%d}",
                "days": int(dates.nunique()),
                "rows": len(dates),
            }
    return spans


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path not in [folder / name for name in (RECORD, CARD, ABOUT)]
    }


@contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target` on success and vanishes on failure."""
    scratch = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        scratch.mkdir(parents=True)
    except OSError as error:
        raise InputError(shown(target), "must be writable", error.strerror) from None
    try:
        yield scratch
        shutil.rmtree(target, ignore_errors=True)
        scratch.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _finite(value: object) -> float | None:
    return float(value) if value is not None and math.isfinite(float(value)) else None


def _text(value: object) -> str:
    try:
        return json.dumps(
            value, sort_keys=True, ensure_ascii=False, indent=1, default=_plain, allow_nan=False
        )
    except ValueError:
        raise InputError("parameters", "must be finite numbers") from None


def _plain(value: object) -> object:
    """What JSON does not know, in what it does."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path | pd.Timestamp):
        return str(value)
    raise InputError("parameters", "must be numbers, words or lists of them", type(value).__name__)
