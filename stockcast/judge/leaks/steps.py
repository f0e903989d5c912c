"""The steps of an honest pipeline, each a function that a leak can take the place of.

Arrays are of shape (n_days, n_stocks) over the days and stocks of a `Book`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.judge.leaks.pipeline import Dates, Tables
from stockcast.samples.splits import purged

Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Book:
    """Quotes as arrays.

    Attributes
    ----------
    days, codes
        Rows and columns.
    close
        Adjusted by the factors of the past, carried over suspensions; NaN where not listed.
    traded
        Whether there was a price that day.
    high, low, volume, amount, factor
        As in `quotes`, NaN on suspended days; `volume` adjusted.
    """

    days: pd.DatetimeIndex
    codes: pd.Index
    close: np.ndarray
    traded: np.ndarray
    high: np.ndarray
    low: np.ndarray
    volume: np.ndarray
    amount: np.ndarray
    factor: np.ndarray


@dataclass(frozen=True)
class Part:
    """Places of days among the book's: what one fit learns from, chooses by and forecasts."""

    name: str
    train: np.ndarray
    choose: np.ndarray
    forecast: np.ndarray


def read(tables: Tables) -> Book:
    """Quotes as arrays, prices adjusted by the cumulative factors of the past."""
    quotes = tables["quotes"]
    row, days = pd.factorize(quotes.date, sort=True)
    column, codes = pd.factorize(quotes.code, sort=True)

    def wide(values: pd.Series) -> np.ndarray:
        out = np.full((len(days), len(codes)), np.nan)
        out[row, column] = values.to_numpy(float)
        return out

    listed = np.isfinite(wide(quotes.adj_factor))
    traded = wide(~quotes.suspended) == 1
    factor = wide(quotes.adj_factor)
    prices = {
        name: np.where(traded, wide(quotes[name]), np.nan)
        for name in ("close", "high", "low", "volume", "amount")
    }
    close = np.where(listed, carried(prices["close"] * factor), np.nan)
    return Book(
        pd.DatetimeIndex(days, name="date"), pd.Index(codes, name="code"), close, traded,
        prices["high"] * factor, prices["low"] * factor, prices["volume"] / factor,
        prices["amount"], factor,
    )  # fmt: skip


def members(tables: Tables, book: Book) -> np.ndarray:
    """Who is a member by the snapshot in force each day, and listed."""
    weights = tables["index_weights"]
    since = np.sort(weights.date.unique())
    flag = np.zeros((len(since), len(book.codes)), dtype=bool)
    place = book.codes.get_indexer(weights.code)
    kept = place >= 0
    flag[np.searchsorted(since, weights.date.to_numpy()[kept]), place[kept]] = True
    latest = np.searchsorted(since, book.days.to_numpy(), side="right") - 1
    inside = np.where(latest[:, None] >= 0, flag[np.maximum(latest, 0)], False)
    return inside & np.isfinite(book.close)


def listed(tables: Tables, book: Book) -> np.ndarray:
    """Every stock listed that day."""
    return np.isfinite(book.close)


def target(book: Book, horizon: int) -> np.ndarray:
    """Return from the close of t+1 to that of t+1+horizon; NaN where either did not trade."""
    price = np.where(book.traded, book.close, np.nan)
    out = np.full_like(price, np.nan)
    ahead = horizon + 1
    if len(price) > ahead:
        out[:-ahead] = price[ahead:] / price[1:-horizon] - 1
    return out


def split(book: Book, dates: Dates, *, refit: bool = True) -> list[Part]:
    """A fit on the training days that forecasts validation, and one that forecasts the test.

    Parameters
    ----------
    refit
        Whether the second trains on the validation days too.
    """
    days = dates.days
    spans = purged(days, dates.train_end, dates.valid_end, dates.horizon)
    until = spans.test[spans.test <= pd.Timestamp(dates.end)]
    # The validation days that may be judged by reach to the purge, those forecast to the end.
    forecast = days[(days > pd.Timestamp(dates.train_end)) & (days < spans.test[0])]
    learnt = spans.train.union(spans.valid) if refit else spans.train
    none = np.array([], dtype=int)
    return [
        Part("valid", _places(book, spans.train), none, _places(book, forecast)),
        Part("test", _places(book, learnt), _places(book, spans.valid), _places(book, until)),
    ]


def standard(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Less the mean and over the deviation of the fit's training days, within four; NaN is 0."""
    out = {}
    for name, value in values.items():
        seen = value[part.train][inside[part.train]]
        seen = seen[np.isfinite(seen)]
        spread = seen.std() if len(seen) else 0.0
        level = seen.mean() if len(seen) else 0.0
        scaled = np.clip((value - level) / spread, -4, 4) if spread else np.zeros_like(value)
        out[name] = np.nan_to_num(scaled)
    return out


def ranked(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Rank among the day's members, from -1/2 to 1/2; NaN is 0."""
    return {name: _day_rank(np.where(inside, value, np.nan)) for name, value in values.items()}


def _day_rank(values: np.ndarray) -> np.ndarray:
    order = np.argsort(np.argsort(values, axis=1, kind="stable"), axis=1, kind="stable")
    finite = np.isfinite(values)
    return np.where(finite, (order + 0.5) / np.maximum(finite.sum(1, keepdims=True), 1) - 0.5, 0.0)


def orders(book: Book, dates: Dates, scores: pd.DataFrame, top: int = 5) -> pd.DataFrame:
    """The day's `top` stocks by score, decided at its close, filled at the next day's."""
    filled = dates.days[dates.days.searchsorted(scores.index) + 1]
    return listing(scores, filled, top)


def listing(scores: pd.DataFrame, filled: pd.DatetimeIndex, top: int) -> pd.DataFrame:
    """Orders for the `top` stocks of each day of `scores`, with the day that fills each."""
    values = scores.to_numpy()
    best = np.argsort(-np.nan_to_num(values, nan=-np.inf), axis=1, kind="stable")[:, :top]
    row = np.repeat(np.arange(len(values)), best.shape[1])
    column = best.ravel()
    held = np.isfinite(values[row, column])
    row, column = row[held], column[held]
    return pd.DataFrame(
        {"decided": scores.index[row], "filled": filled[row], "code": scores.columns[column]}
    )


def carried(values: np.ndarray) -> np.ndarray:
    """Each column's last finite value carried forward; NaN before the first."""
    place = np.where(np.isfinite(values), np.arange(len(values))[:, None], 0)
    np.maximum.accumulate(place, axis=0, out=place)
    return np.take_along_axis(values, place, axis=0)


def _places(book: Book, days: pd.DatetimeIndex) -> np.ndarray:
    found = book.days.get_indexer(days)
    return found[found >= 0]
