"""Do explanations agree with each other, and how sure is that?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.errors import InputError
from stockcast.judge.explanation.attributions import Attributions
from stockcast.judge.intervals import newey_west, resampled_days


def overall(
    tables: Mapping[str, pd.DataFrame],
    rng: np.random.Generator,
    *,
    k: int = 5,
    block: int = 10,
    n: int = 500,
    level: float = 0.95,
) -> pd.DataFrame:
    """Agreement of global importances, each pair of methods.

    Parameters
    ----------
    tables : mapping from a method's name to a DataFrame of shape (n_days, n_features)
        Importances by day, for example `Attributions.by_day`; their means are compared. Only days
        and features that both methods have count.
    k
        The first k features of both are compared, too.
    block
        Mean length, in rows of the tables, of the blocks of days that are resampled together.
    n, level
        Resamples, and share of them inside the interval.

    Returns
    -------
    DataFrame
        `one`, `other`, `correlation` of the ranks with `low` and `high`, `overlap` (share of the
        first k that both name) with `overlap_low` and `overlap_high`, `by_chance` (the overlap of
        two orders drawn at random), `days`, `features`. A resample's importances are noisier than
        the importances, so the intervals lie somewhat low.

    Raises
    ------
    InputError
        When two methods share fewer than two days or fewer than three features.
    """
    rows = []
    for one, other in combinations(tables, 2):
        a, b = _shared(tables[one], tables[other], f"{one}, {other}")
        draws = resampled_days(len(a), rng, min(block, len(a)), n) / len(a)
        weights = np.vstack([np.full(len(a), 1 / len(a)), draws])
        first, second = weights @ a.to_numpy(), weights @ b.to_numpy()
        same = np.array([_rank_correlation(x, y) for x, y in zip(first, second, strict=True)])
        top = min(k, a.shape[1])
        both = np.array([_overlap(x, y, top) for x, y in zip(first, second, strict=True)])
        tails = [(1 - level) / 2, (1 + level) / 2]
        rows.append(
            {
                "one": one,
                "other": other,
                "correlation": same[0],
                **dict(zip(("low", "high"), np.nanquantile(same[1:], tails), strict=True)),
                "overlap": both[0],
                **dict(
                    zip(("overlap_low", "overlap_high"), np.quantile(both[1:], tails), strict=True)
                ),
                "by_chance": top / a.shape[1],
                "days": len(a),
                "features": a.shape[1],
            }
        )
    return pd.DataFrame(rows)


def row_by_row(one: Attributions, other: Attributions, *, k: int = 5) -> pd.DataFrame:
    """Agreement of two methods about single forecasts.

    Returns
    -------
    DataFrame, index correlation, overlap and sign
        `mean`, `low`, `high` (Newey-West over the days that both explained), `days`.
        `correlation`: of the ranks of absolute values, within a row; `overlap`: share of the first
        k that both name; `sign`: how often both give the first k of `one` the same direction. Rows
        in which a method says nothing of any feature count in none.

    Raises
    ------
    InputError
        When they share no row or have different features.
    """
    if set(one.names) != set(other.names):
        raise InputError("methods", "must explain the same features")
    keys = ["date", "code"]
    places = [
        pd.DataFrame({"date": a.date, "code": a.code}).assign(**{name: range(len(a.date))})
        for a, name in ((one, "left"), (other, "right"))
    ]
    both = places[0].merge(places[1], on=keys)
    if both.empty:
        raise InputError("methods", "must explain some of the same rows")
    order = [other.names.index(name) for name in one.names]
    a, b = one.values[both["left"]], other.values[both["right"]][:, order]
    k = min(k, len(one.names))
    rows = [_compared(x, y, k) for x, y in zip(a, b, strict=True)]
    table = pd.DataFrame(rows, columns=["correlation", "overlap", "sign"])
    by_day = table.groupby(both["date"]).mean()
    found = {name: newey_west(by_day[name]) for name in by_day}
    return pd.DataFrame(
        {name: (i.mean, i.low, i.high, i.n) for name, i in found.items()},
        index=["mean", "low", "high", "days"],
    ).T


def halves(table: pd.DataFrame, *, k: int = 5) -> pd.Series:
    """Agreement of a method with itself: importances on the odd days against the even ones.

    Returns
    -------
    Series with correlation and overlap
        No other method can be expected to agree with it more than that.
    """
    odd, even = table.iloc[::2].mean().to_numpy(), table.iloc[1::2].mean().to_numpy()
    k = min(k, table.shape[1])
    return pd.Series(
        {"correlation": _rank_correlation(odd, even), "overlap": _overlap(odd, even, k)}
    )


def _shared(a: pd.DataFrame, b: pd.DataFrame, what: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    a, b = a.align(b, join="inner")
    known = a.notna().all(axis=1) & b.notna().all(axis=1)
    a, b = a[known], b[known]
    if len(a) < 2 or a.shape[1] < 3:
        raise InputError(what, "must share two days and three features", f"{a.shape}")
    return a, b


def _compared(x: np.ndarray, y: np.ndarray, k: int) -> tuple[float, float, float]:
    size, other = np.abs(x), np.abs(y)
    if not size.any() or not other.any():
        return np.nan, np.nan, np.nan
    first = _first(size, k)
    sign = float(np.mean(np.sign(x[first]) == np.sign(y[first])))
    return _rank_correlation(size, other), _overlap(size, other, k), sign


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's, NaN where either is constant."""
    if x.min() == x.max() or y.min() == y.max():
        return np.nan
    return float(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1])


def _first(x: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-x, kind="stable")[:k]


def _overlap(x: np.ndarray, y: np.ndarray, k: int) -> float:
    return len(set(_first(x, k)) & set(_first(y, k))) / k
