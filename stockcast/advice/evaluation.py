"""Online evaluation: what a ledger's forecasts have come to, as known at the close of each day.

Everything dated t uses forecasts of days up to t and outcomes known at the close of t, those of
forecasts up to t - (horizon + 1): see `stockcast.ensemble.known.known_by`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.advice.feedback.outcomes import by_evening
from stockcast.ensemble.known import known_by
from stockcast.errors import InputError
from stockcast.judge import metrics

WINDOW = 20
"""Evenings with a known outcome that a rolling figure looks back on."""
BINS = 10
NOMINAL = 0.9
"""Share of outcomes that an interval is said to hold."""


def daily(scores: pd.DataFrame) -> pd.DataFrame:
    """One row an evening, dated by the forecasts: figures that need its outcomes.

    Returns
    -------
    DataFrame indexed by date
        The columns of `stockcast.advice.feedback.outcomes.by_evening`; relative_accuracy, the share
        on the right side of the day's median; brier; and listed_excess, listed less everyone.

    Notes
    -----
    Look-ahead: row t is known at the close of t + 1 + horizon. `rolling` dates it so.
    """
    found = by_evening(scores)
    found["relative_accuracy"] = metrics.relative_accuracy(scores)
    found["brier"] = scores.groupby("date")["brier"].mean()
    found["listed_excess"] = found["listed"] - found["everyone"]
    return found


def rolling(
    forecasts: pd.DataFrame,
    scores: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    window: int = WINDOW,
) -> pd.DataFrame:
    """The figures of the last evenings whose outcomes are known, day by day.

    Parameters
    ----------
    forecasts, scores : DataFrame
        `Ledger.forecasts()` and `Ledger.scores()` of one model and this horizon.
    days
        Every trading day of the span, ascending.
    horizon
        Trading days.
    window
        Evenings looked back on; NaN until half of them are known.

    Returns
    -------
    DataFrame indexed by `days`
        Means over the window of the columns of `daily`; ece, the expected calibration error of
        `prob_up` over the window's forecasts (ten bins of equal width); and scored, the share of
        the forecasts due in the window that have a score.

    Raises
    ------
    InputError
        When there are forecasts of another horizon, of several models, or of a day not in `days`.
    """
    check(forecasts, horizon)
    fewest = max(1, window // 2)
    known = known_by(daily(scores), days, horizon)
    found = known.rolling(window, min_periods=fewest).mean().drop(columns="n")
    cells = known_by(_cells(scores), days, horizon).rolling(window, min_periods=fewest).sum()
    found["ece"] = _expected_error(cells)
    counts = pd.DataFrame(
        {
            "said": forecasts.groupby("date").size(),
            "scored": scores.drop_duplicates("forecast").groupby("date").size(),
        }
    ).fillna(0)
    due = known_by(counts, days, horizon).rolling(window, min_periods=1).sum()
    found["scored"] = due["scored"] / due["said"].where(due["said"] > 0)
    return found


def calibration_error(prob: pd.Series, label: pd.Series, bins: int = BINS) -> float:
    """Expected calibration error: mean distance, over the forecasts, of said and seen shares.

    Parameters
    ----------
    prob, label
        Probability of a rise and outcome; rows with either NaN are left out.
    bins
        Of equal width, over [0, 1].

    Returns
    -------
    float
        A fraction; NaN without rows.

    Notes
    -----
    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI. It is above zero for a calibrated forecast too, the more so the fewer rows.
    """
    frame = pd.DataFrame({"date": pd.Timestamp(0), "prob_up": prob, "label": label})
    return float(_expected_error(_cells(frame, bins)).iloc[0]) if len(frame) else np.nan


def check(forecasts: pd.DataFrame, horizon: int) -> None:
    """Refuse what is not one model's forecasts of one horizon.

    Raises
    ------
    InputError
        When they are not.
    """
    if (forecasts["horizon"] != horizon).any():
        raise InputError("forecasts", f"must all be of horizon {horizon}")
    if forecasts["model"].nunique() > 1:
        named = ", ".join(sorted(forecasts["model"].unique()))
        raise InputError("forecasts", "must be of one model", named)


def _cells(scores: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """By day and bin of the probability: rises less what was said, and rows; columns 0 .. 2 bins.

    The first `bins` columns hold the differences, the others the counts.
    """
    prob, label = (scores[name].to_numpy(float) for name in ("prob_up", "label"))
    known = np.isfinite(prob) & np.isfinite(label)
    day, days = pd.factorize(scores["date"], sort=True)
    place = day[known] * bins + np.clip((prob[known] * bins).astype(int), 0, bins - 1)
    size = len(days) * bins
    apart = np.bincount(place, (label[known] > 0) - prob[known], minlength=size)
    counts = np.bincount(place, minlength=size).astype(float)
    cells = np.hstack([apart.reshape(-1, bins), counts.reshape(-1, bins)])
    return pd.DataFrame(cells, index=pd.DatetimeIndex(days, name="date"))


def _expected_error(cells: pd.DataFrame) -> pd.Series:
    bins = cells.shape[1] // 2
    apart, counts = cells.iloc[:, :bins].abs().sum(axis=1), cells.iloc[:, bins:].sum(axis=1)
    return apart / counts.where(counts > 0)
