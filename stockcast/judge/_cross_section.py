"""Figures that compare the stocks of one day with each other, one value a day."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from stockcast.errors import InputError

FEWEST = 5
"""Stocks that a day needs before its correlation counts."""


def daily_ic(
    frame: pd.DataFrame,
    score: str = "score",
    label: str = "label",
    method: Literal["pearson", "spearman"] = "pearson",
) -> pd.Series:
    """Information coefficient: correlation of score and outcome across the stocks of each day.

    Parameters
    ----------
    frame : DataFrame with the columns date, `score` and `label`
        Rows where either is NaN are left out.
    method
        "pearson" is the IC; "spearman", the same on ranks (ties share their average rank), the
        Rank IC.

    Returns
    -------
    Series of shape (n_days,), indexed by date, sorted
        Every date of `frame`; NaN where fewer than five stocks remain or either side is constant.

    Notes
    -----
    Grinold and Kahn (2000), Active Portfolio Management, 2nd ed., chapter 6. Spearman (1904).
    """
    if method not in ("pearson", "spearman"):
        raise InputError("method", "must be pearson or spearman", method)
    day, days = pd.factorize(frame["date"], sort=True)
    x, y = (frame[column].to_numpy(dtype=float) for column in (score, label))
    kept = np.isfinite(x) & np.isfinite(y)
    day, x, y = day[kept], x[kept], y[kept]
    if method == "spearman":
        x, y = (pd.Series(values).groupby(day).rank().to_numpy() for values in (x, y))
    counts = np.bincount(day, minlength=len(days))
    usable = (counts >= FEWEST) & _varies(x, day, len(days)) & _varies(y, day, len(days))
    kept = usable[day]
    day, x, y = day[kept], x[kept], y[kept]
    x, y = (_centred(values, day, counts) for values in (x, y))
    spread = np.sqrt(_sums(x * x, day, counts) * _sums(y * y, day, counts))
    ic = np.full(len(days), np.nan)
    ic[usable] = _sums(x * y, day, counts)[usable] / spread[usable]
    name = "ic" if method == "pearson" else "rank_ic"
    return pd.Series(ic, index=pd.DatetimeIndex(days, name="date"), name=name)


def icir(ic: pd.Series) -> float:
    """Mean of the daily IC over its standard deviation, a day (not annualised); NaN days left out.

    Notes
    -----
    The ratio that Qlib (Yang et al. 2020, arXiv:2009.11189) reports as ICIR and Rank ICIR.
    """
    return float(ic.mean() / ic.std(ddof=1))


def relative(frame: pd.DataFrame, column: str = "label") -> pd.Series:
    """`column` minus that day's median over its finite rows; same index as `frame`.

    The sign of the result is the market-relative direction, half of which is up on any day, so
    that a rising market alone cannot make a forecast look good.
    """
    return frame[column] - frame.groupby("date")[column].transform("median")


def relative_accuracy(frame: pd.DataFrame, score: str = "score", label: str = "label") -> pd.Series:
    """Share of stocks, by day, on the same side of the day's median in score and in outcome.

    Rows with either NaN are left out first; rows that lie on a median count half. NaN on days
    with fewer than five stocks. Compare it with `expected_sign_accuracy` of the IC.
    """
    kept = frame[np.isfinite(frame[score]) & np.isfinite(frame[label])]
    agree = np.sign(relative(kept, score)) * np.sign(relative(kept, label))
    by_day = agree.groupby(kept["date"]).agg(["mean", "size"])
    share = (0.5 + 0.5 * by_day["mean"]).where(by_day["size"] >= FEWEST)
    return _every_day(share, frame).rename("relative_accuracy")


def expected_sign_accuracy(ic: float | np.ndarray) -> float | np.ndarray:
    """Share of market-relative signs a forecast with correlation `ic` gets right: ½ + asin(ic)/π.

    Holds for jointly normal score and outcome; an IC of .05 gives 51.6 %.

    Notes
    -----
    The orthant probability of the bivariate normal, Sheppard (1899), Philosophical Transactions of
    the Royal Society A 192.
    """
    return 0.5 + np.arcsin(ic) / np.pi


def quantile_spread(
    frame: pd.DataFrame, q: int = 5, score: str = "score", label: str = "label"
) -> pd.DataFrame:
    """Mean outcome of the stocks in each quantile of the day's score, and top minus bottom.

    Returns
    -------
    DataFrame indexed by date with columns 1 (lowest scores) to `q` and "spread"
        In the unit of the label. Quantiles are formed from the scores alone, NaN scores left out;
        NaN outcomes do not count. NaN on days with fewer than `q` scores, or where ties leave a
        quantile empty.
    """
    scored = frame.dropna(subset=[score])
    scores = scored.groupby("date")[score]
    size = scores.transform("size")
    # Ties share a place; the small number keeps an exact boundary in the lower quantile.
    bucket = np.ceil(scores.rank() / size * q - 1e-9).clip(1, q).astype(int)
    scored = scored.assign(quantile=bucket)[size >= q]
    table = scored.pivot_table(label, "date", "quantile").reindex(columns=range(1, q + 1))
    table["spread"] = table[q] - table[1]
    return _every_day(table, frame)


def recommendation_precision(
    frame: pd.DataFrame, k: int, score: str = "score", label: str = "label"
) -> pd.Series:
    """Share of the `k` stocks listed first whose outcome beats the universe's median that day.

    Parameters
    ----------
    frame : DataFrame with the columns date, `score` and `label`
        All stocks of the universe. The list is made from the scores alone, before outcomes are
        looked at; of equal scores the earlier row is listed first.
    k
        Length of the list.

    Returns
    -------
    Series indexed by date
        A listed stock whose outcome is NaN (suspended) counts neither way; NaN where none counts.
    """
    frame = frame.reset_index(drop=True)
    margin = relative(frame, label)
    listed = frame.dropna(subset=[score]).sort_values(
        ["date", score], ascending=[True, False], kind="stable"
    )
    listed = listed.groupby("date").head(k)
    beats = (margin[listed.index] > 0).astype(float).where(margin[listed.index].notna())
    share = beats.groupby(listed["date"]).mean()
    return _every_day(share, frame).rename("recommendation_precision")


def _sums(values: np.ndarray, day: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.bincount(day, values, minlength=len(counts))


def _centred(values: np.ndarray, day: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return values - (_sums(values, day, counts) / np.maximum(counts, 1))[day]


def _varies(values: np.ndarray, day: np.ndarray, days: int) -> np.ndarray:
    """Whether a day holds two different values; exact, where a variance would round."""
    ends = pd.Series(values).groupby(day).agg(["min", "max"])
    varies = np.zeros(days, dtype=bool)
    varies[ends.index] = ends["min"] < ends["max"]
    return varies


def _every_day(by_day: pd.Series | pd.DataFrame, frame: pd.DataFrame) -> pd.Series | pd.DataFrame:
    """`by_day` with a row, NaN if need be, for every date of `frame`."""
    days = pd.DatetimeIndex(np.sort(frame["date"].unique()), name="date")
    return by_day.reindex(days)
