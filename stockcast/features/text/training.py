"""What headline models share: labels known by a day, folds in order of time, and calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stockcast.errors import InputError

LEAST = 20
"""Labelled headlines below which nothing is fitted."""

Designs = Callable[[np.ndarray, np.ndarray], tuple[object, object]]
"""Training and test rows -> their matrices, made of what the training rows alone tell."""


@dataclass(frozen=True)
class Chosen:
    """What walk-forward inside the training span has chosen.

    Attributes
    ----------
    strength
        Inverse of the penalty (`C` of scikit-learn) with the lowest calibrated log loss.
    slope, offset
        Calibration of the linear score: probability = expit(slope x score + offset).
    """

    strength: float
    slope: float = 1.0
    offset: float = 0.0


def labelled(news: pd.DataFrame, until: pd.Timestamp | str) -> pd.DataFrame:
    """Headlines whose labels were known by a day, in order of time.

    Parameters
    ----------
    news
        `time`, `title`, `label` (1 good, 0 bad, NaN unknown), optionally `names` (names of stocks
        to mask, a tuple a row) and `known` (when the label was known; the time itself if absent).
    until
        Last day whose labels count.

    Returns
    -------
    DataFrame
        time, known, title, names, label (int); rows in order of time, then of title and label.

    Raises
    ------
    InputError
        For a missing column, a label other than 0 and 1, fewer than `LEAST` headlines, or labels
        of one kind only.
    """
    missing = [name for name in ("time", "title", "label") if name not in news]
    if missing:
        raise InputError("news", "must have time, title and label", hint=f"missing: {missing}")
    rows = pd.DataFrame(
        {
            "time": pd.to_datetime(news["time"]),
            "known": pd.to_datetime(news.get("known", news["time"])),
            "title": news["title"].fillna(""),
            "names": news["names"] if "names" in news else [()] * len(news),
            "label": news["label"],
        }
    )
    rows["known"] = rows[["time", "known"]].max(axis=1)
    rows = rows[(rows["known"] < pd.Timestamp(until).normalize() + pd.Timedelta(days=1))]
    rows = rows[rows["label"].notna()]
    if not rows["label"].isin((0, 1)).all():
        raise InputError("label", "must be 0 or 1", sorted(set(rows["label"]) - {0, 1})[:3])
    rows = rows.astype({"label": int})
    if len(rows) < LEAST or rows["label"].nunique() < 2:
        counts = rows["label"].value_counts().to_dict()
        rule = f"must hold {LEAST} headlines of both kinds known by {pd.Timestamp(until).date()}"
        raise InputError("news", rule, counts)
    return rows.sort_values(["time", "title", "label"], kind="stable", ignore_index=True)


def walk_forward(rows: pd.DataFrame, folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Train and test rows of each fold: tested on later days, trained on labels known before.

    Days are cut into `folds` + 1 runs of about as many headlines; each but the first is tested
    once. Folds without both kinds of labels before them are left out.
    """
    day = rows["time"].dt.normalize()
    edges = day.iloc[[len(rows) * part // (folds + 1) for part in range(1, folds + 1)]]
    starts = sorted(set(edges) - {day.iloc[0]})
    out = []
    for start, stop in zip(starts, [*starts[1:], pd.Timestamp.max], strict=True):
        train = np.flatnonzero((rows["known"] < start).to_numpy())
        test = np.flatnonzero(((day >= start) & (day < stop)).to_numpy())
        if rows["label"].iloc[train].nunique() == 2 and len(test):
            out.append((train, test))
    return out


def chosen(
    designs: Designs,
    label: np.ndarray,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    strengths: Sequence[float],
) -> Chosen:
    """The strength with the lowest log loss on the folds' tests, and its calibration there.

    Without folds the first strength, as it is. Calibration is Platt's (1999, Advances in Large
    Margin Classifiers), with a slope of at least zero.
    """
    if not splits:
        return Chosen(strengths[0])
    scores = {strength: [] for strength in strengths}
    for train, test in splits:
        inside, outside = designs(train, test)
        for strength in strengths:
            weights, offset = logistic(inside, label[train], strength)
            scores[strength].append(outside @ weights + offset)
    tested = label[np.concatenate([test for _, test in splits])]
    found = [_calibrated(s, np.concatenate(of), tested) for s, of in scores.items()]
    return min(found, key=lambda one: one[0])[1]


def levelled(chosen: Chosen, score: np.ndarray, label: np.ndarray) -> Chosen:
    """The calibration with the offset that gives the training headlines their share of good ones.

    The folds' own offset carries the luck of the shares in their short training spans.
    """
    from scipy.optimize import brentq
    from scipy.special import expit

    if chosen.slope == 1.0 and chosen.offset == 0.0:
        return chosen
    score = chosen.slope * score

    def excess(offset: float) -> float:
        return float(np.mean(expit(score + offset)) - label.mean())

    far = float(np.abs(score).max()) + 50.0
    return replace(chosen, offset=brentq(excess, -far, far, xtol=1e-12))


def logistic(design: object, label: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Weights and offset of a logistic regression with an L2 penalty.

    By liblinear's Newton method (Fan et al. 2008, Journal of Machine Learning Research 9): it
    draws nothing at random and sums in one thread, so the same rows give the same bits.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=strength, solver="liblinear", intercept_scaling=10.0, tol=1e-6, max_iter=1000
    ).fit(design, label)
    return model.coef_[0].copy(), float(model.intercept_[0])


def _calibrated(strength: float, score: np.ndarray, label: np.ndarray) -> tuple[float, Chosen]:
    """Log loss of the calibrated scores, and the calibration."""
    if len(np.unique(label)) < 2:
        return np.inf, Chosen(strength)
    slope, offset = logistic(score[:, None], label, 1e4)
    slope = max(float(slope[0]), 0.0)
    side = np.where(label == 1, 1.0, -1.0) * (slope * score + offset)
    loss = float(np.mean(np.logaddexp(0.0, -side)))
    return loss, Chosen(strength, slope, offset)
