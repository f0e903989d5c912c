"""Figures of directions and probabilities."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from tests.book.by_hand.means import drawn_days, ends, ratio

RATES = (
    "accuracy", "balanced_accuracy", "precision_up", "recall_up", "precision_down",
    "recall_down", "f1", "mcc", "auc",
)  # fmt: skip


def rates(tp: float, fp: float, tn: float, fn: float) -> dict[str, float]:
    """Of a two-way table of directions."""
    up, down = ratio(tp, tp + fn), ratio(tn, tn + fp)
    root = math.sqrt(tp + fp) * math.sqrt(tp + fn) * math.sqrt(tn + fp) * math.sqrt(tn + fn)
    return {
        "accuracy": ratio(tp + tn, tp + fp + tn + fn),
        "balanced_accuracy": (up + down) / 2,
        "precision_up": ratio(tp, tp + fp),
        "recall_up": up,
        "precision_down": ratio(tn, tn + fn),
        "recall_down": down,
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": ratio(tp * tn - fp * fn, root),
    }


def cells(prob: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Rows by cells: true up, false up, true down, false down."""
    said = prob > 0.5
    return np.column_stack([said & up, said & ~up, ~said & ~up, ~said & up]).astype(float)


def losses(prob: np.ndarray, label: np.ndarray) -> dict[str, float]:
    """Everything at once, of all rows."""
    prob, label = np.asarray(prob, float), np.asarray(label, float)
    up = label > 0
    chance = np.clip(np.where(up, prob, 1 - prob), np.finfo(float).eps, None)
    return {
        "n": len(up),
        "up_share": up.mean(),
        **rates(*cells(prob, up).sum(axis=0)),
        "auc": Order(prob, up).auc(np.ones(len(up))),
        "brier": ((prob - up) ** 2).mean(),
        "log_loss": -np.log(chance).mean(),
    }


class Order:
    """Share of pairs of a rise and a fall in the right order, for rows that may count often."""

    def __init__(self, prob: np.ndarray, up: np.ndarray) -> None:
        self.rows = np.argsort(prob)
        ordered = prob[self.rows]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.up = up[self.rows]

    def auc(self, weight: np.ndarray) -> float:
        weight = weight[self.rows]
        rises = np.add.reduceat(np.where(self.up, weight, 0.0), self.starts)
        falls = np.add.reduceat(np.where(self.up, 0.0, weight), self.starts)
        right = (rises * (falls.cumsum() - falls / 2)).sum()
        return ratio(right, rises.sum() * falls.sum())


def with_intervals(
    table: pd.DataFrame, rng: np.random.Generator, prob: str = "prob_up", label: str = "label",
    block: int = 10, n: int = 1000,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """`rates` and AUC of all rows, with the middle 95 % of resamples of whole days."""
    table = table.dropna(subset=[prob, label])
    said, up = table[prob].to_numpy(), table[label].to_numpy() > 0
    days, day = np.unique(table["date"].to_numpy(), return_inverse=True)
    order = Order(said, up)
    by_day = pd.DataFrame(cells(said, up)).groupby(day).sum().to_numpy()
    found = []
    for drawn in drawn_days(len(days), rng, block, n):
        often = np.bincount(drawn, minlength=len(days)).astype(float)
        found.append(rates(*by_day[drawn].sum(axis=0)) | {"auc": order.auc(often[day])})
    value = rates(*by_day.sum(axis=0)) | {"auc": order.auc(np.ones(len(up)))}
    out = {}
    for name in RATES:
        low, high = ends([one[name] for one in found])
        out[name] = {"value": value[name], "low": low, "high": high}
    return out


def coverage(
    doubt: pd.Series, correct: pd.Series, date: pd.Series, rng: np.random.Generator,
    thresholds: np.ndarray,
) -> list[dict[str, float]]:  # fmt: skip
    """Accuracy of the forecasts whose doubt lies below each threshold."""
    days, day = np.unique(date.to_numpy(), return_inverse=True)
    drawn = drawn_days(len(days), rng, 10, 1000)
    rows = []
    for threshold in thresholds:
        kept = (doubt < threshold).to_numpy()
        count = np.bincount(day, kept, len(days))
        right = np.bincount(day, kept * correct.to_numpy(), len(days))
        low, high = ends([ratio(right[d].sum(), count[d].sum()) for d in drawn])
        accuracy = ratio(right.sum(), count.sum())
        rows.append({
            "threshold": threshold, "coverage": kept.mean(), "accuracy": accuracy,
            "low": low, "high": high, "n": int(kept.sum()),
        })  # fmt: skip
    return rows


def calibration(prob: pd.Series, label: pd.Series, bins: int) -> list[dict[str, float]]:
    """Said and seen share of rises in equally wide bins; a bin holds its lower edge."""
    edges = np.linspace(0, 1, bins + 1)
    rows = []
    for low, high in pairwise(edges):
        inside = (prob >= low) & ((prob < high) | (high == 1))
        said, seen = prob[inside].mean(), (label[inside] > 0).mean()
        rows.append({"low": low, "high": high, "said": said, "seen": seen, "n": inside.sum()})
    return rows
