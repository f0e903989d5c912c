"""What a forecast rests on: features are dealt out anew among the stocks, block of days by block.

Shuffling single values would tear a stock's history apart: a window would hold days of sixty
stocks, which no model has ever seen. Here a stock gets another stock's history of the feature, for
a block of days at a time. Works for every model, since only its forecasts are asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge.metrics import daily_ic
from stockcast.models.model import Fitted
from stockcast.models.sample_set import SampleSet


@dataclass(frozen=True)
class Permuted:
    """What happens when a group of features no longer belongs to its stocks.

    Attributes
    ----------
    drop : DataFrame of shape (n_days, n_groups), indexed by date
        Rank IC with the features as they are, less that with the group shuffled, mean over the
        repeats. Above zero where the group helped that day. As noisy as the Rank IC itself.
    reliance : DataFrame of the same shape
        1 less the rank correlation of the two forecasts, mean over the repeats: 0 where the group
        changes no stock's place, about 1 where the order rests on it alone. No outcome is used.
    """

    drop: pd.DataFrame
    reliance: pd.DataFrame


def permutation(
    fitted: Fitted,
    samples: SampleSet,
    *,
    seed: int,
    groups: Mapping[str, Sequence[str]] | None = None,
    part: str = "test",
    block: int = 20,
    repeats: int = 2,
) -> Permuted:
    """Forecast anew with each group of features shuffled.

    Parameters
    ----------
    fitted
        Asked for `1 + n_groups * repeats` forecasts of `part`. It must carry all that it learned
        on the training rows: it is given the days of `part` and a window before them alone.
    samples
        `rows.thinned` leaves fewer days to forecast.
    seed
        Of the shuffles; a group's depend on it and the group's name alone.
    groups
        Name to features that are shuffled together; each feature alone where None. Features with
        twins look useless alone: the twin stands in.
    part
        Whose days are forecast.
    block
        Days after which stocks are dealt anew.
    repeats
        Shuffles a group.

    Raises
    ------
    InputError
        For an unknown feature, or when `part` has no days.

    Notes
    -----
    Breiman (2001), "Random forests", Machine Learning 45; by groups and with the caveat of
    correlated features, Strobl et al. (2008), BMC Bioinformatics 9.
    """
    groups = groups if groups is not None else {name: (name,) for name in samples.names}
    wanted = {name for group in groups.values() for name in group}
    if unknown := sorted(wanted - set(samples.names)):
        raise InputError("groups", "must hold features of the set", ", ".join(unknown[:3]))
    if repeats < 1 or block < 1:
        raise InputError("repeats, block", "must be at least 1", f"{repeats}, {block}")
    if not samples.part(part, labelled=False).any():
        raise InputError(f"split {part}", "must hold a day to forecast")
    samples = _trimmed(samples, part)
    layout = _Layout.of(samples)
    plain = fitted.forecast(samples, part)
    truth = samples.samples[["date", "code", "label"]]
    judged = plain[["date", "code", "score"]].merge(truth, on=["date", "code"], how="left")
    helped = daily_ic(judged, method="spearman")
    drop, reliance = {}, {}
    for name, group in groups.items():
        drop[name], reliance[name] = 0.0, 0.0
        for k in range(repeats):
            dealt = layout.shuffled(samples, group, stream(seed, "shuffle", name, k), block)
            other = judged.assign(other=_scores(fitted.forecast(dealt, part), judged))
            alone = daily_ic(other, "other", method="spearman")
            same = daily_ic(other, "other", "score", method="spearman")
            drop[name] += (helped - alone) / repeats
            reliance[name] += (1 - same) / repeats
    return Permuted(pd.DataFrame(drop), pd.DataFrame(reliance))


def _trimmed(samples: SampleSet, part: str) -> SampleSet:
    """The days of `part` and those that its windows reach back to: forecasts need no others."""
    table, days = samples.samples, samples.days
    asked = days.get_indexer(table["date"][table["split"] == part].unique())
    first, last = max(asked.min() - samples.lookback + 1, 0), asked.max()
    kept = table["date"].between(days[first], days[last]).to_numpy()
    return dataclasses.replace(samples, features=samples.features[kept], samples=table[kept])


def _scores(forecasts: pd.DataFrame, judged: pd.DataFrame) -> np.ndarray:
    """Scores in the order of `judged`."""
    keys = ["date", "code"]
    if all(np.array_equal(forecasts[key].array, judged[key].array) for key in keys):
        return forecasts["score"].to_numpy()
    return judged[keys].merge(forecasts, on=keys, how="left")["score"].to_numpy()


@dataclass(frozen=True)
class _Layout:
    """Where the row of each day and stock is.

    Attributes
    ----------
    day : ndarray of shape (n_rows,)
        Number of each row's day.
    place : ndarray of shape (n_days, n_stocks)
        Row numbers; -1: none.
    """

    day: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, samples: SampleSet) -> _Layout:
        day, days = pd.factorize(samples.samples["date"], sort=True)
        stock, stocks = pd.factorize(samples.samples["code"], sort=True)
        place = np.full((len(days), len(stocks)), -1)
        place[day, stock] = np.arange(len(day))
        return cls(day, place)

    def shuffled(
        self, samples: SampleSet, names: Sequence[str], rng: np.random.Generator, block: int
    ) -> SampleSet:
        """The set with the features `names` dealt out anew, together.

        In each block of days, stocks that are there on all of them swap whole histories; the others
        swap by the day. A feature that all stocks of a day share has no one to swap with: its
        blocks of days change places instead.
        """
        values = {name: samples.features[name].to_numpy() for name in names}
        source, in_time = np.arange(len(self.day)), np.arange(len(self.day))
        starts = np.arange(0, len(self.place), block)
        for start, other in zip(starts, rng.permutation(starts), strict=True):
            _deal(self.place[start : start + block], source, rng)
            for offset, rows in enumerate(self.place[start : start + block]):
                far = self.place[min(other + offset, len(self.place) - 1)]
                in_time[rows[rows >= 0]] = far[far >= 0][0]
        new = {
            name: column[in_time if self.common(column) else source]
            for name, column in values.items()
        }
        return dataclasses.replace(samples, features=samples.features.assign(**new))

    def common(self, values: np.ndarray) -> bool:
        """Whether no day has two different values."""
        high, low = (
            np.where(self.place >= 0, np.nan_to_num(values, nan=nan)[self.place], nan)
            for nan in (-np.inf, np.inf)
        )
        return not (high.max(axis=1) > low.min(axis=1)).any()


def _deal(block: np.ndarray, source: np.ndarray, rng: np.random.Generator) -> None:
    """Fill in `source`, by row, the row whose value is taken; `block` is (days, stocks)."""
    there = block >= 0
    whole = np.flatnonzero(there.all(axis=0))
    source[block[:, whole]] = block[:, rng.permutation(whole)]
    for rows, here in zip(block, there & ~there.all(axis=0), strict=True):
        source[rows[here]] = rng.permutation(rows[here])
