"""What every model is given: features, outcomes and splits of the same rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl

from stockcast.errors import InputError
from stockcast.samples.splits import Split

CLIP = 4.0
"""Scaled returns and market-wide features further out, in their own units, count as this far."""


@dataclass(frozen=True)
class SampleSet:
    """Features and samples of a run, row for row.

    Attributes
    ----------
    features : DataFrame
        date, code, then one float column a feature; sorted by date and code.
    samples : DataFrame
        As `stockcast.samples.table.sample_table` makes it: date, code, label, scale, trainable,
        member, split, ...; the same rows as `features`.
    horizon, lookback : int
        Trading days held, and in a window.
    run : str
        Name of the run, copied into forecasts.
    """

    features: pd.DataFrame
    samples: pd.DataFrame
    horizon: int
    lookback: int
    run: str = ""

    def __post_init__(self) -> None:
        same = len(self.features) == len(self.samples) and all(
            bool((self.features[key].array == self.samples[key].array).all())
            for key in ("date", "code")
        )
        if not same:
            raise InputError("samples", "must have the rows of features", len(self.samples))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(name for name in self.features.columns if name not in ("date", "code"))

    @property
    def days(self) -> pd.DatetimeIndex:
        """Trading days, ascending."""
        return pd.DatetimeIndex(np.sort(self.samples["date"].unique()))

    @property
    def information_until(self) -> pd.Timestamp:
        """Last date that a training or validation label uses."""
        used = self.samples["date"][self.samples["split"].isin(["train", "valid"])]
        if not len(used):
            raise InputError("samples", "must hold training days")
        days = self.days
        return days[min(days.searchsorted(used.max()) + 1 + self.horizon, len(days) - 1)]

    def part(self, name: str, *, labelled: bool | None = None) -> np.ndarray:
        """Rows of the split `name`, as bool of shape (n_rows,).

        Parameters
        ----------
        name
            "train": stocks that are or have been members. "valid", "test": that day's members.
        labelled
            Only rows whose outcome is known; None: for "train" and "valid", not for "test", whose
            outcomes no forecast may depend on.
        """
        takes = "trainable" if name == "train" else "member"
        rows = (self.samples["split"] == name).to_numpy() & self.samples[takes].to_numpy(bool)
        rows &= np.isfinite(self.samples["scale"].to_numpy(float))
        if labelled if labelled is not None else name != "test":
            rows &= np.isfinite(self.samples["label"].to_numpy(float))
        return rows

    def target(self, rows: np.ndarray, *, relative: bool = True) -> np.ndarray:
        """Return over the horizon in units of the trailing volatility, clipped: (n_rows,).

        `relative` takes off the day's mean over `rows`: what is left is the order of the stocks,
        not the market's move.
        """
        table = self.samples[rows]
        scaled = (table["label"] / table["scale"]).clip(-CLIP, CLIP)
        if relative:
            scaled = scaled - scaled.groupby(table["date"]).transform("mean")
        return scaled.to_numpy(np.float64)

    def matrix(
        self,
        rows: np.ndarray,
        fitted: np.ndarray | None = None,
        scaling: Mapping[str, tuple[float, float]] | None = None,
    ) -> np.ndarray:
        """Inputs of classical models: float32 of shape (n_rows, n_features), NaN where missing.

        A feature that differs between stocks becomes its rank among the rows of its day that may
        train or are ranked, from -0.5 to 0.5, ties at their mean; one that all stocks of a day
        share is centred and scaled by its values on the training days, and clipped.

        Parameters
        ----------
        rows
            Bool of shape (n_rows of the set,).
        fitted
            Rows that decide which features are shared, and their centre and scale; None: `train`.
        scaling
            What `scaling` found on the rows that a model was fitted on, in place of `fitted`.
        """
        scaling = self.scaling(fitted) if scaling is None else scaling
        date = self.samples["date"].to_numpy()
        takes = self.samples["trainable"].to_numpy(bool) | self.samples["member"].to_numpy(bool)
        kept = takes & np.isin(date, np.unique(date[rows]))
        ranked = [name for name in self.names if name not in scaling]
        ranks = _ranked(
            {name: self.features[name].to_numpy(np.float32)[kept] for name in ranked}, date[kept]
        )
        out = np.empty((int(rows.sum()), len(self.names)), np.float32)
        place = (np.cumsum(kept) - 1)[rows]
        for at, name in enumerate(self.names):
            if name in scaling:
                centre, spread = scaling[name]
                scaled = (self.features[name].to_numpy(np.float32)[rows] - centre) / spread
                out[:, at] = np.clip(scaled, -CLIP, CLIP)
            else:
                out[:, at] = ranks[name][place]
        return out

    def scaling(self, fitted: np.ndarray | None = None) -> dict[str, tuple[float, float]]:
        """Centre and spread of the features that all stocks of a day share; see `matrix`.

        Raises
        ------
        InputError
            When there are no fitted rows.
        """
        fitted = self.part("train") if fitted is None else fitted
        if not fitted.any():
            raise InputError("training rows", "must not be empty", hint="start the run earlier")
        columns = {name: self.features[name].to_numpy(np.float32) for name in self.names}
        found = {}
        for name in self._shared(columns, fitted):
            known = columns[name][fitted].astype(np.float64)
            known = known[np.isfinite(known)]
            centre, spread = (known.mean(), known.std()) if len(known) else (0.0, 1.0)
            found[name] = (float(centre), float(spread) if spread > 1e-12 else 1.0)
        return {name: found[name] for name in self.names if name in found}

    def _shared(self, columns: dict[str, np.ndarray], fitted: np.ndarray) -> set[str]:
        """Features with one value a day on the fitted rows."""
        table = pl.DataFrame({name: column[fitted] for name, column in columns.items()})
        days = table.with_columns(pl.Series("_day", self.samples["date"].to_numpy()[fitted]))
        spread = days.group_by("_day").agg(
            (pl.col(name).fill_nan(None).max() - pl.col(name).fill_nan(None).min())
            for name in columns
        )
        widest = spread.drop("_day").max().row(0)
        return {name for name, wide in zip(columns, widest, strict=True) if not (wide or 0) > 0}

    def only(self, names: Sequence[str]) -> SampleSet:
        """The same set with these features alone."""
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise InputError("names", "must be features of the set", ", ".join(unknown))
        return dataclasses.replace(self, features=self.features[["date", "code", *names]])

    def divided(self, split: Split) -> SampleSet:
        """The same rows under another split."""
        samples = self.samples.assign(split=split.name_of(self.samples["date"]))
        return dataclasses.replace(self, samples=samples)

    def until(self, last: pd.Timestamp) -> SampleSet:
        """The rows dated up to `last`."""
        kept = (self.samples["date"] <= last).to_numpy()
        return dataclasses.replace(self, features=self.features[kept], samples=self.samples[kept])


def by_day(date: np.ndarray) -> list[slice]:
    """Rows of each day; `date`, or a day's number, is ascending."""
    edges = np.flatnonzero(np.r_[True, date[1:] != date[:-1], True])
    return [slice(first, last) for first, last in pairwise(edges)]


def _ranked(columns: dict[str, np.ndarray], date: np.ndarray) -> dict[str, np.ndarray]:
    """Each column's rank within its day, from -0.5 to 0.5; NaN stays NaN."""
    if not columns:
        return {}
    table = pl.DataFrame({**columns, "_day": date})
    value = pl.col(list(columns)).fill_nan(None)
    rank = (value.rank("average") - 0.5) / value.count() - 0.5
    found = table.select(rank.over("_day")).to_dict()
    return {name: column.cast(pl.Float32).to_numpy() for name, column in found.items()}
