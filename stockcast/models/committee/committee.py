"""Fitting, asking and keeping the committee."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from stockcast.determinism import PROCESSES, THREADS
from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.models import files
from stockcast.models.classical.resampling import seed_of
from stockcast.models.committee.lesson import Lesson, ranked_returns, standing
from stockcast.models.committee.ranks import Ranks
from stockcast.models.committee.seats import SEATS, Seat
from stockcast.models.model import COLUMNS, Model, check_later
from stockcast.models.sample_set import CLIP, SampleSet, by_day
from stockcast.models.score_head import ScoreHead, centred
from stockcast.models.side_by_side import in_processes
from stockcast.paths import replacing

NAME = "committee"
_ABOUT = "model.json"


@dataclass(frozen=True)
class Committee:
    """Members that each rank the day, and one head that makes a forecast of their mean.

    Attributes
    ----------
    seats : tuple of Seat
    estimators : tuple
        As each seat's learner makes them.
    features : tuple of tuple of str
        Read by each seat.
    head : ScoreHead
        Of the members' mean standing.
    horizon : int
        Trading days held.
    information_until : Timestamp
        Last date that any label it learned from used.
    name : str
        The forecast table's `model`.
    """

    seats: tuple[Seat, ...]
    estimators: tuple[Any, ...]
    features: tuple[tuple[str, ...], ...]
    head: ScoreHead
    horizon: int
    information_until: pd.Timestamp
    name: str = NAME

    def standings(self, ranks: Ranks, rows: np.ndarray) -> np.ndarray:
        """What each member says of some rows, as `lesson.standing`: (n_seats, n_rows).

        Each day is a batch of its own: the last bits of a matrix product depend on its size.
        """
        places = [ranks.places(names) for names in self.features]
        found = np.empty((len(self.seats), len(rows)))
        with threadpool_limits(THREADS):
            for day in by_day(ranks.rows["date"].to_numpy()[rows]):
                part = ranks.values[rows[day]]
                for at, (seat, estimator) in enumerate(
                    zip(self.seats, self.estimators, strict=True)
                ):
                    x = part[:, places[at]].astype(np.float32)
                    found[at, day] = standing(seat.how.raw(estimator, x))
        return found

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts for the members on the days of `part`, one batch a day.

        Raises
        ------
        InputError
            As `forecast_ranks`.
        """
        ranks, table = _ranked(samples)
        return self.forecast_ranks(ranks, table, run=samples.run, part=part)[0]

    def forecast_ranks(
        self, ranks: Ranks, samples: pd.DataFrame, *, run: str = "", part: str = "test"
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """As `forecast`, where the features are too many to be held but as ranks.

        Parameters
        ----------
        ranks
            Of the rows of `samples` at least.
        samples
            As `stockcast.samples.table.sample_table`, the rows of `ranks`. No outcome is looked at.
        run
            Copied into the forecasts.
        part
            Of the split.

        Returns
        -------
        forecasts : DataFrame
            As `stockcast.models.model.COLUMNS`; `sigma_prob` is over the members.
        said : DataFrame
            `date`, `code` and each member's standing under its name.

        Raises
        ------
        InputError
            When there are no such rows, a day does not come after `information_until`, or a feature
            that a member reads is missing.
        """
        _same_rows(ranks, samples)
        scale = samples["scale"].to_numpy(float)
        chosen = (samples["split"] == part).to_numpy() & samples["member"].to_numpy(bool)
        rows = np.flatnonzero(chosen & np.isfinite(scale))
        if not len(rows):
            raise InputError(f"{part} rows", "must not be empty", hint="move the splits")
        keys = samples.iloc[rows][["date", "code"]].reset_index(drop=True)
        check_later(keys["date"], self.information_until)
        said = self.standings(ranks, rows)
        days = by_day(keys["date"].to_numpy())
        made = [self.head.read(said[:, day], scale[rows][day]) for day in days]
        columns = {name: np.concatenate([each[name] for each in made]) for name in made[0]}
        # It learned ranks of returns, and ranks by what it learned: not times the volatility.
        columns["score"] = said.mean(axis=0)
        columns |= {"run": run, "model": self.name, "horizon": self.horizon}
        table = keys.assign(**columns)[list(COLUMNS)]
        return table, keys.assign(**dict(zip((s.name for s in self.seats), said, strict=True)))

    def save(self, folder: Path) -> None:
        """Write one file a member, and `model.json` last: without it there is no committee."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _ABOUT).unlink(missing_ok=True)
        for seat, estimator in zip(self.seats, self.estimators, strict=True):
            with replacing(folder / f"{seat.name}{seat.how.suffix}") as scratch:
                seat.how.save(estimator, scratch)
        about = {
            "name": self.name,
            "horizon": self.horizon,
            "information_until": f"{self.information_until:%Y-%m-%d}",
            "seats": [vars(seat) for seat in self.seats],
            "features": self.features,
            "head": self.head.to_dict(),
        }
        with replacing(folder / _ABOUT) as scratch:
            scratch.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def fit(samples: SampleSet, seed: int, *, jobs: int = PROCESSES) -> Committee:
    """The committee for a sample set, its features split into the peer's and our own.

    Where there are none of the peer's, or none but these, fewer sit in it. See `fit_ranks`.
    """
    ranks, table = _ranked(samples)
    peer = {feature.name for feature in catalogue.family(catalogue.PEER)}
    groups = {
        "peer": [name for name in ranks.names if name in peer],
        "own": [name for name in ranks.names if name not in peer],
    }
    seats = [seat for seat in SEATS if groups.get(seat.reads, True)]
    return fit_ranks(ranks, table, samples.horizon, seed, groups, seats=seats, jobs=jobs)[0]


def fit_ranks(
    ranks: Ranks,
    samples: pd.DataFrame,
    horizon: int,
    seed: int,
    groups: Mapping[str, Sequence[str]],
    *,
    seats: Sequence[Seat] = SEATS,
    jobs: int = PROCESSES,
) -> tuple[Committee, pd.DataFrame]:
    """Fit every member twice: on training days, for the head's sake, then on validation too.

    Validation decides one thing only, what a standing is worth in returns; members have no settings
    to choose. That being known, it would be a waste to leave the latest year unlearned.

    Look-ahead: it learns from the labels of "train" and "valid".

    Parameters
    ----------
    ranks
        Of the rows of `samples`.
    samples
        As `stockcast.samples.table.sample_table`: rows that may train or are ranked.
    horizon
        Trading days held by the labels.
    seed
        Of the members' own draws.
    groups
        Names of features by the word that seats use for them; "all" is every feature of `ranks`.
    seats
        The members.
    jobs
        Processes, one thread each; no bit depends on it.

    Returns
    -------
    committee : Committee
    validation : DataFrame
        `date`, `code` and each member's standing on validation days, on which it was not fitted.

    Raises
    ------
    InputError
        When a part is empty, no feature of a seat differs between stocks, training diverges, or
        memory runs out.
    """
    _same_rows(ranks, samples)
    known = np.isfinite(samples[["label", "scale"]].to_numpy(float)).all(axis=1)
    split, may = samples["split"].to_numpy(), samples["trainable"].to_numpy(bool) & known
    first = np.flatnonzero(may & (split == "train"))
    both = np.flatnonzero(may & np.isin(split, ["train", "valid"]))
    valid = np.flatnonzero(samples["member"].to_numpy(bool) & known & (split == "valid"))
    for name, rows in (("training", first), ("validation", valid)):
        if not len(rows):
            raise InputError(
                f"{name} rows", "must not be empty", hint="start the run earlier or move the splits"
            )
    varies = ranks.varying(np.isin(np.arange(len(samples)), first))
    groups = {**groups, "all": ranks.names}
    features = tuple(tuple(n for n in groups[seat.reads] if n in varies) for seat in seats)
    for seat, names in zip(seats, features, strict=True):
        if not names:
            raise InputError(f"features of {seat.name}", "must differ between the stocks of a day")
    lessons = [(rows, samples.iloc[rows]) for rows in (first, both)]
    tasks = [
        (seat, ranks.values, rows, ranks.places(names), table[["date", "label"]], seed)
        for rows, table in lessons
        for seat, names in zip(seats, features, strict=True)
    ]
    found = in_processes(_fit_seat, tasks, jobs)
    trial, final = found[: len(seats)], found[len(seats) :]
    until = _information_until(samples, horizon)
    whole = samples.iloc[both]
    drift = float((whole["label"] / whole["scale"]).clip(-CLIP, CLIP).mean())
    before = Committee(tuple(seats), tuple(trial), features, ScoreHead(0, 0, 1, 5), horizon, until)
    said = before.standings(ranks, valid)
    table = samples.iloc[valid].reset_index(drop=True)
    outcome = (table["label"] / table["scale"]).to_numpy(float)
    days = by_day(table["date"].to_numpy())
    score = np.concatenate([centred(said[:, day].mean(axis=0)) for day in days])
    head = ScoreHead.fit(score, outcome, drift)
    committee = Committee(tuple(seats), tuple(final), features, head, horizon, until)
    names = [seat.name for seat in seats]
    return committee, table[["date", "code"]].assign(**dict(zip(names, said, strict=True)))


def load(folder: Path) -> Committee:
    """Read what `Committee.save` wrote.

    Raises
    ------
    InputError
        When it is not there, or not whole.
    """
    folder = Path(folder)
    about = files.description(folder / _ABOUT)
    seats = tuple(Seat(**seat) for seat in about["seats"])
    return Committee(
        seats,
        tuple(files.whole(s.how.load, folder / f"{s.name}{s.how.suffix}") for s in seats),
        tuple(tuple(names) for names in about["features"]),
        ScoreHead(**about["head"]),
        about["horizon"],
        pd.Timestamp(about["information_until"]),
        about["name"],
    )


def _fit_seat(
    seat: Seat,
    values: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    table: pd.DataFrame,
    seed: int,
) -> Any:
    day = np.unique(table["date"].to_numpy(), return_inverse=True)[1]
    lesson = Lesson(values, rows, columns, ranked_returns(table), day)
    try:
        with threadpool_limits(THREADS):
            return seat.how.fit(lesson, seed_of(seed, seat.name))
    except MemoryError:
        raise InputError(
            f"memory for {seat.name}", f"must hold {len(rows):,} rows of {len(columns)} features",
            hint="start later, or train with jobs = 1",
        ) from None  # fmt: skip


def _information_until(samples: pd.DataFrame, horizon: int) -> pd.Timestamp:
    days = np.sort(samples["date"].unique())
    last = samples["date"][samples["split"].isin(["train", "valid"])].max()
    return pd.Timestamp(days[min(np.searchsorted(days, last) + 1 + horizon, len(days) - 1)])


def _ranked(samples: SampleSet) -> tuple[Ranks, pd.DataFrame]:
    """Rows that may train or are ranked, and their ranks."""
    table = samples.samples
    table = table[table["trainable"] | table["member"]].reset_index(drop=True)
    return Ranks.of(table, [samples.features]), table


def _same_rows(ranks: Ranks, samples: pd.DataFrame) -> None:
    same = len(ranks.rows) == len(samples) and all(
        bool((ranks.rows[key].array == samples[key].array).all()) for key in ("date", "code")
    )
    if not same:
        raise InputError("samples", "must have the rows of ranks", len(samples))


MODEL = Model(
    NAME,
    1,
    "The mean standing of boosted trees on all features, on ours and on the peer's, and of a ridge "
    "regression on all, each taught the rank of the return within the day.",
    fit,
    load,
)
