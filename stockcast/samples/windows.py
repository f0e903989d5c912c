"""Windows of the past, one per stock and day, as views of a single array.

A long feature table becomes one array (stocks, days, features); the window of a stock on a day is
a slice of it. 700,000 windows of 60 days and 20 features would take 3.4 GB copied; the array takes
60 MB, and a batch copies only what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError

CLIP = 5.0  # standard deviations; beyond it a feature says no more than "extreme"


def views(values: np.ndarray, lookback: int) -> np.ndarray:
    """Every window of `lookback` days in an array of days, copying none.

    Parameters
    ----------
    values : ndarray of shape (n_stocks, n_days, ...)
    lookback
        Days in a window, 1 to n_days.

    Returns
    -------
    ndarray of shape (n_stocks, n_days - lookback + 1, lookback, ...), read-only
        Strides into the memory of `values`: window d of a stock ends on day d + lookback - 1. What
        copies a window (fancy indexing, `reshape`) copies it in full.

    Raises
    ------
    InputError
        When the days are fewer than `lookback`.
    """
    if not 1 <= lookback <= values.shape[1]:
        raise InputError("lookback", f"must be 1 to the {values.shape[1]} days", lookback)
    strided = np.lib.stride_tricks.sliding_window_view(values, lookback, axis=1)
    return np.moveaxis(strided, -1, 2)


@dataclass(frozen=True)
class Normaliser:
    """Centre and spread of each feature over the training rows.

    Attributes
    ----------
    names : tuple of str
    centre, spread : ndarray of shape (n_features,)
    relative : bool
        Subtract the day's mean over the stocks of that day, after scaling. Features that are
        common to all stocks of a day are left alone.
    common : ndarray of shape (n_features,), bool
        Features with one value a day in training.
    """

    names: tuple[str, ...]
    centre: np.ndarray
    spread: np.ndarray
    common: np.ndarray
    relative: bool

    @classmethod
    def fit(cls, features: pd.DataFrame, rows: np.ndarray, relative: bool) -> Normaliser:
        """Fit on the rows that `rows` (bool) marks, which must all lie in the training span.

        Look-ahead: a row outside training among them would carry the future into every window.
        """
        table = features[rows]
        names = tuple(name for name in features.columns if name not in ("date", "code"))
        values = table[list(names)].to_numpy(np.float64)
        if not len(values):
            raise InputError("training rows", "must not be empty", hint="start the run earlier")
        with np.errstate(invalid="ignore"):
            known = np.isfinite(values)
            count = np.maximum(known.sum(axis=0), 1)
            centre = np.where(known, values, 0.0).sum(axis=0) / count
            spread = np.sqrt((np.where(known, values - centre, 0.0) ** 2).sum(axis=0) / count)
        by_day = table.groupby("date")[list(names)]
        within = (by_day.max() - by_day.min()).max().to_numpy()
        spread = np.where(spread > 1e-12, spread, 1.0)
        return cls(names, centre, spread, ~(within > 0), relative)

    def apply(self, values: np.ndarray, ranked: np.ndarray) -> np.ndarray:
        """Scaled copy of `values` (stocks, days, features), NaN replaced by 0, the mean.

        `ranked` (stocks, days) marks the stocks whose mean is subtracted each day.
        """
        scaled = (values - self.centre.astype(np.float32)) / self.spread.astype(np.float32)
        np.clip(scaled, -CLIP, CLIP, out=scaled)
        if self.relative:
            known = np.isfinite(scaled) & ranked[..., None]
            # Summed stock by stock, so that an absent stock adds exactly nothing and dropping
            # later listings leaves every bit as it was.
            total = np.add.reduce(np.where(known, scaled, np.float32(0)).astype(np.float64), axis=0)
            mean = total / np.maximum(known.sum(axis=0), 1)
            mean[:, self.common] = 0.0
            scaled -= mean.astype(np.float32)
        return np.nan_to_num(scaled, nan=0.0, copy=False)


@dataclass(frozen=True)
class Windows:
    """Scaled features laid out for windows.

    Attributes
    ----------
    values : ndarray of shape (n_stocks, n_days, n_features), float32, no NaN
    seen : ndarray of shape (n_stocks, n_days), bool
        The stock has a full window of `lookback` rows that ends on the day.
    dates : DatetimeIndex of length n_days
    codes : tuple of n_stocks codes
    lookback : int
    """

    values: np.ndarray
    seen: np.ndarray
    dates: pd.DatetimeIndex
    codes: tuple[str, ...]
    lookback: int

    @classmethod
    def build(
        cls, features: pd.DataFrame, ranked: np.ndarray, lookback: int, normaliser: Normaliser
    ) -> Windows:
        """Lay out `features` (date, code, then one column a feature).

        Parameters
        ----------
        features
            Rows unique by date and code.
        ranked
            Bool, one per row: the stock is ranked that day.
        lookback
            Trading days in a window, its last day included.
        normaliser
            Fitted on the training rows.
        """
        dates = pd.DatetimeIndex(np.sort(features.date.unique()))
        codes = tuple(sorted(features.code.unique()))
        day = dates.get_indexer(features.date)
        stock = pd.Index(codes).get_indexer(features.code)
        shape = (len(codes), len(dates))
        values = np.full((*shape, len(normaliser.names)), np.nan, np.float32)
        values[stock, day] = features[list(normaliser.names)].to_numpy(np.float32)
        here = np.zeros(shape, bool)
        here[stock, day] = True
        counted = np.zeros(shape, bool)
        counted[stock, day] = np.asarray(ranked, bool)
        run = np.cumsum(here, axis=1)
        run[:, lookback:] -= run[:, :-lookback].copy()
        seen = here & (run == lookback)
        seen[:, : lookback - 1] = False
        return cls(normaliser.apply(values, counted), seen, dates, codes, lookback)

    def views(self) -> np.ndarray:
        """Every window there is: see `views`. Those where `seen` is False lack rows."""
        return views(self.values, self.lookback)

    def of_day(self, day: int) -> np.ndarray:
        """Strided view (n_stocks, lookback, n_features) of the windows that end on day `day`."""
        return self.values[:, day - self.lookback + 1 : day + 1]

    def grid(self, table: pd.DataFrame, column: str, fill: object = np.nan) -> np.ndarray:
        """A column of a long table as (n_stocks, n_days); `fill` where there is no row."""
        kind = float if fill is np.nan else type(fill)
        out = np.full(self.seen.shape, fill, kind)
        day = self.dates.get_indexer(table.date)
        stock = pd.Index(self.codes).get_indexer(table.code)
        inside = (day >= 0) & (stock >= 0)
        out[stock[inside], day[inside]] = table[column].to_numpy(kind)[inside]
        return out
