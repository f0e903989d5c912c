"""What would flip a forecast: a small change of few features that moves it over a threshold.

Every changed feature takes a value that was observed, so that no answer lies outside what the
model has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.explanation.rows import Rows, Score


@dataclass(frozen=True)
class Flip:
    """A change that moves a forecast to the other side.

    Attributes
    ----------
    changes : DataFrame
        One row a changed feature: `feature`, `from`, `to` (on the window's last day, where the
        model reads windows), `size`.
    before, after, threshold : float
        Scores, and what they were compared with.
    size : float
        Sum of the changes' sizes: absolute difference, mean over the window.
    """

    changes: pd.DataFrame
    before: float
    after: float
    threshold: float

    @property
    def size(self) -> float:
        """Sum of the changes' sizes."""
        return float(self.changes["size"].sum())


def flip(
    score: Score,
    x: np.ndarray,
    observed: np.ndarray,
    names: Sequence[str],
    threshold: float,
    *,
    most: int = 3,
    held: Sequence[str] = (),
) -> Flip | None:
    """Few and small changes that move the score of one row to the other side of `threshold`.

    Parameters
    ----------
    score
        From (n, ..., n_features) to (n,).
    x : ndarray of shape (..., n_features)
        The row: features, or a window of days by features.
    observed : ndarray of shape (n, ..., n_features)
        Rows whose values a feature may take, one column (or its window) as a whole. NaN values are
        not taken.
    threshold
        Such as the day's median score; the scores of other rows are held fixed.
    most
        Features that may change.
    held
        Features that may not.

    Returns
    -------
    Flip or None
        None where up to `most` changes do not reach it. The search is greedy: each step takes the
        smallest change that flips, or the one that comes nearest to it; then changes are undone or
        made smaller as long as the row stays flipped. No one change of the answer can be made
        smaller by itself; another set of changes may still be smaller in sum.

    Raises
    ------
    InputError
        When nothing was observed, or the shapes differ.

    Notes
    -----
    Wachter, Mittelstadt and Russell (2017), "Counterfactual explanations without opening the black
    box", Harvard Journal of Law & Technology 31; values from observed rows as in Poyiadzi et al.
    (2020), "FACE", AIES.
    """
    if not len(observed) or observed.shape[1:] != x.shape:
        raise InputError("observed", f"must be rows of the shape {x.shape}", observed.shape)
    before = float(score(x[None])[0])
    side = 1.0 if before > threshold else -1.0  # a row that lies on it counts as below
    free = [at for at, name in enumerate(names) if name not in set(held)]
    grid = [(at, donor) for at in free for donor in range(len(observed))
            if np.isfinite(observed[donor][..., at]).all()]  # fmt: skip
    search = _Search(score, x, observed, threshold, side)
    now, taken = x, {}
    while len(taken) < most:
        open_ = [(at, donor) for at, donor in grid if at not in taken]
        if not open_:
            return None
        margin = search.margins(now, open_)
        flips = np.flatnonzero(margin < 0)
        sizes = search.sizes(open_)
        best = flips[np.argmin(sizes[flips])] if len(flips) else int(np.argmin(margin))
        at, donor = open_[best]
        now, taken[at] = search.put(now, at, donor), donor
        if len(flips):
            return _told(search, _shrunk(search, taken, grid), names, before)
    return None


@dataclass(frozen=True)
class _Search:
    """One row and what may be put into it."""

    score: Score
    x: np.ndarray
    observed: np.ndarray
    threshold: float
    side: float

    def put(self, row: np.ndarray, at: int, donor: int | None) -> np.ndarray:
        """`row` with feature `at` of the donor, or its own again."""
        row = row.copy()
        row[..., at] = self.x[..., at] if donor is None else self.observed[donor][..., at]
        return row

    def margins(self, row: np.ndarray, changes: Sequence[tuple[int, int | None]]) -> np.ndarray:
        """How far each change leaves the row on its old side; below 0 it has flipped."""
        rows = np.stack([self.put(row, at, donor) for at, donor in changes])
        margin = self.side * (np.asarray(self.score(rows), np.float64) - self.threshold)
        # From above, reaching the threshold is a flip; from below, only passing it.
        return np.where((margin == 0) & (self.side > 0), -np.finfo(float).tiny, margin)

    def sizes(self, changes: Sequence[tuple[int, int | None]]) -> np.ndarray:
        """Mean absolute difference over the window; a missing value counts as 0, the middle."""
        own = np.nan_to_num(self.x)
        gaps = [
            0.0 if donor is None else np.abs(self.observed[donor][..., at] - own[..., at]).mean()
            for at, donor in changes
        ]
        return np.array(gaps, np.float64)


def _shrunk(
    search: _Search, taken: dict[int, int], grid: Sequence[tuple[int, int]]
) -> dict[int, int]:
    """`taken` with changes undone or made smaller until no single one can be."""
    changed = True
    while changed:
        changed = False
        for at in list(taken):
            row = search.x
            for other, donor in taken.items():
                row = search.put(row, other, donor)
            options = [(at, None), *((at, donor) for one, donor in grid if one == at)]
            sizes = search.sizes(options)
            smaller = np.flatnonzero(sizes < search.sizes([(at, taken[at])])[0])
            if not len(smaller):
                continue
            options = [options[k] for k in smaller[np.argsort(sizes[smaller], kind="stable")]]
            flips = np.flatnonzero(search.margins(row, options) < 0)
            if len(flips):
                _, donor = options[flips[0]]
                taken = {k: v for k, v in (taken | {at: donor}).items() if v is not None}
                changed = True
    return taken


def _told(search: _Search, taken: dict[int, int], names: Sequence[str], before: float) -> Flip:
    row = search.x
    for at, donor in taken.items():
        row = search.put(row, at, donor)
    table = pd.DataFrame(
        {
            "feature": [names[at] for at in taken],
            "from": [float(search.x[..., at].ravel()[-1]) for at in taken],
            "to": [float(row[..., at].ravel()[-1]) for at in taken],
            "size": search.sizes(list(taken.items())),
        }
    )
    table = table.sort_values("size", ascending=False, kind="stable", ignore_index=True)
    return Flip(table, before, float(search.score(row[None])[0]), search.threshold)


def flips(rows: Rows, chosen: np.ndarray, observed: np.ndarray, *, most: int = 3) -> pd.DataFrame:
    """`flip` of some rows over the median score of their day.

    Parameters
    ----------
    rows
        All rows of the days asked for: the medians are theirs.
    chosen : ndarray of int
        Positions of the rows to flip.
    observed, most
        As `flip` has them.

    Returns
    -------
    DataFrame
        `date`, `code`, `score`, `median`, `features` (how many changed, 0 where none was found),
        `size` (NaN where none was found), `first` (the feature changed most, "" where none).
    """
    said = pd.Series(np.asarray(rows.score(rows.x), np.float64))
    median = said.groupby(rows.date).transform("median")
    out = []
    for at in chosen:
        found = flip(rows.score, rows.x[at], observed, rows.names, float(median[at]), most=most)
        out.append(
            {
                "date": rows.date[at],
                "code": rows.code[at],
                "score": said[at],
                "median": median[at],
                "features": 0 if found is None else len(found.changes),
                "size": np.nan if found is None else found.size,
                "first": "" if found is None else found.changes["feature"][0],
            }
        )
    return pd.DataFrame(out)
