"""Fitting a classical model: a grid on validation, then members on resampled days and a head."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from stockcast.determinism import THREADS, stream
from stockcast.errors import InputError
from stockcast.models import files
from stockcast.models.classical.design import Design, Inputs, design, within_day
from stockcast.models.classical.grid import Tried, choose
from stockcast.models.classical.kind import Kind, Settings
from stockcast.models.classical.resampling import resampled, seed_of
from stockcast.models.model import COLUMNS, Model, check_later
from stockcast.models.sample_set import CLIP, SampleSet, by_day
from stockcast.models.score_head import ScoreHead
from stockcast.paths import replacing, shown

MEMBERS = 5
"""Estimators of a model, each fitted on resampled days."""

_ABOUT = "model.json"


@dataclass(frozen=True)
class Classical:
    """A fitted classical model; see `stockcast.models.model.Fitted`.

    Attributes
    ----------
    name : str
    information_until : Timestamp
    kind : Kind
    inputs : Inputs
    settings : mapping
        Chosen from the grid.
    tried : tuple of Tried
    members : tuple
        Estimators, each fitted on resampled days.
    head : ScoreHead
        Of the members' mean score.
    """

    name: str
    information_until: pd.Timestamp
    kind: Kind
    inputs: Inputs
    settings: Settings
    tried: tuple[Tried, ...]
    members: tuple[Any, ...]
    head: ScoreHead

    def raw(self, x: np.ndarray, days: Sequence[slice] = (slice(None),)) -> np.ndarray:
        """Scores of each member, of shape (n_members, n_rows), for a matrix of `inputs`.

        `days` are the batches that its rows are taken in: the last bits of a matrix product depend
        on its size. Trees take each row by itself, and all days at once.
        """
        batches = [slice(None)] if self.kind.rowwise else days
        with _single_threaded():
            found = [[self.kind.raw(member, x[day]) for day in batches] for member in self.members]
        return np.stack([np.concatenate(member) for member in found])

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts for the members on the days of `part`, one batch a day.

        Raises
        ------
        InputError
            When there are none, a day does not come after `information_until`, or a feature that
            the model knows is missing.
        """
        rows = samples.part(part, labelled=False)
        if not rows.any():
            raise InputError(f"{part} rows", "must not be empty", hint="move the splits")
        table = samples.samples.loc[rows, ["date", "code", "scale"]].reset_index(drop=True)
        check_later(table["date"], self.information_until)
        x = self.inputs.matrix(samples, rows)
        days = by_day(table["date"].to_numpy())
        draws, unit = self.raw(x, days), table["scale"].to_numpy(float)
        relative = self.inputs.relative
        found = [self.head.read(draws[:, day], unit[day], relative=relative) for day in days]
        columns = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
        columns |= {"run": samples.run, "model": self.name, "horizon": samples.horizon}
        return table[["date", "code"]].assign(**columns)[list(COLUMNS)]

    def save(self, folder: Path) -> None:
        """Write one file a member, and `model.json` last: without it there is no model."""
        folder = Path(folder)
        (folder / _ABOUT).unlink(missing_ok=True)
        for number, member in enumerate(self.members):
            with replacing(folder / f"{number}{self.kind.suffix}") as scratch:
                self.kind.save(member, scratch)
        about = {
            "name": self.name,
            "information_until": f"{self.information_until:%Y-%m-%d}",
            "names": self.inputs.names,
            "scaling": self.inputs.scaling,
            "relative": self.inputs.relative,
            "settings": self.settings,
            "tried": [asdict(each) for each in self.tried],
            "members": len(self.members),
            "head": self.head.to_dict(),
        }
        with replacing(folder / _ABOUT) as scratch:
            scratch.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def model_of(kind: Kind) -> Model:
    """`kind` behind the interface of all models."""
    return Model(kind.name, 1, kind.described, partial(fit, kind), partial(load, kind))


def fit(kind: Kind, samples: SampleSet, seed: int, members: int = MEMBERS) -> Classical:
    """Choose settings on validation, fit the members and their head.

    Look-ahead: it learns from the labels of "train" and, for settings and head, of "valid".

    Raises
    ------
    InputError
        For parts that teach nothing (see `design`), a single class where classes are learned,
        scores that are not finite, or too little memory.
    """
    try:
        with _single_threaded():
            read = design(samples)
            settings, tried = choose(kind, read, seed)
            fitted = [_member(kind, read, settings, seed, n) for n in range(members)]
            score = np.mean([kind.raw(each, read.valid.x) for each in fitted], axis=0)
    except MemoryError:
        rows = int(samples.part("train").sum())
        what = f"memory for {kind.name}"
        raise InputError(
            what, f"must hold {rows:,} rows of {len(samples.names)} features",
            hint="keep fewer features or start later",
        ) from None  # fmt: skip
    known = np.concatenate([read.train.outcome, read.valid.outcome])
    drift = float(np.clip(known, -CLIP, CLIP).mean())
    head = ScoreHead.fit(within_day(score, read), read.valid.outcome, drift)
    until = samples.information_until
    return Classical(kind.name, until, kind, read.inputs, settings, tried, tuple(fitted), head)


def load(kind: Kind, folder: Path) -> Classical:
    """Read what `Classical.save` wrote.

    Raises
    ------
    InputError
        When it is not there, not whole, or another kind's.
    """
    path = Path(folder) / _ABOUT
    about = files.description(path)
    if about["name"] != kind.name:
        raise InputError(shown(path), f"must be a {kind.name}", about["name"])
    members = [Path(folder) / f"{number}{kind.suffix}" for number in range(about["members"])]
    scaling = {name: tuple(pair) for name, pair in about["scaling"].items()}
    return Classical(
        name=kind.name,
        information_until=pd.Timestamp(about["information_until"]),
        kind=kind,
        inputs=Inputs(tuple(about["names"]), scaling, about["relative"]),
        settings=about["settings"],
        tried=tuple(Tried(**each) for each in about["tried"]),
        members=tuple(files.whole(kind.load, file) for file in members),
        head=ScoreHead(**about["head"]),
    )


def _member(kind: Kind, read: Design, settings: Settings, seed: int, number: int) -> Any:
    weight = resampled(read.train.day, stream(seed, kind.name, "days", number))
    kept = np.flatnonzero(weight)
    train = read.train.rows(kept, weight[kept])
    return kind.fit(train, settings, seed_of(seed, kind.name, "member", number))


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Sums are not associative: one thread, whatever the environment says."""
    with threadpool_limits(THREADS):
        yield
