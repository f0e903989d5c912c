"""How often the right side is said: beside the IC, against coverage, and what a promise takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge import metrics
from stockcast.judge._cross_section import FEWEST
from stockcast.judge.intervals import newey_west
from stockcast.judge.scoreboard import ORACLE
from stockcast.judge.scorecard import relative_rank, verdict, widest

SHARES = (0.02, 0.03, 0.05, *np.round(np.arange(0.1, 1.001, 0.1), 1))
"""Shares of a day's stocks to keep, if no others are asked for."""


def needed_ic(accuracy: float | np.ndarray) -> float | np.ndarray:
    """IC that a market-relative sign accuracy takes: sin(π (accuracy - ½)).

    The inverse of `stockcast.judge.metrics.expected_sign_accuracy`, with its assumption: score
    and outcome jointly normal. An accuracy of 65 % takes an IC of .45.

    Parameters
    ----------
    accuracy : float or ndarray
        Fractions in [0, 1]; NaN stays NaN.

    Raises
    ------
    InputError
        When an accuracy is no fraction.

    Notes
    -----
    Sheppard (1899), Philosophical Transactions of the Royal Society A 192.
    """
    if np.any((np.asarray(accuracy) < 0) | (np.asarray(accuracy) > 1)):
        raise InputError("accuracy", "must be a fraction from 0 to 1", accuracy)
    return np.sin(np.pi * (accuracy - 0.5))


def right_side(frame: pd.DataFrame, score: str = "score", label: str = "label") -> pd.Series:
    """Whether each row lies on the same side of its day's median in score and in outcome.

    Returns
    -------
    Series of shape (n_rows,), index of `frame`
        1 right, 0 wrong, a half where either lies on its median; NaN where either is NaN, and on
        days with fewer than five rows that have both. Its mean by day is
        `stockcast.judge.metrics.relative_accuracy`.
    """
    kept = frame[np.isfinite(frame[score]) & np.isfinite(frame[label])]
    agree = np.sign(metrics.relative(kept, score)) * np.sign(metrics.relative(kept, label))
    enough = kept.groupby("date")[score].transform("size") >= FEWEST
    return (0.5 + 0.5 * agree).where(enough).reindex(frame.index).rename("right_side")


def accuracy_and_ic(judged: pd.DataFrame, *, horizon: int) -> pd.DataFrame:
    """Market-relative sign accuracy of each model beside its IC and what that IC promises.

    Parameters
    ----------
    judged : DataFrame
        As `stockcast.judge.scoreboard.same_rows` gives it; an `oracle` column is a model too.
    horizon
        Trading days a label covers; no interval takes fewer lags.

    Returns
    -------
    DataFrame, index `model` in order of appearance, the oracle last
        accuracy, accuracy_low, accuracy_high, ic, ic_low, ic_high (means over days, Newey-West
        95 %); promised, the accuracy expected at that IC; gap, gap_low, gap_high, the day's
        accuracy less what the day's IC promises, paired by day; days, those with both.
    """
    lag = max(10, horizon)
    parts = dict(list(judged.groupby("model", sort=False)))
    scored = {name: (part, "score") for name, part in parts.items()}
    if ORACLE in judged:
        scored[ORACLE] = (next(iter(parts.values())), ORACLE)
    rows = {name: _beside(part, score, lag) for name, (part, score) in scored.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


def _beside(part: pd.DataFrame, score: str, lag: int) -> dict[str, float]:
    accuracy, ic = metrics.relative_accuracy(part, score), metrics.daily_ic(part, score)
    gap = accuracy - metrics.expected_sign_accuracy(ic)
    out: dict[str, float] = {}
    for name, series in (("accuracy", accuracy), ("ic", ic), ("gap", gap)):
        sure = newey_west(series, lag)
        out |= {name: sure.mean, f"{name}_low": sure.low, f"{name}_high": sure.high}
        out |= {"days": sure.n}
    return out | {"promised": float(metrics.expected_sign_accuracy(out["ic"]))}


def against_coverage(
    frame: pd.DataFrame,
    rng: np.random.Generator,
    *,
    shares: Iterable[float] = SHARES,
    score: str = "score",
    label: str = "label",
    block: int = 10,
) -> pd.DataFrame:
    """Market-relative accuracy of the stocks whose scores lie farthest from the day's median.

    Parameters
    ----------
    frame : DataFrame with the columns date, `score` and `label`
        The forecasts of one model.
    shares
        Shares of each day's stocks to keep, in (0, 1]. Who is kept is known at the day's close:
        it depends on that day's scores and on nothing else.
    block
        Mean days of a block of the stationary bootstrap.

    Returns
    -------
    DataFrame indexed by `share`, columns threshold, coverage, accuracy, low, high, n
        As `stockcast.judge.metrics.coverage_curve` makes it. Rows that `right_side` leaves NaN do
        not count; on days with few stocks a small share may keep none.

    Raises
    ------
    InputError
        When no row has both a score and an outcome, or a share is not in (0, 1].
    """
    shares = list(shares)
    if not all(0 < share <= 1 for share in shares):
        raise InputError("shares", "must be in (0, 1]", shares)
    near = frame[["date"]].assign(near=-metrics.relative(frame, score).abs())
    curve = metrics.coverage_curve(
        relative_rank(near, "near"),
        right_side(frame, score, label),
        frame["date"],
        rng,
        thresholds=shares,
        block=block,
    )
    return curve.set_axis(pd.Index(shares, name="share"))


def promises(curve: pd.DataFrame, promised: Mapping[str, float], fewest: int = 100) -> pd.DataFrame:
    """What a curve of accuracy against coverage says about each promised accuracy.

    Parameters
    ----------
    curve : DataFrame, columns coverage, accuracy, low, high, n
        As `against_coverage` makes it.
    promised
        Name to accuracy, a fraction.
    fewest
        Rows that keep fewer forecasts do not count: resampled days tell little about so few.

    Returns
    -------
    DataFrame indexed by `promise`
        promised; needed_ic; value, low, high and verdict (of
        `stockcast.judge.scorecard.verdict`) at the largest coverage; coverage, the largest at
        which the accuracy reaches the promise; sure_coverage, the largest at which the lower end
        does. NaN where there is none. Both are found after the outcomes were seen.
    """
    curve = curve[curve["n"] >= fewest]
    whole = pd.Series(np.nan, ["accuracy", "low", "high"])
    if len(curve):
        whole = curve.loc[curve["coverage"].idxmax()]
    rows = {
        name: {
            "promised": value,
            "needed_ic": needed_ic(value),
            "value": whole["accuracy"],
            "low": whole["low"],
            "high": whole["high"],
            "verdict": verdict(whole["low"], whole["high"], value),
            "coverage": _coverage(widest(curve, value)),
            "sure_coverage": _coverage(widest(curve, value, "low")),
        }
        for name, value in promised.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("promise")


def _coverage(row: pd.Series | None) -> float:
    return np.nan if row is None else float(row["coverage"])
