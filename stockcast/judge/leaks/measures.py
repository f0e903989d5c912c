"""The features of the pipelines, honest ones: each uses what was public by the close of its day."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from stockcast.judge.leaks.pipeline import Tables
from stockcast.judge.leaks.steps import Book, Values, carried, target

MEASURES = (
    "return_1", "return_5", "return_20", "return_60", "volatility_20", "distance_20",
    "volume_ratio", "range_5", "amount_20", "margin", "past_target_20",
)  # fmt: skip


def measures(tables: Tables, book: Book, names: Iterable[str], horizon: int) -> Values:
    """Features by name, arrays of shape (n_days, n_stocks), NaN where unknown.

    Parameters
    ----------
    names
        Of `MEASURES`. `margin` is net profit over revenue by the statements known; the day's
        `past_target_20` is the mean of the last twenty labels that were complete by then.
    """
    return {name: _measure(name, tables, book, horizon) for name in names}


def change(price: np.ndarray, span: int) -> np.ndarray:
    """Return over the last `span` days."""
    out = np.full_like(price, np.nan)
    out[span:] = price[span:] / price[:-span] - 1
    return out


def mean(values: np.ndarray, span: int, fewest: int | None = None) -> np.ndarray:
    """Mean of the last `span` days, of those there are, NaN under `fewest` (half of them)."""
    fewest = max(1, span // 2) if fewest is None else fewest
    finite = np.isfinite(values)
    total, count = (
        _last(np.cumsum(x, axis=0), span) for x in (np.where(finite, values, 0), finite)
    )
    return np.where(count >= fewest, total / np.maximum(count, 1), np.nan)


def deviation(values: np.ndarray, span: int) -> np.ndarray:
    """Standard deviation of the last `span` days, NaN under half of them."""
    return np.sqrt(np.maximum(mean(values**2, span) - mean(values, span) ** 2, 0))


def margin(
    income: pd.DataFrame, book: Book, known: str = "first_announced", side: str = "right"
) -> np.ndarray:
    """Net profit over revenue of the latest period that was known each day.

    Parameters
    ----------
    income
        Versions of statements; of one period the version that came last counts.
    known
        The column that says when a version became known.
    side
        "right": from the trading day after, as statements appear in the evening.
    """
    rows = income.iloc[np.lexsort((income.report, income.period, income[known]))]
    column = book.codes.get_indexer(rows.code)
    period = rows.period.to_numpy().astype(np.int64)
    latest = np.empty_like(period)
    for stock in np.unique(column):
        latest[column == stock] = np.maximum.accumulate(period[column == stock])
    rows, column = rows[period == latest], column[period == latest]
    place = book.days.searchsorted(rows[known], side=side)
    kept = (place < len(book.days)) & (column >= 0)
    out = np.full((len(book.days), len(book.codes)), np.nan)
    value = (rows.net_profit_parent / rows.revenue).to_numpy()
    out[place[kept], column[kept]] = value[kept]
    return carried(out)


def _measure(name: str, tables: Tables, book: Book, horizon: int) -> np.ndarray:
    if name.startswith("return_"):
        return change(book.close, int(name.removeprefix("return_")))
    if name == "margin":
        return margin(tables["income"], book)
    if name == "past_target_20":
        late = np.full_like(book.close, np.nan)
        ahead = horizon + 1
        late[ahead:] = target(book, horizon)[:-ahead]
        return mean(late, 20)
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "volatility_20":
            return deviation(change(book.close, 1), 20)
        if name == "distance_20":
            return book.close / mean(book.close, 20) - 1
        if name == "volume_ratio":
            return np.log(mean(book.volume, 5) / mean(book.volume, 60))
        if name == "range_5":
            return mean((book.high - book.low) / book.close, 5)
        return np.log(mean(book.amount, 20))


def _last(sums: np.ndarray, span: int) -> np.ndarray:
    """Sums over the last `span` rows, of cumulative sums."""
    out = sums.astype(float)
    out[span:] -= sums[:-span]
    return out
