"""Cleaning: gaps of suspension, outliers, scales, ranks and neutralisation.

Tables are long: `date`, `code`, then columns of numbers, one row per trading day and stock. What is
learned from data (`Winsor`, `Standard`) is learned on a training window, kept as a small value and
applied everywhere; what is done across stocks (`ranks`, `neutral`) uses one day at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.preprocessing import StandardScaler

from stockcast.errors import InputError


def carry(frame: pd.DataFrame, columns: Sequence[str], suspended: pd.Series) -> pd.DataFrame:
    """Carry values over suspensions; nothing else is filled.

    Parameters
    ----------
    frame
        Long, in order of date within each stock.
    columns
        Those to carry: levels such as a price or a valuation, never returns or volumes.
    suspended
        Bool by the frame's index.

    Returns
    -------
    DataFrame
        On suspended rows the value of the stock's last day that traded: NaN where that day had
        none, or where there is no such day. A value missing on a day that traded stays missing.

    Notes
    -----
    A row dated t uses the stock's rows up to t only.
    """
    place = pd.Series(np.arange(len(frame), dtype=float), frame.index).mask(suspended.astype(bool))
    last = place.groupby(frame.code).ffill()
    known = last.notna().to_numpy()
    source = last.fillna(0).to_numpy(dtype=int)
    values = frame[list(columns)].to_numpy(dtype=float)[source]
    values = np.where(known[:, None], values, np.nan)
    return frame.assign(**dict(zip(columns, values.T, strict=True)))


@dataclass(frozen=True)
class Winsor:
    """Outliers pulled in to bounds learned on a training window.

    Attributes
    ----------
    columns : tuple of str
    low, high : tuple of float
        Bounds of each column.
    information_until : Timestamp
        Last date of the training window.

    Notes
    -----
    Bounds are the median ± a number of normal-consistent median absolute deviations (1.4826 MAD:
    Rousseeuw and Croux 1993; recommended over standard deviations by Leys et al. 2013, who take
    2.5 to 3). Where more than half of a column is one value, its MAD is zero and it is left alone.
    """

    columns: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    information_until: pd.Timestamp

    @classmethod
    def fit(cls, train: pd.DataFrame, columns: Sequence[str], deviations: float = 5.0) -> Self:
        """Learn the bounds.

        Parameters
        ----------
        train
            Rows of the training window **only**: the bounds know every row given here.
        columns
            Those to winsorise; NaN is left out of account.
        deviations
            Half the width, in normal-consistent MADs.

        Raises
        ------
        InputError
            There are no rows, or a column has no number.
        """
        values = _values(train, columns)
        middle = np.nanmedian(values, axis=0)
        spread = stats.median_abs_deviation(values, axis=0, scale="normal", nan_policy="omit")
        reach = np.where(spread > 0, deviations * spread, np.inf)
        return cls(
            tuple(columns), tuple((middle - reach).tolist()), tuple((middle + reach).tolist()),
            train.date.max(),
        )  # fmt: skip

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with its columns inside the bounds; NaN stays NaN."""
        clipped = frame[list(self.columns)].clip(np.array(self.low), np.array(self.high), axis=1)
        return frame.assign(**clipped)


@dataclass(frozen=True)
class Standard:
    """Columns less their mean, over their standard deviation, of a training window.

    Attributes
    ----------
    columns : tuple of str
    mean, scale : tuple of float
        A constant column has scale 1.
    information_until : Timestamp
        Last date of the training window.
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    information_until: pd.Timestamp

    @classmethod
    def fit(cls, train: pd.DataFrame, columns: Sequence[str]) -> Self:
        """Learn mean and population standard deviation, as scikit-learn's StandardScaler.

        Parameters
        ----------
        train
            Rows of the training window **only**; winsorise them first.
        columns
            Those to standardise; NaN is left out of account.

        Raises
        ------
        InputError
            There are no rows, or a column has no number.
        """
        scaler = StandardScaler().fit(_values(train, columns))
        return cls(
            tuple(columns), tuple(scaler.mean_.tolist()), tuple(scaler.scale_.tolist()),
            train.date.max(),
        )  # fmt: skip

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with its columns standardised; NaN stays NaN."""
        values = frame[list(self.columns)]
        return frame.assign(**(values - np.array(self.mean)) / np.array(self.scale))


def _values(train: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    values = train[list(columns)].to_numpy(dtype=float)
    if not len(values):
        raise InputError("training window", "must have rows")
    for name, empty in zip(columns, np.isnan(values).all(axis=0), strict=True):
        if empty:
            raise InputError(f"training window, column {name}", "must hold a number")
    return values


def ranks(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Each day's ranks across stocks, from -1 to 1.

    Parameters
    ----------
    frame
        Long, in any order.
    columns
        Those to rank.

    Returns
    -------
    DataFrame
        2 (rank - 1/2) / n - 1 among the n stocks that have a value that day, ties at their mean
        rank, so that a day's ranks sum to zero; NaN stays NaN and counts for nobody.

    Notes
    -----
    Each day alone. Ranks in this range: Gu, Kelly and Xiu (2020), Empirical asset pricing via
    machine learning, section 2.1.
    """
    daily = frame.groupby("date")[list(columns)]
    ranked = 2 * (daily.rank() - 0.5) / daily.transform("count") - 1
    return frame.assign(**ranked)


def neutral(
    frame: pd.DataFrame, columns: Sequence[str], sector: str = "sector", size: str = "float_cap"
) -> pd.DataFrame:
    """What a day's sectors and sizes do not explain.

    Parameters
    ----------
    frame
        Long, in any order.
    columns
        Those to neutralise.
    sector
        Column with the sector.
    size
        Column with the size, above zero (yuan); its logarithm is used.

    Returns
    -------
    DataFrame
        Residuals of each day's least squares of the column on sector dummies and log size. NaN
        where the value, the sector or the size is missing; those rows do not enter the regression.
        A stock alone in its sector has residual zero.

    Notes
    -----
    Each day alone. By the theorem of Frisch, Waugh and Lovell the residuals are those of the
    values on log size, both less their sector's mean of the day, which needs no dummies.
    """
    log_size = np.log(frame[size].where(frame[size] > 0))
    out = {}
    for name in columns:
        known = frame[name].notna() & log_size.notna() & frame[sector].notna()
        part = frame.loc[known, ["date", sector]].assign(y=frame[name], x=log_size)
        inner = part[["y", "x"]] - part.groupby(["date", sector])[["y", "x"]].transform("mean")
        sums = inner.assign(xy=inner.x * inner.y, xx=inner.x**2).groupby(part.date)
        xy, xx = sums.xy.transform("sum"), sums.xx.transform("sum")
        slope = (xy / xx.where(xx > 1e-12)).fillna(0.0)
        out[name] = (inner.y - slope * inner.x).reindex(frame.index)
    return frame.assign(**out)
