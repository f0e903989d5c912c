"""Features that no outcome needs to be asked about: unknown, constant, or copies of others.

Everything here works on a sample of training rows and never sees the target, so that what is
judged afterwards is not chosen by what it is judged on.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError

FEWEST = 5
"""Stocks that a day must have before its ranks count."""
MOST = 5000
"""Rows on which features are compared: at a correlation of .95 its standard error is .0014."""
_VARIES = "_varies"


def thinned(dates: pd.Series, rows: np.ndarray, every: int) -> np.ndarray:
    """The rows of every so-manieth day, from the first on; days of too few stocks left out.

    Returns
    -------
    ndarray of shape (n_rows,), bool

    Raises
    ------
    InputError
        When nothing remains.
    """
    dates = dates.to_numpy()
    days, counts = np.unique(dates[rows], return_counts=True)
    used = rows & np.isin(dates, days[counts >= FEWEST][::every])
    if not used.any():
        raise InputError("rows", f"must hold a day with {FEWEST} stocks and a finite target")
    return used


def blocks(
    dates: pd.Series, rows: np.ndarray, used: np.ndarray, length: int, gap: int
) -> np.ndarray:
    """Number of the block of each used row: `length` trading days of `rows` make a block.

    -1 on the first `gap` days of each, which keep it apart from the one before.
    """
    dates = dates.to_numpy()
    place = np.searchsorted(np.unique(dates[rows]), dates[used])
    return np.where(place % length < gap, -1, place // length)


def screen(
    values: pd.DataFrame,
    day: np.ndarray,
    known: float,
    constant: float,
    correlated: float,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, tuple[str, str]]]:
    """Ranks within the day of the features worth judging, and why others are not.

    Parameters
    ----------
    values
        Features of some rows (n, n_features); what is not finite is unknown.
    day : ndarray of shape (n,), int
    known, constant, correlated
        As in `stockcast.features.choice.record.Rules`.
    rng
        Draws the rows on which features are compared.

    Returns
    -------
    DataFrame of shape (n, n_kept)
        In [-0.5, 0.5], ties at their mean, 0 where unknown.
    dict
        Reason, and the feature it is like or "", of each feature dropped.

    Notes
    -----
    Constants are looked for in the values: the ranks of a rare flag vary from day to day. The
    rest is done on ranks, which is what the model sees: on values, one wild day decides a
    correlation, and moves shared by all stocks make all features alike. Of a group of copies the
    one whose ranks vary most stays: missing values and ties lower the variance of ranks.
    """
    from feature_engine.selection import DropConstantFeatures, SmartCorrelatedSelection

    numbers = values.to_numpy(float, copy=True)
    numbers[~np.isfinite(numbers)] = np.nan
    values = pd.DataFrame(numbers, columns=values.columns)
    some = np.sort(rng.permutation(len(values))[:MOST])
    share = values.notna().mean()
    dropped = dict.fromkeys(values.columns[share < known], ("unknown", ""))
    values = values.drop(columns=list(dropped))
    still = DropConstantFeatures(tol=constant, missing_values="ignore")
    dropped |= dict.fromkeys(_dropped(still, values.iloc[some]), ("constant", ""))
    ranks = ranked(values.drop(columns=[name for name in dropped if name in values]), day)
    alike = dict.fromkeys(_dropped(still, ranks.iloc[some]), ("same all day", ""))
    ranks = ranks.drop(columns=list(alike))
    if ranks.shape[1] > 1:
        copies = SmartCorrelatedSelection(
            method="pearson", threshold=correlated, selection_method="variance"
        ).fit(ranks.iloc[some])
        for kept, others in copies.correlated_feature_dict_.items():
            alike |= dict.fromkeys(others, ("correlated", kept))
    return ranks.drop(columns=[n for n in alike if n in ranks]), dropped | alike


def ranked(values: pd.DataFrame, day: np.ndarray) -> pd.DataFrame:
    """Ranks within the day, in [-0.5, 0.5]: ties at their mean, 0 where NaN."""
    by_day = values.groupby(day)
    counts = by_day.count().to_numpy()[np.unique(day, return_inverse=True)[1]]
    return ((by_day.rank() - 0.5) / counts - 0.5).fillna(0.0)


def _dropped(selector: object, values: pd.DataFrame) -> list[str]:
    # The selector raises when it would drop every column: one that varies stands beside them.
    varies = pd.Series(np.arange(len(values)), values.index, name=_VARIES)
    beside = pd.concat([values, varies], axis=1)
    return list(selector.fit(beside).features_to_drop_)


def clusters(ranks: pd.DataFrame, alike: float) -> np.ndarray:
    """Number of each feature's cluster, from 0: features whose ranks correlate by about `alike`.

    Average linkage on 1 - abs(correlation) (Sokal and Michener 1958).
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if ranks.shape[1] < 2:
        return np.zeros(ranks.shape[1], int)
    apart = 1 - np.abs(np.corrcoef(ranks.to_numpy().T))
    tree = linkage(squareform(apart, checks=False), "average")
    return fcluster(tree, 1 - alike, "distance") - 1
