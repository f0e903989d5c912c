"""Twelve leaks seen in public work, each planted alone into the honest pipeline.

Each replaces one step of `stockcast.judge.leaks.recipe.Recipe` by the version that looks ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.judge.leaks import steps
from stockcast.judge.leaks.measures import MEASURES, change, margin, mean, measures
from stockcast.judge.leaks.pipeline import Dates, Pipeline, Tables
from stockcast.judge.leaks.recipe import Recipe, by_correlation
from stockcast.judge.leaks.steps import Book, Part, Values

CLEAN = Recipe()
"""The honest pipeline."""


@dataclass(frozen=True)
class Leak:
    """A leak.

    Attributes
    ----------
    name, what
        What it is called, and what the pipeline does, one line.
    pipeline
        The pipeline that has it.
    honest
        The same one without.
    """

    name: str
    what: str
    pipeline: Pipeline
    honest: Pipeline = CLEAN


def scaled_by_all(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Standardised by the mean and deviation of all days, the forecast ones included."""
    every = np.arange(len(inside))
    return steps.standard(values, inside, replace(part, train=every))


def scaled_by_validation(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Standardised by training and validation days together, for both fits."""
    until = part.forecast[-1] + 1 if part.name == "valid" else part.forecast[0]
    return steps.standard(values, inside, replace(part, train=np.arange(until)))


def filled_backwards(tables: Tables) -> Book:
    """Days without a price take the price of the next day that has one."""
    book = steps.read(tables)
    price = np.where(book.traded, book.close, np.nan)
    back = steps.carried(price[::-1])[::-1]
    close = np.where(np.isfinite(back), back, book.close)
    return replace(book, close=np.where(np.isfinite(book.close), close, np.nan))


def shuffled(book: Book, dates: Dates, folds: int = 5, block: int = 1) -> list[Part]:
    """Cross-validation over shuffled days (or blocks of them): forecasts out of fold."""
    days = np.flatnonzero(book.days <= pd.Timestamp(dates.end))
    blocks = np.array_split(days, max(folds, len(days) // block))
    order = stream(0, "leaks", "folds").permutation(len(blocks))
    kept = [
        np.sort(np.concatenate([blocks[i] for i in part])) for part in np.array_split(order, folds)
    ]
    none = np.array([], dtype=int)
    return [Part(f"fold {i}", np.setdiff1d(days, f), none, f) for i, f in enumerate(kept)]


def unpurged(book: Book, dates: Dates) -> list[Part]:
    """Training up to the day before the first forecast, whose labels end later."""
    parts = (part for part in steps.split(book, dates) if len(part.forecast))
    return [replace(part, train=np.arange(part.forecast[0])) for part in parts]


def survivors(tables: Tables, book: Book) -> np.ndarray:
    """Members still listed on the last day of the data."""
    return steps.members(tables, book) & np.isfinite(book.close[-1])


def todays_members(tables: Tables, book: Book) -> np.ndarray:
    """The members of the last day, on every day."""
    return steps.members(tables, book)[-1] & np.isfinite(book.close)


def restated(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Statements in their last version, from the day of the first announcement on."""
    out = measures(tables, book, names, horizon)
    income = tables["income"].sort_values(["code", "period", "first_announced"])
    by = income.groupby(["code", "period"])
    final = by.tail(1).assign(first_announced=by.first_announced.min().to_numpy())
    return {**out, "margin": margin(final, book)}


def tested(values: Values, labels: np.ndarray, part: Part, count: int) -> list[str]:
    """The features most correlated with the labels of the forecast days."""
    return by_correlation(values, labels, part.forecast, count)


def with_target_mean(
    tables: Tables, book: Book, names: tuple[str, ...], horizon: int, span: int = 20
) -> Values:
    """A stock's mean label of the last days, today's among them."""
    out = measures(tables, book, names, horizon)
    return {**out, "target_mean": mean(steps.target(book, horizon), span)}


def with_price_level(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """The logarithm of a price adjusted backwards from the last day's factor."""
    out = measures(tables, book, names, horizon)
    last = steps.carried(book.factor)[-1]
    return {**out, "price": np.log(book.close / last)}


def bought_at_once(book: Book, dates: Dates, scores: pd.DataFrame, top: int = 5) -> pd.DataFrame:
    """Decided at the close, filled at the same close."""
    return steps.listing(scores, scores.index, top)


def from_the_same_close(book: Book, horizon: int) -> np.ndarray:
    """Return from today's close: what a purchase at it would earn."""
    price = np.where(book.traded, book.close, np.nan)
    return -change(price[::-1], horizon)[::-1] / (1 + change(price[::-1], horizon)[::-1])


LEAKS = (
    Leak("normalised over the forecast window", "features standardised over all days at once",
         replace(CLEAN, scale=scaled_by_all), replace(CLEAN, scale=steps.standard)),
    Leak("back-filled", "a suspended day takes the price of the next traded one",
         replace(CLEAN, read=filled_backwards)),
    Leak("shuffled folds", "cross-validation over days in random order",
         replace(CLEAN, split=shuffled)),
    Leak("overlapping labels", "nothing purged between training and forecasts",
         replace(CLEAN, split=unpurged)),
    Leak("survivors only", "stocks delisted by the last day are left out",
         replace(CLEAN, universe=survivors)),
    Leak("today's members in the past", "the last day's index members on every day",
         replace(CLEAN, universe=todays_members)),
    Leak("restated statements", "statements as revised later, from the day they first came out",
         replace(CLEAN, measure=restated)),
    Leak("chosen on the test", "features picked by their correlation with the test's labels",
         replace(CLEAN, names=MEASURES, count=3, pick=tested),
         replace(CLEAN, names=MEASURES, count=3)),
    Leak("target in a rolling mean", "a stock's trailing mean label, today's label in it",
         replace(CLEAN, measure=with_target_mean)),
    Leak("prices adjusted backwards", "a price level that later splits and dividends have changed",
         replace(CLEAN, measure=with_price_level)),
    Leak("scaler fitted on validation", "standardised over training and validation together",
         replace(CLEAN, scale=scaled_by_validation), replace(CLEAN, scale=steps.standard)),
    Leak("same-day close traded", "bought at the close that the decision needs",
         replace(CLEAN, order=bought_at_once, aim=from_the_same_close)),
)  # fmt: skip
