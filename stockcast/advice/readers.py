"""How a model reads an evening, and how it is asked again with some features made ordinary.

An ordinary feature is in the middle of the day's stocks: rank 0 for a model of ranks, the day's
median for one of values, on every day of the window it reads. A move never changes another stock.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from stockcast.advice.kept import Kept
from stockcast.determinism import THREADS
from stockcast.models.committee.committee import Committee
from stockcast.models.committee.lesson import standing
from stockcast.models.committee.ranks import Ranks
from stockcast.models.model import Fitted
from stockcast.models.sample_set import SampleSet

Move = tuple[str, tuple[str, ...]]
"""A stock and the features that are made ordinary."""
MOVED = ("score", "prob_up", "place")


class Reader(Protocol):
    """A model with the inputs of one evening.

    Attributes
    ----------
    forecasts : DataFrame
        Of the evening.
    places : DataFrame
        Of the day's ranked stocks (index: codes) by feature: share of the stocks below, from 0 to
        1, ties at their mean; NaN where the feature is missing.
    features : DataFrame
        The values themselves, in the same shape.
    tried : int
        Features of a stock that are worth asking about.
    """

    forecasts: pd.DataFrame
    places: pd.DataFrame
    features: pd.DataFrame
    tried: int

    def moved(self, moves: Sequence[Move]) -> pd.DataFrame:
        """What the model says of each move's stock: `score`, `prob_up` and `place`.

        `place` is the stock's place in the list after the move, the first one 1.
        """
        ...

    def candidates(self, codes: Sequence[str], most: int) -> dict[str, list[str]]:
        """For each stock, the features most likely to matter to its score, the likeliest first."""
        ...


def reads(kept: Kept) -> tuple[str, ...]:
    """Names of the features that a kept model reads."""
    if isinstance(kept.fitted, Committee):
        return tuple(dict.fromkeys(name for names in kept.fitted.features for name in names))
    return tuple(kept.record.features)


@dataclass(frozen=True, eq=False)
class RankReader:
    """The committee, which reads ranks; see `Reader`."""

    fitted: Committee
    ranks: Ranks
    table: pd.DataFrame
    run: str
    forecasts: pd.DataFrame
    features: pd.DataFrame
    places: pd.DataFrame
    tried: int = 24

    @classmethod
    def of(
        cls,
        fitted: Committee,
        table: pd.DataFrame,
        features: pd.DataFrame,
        horizon: int,
        run: str,
    ) -> RankReader:
        """Rank the features among the day's stocks that may train or are ranked, and forecast."""
        kept = (table["trainable"] | table["member"]).to_numpy(bool)
        rows = table[kept].reset_index(drop=True)
        ranks = Ranks.of(rows, [features])
        forecasts, _ = fitted.forecast_ranks(ranks, rows, run=run)
        values = _of_day(features, forecasts)
        return cls(fitted, ranks, rows, run, forecasts, values, _places(values))

    def moved(self, moves: Sequence[Move]) -> pd.DataFrame:
        """As `Reader.moved`. A move changes one stock's scores; the standings are taken anew."""
        place = pd.Index(self.table["code"]).get_indexer([code for code, _ in moves])
        x = self.ranks.values[place].copy()
        for row, (_, names) in zip(x, moves, strict=True):
            row[self.ranks.places(names)] = 0.0
        listed = pd.Index(self.table["code"]).get_indexer(self.forecasts["code"])
        at = pd.Index(self.forecasts["code"]).get_indexer([code for code, _ in moves])
        unit = self.table["scale"].to_numpy(float)[listed]
        before, after = [], []
        with threadpool_limits(THREADS):
            for seat, estimator, names in zip(
                self.fitted.seats, self.fitted.estimators, self.fitted.features, strict=True
            ):
                columns = self.ranks.places(names)
                day = self.ranks.values[listed][:, columns].astype(np.float32)
                before.append(seat.how.raw(estimator, day))
                after.append(seat.how.raw(estimator, x[:, columns].astype(np.float32)))
        found = np.empty((len(moves), len(MOVED)))
        for number, stock in enumerate(at):
            raw = np.array(before)
            raw[:, stock] = [of_seat[number] for of_seat in after]
            said = np.stack([standing(of_seat) for of_seat in raw])
            score = said.mean(axis=0)
            chance = self.fitted.head.read(said, unit)["prob_up"][stock]
            found[number] = score[stock], chance, 1 + (score > score[stock]).sum()
        return pd.DataFrame(found, columns=list(MOVED))

    def candidates(self, codes: Sequence[str], most: int) -> dict[str, list[str]]:
        """Features by the size of their rank times what the members make of them.

        Trees tell the loss that their splits took away, the line its weight, each as a share.
        """
        names = self.ranks.names
        weight = pd.Series(0.0, index=list(names))
        for estimator, read in zip(self.fitted.estimators, self.fitted.features, strict=True):
            if isinstance(estimator, np.ndarray):
                size = np.abs(estimator)
            else:
                size = np.asarray(estimator.feature_importance("gain"), float)
            weight[list(read)] += size / max(size.sum(), 1e-300)
        rows = pd.Index(self.table["code"]).get_indexer(list(codes))
        away = np.abs(self.ranks.values[rows].astype(float)) * weight.to_numpy()
        order = np.argsort(-away, axis=1, kind="stable")[:, :most]
        return {code: [names[at] for at in of] for code, of in zip(codes, order, strict=True)}


@dataclass(frozen=True, eq=False)
class SetReader:
    """A model that reads a sample set; see `Reader`."""

    fitted: Fitted
    samples: SampleSet
    forecasts: pd.DataFrame
    features: pd.DataFrame
    places: pd.DataFrame
    medians: pd.DataFrame
    tried: int = 8

    @classmethod
    def of(
        cls,
        fitted: Fitted,
        table: pd.DataFrame,
        features: pd.DataFrame,
        horizon: int,
        run: str,
        *,
        lookback: int,
    ) -> SetReader:
        """Forecast the day whose split is "test" from the rows of the window that ends on it."""
        samples = SampleSet(features, table, horizon, lookback, run)
        forecasts = fitted.forecast(samples)
        values = _of_day(features, forecasts)
        member = table["member"].to_numpy(bool)
        medians = features[member].groupby("date")[list(samples.names)].median()
        return cls(fitted, samples, forecasts, values, _places(values), medians)

    def moved(self, moves: Sequence[Move]) -> pd.DataFrame:
        """As `Reader.moved`: the model is asked about the whole day, once for each move."""
        found = []
        for code, names in moves:
            score = self._asked({code: names})
            mine = score.loc[code]
            place = 1 + int((score["score"] > mine["score"]).sum())
            found.append((mine["score"], mine["prob_up"], place))
        return pd.DataFrame(found, columns=list(MOVED))

    def candidates(self, codes: Sequence[str], most: int) -> dict[str, list[str]]:
        """Features by how far the score falls when all of `codes` are moved at once.

        One question a feature; where stocks look at each other, only a first guess.
        """
        before = self.forecasts.set_index("code")["score"]
        able = [n for n in self.samples.names if self.places[n].nunique() > 1]
        lost = {
            name: before[list(codes)]
            - self._asked(dict.fromkeys(codes, (name,)))["score"].reindex(list(codes))
            for name in able
        }
        table = pd.DataFrame(lost, index=list(codes))
        return {code: list(row.nlargest(most).index) for code, row in table.iterrows()}

    def _asked(self, changed: dict[str, tuple[str, ...]]) -> pd.DataFrame:
        """`score` and `prob_up` by code after some stocks' features were made ordinary."""
        features = self.samples.features
        touched = {name for names in changed.values() for name in names}
        columns = {name: features[name].to_numpy(copy=True) for name in touched}
        code, date = features["code"].to_numpy(), features["date"]
        for stock, names in changed.items():
            rows = np.flatnonzero(code == stock)
            for name in names:
                middle = self.medians[name].reindex(date.iloc[rows]).to_numpy()
                columns[name][rows] = middle
        samples = dataclasses.replace(self.samples, features=features.assign(**columns))
        return self.fitted.forecast(samples).set_index("code")[["score", "prob_up"]]


def _of_day(features: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Values of the forecasts' rows, indexed by code."""
    date = forecasts["date"].iloc[0]
    day = features[features["date"] == date].set_index("code").drop(columns="date")
    return day.reindex(forecasts["code"])


def _places(values: pd.DataFrame) -> pd.DataFrame:
    return (values.rank() - 0.5) / values.count()
