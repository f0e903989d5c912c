"""A foundation model behind the interface of all models.

The model is not trained: its expected return over the horizon is a score, and what a score is
worth is learned on the validation rows, as for the classical models.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.determinism import settle_torch
from stockcast.errors import InputError
from stockcast.models import files
from stockcast.models.model import COLUMNS, Model, check_later
from stockcast.models.pretraining.foundation import Forecaster, read_forecaster
from stockcast.models.sample_set import CLIP, SampleSet
from stockcast.models.score_head import ScoreHead

RETURN = "return_1"
"""The feature it reads: the day's return, as a fraction."""

_FILE = "foundation.json"


@dataclass(frozen=True)
class ZeroShot:
    """A foundation model with its head; a `stockcast.models.model.Fitted`.

    Attributes
    ----------
    name : str
    forecaster : Forecaster
    head : ScoreHead or None
        None while it is being fitted.
    information_until : Timestamp
        The later of what the labels say and what the weights may know.
    seed : int
    """

    name: str
    forecaster: Forecaster
    head: ScoreHead | None
    information_until: pd.Timestamp
    seed: int

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts for the members on the days of `part`; see `stockcast.models.model.Fitted`."""
        rows = samples.part(part, labelled=False)
        if not rows.any():
            raise InputError(f"{part} rows", "must not be empty", hint="move the splits")
        table = samples.samples.loc[rows, ["date", "code", "scale"]].reset_index(drop=True)
        check_later(table["date"], self.information_until)
        score, unit = self.scores(samples, rows), table["scale"].to_numpy(float)
        out = table[["date", "code"]].assign(
            run=samples.run, model=self.name, horizon=samples.horizon
        )
        days = [np.asarray(at) for at in table.groupby("date").indices.values()]
        read = [self.head.read(score[None, day] / unit[day], unit[day]) for day in days]
        for column in read[0]:
            values = np.empty(len(table))
            for day, of_day in zip(days, read, strict=True):
                values[day] = of_day[column]
            out[column] = values
        return out[list(COLUMNS)]

    def scores(self, samples: SampleSet, rows: np.ndarray, *, every: int = 1) -> np.ndarray:
        """Expected log return over the horizon, (n_rows,); NaN on days left out by `every`.

        One batch a day: what is drawn depends on the day and the stocks of the day alone.
        """
        returns = _log_returns(samples)
        table = samples.samples.loc[rows, ["date", "code"]].reset_index(drop=True)
        out = np.full(len(table), np.nan)
        settle_torch(self.seed)
        for date, at in list(table.groupby("date").indices.items())[::every]:
            past = returns.loc[:date, table["code"].iloc[at]].to_numpy().T
            seed = [self.seed, int(pd.Timestamp(date).strftime("%Y%m%d"))]
            drawn = int(np.random.SeedSequence(seed).generate_state(1)[0])
            past = past[:, -self.forecaster.context :]
            ahead = self.forecaster.expected(past, samples.horizon + 1, drawn)
            out[at] = ahead[:, 1:].sum(axis=1)  # from the close of t + 1, where holding begins
        return out

    def save(self, folder: Path) -> None:
        """`foundation.json`: head and hash of the weights, which stay where they are."""
        about = {
            "name": self.name,
            "head": self.head.to_dict(),
            "weights": self.forecaster.weights,
            "information_until": f"{self.information_until:%Y-%m-%d}",
            "seed": self.seed,
        }
        with paths.replacing(Path(folder) / _FILE) as scratch:
            scratch.write_text(json.dumps(about, indent=1, sort_keys=True), "utf-8")


def _log_returns(samples: SampleSet) -> pd.DataFrame:
    """Daily log returns by date and code; NaN where unknown."""
    if RETURN not in samples.names:
        hint = "add it to the set"
        raise InputError("features", f"must hold {RETURN}", hint=hint)
    wide = samples.features.pivot(index="date", columns="code", values=RETURN).astype(np.float64)
    return np.log1p(wide.where(wide > -1))


def foundation(
    folder: Path, known_until: pd.Timestamp | str, *, name: str = "foundation", every: int = 5
) -> Model:
    """A `Model` of the weights in a folder.

    Parameters
    ----------
    folder
        In the Hugging Face layout; see `stockcast.models.pretraining.foundation`.
    known_until
        Last date of which the weights may know anything: that of their training data, or else of
        their publication. Days up to it are not forecast, and validation days up to it do not
        decide what a score is worth.
    name
        The forecast table's `model`.
    every
        The head is fitted on every n-th validation day.

    Raises
    ------
    InputError
        When the folder cannot be read; see `read_forecaster`.
    """
    forecaster, known = read_forecaster(folder), pd.Timestamp(known_until)

    def fit(samples: SampleSet, seed: int) -> ZeroShot:
        return _fitted(ZeroShot(name, forecaster, None, known, seed), samples, every)

    def load(saved: Path) -> ZeroShot:
        return _read(Path(saved) / _FILE, forecaster)

    return Model(
        name=name,
        level=3,
        described="A foundation model's expected return, not trained on these stocks; a head of "
        f"four numbers is fitted to every {every}th validation day.",
        fit=fit,
        load=load,
    )


def _fitted(blank: ZeroShot, samples: SampleSet, every: int) -> ZeroShot:
    rows = samples.part("valid") & (samples.samples["date"] > blank.information_until).to_numpy()
    if not rows.any():
        raise InputError(
            "validation days",
            f"must come after {blank.information_until:%Y-%m-%d}, which the weights may know",
            hint="take weights trained before, or validate later",
        )
    score = blank.scores(samples, rows, every=every)
    table = samples.samples[rows].reset_index(drop=True)
    taken = np.isfinite(score)
    unit = table["scale"].to_numpy(float)
    raw = pd.Series(score / unit)[taken]
    relative = raw - raw.groupby(table["date"][taken]).transform("mean")
    outcome = (table["label"].to_numpy(float) / unit)[taken].clip(-CLIP, CLIP)
    return replace(
        blank,
        head=ScoreHead.fit(relative.to_numpy(), outcome),
        information_until=max(blank.information_until, samples.information_until),
    )


def _read(file: Path, forecaster: Forecaster) -> ZeroShot:
    about = files.description(file)
    if about["weights"] != forecaster.weights:
        rule = "must have been fitted with the weights named here"
        raise InputError(paths.shown(file), rule, about["weights"], f"here: {forecaster.weights}")
    until = pd.Timestamp(about["information_until"])
    return ZeroShot(about["name"], forecaster, ScoreHead(**about["head"]), until, about["seed"])
