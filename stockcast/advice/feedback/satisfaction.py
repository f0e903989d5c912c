"""Feedback from users: how satisfied they are with one forecast, from 1 to 5."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.advice.feedback import entries
from stockcast.advice.ledger import Ledger
from stockcast.errors import InputError
from stockcast.judge.intervals import Interval, resampled_days

RATINGS = (1, 2, 3, 4, 5)
LONGEST_NOTE = 1000
FEWEST = 5
"""Ratings of forecasts with an outcome below which no correlation is told."""


def rate(
    ledger: Ledger,
    date: str | pd.Timestamp,
    code: str,
    rating: int,
    who: str,
    note: str = "",
    *,
    run: str = "",
    model: str = "",
    horizon: int = 0,
    issued_at: pd.Timestamp | str | None = None,
) -> int:
    """Write down how satisfied somebody is with a forecast.

    Parameters
    ----------
    ledger
    date, code, run, model, horizon
        Of the forecast; see `stockcast.advice.feedback.entries.find`.
    rating
        1 (not at all) to 5 (very).
    who, note
        A name, and a remark.
    issued_at
        [default: now]

    Returns
    -------
    int
        Number of the forecast's entry.

    Raises
    ------
    InputError
        When something breaks its rule, the ledger has no such forecast, or the same person has
        rated it already, be it the same or otherwise. Nothing is written then.
    """
    if isinstance(rating, bool) or rating not in RATINGS:
        raise InputError("rating", "must be 1, 2, 3, 4 or 5", rating)
    who, note = entries.spelt(ledger, entries.person(who)), note.strip()
    if len(note) > LONGEST_NOTE:
        raise InputError("note", f"must have at most {LONGEST_NOTE} characters", len(note))
    day = entries.trading_day(date, None if issued_at is None else entries.shanghai(issued_at))
    found = entries.find(ledger.forecasts(), day, code, run=run, model=model, horizon=horizon)
    number = int(found["number"])
    key = entries.key(entries.SATISFACTION, who, number)
    if key in entries.keys(ledger):
        told = f"{found['code']} of {day:%F} was rated by {who} already"
        raise InputError("feedback", told, hint="the ledger is only added to")
    said = entries.payload(entries.SATISFACTION, who, found, rating=int(rating), note=note)
    entries.record(ledger, {key: said}, issued_at)
    return number


def ratings(ledger: Ledger) -> pd.DataFrame:
    """Every rating: the columns of `entries.table`, rating and note."""
    return entries.table(ledger, entries.SATISFACTION, ["rating", "note"])


def against_outcomes(
    ratings: pd.DataFrame,
    scores: pd.DataFrame,
    rng: np.random.Generator,
    *,
    block: int = 5,
    n: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Rank correlation of ratings with how far the outcome lay on the side that was said.

    Parameters
    ----------
    ratings, scores
        Of `ratings` and `Ledger.scores()`.
    rng, block, n, level
        Of the stationary bootstrap, which resamples whole days.

    Returns
    -------
    Interval
        NaN with fewer than five rated forecasts that have an outcome; `n` counts these. A rating
        given after the outcome counts too: satisfaction may well be hindsight, and that is what
        this shows.
    """
    said = ratings.merge(scores[["forecast", "label", "prob_up"]], on="forecast")
    said = said.assign(gain=said["label"] * np.sign(said["prob_up"] - 0.5)).dropna(subset=["gain"])
    if len(said) < FEWEST or said["rating"].nunique() < 2 or said["gain"].nunique() < 2:
        return Interval(np.nan, np.nan, np.nan, np.nan, len(said))
    day, days = pd.factorize(said["date"], sort=True)
    x, y = (stats.rankdata(said[name]) for name in ("rating", "gain"))
    drawn = resampled_days(len(days), rng, block, n)[:, day]  # (n, rows)
    values = _correlation(np.vstack([np.ones(len(day)), drawn]), x, y)
    low, high = np.nanquantile(values[1:], [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values[0]), float(low), float(high), np.nan, len(said))


def _correlation(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weighted correlation of x and y for each row of weights; NaN where either is constant."""
    total = weights.sum(axis=1)
    mean_x, mean_y = weights @ x / total, weights @ y / total
    both = weights @ (x * y) / total - mean_x * mean_y
    square_x, square_y = (weights @ (z * z) / total - (weights @ z / total) ** 2 for z in (x, y))
    spread = np.sqrt(np.clip(square_x, 0, None) * np.clip(square_y, 0, None))
    return np.divide(both, spread, out=np.full(len(total), np.nan), where=spread > 1e-12)
