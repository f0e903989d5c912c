"""Several models' forecasts side by side: one row a stock and day, one column a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import polars as pl

from stockcast.errors import InputError
from stockcast.models.model import COLUMNS

NUMBERS = ("score", "mu", "sigma", "prob_up", "sigma_prob", "interval_low", "interval_high")
"""Columns of a forecast table that hold a forecast."""


@dataclass(frozen=True)
class Members:
    """The forecasts that an ensemble is made of.

    Attributes
    ----------
    keys : DataFrame of shape (n_rows, 2)
        `date` and `code`, sorted, each pair once.
    names : tuple of str
        The models, in the order of their names.
    horizon : int
        Trading days, the same for all.
    run : str
    columns : mapping from a name of `NUMBERS` to ndarray of shape (n_rows, n_models)
        NaN where a model has no forecast.
    """

    keys: pd.DataFrame
    names: tuple[str, ...]
    horizon: int
    run: str
    columns: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, forecasts: pd.DataFrame) -> Members:
        """Read a forecast table with several models one below the other.

        Parameters
        ----------
        forecasts
            As `stockcast.models.model.COLUMNS`. A model may lack stocks or days. Which models there
            are must have been decided before the first day: their number is used on every day.

        Raises
        ------
        InputError
            When a column is missing, a model forecasts a stock twice on a day, horizons or runs
            differ, or there is no row.
        """
        missing = [name for name in COLUMNS if name not in forecasts.columns]
        if missing:
            raise InputError("forecasts", "must have all forecast columns", ", ".join(missing))
        if forecasts.empty:
            raise InputError("forecasts", "must not be empty")
        for name in ("horizon", "run"):
            if forecasts[name].nunique() > 1:
                raise InputError("forecasts", f"must share one {name}", _few(forecasts[name]))
        (day, _), (code, codes), (model, names) = (
            pd.factorize(forecasts[name], sort=True) for name in ("date", "code", "model")
        )
        _, first, rows = np.unique(day * len(codes) + code, return_index=True, return_inverse=True)
        if len(np.unique(rows * len(names) + model)) < len(rows):
            raise InputError("forecasts", "must have one row a model, date and code")
        keys = forecasts[["date", "code"]].iloc[first].reset_index(drop=True)
        columns = {}
        for name in NUMBERS:
            columns[name] = np.full((len(keys), len(names)), np.nan)
            columns[name][rows, model] = forecasts[name].to_numpy(float)
        horizon, run = int(forecasts["horizon"].iloc[0]), str(forecasts["run"].iloc[0])
        return cls(keys, tuple(map(str, names)), horizon, run, columns)

    @cached_property
    def days(self) -> pd.DatetimeIndex:
        """Days on which some model has a forecast, ascending."""
        return pd.DatetimeIndex(self.keys["date"].unique())

    @cached_property
    def day(self) -> np.ndarray:
        """Number of each row's day in `days`, of shape (n_rows,)."""
        return pd.factorize(self.keys["date"])[0]

    @cached_property
    def present(self) -> np.ndarray:
        """Where a model has a forecast: bool of shape (n_rows, n_models)."""
        return np.isfinite(self.columns["score"])

    def scores(self, how: Literal["rank", "value"] = "rank") -> np.ndarray:
        """Scores on one scale: mean 0 and standard deviation 1 within each model and day.

        Parameters
        ----------
        how
            "rank": the place in the day's order, ties at their mean, so that one wild score cannot
            outvote the others. "value": the score itself.

        Returns
        -------
        ndarray of shape (n_rows, n_models)
            NaN where a model has no forecast; 0 on days on which all its scores are equal.
        """
        if how == "rank":
            return self._ranks
        return standardised(self.columns["score"], self.day, how)

    @cached_property
    def _ranks(self) -> np.ndarray:
        return standardised(self.columns["score"], self.day)

    def outcomes(self, outcomes: pd.DataFrame, column: str = "label") -> np.ndarray:
        """`column` of a table with date and code, on the rows of `keys`: (n_rows,), else NaN."""
        found = self.keys.merge(
            outcomes[["date", "code", column]], "left", ["date", "code"], validate="1:1"
        )
        return found[column].to_numpy(float)

    def only(self, names: list[str] | tuple[str, ...]) -> Members:
        """Some of the models; rows that none of them has are left out.

        Raises
        ------
        InputError
            When a name is no member's.
        """
        unknown = [name for name in names if name not in self.names]
        if unknown or not names:
            raise InputError("names", "must be members", ", ".join(unknown) or "none")
        at = [place for place, name in enumerate(self.names) if name in names]
        kept = self.present[:, at].any(axis=1)
        columns = {name: values[kept][:, at] for name, values in self.columns.items()}
        keys = self.keys[kept].reset_index(drop=True)
        return Members(keys, tuple(self.names[i] for i in at), self.horizon, self.run, columns)


def standardised(
    values: np.ndarray, day: np.ndarray, how: Literal["rank", "value"] = "rank"
) -> np.ndarray:
    """Each column with mean 0 and standard deviation 1 over the finite rows of a day.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns) or (n_rows,)
    day : ndarray of int of shape (n_rows,)
    how
        "rank" or "value"; see `Members.scores`.
    """
    if how not in ("rank", "value"):
        raise InputError("how", "must be rank or value", how)
    table = np.atleast_2d(np.asarray(values, float).T)
    out = [_standard(_ranks(column, day) if how == "rank" else column, day) for column in table]
    return out[0] if np.ndim(values) == 1 else np.column_stack(out)


def _ranks(column: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Place in the day's order, ties at their mean; NaN where not finite."""
    table = pl.DataFrame({"x": np.where(np.isfinite(column), column, np.nan), "day": day})
    rank = pl.col("x").fill_nan(None).rank("average").over("day")
    return table.select(rank)["x"].cast(pl.Float64).to_numpy().copy()


def _standard(column: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Less the day's mean, over the day's standard deviation, of the finite rows."""
    kept = np.isfinite(column)
    out = np.full(len(column), np.nan)
    x, day = column[kept], day[kept]
    if not len(x):
        return out
    count = np.maximum(np.bincount(day), 1)
    away = x - (np.bincount(day, x) / count)[day]
    spread = np.sqrt(np.bincount(day, away * away) / count)
    size = np.sqrt(np.bincount(day, x * x) / count)
    flat = spread <= 1e-12 * size  # equal up to rounding
    out[kept] = np.where(flat[day], 0.0, away / np.where(flat, 1.0, spread)[day])
    return out


def _few(values: pd.Series) -> str:
    return ", ".join(map(str, values.unique()[:4]))
