"""The rules by which features are chosen, and the record of a choice."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from stockcast.errors import InputError


@dataclass(frozen=True)
class Rules:
    """How features are chosen.

    Attributes
    ----------
    every : int
        Every so-manieth trading day is used. Five-day labels overlap, features of single days do
        not: all days tell more than every fifth, and take five times as long.
    known : float
        Least share of rows on which a feature must be known.
    constant : float
        A feature with one value on at least this share of rows is constant.
    correlated : float
        Of features whose ranks within the day correlate more closely than this, one stays.
    together : float
        Features whose ranks correlate by this on average make a cluster.
    block : int
        Trading days of a block, at least 10; see `stockcast.features.choice.importance`.
    gap : int
        Days of each block left out of the p-values. Labels of five days that overlap across the
        border of two blocks tie them together; three days less, and hardly anything does.
    draws : int
        Null targets, at least 1,000. Each cluster has its own p-value from them.
    shuffles : int
        Permutations of each cluster, whose costs are averaged.
    penalty : float
        Of the ridge regression, a row; ranks run from -0.5 to 0.5.
    level : float
        Expected share of false finds among the clusters kept, at most.
    method : str
        `fdr_bh`, Benjamini and Hochberg (1995), right for tests that depend on each other
        positively; or `fdr_by`, Benjamini and Yekutieli (2001), right however they depend, and
        stricter by the factor 1 + 1/2 + ... + 1/n.

    Raises
    ------
    InputError
        For a value out of bounds.
    """

    every: int = 1
    known: float = 0.5
    constant: float = 0.99
    correlated: float = 0.95
    together: float = 0.5
    block: int = 20
    gap: int = 3
    draws: int = 20_000
    shuffles: int = 10
    penalty: float = 0.1
    level: float = 0.1
    method: str = "fdr_bh"

    def __post_init__(self) -> None:
        for name, least in (("every", 1), ("block", 10), ("draws", 1000), ("shuffles", 1)):
            if getattr(self, name) < least:
                raise InputError(name, f"must be at least {least}", getattr(self, name))
        for name in ("known", "constant", "correlated", "together", "level"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(name, "must lie between 0 and 1", getattr(self, name))
        if not 0 <= self.gap < self.block:
            raise InputError("gap", "must be shorter than a block", self.gap)
        if self.penalty <= 0:
            raise InputError("penalty", "must be above 0", self.penalty)
        if self.method not in ("fdr_bh", "fdr_by"):
            raise InputError("method", "must be fdr_bh or fdr_by", self.method)


@dataclass(frozen=True)
class Judged:
    """What became of one feature in one fold.

    Attributes
    ----------
    name : str
    kept : bool
    reason : str
        Why it was dropped before judging: `unknown`, `constant`, `same all day` or `correlated`;
        else empty.
    like : str
        The feature that one dropped as `correlated` is like, else empty.
    cluster : int or None
        Number of the cluster it was judged in; None, like all that follows, for a feature that was
        dropped before.
    importance : float or None
        Mean daily Rank IC lost on the days judged when this feature alone is permuted within the
        day.
    together : float or None
        The same when its whole cluster is.
    p : float or None
        Of its cluster: share of null targets on which it matters as much.
    q : float or None
        The lowest level at which its cluster would be kept.
    """

    name: str
    kept: bool
    reason: str = ""
    like: str = ""
    cluster: int | None = None
    importance: float | None = None
    together: float | None = None
    p: float | None = None
    q: float | None = None


@dataclass(frozen=True)
class Selection:
    """What one fold keeps, and why.

    Attributes
    ----------
    fold : str
    rules : Rules
    days, judged_days, rows : int
        Days and rows used; days whose forecasts were judged.
    rank_ic : float
        Mean daily Rank IC of all features judged together, on those days.
    features : tuple of Judged
        One for every feature, in the order given.
    """

    fold: str
    rules: Rules
    days: int
    judged_days: int
    rows: int
    rank_ic: float
    features: tuple[Judged, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the features kept, in the order given; there may be none."""
        return tuple(one.name for one in self.features if one.kept)

    @property
    def ranking(self) -> tuple[str, ...]:
        """Names of the features judged, from the least p of their clusters up.

        Within a cluster more important ones come first.

        For a caller that must have some features where none is kept; it should then say so.
        """
        tested = [one for one in self.features if one.importance is not None]
        return tuple(o.name for o in sorted(tested, key=lambda o: (o.p, o.cluster, -o.importance)))

    def table(self) -> pd.DataFrame:
        """One row per feature: the attributes of `Judged`, behind `fold`."""
        return pd.DataFrame([{"fold": self.fold, **asdict(one)} for one in self.features])
