"""Steps that look ahead otherwise than the planted ones: prices, features, scaling, choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.judge.leaks import planted, steps
from stockcast.judge.leaks.measures import margin, mean, measures
from stockcast.judge.leaks.pipeline import Tables
from stockcast.judge.leaks.recipe import by_correlation
from stockcast.judge.leaks.steps import Book, Part, Values


def one_column(values: Values, inside: np.ndarray, part: Part) -> Values:
    """One feature of five standardised over all days."""
    own = steps.standard(values, inside, part)
    whole = planted.scaled_by_all({"return_20": values["return_20"]}, inside, part)
    return {**own, **whole}


def by_range(values: Values, inside: np.ndarray, part: Part) -> Values:
    """From 0 to 1 between the least and the largest value of all days."""
    del inside, part
    out = {}
    for name, value in values.items():
        low, high = np.nanmin(value), np.nanmax(value)
        out[name] = np.nan_to_num((value - low) / (high - low))
    return out


def by_stock(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Less the stock's own mean over all its days."""
    count = {name: np.maximum(np.isfinite(value).sum(axis=0), 1) for name, value in values.items()}
    less = {name: value - np.nansum(value, axis=0) / count[name] for name, value in values.items()}
    return steps.standard(less, inside, part)


def margin_back(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Before its first statement a stock has the margin of that statement."""
    out = measures(tables, book, names, horizon)
    back = steps.carried(out["margin"][::-1])[::-1]
    return {**out, "margin": back}


def volume_back(tables: Tables) -> Book:
    """Suspended days have the volume of the next traded day."""
    book = steps.read(tables)
    return replace(book, volume=steps.carried(book.volume[::-1])[::-1])


def between(tables: Tables) -> Book:
    """Prices of suspended days on the line between the prices before and after."""
    book = steps.read(tables)
    price = pd.DataFrame(np.where(book.traded, book.close, np.nan))
    line = price.interpolate(limit_area="inside").to_numpy()
    close = np.where(np.isfinite(line), line, book.close)
    return replace(book, close=np.where(np.isfinite(book.close), close, np.nan))


def last_profit(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Profits as revised over revenues as first published."""
    income = tables["income"].sort_values(["code", "period", "first_announced"])
    revised = income.groupby(["code", "period"]).net_profit_parent.transform("last")
    out = measures(tables, book, names, horizon)
    return {**out, "margin": margin(income.assign(net_profit_parent=revised), book)}


def at_period_end(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Statements from the day after their period ends."""
    out = measures(tables, book, names, horizon)
    return {**out, "margin": margin(tables["income"], book, known="period")}


def same_evening(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Statements on the day in whose evening they appear."""
    out = measures(tables, book, names, horizon)
    return {**out, "margin": margin(tables["income"], book, side="left")}


def noise(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Forty columns of noise beside the features."""
    out = measures(tables, book, names, horizon)
    for i in range(40):
        columns = [stream(i, "leaks", code).normal(size=len(book.days)) for code in book.codes]
        out[f"noise_{i}"] = np.stack(columns, axis=1)
    return out


def by_all_labels(values: Values, labels: np.ndarray, part: Part, count: int) -> list[str]:
    """Features picked by the labels of all days."""
    del part
    return by_correlation(values, labels, np.arange(len(labels)), count)


def target_since_start(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """A stock's mean label from its first day to today."""
    return planted.with_target_mean(tables, book, names, horizon, span=len(book.days))


def target_yesterday(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """The mean of the labels up to yesterday's, as though complete a day later."""
    out = measures(tables, book, names, horizon)
    label = steps.target(book, horizon)
    return {**out, "target_mean": mean(np.vstack([label[:1] * np.nan, label[:-1]]), 10)}


def target_of_stock(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """A stock encoded by its mean label over all days."""
    out = measures(tables, book, names, horizon)
    label = steps.target(book, horizon)
    whole = np.nansum(label, axis=0) / np.maximum(np.isfinite(label).sum(axis=0), 1)
    return {**out, "target_mean": np.broadcast_to(whole, label.shape)}


def volume_level(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """The logarithm of the volume in shares as the last day counts them."""
    out = measures(tables, book, names, horizon)
    return {**out, "volume": np.log(mean(book.volume, 20) * _last_factor(book))}


def profit_per_price(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Margin over the price adjusted backwards."""
    out = measures(tables, book, names, horizon)
    return {**out, "per_price": out["margin"] * _last_factor(book) / book.close}


def cheap(tables: Tables, book: Book, names: tuple[str, ...], horizon: int) -> Values:
    """Whether the price adjusted backwards is under ten yuan."""
    out = measures(tables, book, names, horizon)
    return {**out, "cheap": (book.close / _last_factor(book) < 10).astype(float)}


def clipped_by_validation(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Clipped at percentiles of training and validation together."""
    seen = slice(0, _until(part))
    bounds = {k: np.nanpercentile(v[seen], [5, 95]) for k, v in values.items()}
    clipped = {name: np.clip(value, *bounds[name]) for name, value in values.items()}
    return steps.standard(clipped, inside, part)


def filled_by_validation(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Missing values take the median of training and validation together."""
    seen = slice(0, _until(part))
    filled = {
        name: np.where(np.isfinite(value), value, np.nanmedian(value[seen]))
        for name, value in values.items()
    }
    return steps.standard(filled, inside, part)


def components_of_validation(values: Values, inside: np.ndarray, part: Part) -> Values:
    """Principal components of training and validation together."""
    own = steps.standard(values, inside, part)
    stacked = np.stack(list(own.values()), axis=-1)
    seen = stacked[: _until(part)].reshape(-1, len(own))
    axes = np.linalg.svd(seen - seen.mean(axis=0), full_matrices=False)[2]
    turned = (stacked[..., None, :] * axes[:3]).sum(axis=-1)
    return {f"component_{i}": turned[..., i] for i in range(3)}


def _last_factor(book: Book) -> np.ndarray:
    return steps.carried(book.factor)[-1]


def _until(part: Part) -> int:
    return int(part.forecast[-1] + 1 if part.name == "valid" else part.forecast[0])
