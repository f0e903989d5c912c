"""Gradient-boosted trees as an objective: no window, many rows, and steps of rounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stockcast.models.sample_set import SampleSet
from stockcast.models.search.objective import Halves, digest, seen
from stockcast.models.search.space import Space, one_of, real, whole


def space(sets: Sequence[str]) -> Space:
    """Ranges for boosted trees."""
    return {
        "learning_rate": real(5e-3, 0.3, (0.05, 0.15, 0.02)),
        "features": one_of(sets),
        "num_leaves": whole(4, 64, (15, 31, 7), log=True),
        "lambda_l2": real(1e-2, 1e3, (1.0, 100.0, 0.01)),
        "feature_fraction": real(0.3, 1.0, (0.8, 0.4, 1.0), log=False),
        "bagging_fraction": real(0.3, 1.0, (0.8, 0.4, 1.0), log=False),
        "min_data_in_leaf": whole(10, 500, (50, 300, 10), log=True),
    }


@dataclass(frozen=True)
class BoostingObjective:
    """LightGBM on the return in units of volatility, less the day's mean.

    Attributes
    ----------
    name, space, judged, choosing
        See `stockcast.models.search.objective.Objective`.
    known, target : ndarray
        Features (n_rows, n_features) and targets (n_rows,) of the training rows.
    asked : ndarray of shape (n_judged, n_features)
        Features of the rows that are scored.
    unit : ndarray of shape (n_judged,)
        Trailing volatility, by which a score becomes a return.
    sets : dict
        Name of a feature set to the places of its features.
    rounds, steps : int
        Trees in all, and into how many steps they are cut.
    """

    name: str
    space: Space
    judged: pd.DataFrame
    choosing: pd.DatetimeIndex
    known: np.ndarray
    target: np.ndarray
    asked: np.ndarray
    unit: np.ndarray
    sets: Mapping[str, tuple[int, ...]]
    rounds: int
    steps: int

    @classmethod
    def of(
        cls,
        samples: SampleSet,
        sets: Mapping[str, Sequence[str]],
        *,
        train_every: int = 5,
        rounds: int = 60,
        steps: int = 3,
    ) -> BoostingObjective:
        """Lay out the rows that a search may see: every n-th training day, all validation days.

        Raises
        ------
        InputError
            For an unknown feature, or when a part is empty.
        """
        names = list(dict.fromkeys(name for some in sets.values() for name in some))
        cut = seen(samples.only(names))
        train, asked = cut.part("train"), cut.part("test")
        days = pd.DatetimeIndex(np.unique(cut.samples["date"].to_numpy()[train]))
        thin = train & cut.samples["date"].isin(days[::train_every]).to_numpy()
        judged = cut.samples.loc[asked, ["date", "code", "label"]].reset_index(drop=True)
        halves = Halves.of(pd.DatetimeIndex(np.unique(judged["date"])), samples.horizon)
        return cls(
            name="boosting",
            space=space(tuple(sets)),
            judged=judged,
            choosing=halves.choosing,
            known=cut.matrix(thin, train),
            target=cut.target(thin),
            asked=cut.matrix(asked, train),
            unit=cut.samples["scale"].to_numpy(float)[asked],
            sets={key: tuple(names.index(name) for name in some) for key, some in sets.items()},
            rounds=rounds,
            steps=steps,
        )

    def identity(self) -> str:
        """Digest of the data and of all that is fixed."""
        return digest(
            self.known, self.target, self.asked, self.unit, self.judged, sorted(self.sets.items()),
            self.rounds, self.steps,
        )  # fmt: skip

    def scores(self, params: Mapping[str, Any], seed: int) -> Iterator[np.ndarray]:
        """Scores after each part of the rounds, (n_judged,)."""
        import lightgbm

        columns = list(self.sets[params["features"]])
        fixed = {
            "objective": "regression", "seed": seed % 2**31, "num_threads": 1, "verbosity": -1,
            "deterministic": True, "force_col_wise": True, "bagging_freq": 1,
        }  # fmt: skip
        varied = {name: value for name, value in params.items() if name != "features"}
        data = lightgbm.Dataset(self.known[:, columns], self.target, params={"verbosity": -1})
        booster = lightgbm.Booster({**fixed, **varied}, data)
        asked = self.asked[:, columns]
        for rounds in np.diff(np.linspace(0, self.rounds, self.steps + 1).astype(int)):
            for _ in range(rounds):
                booster.update()
            yield booster.predict(asked, num_threads=1) * self.unit
