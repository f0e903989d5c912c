"""Which features a fold keeps, decided on that fold's training rows alone.

First what needs no outcome: features that are hardly ever known, constant, the same for all stocks
of a day, or nearly a copy of another are dropped (feature-engine). The others are judged in
clusters that move together, by their permutation importance on days that the model was not fitted
on, and kept if that importance is too large for chance, the share of false finds among the
clusters kept being held to a level.

The model is a ridge regression on ranks within the day. Boosted trees would also see features that
matter only together with others, such as those that are the same for all stocks of a day; but they
would take minutes a fold, and what permuting within the day can tell of such features is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.features.choice import importance, screening
from stockcast.features.choice.record import Judged, Rules, Selection


def select(
    table: pd.DataFrame,
    target: np.ndarray,
    rows: np.ndarray,
    inner: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    names: Sequence[str] | None = None,
    rules: Rules | None = None,
    fold: str = "",
    seed: int = 0,
) -> Selection:
    """Choose the features of one fold.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, 2 + n_features)
        `date`, `code` and features, as `stockcast.features.compute.compute` gives them. NaN, and
        what is not finite, count as the middle of the day.
    target : ndarray of shape (n_rows,)
        What is forecast, ranked within the day here; rows where it is not finite are left out.
    rows : ndarray of shape (n_rows,), bool
        The fold's training rows. No others are looked at.
    inner : sequence of pairs of ndarray of shape (n_rows,), bool
        Rows to fit on and rows to judge on, inside `rows`, in order of time and purged: labels of
        the first may not reach into the second (look-ahead otherwise; it cannot be seen here).
    names
        Features to choose from; None: every column but `date` and `code`.
    rules
        None: `Rules()`.
    fold
        Its name, for the record.
    seed
        Of the permutations and the null targets. Same seed, same bits.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        For a feature that is no column, inner rows outside `rows`, a day that is both fitted and
        judged or judged twice, or too few rows.

    Notes
    -----
    Permutation importance: Breiman (2001), Machine Learning 45. Permuting within the day leaves
    the day's other rows, and so its market move, as they are.
    """
    rules = rules or Rules()
    rows = np.asarray(rows, bool)
    names = [c for c in table.columns if c not in ("date", "code")] if names is None else names
    _check(table, rows, inner, names)
    used = screening.thinned(table.date, rows & np.isfinite(target), rules.every)
    day = np.unique(table.date.to_numpy()[used], return_inverse=True)[1]
    block = screening.blocks(table.date, rows, used, rules.block, rules.gap)
    values = table.loc[used, list(names)].reset_index(drop=True)
    rng = stream(seed, "selection", fold)
    ranks, dropped = screening.screen(
        values, day, rules.known, rules.constant, rules.correlated, rng
    )
    parts = [(np.asarray(fit)[used], np.asarray(judge)[used]) for fit, judge in inner]
    cluster = screening.clusters(ranks, rules.together)
    measured = importance.measure(
        ranks, np.asarray(target, float)[used], day, block, parts, cluster,
        penalty=rules.penalty, shuffles=rules.shuffles, rng=rng,
    )  # fmt: skip
    p = importance.chance(measured, rules.draws, rng)
    kept, q = _controlled(p, rules)
    together = measured.lost.mean(axis=1)
    records = {name: Judged(name, False, why, like) for name, (why, like) in dropped.items()}
    for name, c, own in zip(ranks.columns, cluster.tolist(), measured.own.tolist(), strict=True):
        facts = (own, float(together[c]), float(p[c]), float(q[c]))
        records[name] = Judged(name, bool(kept[c]), "", "", c, *facts)
    return Selection(
        fold, rules, int(day.max()) + 1, len(measured.rank_ic), len(day),
        float(measured.rank_ic.mean()), tuple(records[name] for name in names),
    )  # fmt: skip


def _controlled(p: np.ndarray, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Which clusters to keep, and their q-values."""
    from statsmodels.stats.multitest import multipletests

    if not len(p):
        return np.empty(0, bool), np.empty(0)
    return multipletests(p, rules.level, rules.method)[:2]


def _check(
    table: pd.DataFrame,
    rows: np.ndarray,
    inner: Sequence[tuple[np.ndarray, np.ndarray]],
    names: Sequence[str],
) -> None:
    if missing := [name for name in names if name not in table]:
        raise InputError("names", "must be columns of the table", missing[:3])
    if not inner:
        raise InputError("inner", "must hold at least one pair of rows")
    seen: set = set()
    for fit, judge in inner:
        if (np.asarray(fit) & ~rows).any() or (np.asarray(judge) & ~rows).any():
            raise InputError("inner", "must lie inside the fold's training rows")
        fitted, judged = (set(table.date.to_numpy()[np.asarray(p, bool)]) for p in (fit, judge))
        if not fitted or not judged or max(fitted) >= min(judged):
            raise InputError("inner", "must fit on days before those it judges")
        if seen & judged:
            raise InputError("inner", "must judge no day twice")
        seen |= judged
