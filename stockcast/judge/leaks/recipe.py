"""A pipeline put together from steps, honest as it stands: features, ridge or a tree, a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_selection import f_regression
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from stockcast.judge.leaks import steps
from stockcast.judge.leaks.measures import measures
from stockcast.judge.leaks.pipeline import Dates, Fit, Run, Tables
from stockcast.judge.leaks.steps import Book, Part, Values

PLAIN = ("return_5", "return_20", "volatility_20", "volume_ratio", "margin")
PENALTIES = (10.0, 1000.0, 100000.0)


def strongest(values: Values, labels: np.ndarray, part: Part, count: int) -> list[str]:
    """The `count` features most correlated with the labels of the fit's training days."""
    return by_correlation(values, labels, part.train, count)


@dataclass(frozen=True)
class Recipe:
    """A pipeline as `stockcast.judge.leaks.pipeline` defines it; a leak replaces one of its steps.

    Attributes
    ----------
    names, model, tuned, count, top
        Features; "ridge" or "tree"; whether the ridge's penalty is chosen on validation; how many
        features are kept (0: all); how many stocks are bought a day.
    read, universe, measure, aim, split, scale, pick, order
        The steps, in the order in which they are taken: tables to arrays, who counts, features,
        labels, days, scaling, choice of features, purchases.
    """

    names: tuple[str, ...] = PLAIN
    model: str = "ridge"
    tuned: bool = False
    count: int = 0
    top: int = 5
    read: Callable[[Tables], Book] = steps.read
    universe: Callable[[Tables, Book], np.ndarray] = steps.members
    measure: Callable[..., Values] = measures
    aim: Callable[[Book, int], np.ndarray] = steps.target
    split: Callable[[Book, Dates], list[Part]] = steps.split
    scale: Callable[[Values, np.ndarray, Part], Values] = steps.ranked
    pick: Callable[[Values, np.ndarray, Part, int], list[str]] = strongest
    order: Callable[..., pd.DataFrame] = steps.orders

    def __call__(self, tables: Tables, dates: Dates) -> Run:
        """Features, fits, forecasts and purchases of the days in `tables`."""
        book = self.read(tables)
        inside = self.universe(tables, book)
        labels = self.aim(book, dates.horizon)
        values = self.measure(tables, book, self.names, dates.horizon)
        fits = {
            part.name: self._fit(values, inside, labels, part, book, dates)
            for part in self.split(book, dates)
            if len(part.forecast)
        }
        bought = [self.order(book, dates, fit.scores, self.top) for fit in fits.values()]
        return Run(fits, pd.DataFrame(labels, book.days, book.codes), pd.concat(bought))

    def _fit(
        self, values: Values, inside: np.ndarray, labels: np.ndarray, part: Part, book: Book,
        dates: Dates,
    ) -> Fit:  # fmt: skip
        scaled = self.scale(values, inside, part)
        judged = np.where(inside, labels, np.nan)
        if self.count:
            chosen = self.pick(scaled, judged, part, self.count)
            scaled = {name: scaled[name] for name in chosen}
        stacked = np.stack(list(scaled.values()), axis=-1)
        relative = judged - _day_mean(judged)
        score = self._forecast(stacked, relative, part)
        asked = np.where(inside[part.forecast], 1.0, np.nan)
        used = np.union1d(part.train, part.choose) if self.tuned else part.train
        known = dates.days[dates.days.get_indexer(book.days[used]) + 1 + dates.horizon]
        return Fit(
            pd.DataFrame({"date": book.days[used], "known": known}),
            {name: _frame(book, part.forecast, v, asked) for name, v in scaled.items()},
            pd.DataFrame(score * asked, book.days[part.forecast], book.codes),
        )

    def _forecast(self, stacked: np.ndarray, labels: np.ndarray, part: Part) -> np.ndarray:
        penalty = PENALTIES[1]
        if self.tuned and len(part.choose):
            wanted = labels[part.choose]
            early = part.train[~np.isin(part.train, part.choose)]
            found = [
                _error(_trained("ridge", p, stacked, labels, early, part.choose), wanted)
                for p in PENALTIES
            ]  # fmt: skip
            penalty = PENALTIES[int(np.argmin(found))]
        return _trained(self.model, penalty, stacked, labels, part.train, part.forecast)


def _trained(
    model: str, penalty: float, stacked: np.ndarray, labels: np.ndarray, train: np.ndarray,
    forecast: np.ndarray,
) -> np.ndarray:  # fmt: skip
    seen = np.isfinite(labels[train])
    if not seen.any():
        return np.full(labels[forecast].shape, np.nan)
    x, y = stacked[train][seen], labels[train][seen]
    if model == "tree":
        fitted = DecisionTreeRegressor(max_depth=3, min_samples_leaf=100, random_state=0).fit(x, y)
        shape = stacked[forecast].shape
        return fitted.predict(stacked[forecast].reshape(-1, shape[-1])).reshape(shape[:-1])
    weights = Ridge(penalty).fit(x, y).coef_
    # A product of each row on its own: its last bits do not depend on how many days there are.
    return (stacked[forecast] * weights).sum(axis=-1)


def by_correlation(values: Values, labels: np.ndarray, days: np.ndarray, count: int) -> list[str]:
    """The `count` features most correlated, either way, with the labels of some days."""
    seen = np.isfinite(labels[days])
    found = np.stack([value[days][seen] for value in values.values()], axis=1)
    strength = (
        f_regression(found, labels[days][seen])[0] if seen.sum() > 2 else np.zeros(len(values))
    )
    strength = dict(zip(values, np.nan_to_num(strength), strict=True))
    return sorted(strength, key=lambda name: (-strength[name], name))[:count]


def _error(forecast: np.ndarray, labels: np.ndarray) -> float:
    return float(np.nansum((forecast - labels) ** 2))


def _day_mean(values: np.ndarray) -> np.ndarray:
    finite = np.isfinite(values)
    return np.nansum(values, axis=1, keepdims=True) / np.maximum(
        finite.sum(axis=1, keepdims=True), 1
    )


def _frame(
    book: Book, rows: np.ndarray, values: np.ndarray, asked: np.ndarray | float = 1.0
) -> pd.DataFrame:
    return pd.DataFrame(values[rows] * asked, book.days[rows], book.codes)
