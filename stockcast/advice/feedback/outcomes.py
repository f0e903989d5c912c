"""Feedback from the market, which comes by itself: the ledger's scores, evening by evening."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.judge import metrics


def by_evening(scores: pd.DataFrame) -> pd.DataFrame:
    """What became of each evening's forecasts.

    Parameters
    ----------
    scores : DataFrame
        `Ledger.scores()` of one model and horizon: date, score, label, hit, in_interval, rank.

    Returns
    -------
    DataFrame indexed by date
        n (forecasts with an outcome); accuracy, the share whose side was right; ic; rank_ic;
        coverage, the share inside its interval; listed, the mean return of the forecasts that were
        listed, and everyone, that of all; fractions, NaN where there is nothing to tell.

    Notes
    -----
    Look-ahead: row t holds outcomes up to t + 1 + horizon. `stockcast.advice.evaluation` dates them
    by the day on which they were known.
    """
    by_day = scores.groupby("date")
    listed = scores["label"].where(np.isfinite(scores["rank"])).groupby(scores["date"])
    return pd.DataFrame(
        {
            "n": by_day["label"].count(),
            "accuracy": by_day["hit"].mean(),
            "ic": metrics.daily_ic(scores),
            "rank_ic": metrics.daily_ic(scores, method="spearman"),
            "coverage": by_day["in_interval"].mean(),
            "listed": listed.mean(),
            "everyone": by_day["label"].mean(),
        }
    ).rename_axis("date")


def happened(label: pd.Series, flat: float) -> pd.Series:
    """Outcomes as -1 (down), 0 (flat: a return of at most `flat` either way) and 1; NaN stays."""
    side = np.sign(label).where(label.abs() > flat, 0.0)
    return side.where(np.isfinite(label))
