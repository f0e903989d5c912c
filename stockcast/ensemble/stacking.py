"""Stacking: weights fitted on forecasts that the members made of days they had not learned from.

Wolpert (1992), "Stacked generalization", Neural Networks 5; with weights that are not below zero:
Breiman (1996), "Stacked regressions", Machine Learning 24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from stockcast.determinism import PROCESSES
from stockcast.ensemble.members import Members, standardised
from stockcast.errors import InputError
from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from stockcast.models.walk_forward import Walked, walk
from stockcast.samples.splits import Split, nested

PARTS = 4
"""Spans that the days are cut into: the first only teaches, each later one is forecast."""

VALID = 0.2
"""Share of the days before a span on which its models are validated."""

SHRINKAGE = (np.inf, 3.0, 1.0, 0.3, 0.1)
"""Pulls towards equal weights that are tried, strongest first; infinite: equal weights."""

BLOCKS = 8
"""Spans of days that the pull is chosen on, each left out once."""


@dataclass(frozen=True)
class Stacked:
    """Weights, and how they were come by.

    Attributes
    ----------
    weights : dict
        By member; not below zero, sum 1.
    shrinkage : float
        The pull chosen.
    tried : DataFrame
        One row a pull: shrinkage, error (mean squared error of days left out, in variances of a
        standardised rank), high (error plus the standard error of its distance to the best).
    information_until : Timestamp
        Last date that an outcome behind the weights used.
    """

    weights: dict[str, float]
    shrinkage: float
    tried: pd.DataFrame
    information_until: pd.Timestamp


def blocks(days: pd.DatetimeIndex, parts: int, horizon: int) -> list[Split]:
    """Splits inside some days: each span but the first is tested by what came before it.

    Parameters
    ----------
    days
        Training and validation days, ascending.
    parts, horizon
        Of `stockcast.samples.splits.nested`; `horizon` + 1 days are left out before validation and
        before the span tested.
    """
    found = []
    for before, tested in nested(days, parts, horizon):
        cut = int(len(before) * (1 - VALID))
        train = before[: max(0, cut - horizon - 1)]
        if not len(train):
            raise InputError("days", f"must be more, for {parts} parts", len(days))
        found.append(Split(train, before[cut:], tested))
    return found


def out_of_fold(
    models: Sequence[Model],
    samples: SampleSet,
    seed: int,
    parts: int = PARTS,
    jobs: int = PROCESSES,
) -> Walked:
    """Forecasts of the training and validation days by models fitted on earlier ones only.

    Parameters
    ----------
    models
        Of different names.
    samples
        No row after the last validation day is used.
    seed, jobs
        Of `stockcast.models.walk_forward.walk`.
    parts
        Of `blocks`.

    Notes
    -----
    Look-ahead: features that were chosen on all training days have seen outcomes of the days
    forecast here. It flatters all members, not one before another.
    """
    taught = samples.samples["split"].isin(["train", "valid"])
    last = samples.samples["date"][taught].max()
    inside = samples.until(last)
    return walk(models, inside, blocks(inside.days, parts, samples.horizon), seed, jobs)


def stack(
    members: Members,
    outcomes: pd.DataFrame,
    days: pd.DatetimeIndex,
    column: str = "label",
    shrinkage: Sequence[float] = SHRINKAGE,
) -> Stacked:
    """Weights whose pooled score is nearest to the outcomes' ranks, drawn towards equal ones.

    Parameters
    ----------
    members
        Out-of-fold forecasts.
    outcomes
        date, code and `column`; only outcomes that are known by the last day that may teach.
    days
        All trading days, for `information_until`.
    shrinkage
        Pulls to choose from, strongest first.

    Notes
    -----
    Scores and outcomes are standardised ranks of the day. The weights minimise

        mean (y - sum w_m z_m)^2 + pull x sum (w_m - s / K)^2,  w >= 0,

    where s is the sum of the weights that fit best if all are equal; they are divided by their sum
    afterwards, which changes no order. Of the pulls, the strongest that is within one standard
    error of the best on days left out is taken: Breiman, Friedman, Olshen and Stone (1984), section
    3.4.3. Days next to those left out do not teach, since their outcomes overlap with them.

    Raises
    ------
    InputError
        When fewer days are known than the choice needs.
    """
    grams, date = _daily_sums(members, outcomes, column)
    horizon = members.horizon
    if len(date) < BLOCKS * (2 * horizon + 2):
        least = BLOCKS * (2 * horizon + 2)
        raise InputError("known days", f"must be at least {least}", len(date))
    spans = np.array_split(np.arange(len(date)), BLOCKS)
    errors = {pull: [_left_out(grams, span, horizon, pull) for span in spans] for pull in shrinkage}
    table = pd.DataFrame(errors)
    best = table.mean().idxmin()
    off = table.sub(table[best], axis=0).std(ddof=1) / np.sqrt(BLOCKS)
    chosen = next(
        pull for pull in shrinkage if table[pull].mean() <= table[best].mean() + off[pull]
    )
    weights = _solve(grams.mean(axis=0), chosen)
    tried = pd.DataFrame({"error": table.mean(), "high": table.mean() + off})
    at = min(days.searchsorted(date[-1]) + 1 + horizon, len(days) - 1)
    return Stacked(
        weights=dict(zip(members.names, map(float, weights / weights.sum()), strict=True)),
        shrinkage=float(chosen),
        tried=tried.rename_axis("shrinkage").reset_index(),
        information_until=days[at],
    )


def _daily_sums(
    members: Members, outcomes: pd.DataFrame, column: str
) -> tuple[np.ndarray, pd.DatetimeIndex]:
    """Mean products of a day's standardised ranks, (n_days, K + 1, K + 1); the outcome is last."""
    y = members.outcomes(outcomes, column)
    kept = np.isfinite(y) & members.present.all(axis=1)
    if not kept.any():
        raise InputError("outcomes", "must be known for rows that all members forecast")
    date = members.keys["date"].to_numpy()[kept]
    day, dates = pd.factorize(date)
    z = standardised(np.column_stack([members.columns["score"][kept], y[kept]]), day)
    size = z.shape[1]
    products = pd.DataFrame((z[:, :, None] * z[:, None, :]).reshape(len(z), -1))
    return products.groupby(day).mean().to_numpy().reshape(-1, size, size), pd.DatetimeIndex(dates)


def _solve(gram: np.ndarray, pull: float) -> np.ndarray:
    """Weights that are not below zero, from mean products; equal ones where none helps."""
    inner, cross = gram[:-1, :-1], gram[:-1, -1]
    size = len(cross)
    level = max(float(cross.mean() / inner.mean()), 0.0) / size
    if np.isinf(pull) or not level > 0:
        return np.full(size, max(level, 0.0) or 1.0)
    values, vectors = np.linalg.eigh(inner)
    root = vectors * np.sqrt(np.clip(values, 1e-10, None))  # inner = root root'
    target = np.linalg.solve(root, cross)
    a = np.vstack([root.T, np.sqrt(pull) * np.eye(size)])
    b = np.concatenate([target, np.full(size, np.sqrt(pull) * level)])
    found = optimize.nnls(a, b)[0]
    return found if found.sum() > 0 else np.full(size, level)


def _left_out(grams: np.ndarray, span: np.ndarray, horizon: int, pull: float) -> float:
    """Mean squared error on the days of `span` of weights fitted on the days away from it."""
    first, last = span[0] - horizon - 1, span[-1] + horizon + 1
    taught = np.r_[0 : max(0, first), min(len(grams), last + 1) : len(grams)]
    weights = _solve(grams[taught].mean(axis=0), pull)
    held = grams[span].mean(axis=0)
    inner, cross = held[:-1, :-1], held[:-1, -1]
    return float(held[-1, -1] - 2 * weights @ cross + weights @ inner @ weights)
