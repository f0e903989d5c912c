"""Choosing settings on validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from stockcast.models.classical.design import Design, less_daily_mean, within_day
from stockcast.models.classical.kind import Kind, Settings
from stockcast.models.classical.resampling import seed_of, standard_error
from stockcast.models.score_head import ScoreHead

GRID_ROWS = 60_000
"""Training rows that the grid is tried on: of more days, every n-th."""


@dataclass(frozen=True)
class Tried:
    """One point of the grid.

    Attributes
    ----------
    settings : mapping
    gain : float
        Log likelihood of a validation row, in nats, above that of a score worth nothing.
    error : float
        Standard error of how much less that is than the best point's.
    """

    settings: Settings
    gain: float
    error: float


def grid_table(tried: Sequence[Tried], chosen: Settings) -> pd.DataFrame:
    """One row a point of the grid.

    Returns
    -------
    DataFrame
        settings (text), mean (the gain, in thousandths of a nat a row), low and high (one error
        either side), chosen (bool).
    """
    rows = [
        {
            "settings": ", ".join(f"{name} {value:g}" for name, value in each.settings.items()),
            "mean": 1e3 * each.gain,
            "low": 1e3 * (each.gain - each.error),
            "high": 1e3 * (each.gain + each.error),
            "chosen": each.settings == chosen,
        }
        for each in tried
    ]
    return pd.DataFrame(rows)


def choose(kind: Kind, read: Design, seed: int) -> tuple[Settings, tuple[Tried, ...]]:
    """The most regularised settings that are not clearly worse than the best, and all tried.

    Every point of the grid is fitted on training rows and judged by the likelihood that a
    `ScoreHead` gives the validation outcomes, less their daily mean: one yardstick for regressions,
    log-odds and margins. The first of the grid within one standard error of the best is taken, the
    error being that of the difference, by blocks of days: the best of several noisy figures is
    often the luckiest.

    Notes
    -----
    The one-standard-error rule: Breiman, Friedman, Olshen and Stone (1984), Classification and
    Regression Trees, section 3.4.3; here with paired errors.
    """
    train, valid = read.train, read.valid
    step = -(-len(train.y) // GRID_ROWS)
    some = train.rows(train.day % step == 0) if step > 1 else train
    outcome = less_daily_mean(valid.outcome, valid.day) if read.inputs.relative else valid.outcome
    gains, likelihoods = [], []
    for settings in kind.grid:
        estimator = kind.fit(some, settings, seed_of(seed, kind.name, "grid"))
        score = within_day(kind.raw(estimator, valid.x), read)
        head = ScoreHead.fit(score, outcome)
        gains.append(head.gain)
        likelihoods.append(head.log_likelihood(score, outcome))
    best = gains.index(max(gains))
    tried = tuple(
        Tried(settings, gain, standard_error(likelihoods[best] - likelihood, valid.day))
        for settings, gain, likelihood in zip(kind.grid, gains, likelihoods, strict=True)
    )
    near = (each for each in tried if each.gain >= gains[best] - each.error)
    return next(near).settings, tried
