"""Probes that ask a pipeline for the future, and the fixed rule by which it is found to use it.

A probe sees the tables, the dates and the pipeline as a callable: it runs the pipeline on tables it
has cut or changed and compares what comes out. Thresholds were fixed before the variants in
`stockcast.judge.leaks.variants` were written.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.judge.intervals import Interval, newey_west
from stockcast.judge.leaks import futures
from stockcast.judge.leaks.pipeline import Dates, Pipeline, Run, Tables
from stockcast.judge.leaks.raw import public
from stockcast.judge.leaks.steps import Book, members, read
from stockcast.judge.metrics import daily_ic

TOLERANCE = 1e-9
"""Differences up to this share of a column's spread are sums taken in another order."""
LEVEL = 0.9999
"""Of the interval that must lie above zero before a forecast of the empty market counts as skill:
one honest pipeline in twenty thousand passes it."""
GAP = 0.5
"""How much rarer stocks that leave later may be forecast, before they do, than those that stay."""
FEWEST = 20
"""Stock-days of members that leave later, below which nothing is said of them."""

PROBES = (
    "truncation", "another future", "stocks leave", "restatement", "earlier end", "label reach",
    "fill before decision", "empty market", "missing leavers",
)  # fmt: skip


def examine(pipeline: Pipeline, tables: Tables, dates: Dates, seed: int = 0) -> pd.DataFrame:
    """Put a pipeline to every probe.

    Parameters
    ----------
    pipeline
        See `stockcast.judge.leaks.pipeline`.
    tables, dates
        What it is run on.
    seed
        Of the changed futures.

    Returns
    -------
    DataFrame
        `probe` (one of `PROBES`), `value`, `limit`, `found` (the value exceeds the limit). Values:
        the share of forecasts, of inputs of the model or of purchases that changed and must not
        have ("truncation" to "earlier end"); trading days by which a training label reaches beyond
        the first forecast; purchases filled before they are decided or at the same close; the lower
        end of the interval of the Rank IC in the empty market; and the gap of `GAP`. A pipeline
        leaks if any probe finds something.
    """
    run = pipeline(tables, dates)
    book = read(tables)
    rng = stream(seed, "leaks", "probes")
    cuts = _cuts(run, book)
    late = cuts[-1]
    tested = dates.days[(dates.days > dates.valid_end) & (dates.days <= dates.end)]
    half = tested[len(tested) // 2]
    sooner = replace(dates, end=f"{half:%Y-%m-%d}")

    def again(other: Tables, day: pd.Timestamp) -> float:
        return changes(run, pipeline(other, dates), day, dates)

    values = {
        "truncation": max(again(public(tables, day), day) for day in cuts),
        "another future": again(futures.changed(tables, late, rng), late),
        "stocks leave": again(futures.left(tables, late, rng), late),
        "restatement": again(futures.revised(tables, late, rng), late),
        "earlier end": changes(run, pipeline(tables, sooner), half, dates),
        "label reach": _reach(run, dates),
        "fill before decision": float((run.orders.filled <= run.orders.decided).mean()),
        "empty market": _skill(pipeline(futures.empty(tables, rng), dates)).low,
        "missing leavers": _leavers(run, tables, book),
    }
    limits = {"missing leavers": GAP}
    found = pd.DataFrame({"probe": list(values), "value": list(values.values())})
    found["limit"] = found.probe.map(limits).fillna(0.0)
    return found.assign(found=found.value > found.limit)


def leaks(examined: pd.DataFrame) -> bool:
    """The verdict: whether any probe found something."""
    return bool(examined.found.any())


def changes(run: Run, other: Run, day: pd.Timestamp, dates: Dates) -> float:
    """Largest share of what was settled by the close of `day` that differs between two runs.

    Settled are the forecasts of days up to `day`, the inputs they were made from, and purchases
    filled up to the day after: these were decided by the close of `day`.
    """
    shares = [0.0]
    for name, fit in run.fits.items():
        if fit.scores.index[0] > day:
            continue
        if name not in other.fits:
            return 1.0
        made = other.fits[name]
        if set(fit.features) != set(made.features):
            return 1.0
        shares.append(_differing(fit.scores, made.scores, day))
        shares += [
            _differing(value, made.features[key], day) for key, value in fit.features.items()
        ]
    following = dates.days[dates.days.searchsorted(day, side="right")]
    bought, again = _bought(run, following), _bought(other, following)
    shares.append(len(bought ^ again) / max(1, len(bought | again)))
    return max(shares)


def rank_ic(scores: pd.DataFrame, outcomes: pd.DataFrame) -> pd.Series:
    """Daily Rank IC of forecasts and outcomes, both of shape (n_days, n_stocks)."""
    outcomes = outcomes.reindex(index=scores.index, columns=scores.columns)
    frame = pd.DataFrame(
        {
            "date": np.repeat(scores.index.to_numpy(), scores.shape[1]),
            "score": scores.to_numpy().ravel(), "label": outcomes.to_numpy().ravel(),
        }
    )  # fmt: skip
    return daily_ic(frame, method="spearman")


def _skill(run: Run) -> Interval:
    scores = list(run.fits.values())[-1].scores
    found = newey_west(rank_ic(scores, run.outcomes), level=LEVEL)
    # A forecast without variation has no correlation, and thus no skill.
    return found if np.isfinite(found.low) else replace(found, low=0.0)


def _cuts(run: Run, book: Book) -> list[pd.Timestamp]:
    """Days to cut at: the first of each outer fit, the middle, and those with most suspensions.

    A gap on the very day of the cut is what filling from the future would have filled.
    """
    days = [fit.scores.index for fit in run.fits.values()]
    first, last = days[0], days[-1]
    halted = pd.Series((np.isfinite(book.close) & ~book.traded).sum(axis=1), book.days)
    chosen = {first[0], halted[first].idxmax(), last[0], halted[last[:-1]].idxmax()}
    return [*sorted(chosen), last[len(last) // 2]]


def _bought(run: Run, day: pd.Timestamp) -> set[tuple[pd.Timestamp, str]]:
    filled = run.orders[run.orders.filled <= day]
    return set(zip(filled.filled, filled.code, strict=True))


def _differing(base: pd.DataFrame, other: pd.DataFrame, day: pd.Timestamp) -> float:
    base = base[base.index <= day]
    a = base.to_numpy()
    b = other.reindex(index=base.index, columns=base.columns).to_numpy()
    known, again = np.isfinite(a), np.isfinite(b)
    allowed = TOLERANCE * (a[known].std() if known.any() else 1.0)
    with np.errstate(invalid="ignore"):
        differ = (known != again) | (np.abs(a - b) > allowed)
    return float(differ.sum() / max(1, (known | again).sum()))


def _reach(run: Run, dates: Dates) -> float:
    days, worst = dates.days, 0
    for fit in run.fits.values():
        asked = fit.scores.index[fit.scores.notna().any(axis=1)]
        if len(asked) and len(fit.trained):
            worst = max(worst, days.get_loc(fit.trained.known.max()) - days.get_loc(asked[0]))
    return float(worst)


def _leavers(run: Run, tables: Tables, book: Book) -> float:
    scores = list(run.fits.values())[-1].scores.reindex(columns=book.codes)
    place = book.days.get_indexer(scores.index)
    inside = members(tables, book)
    asked = inside[place] & book.traded[place]
    leaves = (inside & ~inside[-1]).any(axis=0)
    made = np.isfinite(scores.to_numpy())
    of = [asked & leaves, asked & ~leaves]
    if min(cells.sum() for cells in of) < FEWEST:
        return 0.0
    gone, stayed = (made[cells].mean() for cells in of)
    return float(stayed - gone)
