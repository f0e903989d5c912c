"""How the forecasts of a ledger have done so far, model by model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.judge import metrics

KEYS = ["run", "model", "horizon"]


def by_model(forecasts: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Figures of every run, model and horizon that the ledger has forecasts of.

    Parameters
    ----------
    forecasts, scores
        As `Ledger.forecasts` and `Ledger.scores` give them.

    Returns
    -------
    DataFrame, index (run, model, horizon)
        `rows` issued, `scored` with a known outcome, `no_outcome`, `waiting`; `days` of which the
        Rank IC is known and `rank_ic`, its mean; over the scored rows `hit_rate`, `coverage` of
        the 90 % interval, `brier` and `log_loss`. NaN where nothing can be told yet.
    """
    rows = {}
    for place, issued in forecasts.groupby(KEYS, sort=True):
        judged = scores[scores["forecast"].isin(issued["number"])]
        known = judged[judged["outcome"] == "known"]
        counts = {"rows": len(issued), "scored": len(known), "no_outcome": len(judged) - len(known)}
        rows[place] = counts | {"waiting": len(issued) - len(judged), **_figures(known)}
    names = ["rows", "scored", "no_outcome", "waiting", "days", "rank_ic", *_NAMES]
    index = pd.MultiIndex.from_tuples(rows, names=KEYS) if rows else None
    return pd.DataFrame(list(rows.values()), columns=names, index=index)


_NAMES = ["hit_rate", "coverage", "brier", "log_loss"]


def _figures(known: pd.DataFrame) -> dict[str, float]:
    if known.empty:
        return {"days": 0, **dict.fromkeys(["rank_ic", *_NAMES], np.nan)}
    rank_ic = metrics.daily_ic(known, method="spearman").dropna()
    chances = metrics.classification(known["prob_up"], known["label"])
    ends = known["interval_low"], known["interval_high"]
    return {
        "days": len(rank_ic),
        "rank_ic": float(rank_ic.mean()) if len(rank_ic) else np.nan,
        "hit_rate": chances["accuracy"],
        "coverage": metrics.interval_coverage(*ends, known["label"]),
        "brier": chances["brier"],
        "log_loss": chances["log_loss"],
    }
