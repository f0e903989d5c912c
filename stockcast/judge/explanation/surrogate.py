"""LIME: a linear model around each forecast, of any model of a table of features."""

from __future__ import annotations

import numpy as np

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge.explanation.attributions import Attributions
from stockcast.judge.explanation.rows import Rows, Score


def lime(rows: Rows, background: np.ndarray, *, seed: int, draws: int = 500) -> Attributions:
    """Local linear attributions of each row.

    Parameters
    ----------
    rows
        What to explain. A feature that is NaN in a row stays NaN in every draw around it, and its
        attribution is 0: LIME itself knows no missing values.
    background : ndarray of shape (n, n_features)
        Rows whose means and spreads the draws have, training rows by custom.
    seed
        Of the draws; a row's depend on it, the date and the code, not on the other rows.
    draws
        Forecasts a row. With few, the attributions are mostly noise of the draws.

    Returns
    -------
    Attributions
        Weight of each feature in the local ridge regression, times the row's distance from the
        background's mean: as Shapley values of a linear model are. In the unit of the score.

    Notes
    -----
    Ribeiro, Singh and Guestrin (2016), "Why should I trust you?: explaining the predictions of any
    classifier", KDD. Features are drawn independently, so that most draws are stocks that cannot
    be (a high five-day return beside five low days).
    """
    from lime.lime_tabular import LimeTabularExplainer

    if not len(background):
        raise InputError("background", "must hold rows")
    centre, spread = _moments(background)
    explainer = LimeTabularExplainer(
        np.stack([centre - spread, centre + spread]),  # has exactly these moments
        mode="regression",
        feature_names=list(rows.names),
        feature_selection="none",
        discretize_continuous=False,
    )
    values = np.zeros(rows.x.shape)
    for row, (one, day, stock) in enumerate(zip(rows.x, rows.date, rows.code, strict=True)):
        missing = ~np.isfinite(one)
        words = f"{np.datetime_as_string(np.datetime64(day), 'D')}", str(stock)
        explainer.random_state = np.random.RandomState(stream(seed, "lime", *words).integers(2**31))
        found = explainer.explain_instance(
            np.where(missing, centre, one).astype(np.float64),
            _with_missing(rows.score, missing),
            num_features=len(rows.names),
            num_samples=draws,
        )
        at, weight = zip(*found.local_exp[1], strict=True)
        values[row, list(at)] = weight
        values[row] *= np.where(missing, 0.0, (one - centre) / spread)
    return Attributions(rows.names, rows.date, rows.code, values)


def _moments(background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column over its finite values; 0 and 1 without any."""
    known = np.isfinite(background)
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, background, 0.0).astype(np.float64)
    centre = filled.sum(axis=0) / count
    spread = np.sqrt((np.where(known, filled - centre, 0.0) ** 2).sum(axis=0) / count)
    return centre, np.where(spread > 1e-12, spread, 1.0)


def _with_missing(score: Score, missing: np.ndarray) -> Score:
    """`score` of draws in which the features that are missing are missing again."""

    def drawn(x: np.ndarray) -> np.ndarray:
        return np.asarray(score(np.where(missing, np.nan, x).astype(np.float32)), np.float64)

    return drawn
