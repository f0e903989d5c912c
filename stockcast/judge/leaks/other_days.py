"""Steps that look ahead otherwise than the planted ones: days, stocks, labels and purchases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stockcast.judge.leaks import planted, steps
from stockcast.judge.leaks.pipeline import Dates, Tables
from stockcast.judge.leaks.steps import Book, Part


def blocks(book: Book, dates: Dates) -> list[Part]:
    """Shuffled blocks of twenty days."""
    return planted.shuffled(book, dates, block=20)


def tenths(book: Book, dates: Dates) -> list[Part]:
    """Ten shuffled folds."""
    return planted.shuffled(book, dates, folds=10)


def halves(book: Book, dates: Dates) -> list[Part]:
    """Folds in order: the early ones are forecast by a model of the later ones."""
    days = np.flatnonzero(book.days <= pd.Timestamp(dates.end))
    none = np.array([], dtype=int)
    first, second = np.array_split(days, 2)
    return [Part("early", second, none, first), Part("late", first[:-20], none, second)]


def one_day_short(book: Book, dates: Dates) -> list[Part]:
    """The last training label complete on the day after the first forecast."""
    parts = (part for part in steps.split(book, dates) if len(part.forecast))
    short = dates.horizon - 1
    return [replace(p, train=np.arange(max(0, p.forecast[0] - short))) for p in parts]


def test_unpurged(book: Book, dates: Dates) -> list[Part]:
    """Purged before validation only."""
    parts = steps.split(book, dates)
    if len(parts[1].forecast):
        parts[1] = replace(parts[1], train=np.arange(parts[1].forecast[0]))
    return parts


def longer_label(book: Book, horizon: int) -> np.ndarray:
    """A label of twice the horizon that the purge knows."""
    return steps.target(book, 2 * horizon)


def never_gone(tables: Tables, book: Book) -> np.ndarray:
    """Stocks for which the list of stocks has no delisting day."""
    stocks = tables["stocks"]
    kept = stocks.code[stocks.delist_date.isna()]
    return steps.members(tables, book) & book.codes.isin(kept)


def full_history(tables: Tables, book: Book) -> np.ndarray:
    """Stocks with a price on nine in ten of all days."""
    return steps.members(tables, book) & (np.isfinite(book.close).mean(axis=0) > 0.9)


def a_month_on(tables: Tables, book: Book) -> np.ndarray:
    """Stocks still listed twenty days later."""
    later = np.vstack([book.close[20:], np.repeat(book.close[-1:], 20, axis=0)])[: len(book.days)]
    return steps.members(tables, book) & np.isfinite(later)


def ever_members(tables: Tables, book: Book) -> np.ndarray:
    """Whoever is a member on any day."""
    return steps.members(tables, book).any(axis=0) & np.isfinite(book.close)


def members_early(tables: Tables, book: Book, ahead: int = 10) -> np.ndarray:
    """The members of ten days later."""
    inside = steps.members(tables, book)
    later = np.minimum(np.arange(len(inside)) + ahead, len(inside) - 1)
    return inside[later] & np.isfinite(book.close)


def stayers(tables: Tables, book: Book) -> np.ndarray:
    """Those who are members that day and on the last day."""
    inside = steps.members(tables, book)
    return inside & inside[-1]


def tuned_on_test(book: Book, dates: Dates) -> list[Part]:
    """The penalty chosen by the error of the test's forecasts."""
    return [replace(part, choose=part.forecast) for part in steps.split(book, dates)]


def said_to_be_earlier(
    book: Book, dates: Dates, scores: pd.DataFrame, top: int = 5
) -> pd.DataFrame:
    """Filled at the close that decides, and dated as if decided the day before."""
    found = steps.listing(scores, scores.index, top)
    before = dates.days[np.maximum(dates.days.searchsorted(found.decided) - 1, 0)]
    return found.assign(decided=before)


def those_that_trade(book: Book, dates: Dates, scores: pd.DataFrame, top: int = 5) -> pd.DataFrame:
    """The best of those that will not be suspended on the next day."""
    row = np.minimum(book.days.get_indexer(scores.index) + 1, len(book.days) - 1)
    column = book.codes.get_indexer(scores.columns)
    return steps.orders(book, dates, scores.where(book.traded[row][:, column]), top)


def those_that_open(book: Book, dates: Dates, scores: pd.DataFrame, top: int = 5) -> pd.DataFrame:
    """The best of those that rise on the next day, as if the order could be withdrawn."""
    row = np.minimum(book.days.get_indexer(scores.index) + 1, len(book.days) - 1)
    column = book.codes.get_indexer(scores.columns)
    rises = (book.close[row] >= book.close[row - 1])[:, column]
    return steps.orders(book, dates, scores.where(rises), top)
