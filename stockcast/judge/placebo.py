"""Forecasts that know nothing, to see how often a method of judging believes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from stockcast.judge.intervals import every, newey_west
from stockcast.judge.metrics import daily_ic


def persistence(frame: pd.DataFrame, score: str = "score") -> float:
    """Mean rank correlation of a day's scores with the day before's, over the stocks of both.

    NaN where no two neighbouring days share stocks whose scores vary.
    """
    ranks = frame.pivot(index="date", columns="code", values=score).rank(axis=1)
    before = ranks.shift()
    both = ranks.notna() & before.notna()
    x, y = ranks.where(both), before.where(both)
    x, y = x.sub(x.mean(axis=1), axis=0), y.sub(y.mean(axis=1), axis=0)
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return float(((x * y).sum(axis=1) / spread.where(spread > 0)).mean())


def noise(frame: pd.DataFrame, persistent: float, rng: np.random.Generator) -> np.ndarray:
    """Random scores for the rows of `frame`, each stock's an autoregression of order one.

    Parameters
    ----------
    frame : DataFrame with the columns date, code
    persistent
        Correlation of a stock's score with its own of the day before, in [0, 1).

    Returns
    -------
    ndarray of shape (n_rows,)
        Standard normal, independent of everything in `frame`.
    """
    day, days = pd.factorize(frame["date"], sort=True)
    stock, stocks = pd.factorize(frame["code"], sort=True)
    shocks = rng.normal(size=(len(days), len(stocks)))
    shocks[1:] *= np.sqrt(1 - persistent**2)
    return lfilter([1.0], [1.0, -persistent], shocks, axis=0)[day, stock]


def false_claims(
    frame: pd.DataFrame,
    persistent: float,
    rng: np.random.Generator,
    *,
    horizon: int,
    trials: int = 100,
    lag: int = 10,
    label: str = "label",
) -> pd.Series:
    """How often a forecast of pure noise is declared better or worse than nothing.

    Parameters
    ----------
    frame : DataFrame with the columns date, code, `label`
    persistent
        See `noise`.
    trials
        Forecasts tried. An honest 95 % interval errs in 5 of 100.

    Returns
    -------
    Series
        Share of trials whose interval of the mean Rank IC excludes zero: "days taken as
        independent", "Newey-West", and "every h-th day" where h is the horizon.
    """
    wrong = {"days taken as independent": 0, "Newey-West": 0, f"every {horizon}th day": 0}
    blind = frame[["date", "code", label]].copy()
    for _ in range(trials):
        blind["score"] = noise(frame, persistent, rng)
        rank_ic = daily_ic(blind, label=label, method="spearman")
        found = (
            newey_west(rank_ic, lag=0),
            newey_west(rank_ic, max(lag, horizon)),
            newey_west(every(rank_ic, horizon), lag=0),
        )
        for name, interval in zip(wrong, found, strict=True):
            wrong[name] += interval.low > 0 or interval.high < 0
    return pd.Series(wrong) / trials
