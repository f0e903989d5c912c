"""What a forecast's error costs, by day, under a loss that is named.

Two forecasts can only be compared under a loss: a model that is better at mean returns may be worse
at probabilities. Each loss here is the mean over the day's stocks; lower is better. Their
differences go to `stockcast.judge.diebold_mariano` and `stockcast.judge.families`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.metrics import daily_ic


def _squared(frame: pd.DataFrame) -> pd.Series:
    return (frame["label"] - frame["mu"]) ** 2


def _absolute(frame: pd.DataFrame) -> pd.Series:
    return (frame["label"] - frame["mu"]).abs()


def _brier(frame: pd.DataFrame) -> pd.Series:
    return (frame["prob_up"] - _rose(frame)) ** 2


def _log(frame: pd.DataFrame) -> pd.Series:
    smallest = np.finfo(float).eps
    said = frame["prob_up"].clip(smallest, 1 - smallest)
    return -np.log(said.where(_rose(frame) > 0, 1 - said))


def _rose(frame: pd.DataFrame) -> pd.Series:
    return (frame["label"] > 0).astype(float)


LOSSES: Mapping[str, tuple[str, Callable[[pd.DataFrame], pd.Series]]] = {
    "squared": ("mu", _squared),
    "absolute": ("mu", _absolute),
    "brier": ("prob_up", _brier),
    "log": ("prob_up", _log),
}
"""Each loss with the forecast column that it judges."""


def daily_losses(frame: pd.DataFrame, loss: str) -> pd.Series:
    """Mean loss of the day's stocks.

    Parameters
    ----------
    frame : DataFrame with the columns date, label, and mu or prob_up
        Fractions. Rows in which the column or the label is NaN are left out.
    loss
        "squared" (label - mu)², "absolute" |label - mu|, "brier" (prob_up - rose)², "log" minus the
        logarithm of the probability given to what happened; or "rank", minus the day's Rank IC,
        which needs `score`.

    Returns
    -------
    Series indexed by date, every date of `frame`
        NaN on a day without such rows.

    Raises
    ------
    InputError
        When there is no such loss.

    Notes
    -----
    Squared error is smallest for the mean, absolute for the median; Brier and log are proper for
    probabilities: Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and
    estimation", Journal of the American Statistical Association 102.
    """
    if loss == "rank":
        return (-daily_ic(frame, method="spearman")).rename("rank")
    if loss not in LOSSES:
        raise InputError("loss", f"must be one of {', '.join([*LOSSES, 'rank'])}", loss)
    column, of = LOSSES[loss]
    days = pd.DatetimeIndex(np.sort(frame["date"].unique()), name="date")
    kept = frame[np.isfinite(frame[column].astype(float)) & np.isfinite(frame["label"])]
    return of(kept).groupby(kept["date"]).mean().reindex(days).rename(loss)


def by_model(judged: pd.DataFrame, loss: str) -> pd.DataFrame:
    """`daily_losses` of every model, one column each, in order of appearance.

    Parameters
    ----------
    judged : DataFrame with the column model
        As `stockcast.judge.scoreboard.same_rows` makes it: the same rows for everyone.
    """
    parts = judged.groupby("model", sort=False)
    return pd.DataFrame({name: daily_losses(part, loss) for name, part in parts})


def out_of_sample_r2(frame: pd.DataFrame, blind: float = 0.0) -> float:
    """Share of the squared error of a constant forecast that `mu` takes away; negative: it adds.

    Parameters
    ----------
    blind
        The constant: zero, or the mean of the training labels. Never that of the judged ones.

    Notes
    -----
    Campbell and Thompson (2008), Review of Financial Studies 21; with zero as the constant, as Gu,
    Kelly and Xiu (2020), Review of Financial Studies 33, pool it over stocks. An IC of .05 is worth
    a quarter of a per cent.
    """
    kept = frame[["mu", "label"]].astype(float)
    kept = kept[np.isfinite(kept).all(axis=1)]
    none = float(((kept["label"] - blind) ** 2).sum())
    if not none:
        raise InputError("label", "must differ from the constant on some row")
    return 1 - float(((kept["label"] - kept["mu"]) ** 2).sum()) / none
