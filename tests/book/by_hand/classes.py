"""F1 of rises and falls by at least so much, and neither."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import f1_score

LEVELS = (0.03, 0.05, 0.10)


def class_of(label: pd.Series, level: float) -> np.ndarray:
    return np.select([label <= -level, label >= level], [-1, 1], 0)


def f1(part: pd.DataFrame, taught: pd.Series, level: float) -> float:
    """Mean F1 of the three classes; said is the likeliest beside its share in training."""
    part = part.dropna(subset=["mu", "sigma", "label"])
    before = pd.Series(class_of(taught, level)).value_counts(normalize=True)
    spread = stats.norm(part["mu"].to_numpy(), part["sigma"].to_numpy())
    down, up = spread.cdf(-level), spread.sf(level)
    gain = np.column_stack([down / before[-1], (1 - down - up) / before[0], up / before[1]])
    truth, said = class_of(part["label"], level), gain.argmax(axis=1) - 1
    seen = sorted(set(truth) | set(said))
    return float(f1_score(truth, said, labels=seen, average="macro", zero_division=0))


def blind_f1(label: pd.Series, level: float) -> float:
    """The F1 of naming one of three at random: precision is the share, recall a third."""
    share = np.array([(class_of(label, level) == side).mean() for side in (-1, 0, 1)])
    return float((2 * share * (1 / 3) / (share + 1 / 3)).mean())
