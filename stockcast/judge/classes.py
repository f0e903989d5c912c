"""Classes of return: did a stock move by at least 3, 5 or 10 %, and which way?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import roc_auc_score

from stockcast.errors import InputError
from stockcast.samples.labels import thresholds

LEVELS = (0.03, 0.05, 0.10)
SIDES = (-1, 0, 1)


def class_probabilities(mu: np.ndarray, sigma: np.ndarray, level: float) -> np.ndarray:
    """Chance of a fall by at least `level`, of neither, and of a rise by at least as much.

    Parameters
    ----------
    mu, sigma : array of shape (n,)
        Expected return and its standard deviation, fractions; NaN gives NaN.
    level
        A fraction above zero.

    Returns
    -------
    ndarray of shape (n, 3)
        Of a normal distribution: a forecast table keeps no more of the forecast's shape than its
        mean and spread.
    """
    mu, sigma = np.asarray(mu, float), np.asarray(sigma, float)
    down = stats.norm.cdf((-level - mu) / sigma)
    up = stats.norm.sf((level - mu) / sigma)
    return np.column_stack([down, 1 - down - up, up])


def class_figures(
    judged: pd.DataFrame, taught: pd.Series, levels: tuple[float, ...] = LEVELS
) -> pd.DataFrame:
    """How well forecasts name the class, by model and level.

    The class said is the one whose chance is largest beside its share in training, so that rare
    classes are said too; "between" would otherwise win nearly always. No outcome of the judged
    days enters the decision.

    Parameters
    ----------
    judged
        date, code, model, mu, sigma, label; rows in which one is NaN are left out.
    taught
        Labels of the training rows.
    levels
        Fractions; 0.03 is 3 %.

    Returns
    -------
    DataFrame, index (model, level)
        `n`; `down`, `up`: shares of the outcomes; `accuracy`; `f1`: mean of the three classes',
        a class that neither occurs nor is said left out; `auc`: mean of those of rises and of
        falls against all else, NaN where a class does not occur; `blind_f1`: the F1 of saying
        each class a third of the time, at random.

    Raises
    ------
    InputError
        When a class has no training row.
    """
    rows = {}
    known = judged[np.isfinite(judged[["mu", "sigma", "label"]].to_numpy(float)).all(axis=1)]
    for level in levels:
        name = f"class_{level * 100:g}"
        prior = thresholds(taught, (level,))[name].value_counts(normalize=True)
        prior = prior.reindex(SIDES, fill_value=0.0).to_numpy(float)
        if not (prior > 0).all():
            raise InputError("taught", f"must hold moves of {level:.0%} both ways and smaller ones")
        for model, part in known.groupby("model", sort=False):
            truth = thresholds(part["label"], (level,))[name].to_numpy(int)
            chance = class_probabilities(part["mu"], part["sigma"], level)
            rows[model, level] = _figures(truth, chance, prior)
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["model", "level"])
    return table


def _figures(truth: np.ndarray, chance: np.ndarray, prior: np.ndarray) -> dict[str, float]:
    said = np.array(SIDES)[(chance / prior).argmax(axis=1)]
    count = {side: (truth == side).sum() for side in SIDES}
    found = {
        side: (((truth == side) & (said == side)).sum(), (said == side).sum()) for side in SIDES
    }
    f1 = [2 * hit / (count[s] + told) for s, (hit, told) in found.items() if count[s] + told]
    auc = [
        roc_auc_score(truth == side, chance[:, place]) if 0 < count[side] < len(truth) else np.nan
        for side, place in ((-1, 0), (1, 2))
    ]
    share = np.array([count[side] for side in SIDES]) / len(truth)
    return {
        "n": len(truth),
        "down": float(share[0]),
        "up": float(share[2]),
        "accuracy": float((said == truth).mean()),
        "f1": float(np.mean(f1)),
        "auc": float(np.mean(auc)),
        "blind_f1": float(np.mean(2 * share / 3 / (share + 1 / 3))),
    }
