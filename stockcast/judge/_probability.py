"""Figures that compare probabilities, expected returns and intervals with what happened."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from stockcast.errors import InputError
from stockcast.judge.intervals import resampled_days

Values = pd.Series | np.ndarray


def classification(prob_up: Values, label: Values, threshold: float = 0.5) -> dict[str, float]:
    """How well a probability tells rises from falls.

    Parameters
    ----------
    prob_up : array of shape (n,)
        Probability of a rise. Rows with either NaN are left out.
    label : array of shape (n,)
        Outcome, raw or market-relative (`relative`); above zero is a rise, all else is not.
    threshold
        A rise is said where `prob_up` is above it.

    Returns
    -------
    dict
        n, up_share, accuracy, balanced_accuracy, precision_up, recall_up, precision_down,
        recall_down, f1 (of rises), mcc, auc, brier, log_loss. NaN where undefined: the precision
        of a direction never said, the AUC of one class alone.

    Notes
    -----
    MCC: Matthews (1975), Biochimica et Biophysica Acta 405. AUC: Mann and Whitney (1947), Annals
    of Mathematical Statistics 18; ties count half. Brier (1950), Monthly Weather Review 78.
    """
    prob, label = _finite(prob_up, label)
    up = label > 0
    counts = [np.sum(cell) for cell in _cells(up, prob > threshold)]
    one_class = up.all() or not up.any()
    return {
        "n": len(up),
        "up_share": float(up.mean()) if len(up) else np.nan,
        **{name: float(value) for name, value in _rates(*counts).items()},
        "auc": np.nan if one_class else float(sk.roc_auc_score(up, prob)),
        "brier": float(np.mean((prob - up) ** 2)) if len(up) else np.nan,
        "log_loss": float(sk.log_loss(up, prob, labels=[False, True])) if len(up) else np.nan,
    }


def classification_intervals(
    frame: pd.DataFrame,
    rng: np.random.Generator,
    prob: str = "prob_up",
    label: str = "label",
    threshold: float = 0.5,
    block: int = 10,
    n: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """The figures of `classification` that rest on signs and order, with intervals by day.

    Whole days are resampled by the stationary bootstrap: stocks of one day rise and fall
    together, and treating them as independent makes intervals several times too narrow.

    Returns
    -------
    DataFrame indexed by measure, columns value, low, high
        accuracy, balanced_accuracy, precision and recall both ways, f1, mcc, auc.
    """
    frame = frame[np.isfinite(frame[prob]) & np.isfinite(frame[label])]
    if frame.empty:
        raise InputError("frame", f"must hold rows with both {prob} and {label}")
    day, days = pd.factorize(frame["date"], sort=True)
    p, up = frame[prob].to_numpy(dtype=float), frame[label].to_numpy(dtype=float) > 0
    weights = np.vstack([np.ones(len(days)), resampled_days(len(days), rng, block, n)])
    by_day = [np.bincount(day, cell, minlength=len(days)) for cell in _cells(up, p > threshold)]
    measures = _rates(*(weights @ cell for cell in by_day))
    measures["auc"] = _weighted_auc(p, up, day, weights)
    rows = {
        name: (values[0], *_percentiles(values[1:], level)) for name, values in measures.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    return table.rename_axis("measure")


def coverage_curve(
    sigma: Values,
    correct: Values,
    date: Values,
    rng: np.random.Generator,
    *,
    thresholds: Iterable[float] | None = None,
    quantiles: Iterable[float] | None = None,
    block: int = 10,
    n: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Accuracy of the forecasts that remain when only those with sigma below a threshold count.

    Parameters
    ----------
    sigma : array of shape (n_rows,)
        Doubt of each forecast: `sigma_prob`, `sigma` or any other.
    correct : array of shape (n_rows,)
        1 or True where the forecast was right, 0 where wrong, NaN where the outcome is unknown
        (left out).
    date : array of shape (n_rows,)
        Day of each forecast; whole days are resampled for the interval.
    thresholds, quantiles
        Thresholds as such, or as quantiles of `sigma` in (0, 1]; one of the two. A quantile keeps
        the forecasts at its threshold, a threshold does not.

    Returns
    -------
    DataFrame with columns threshold, coverage, accuracy, low, high, n
        coverage is the share of forecasts kept, n their number; accuracy NaN where none is.

    Notes
    -----
    Accuracy-coverage trade-off of a classifier that may abstain: El-Yaniv and Wiener (2010),
    Journal of Machine Learning Research 11.
    """
    if (thresholds is None) == (quantiles is None):
        raise InputError("thresholds, quantiles", "exactly one of them must be given")
    date = np.asarray(date)
    sigma, correct = np.asarray(sigma, dtype=float), np.asarray(correct, dtype=float)
    known = np.isfinite(sigma) & np.isfinite(correct)
    if not known.any():
        raise InputError("sigma, correct", "must hold rows where both are known")
    sigma, correct = sigma[known], correct[known]
    day, days = pd.factorize(date[known], sort=True)
    if thresholds is None:
        # A threshold just above the quantile, so that "below" keeps the forecast at the quantile.
        thresholds = np.nextafter(np.quantile(sigma, list(quantiles)), np.inf)
    weights = resampled_days(len(days), rng, block, n)
    rows = []
    for threshold in thresholds:
        kept = sigma < threshold
        size = np.bincount(day[kept], minlength=len(days))
        right = np.bincount(day[kept], correct[kept], minlength=len(days))
        accuracy = float(_ratio(right.sum(), size.sum()))
        low, high = _percentiles(_ratio(weights @ right, weights @ size), level)
        rows.append((threshold, kept.mean(), accuracy, low, high, int(kept.sum())))
    return pd.DataFrame(rows, columns=["threshold", "coverage", "accuracy", "low", "high", "n"])


def calibration_table(prob: Values, outcome: Values, bins: int = 10) -> pd.DataFrame:
    """Said probability against observed share, in equally wide bins of [0, 1].

    Parameters
    ----------
    prob, outcome : array of shape (n,)
        Probability of a rise and outcome (above zero is a rise); rows with either NaN left out.

    Returns
    -------
    DataFrame with columns low, high, said, seen, n
        One row per bin, empty bins with n = 0 and NaN. said: mean probability; seen: share of
        rises. The reliability diagram's table, Murphy and Winkler (1977), Applied Statistics 26.
    """
    prob, outcome = _finite(prob, outcome)
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, prob, side="right") - 1, 0, bins - 1)
    size = np.bincount(place, minlength=bins)
    said = np.bincount(place, prob, minlength=bins)
    seen = np.bincount(place, outcome > 0, minlength=bins)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "said": _ratio(said, size),
            "seen": _ratio(seen, size),
            "n": size,
        }
    )


def regression(mu: Values, label: Values) -> dict[str, float]:
    """Error of the expected return: n, mse, mae, correlation (Pearson, all rows pooled).

    Rows with either NaN are left out; fractions in, squared fractions out for mse. The pooled
    correlation mixes market timing with stock picking: `daily_ic` separates the second.
    """
    mu, label = _finite(mu, label)
    if len(mu) < 2:
        return {"n": len(mu), "mse": np.nan, "mae": np.nan, "correlation": np.nan}
    varies = np.ptp(mu) > 0 and np.ptp(label) > 0
    return {
        "n": len(mu),
        "mse": float(sk.mean_squared_error(label, mu)),
        "mae": float(sk.mean_absolute_error(label, mu)),
        "correlation": float(np.corrcoef(mu, label)[0, 1]) if varies else np.nan,
    }


def interval_coverage(low: Values, high: Values, label: Values) -> float:
    """Share of outcomes inside their predicted interval, ends included; rows with NaN left out."""
    low, high, label = _finite(low, high, label)
    return float(np.mean((low <= label) & (label <= high))) if len(label) else np.nan


def _finite(*arrays: Values) -> list[np.ndarray]:
    """The arrays as float64, on the rows where all are finite."""
    arrays = [np.asarray(values, dtype=float) for values in arrays]
    if len({len(values) for values in arrays}) > 1:
        raise InputError("arrays", "must have equal lengths", [len(values) for values in arrays])
    kept = np.all([np.isfinite(values) for values in arrays], axis=0)
    return [values[kept] for values in arrays]


def _cells(up: np.ndarray, said: np.ndarray) -> tuple[np.ndarray, ...]:
    """Rows that are true up, false up, true down and false down."""
    return up & said, ~up & said, ~up & ~said, up & ~said


def _rates(tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> dict[str, np.ndarray]:
    """Figures of a two-way table; counts of any one shape."""
    tp, fp, tn, fn = (np.asarray(count, dtype=float) for count in (tp, fp, tn, fn))
    recall_up, recall_down = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    product = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return {
        "accuracy": _ratio(tp + tn, tp + fp + tn + fn),
        "balanced_accuracy": (recall_up + recall_down) / 2,
        "precision_up": _ratio(tp, tp + fp),
        "recall_up": recall_up,
        "precision_down": _ratio(tn, tn + fn),
        "recall_down": recall_down,
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": _ratio(tp * tn - fp * fn, product),
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is zero."""
    whole = np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _percentiles(values: np.ndarray, level: float) -> tuple[float, float]:
    if np.isnan(values).all():
        return np.nan, np.nan
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _weighted_auc(
    prob: np.ndarray, up: np.ndarray, day: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """AUC of the rows, each counted as often as its day is, for every row of `weights`.

    Pairs of a rise and a fall in the right order are counted once for every pair of days, so that
    a resample is a product of small matrices.
    """
    order = np.argsort(prob, kind="stable")
    prob, up, day = prob[order], up[order], day[order]
    days = weights.shape[1]
    right = np.empty((days, days))  # (day of the rise, day of the fall)
    for fall in range(days):
        falls = prob[~up & (day == fall)]
        below = np.searchsorted(falls, prob[up], "left") + np.searchsorted(falls, prob[up], "right")
        right[:, fall] = np.bincount(day[up], below / 2, minlength=days)
    rises, falls = (np.bincount(day[side], minlength=days) for side in (up, ~up))
    pairs = (weights @ rises) * (weights @ falls)
    return _ratio(((weights @ right) * weights).sum(axis=1), pairs)
