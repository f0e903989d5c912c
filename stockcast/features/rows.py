"""Rows of a panel, stock after stock, as contiguous columns: what features are computed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.features import kernels

PRICES = ("open", "high", "low", "close")
NUMBERS = (*PRICES, "pre_close", "volume", "amount", "adj_factor", "limit_up", "limit_down")
FLAGS = ("suspended", "in_universe")


@dataclass(frozen=True)
class Rows:
    """Rows of whole stocks, each stock's in order of date.

    `rows["close"]` is a column: one of the panel's, one that a `prepare` has added, or one that is
    derived when first asked for (`DERIVED`). Numbers are float64 with NaN, flags are bool.

    Attributes
    ----------
    columns : dict of ndarray of shape (n_rows,)
    bounds : ndarray of shape (n_stocks + 1,), int64
        Stock i has the rows bounds[i] to bounds[i + 1] - 1.
    day : ndarray of shape (n_rows,), int64
        Each row's place in `dates`.
    dates : DatetimeIndex
        Trading days of the whole panel.
    codes : list of n_stocks codes, ascending
    kept : dict
        What `memo` holds.
    """

    columns: dict[str, np.ndarray]
    bounds: np.ndarray
    day: np.ndarray
    dates: pd.DatetimeIndex
    codes: list[str]
    kept: dict = field(default_factory=dict)

    @classmethod
    def of(cls, panel: pd.DataFrame, keep: np.ndarray | None = None) -> tuple[Rows, np.ndarray]:
        """The panel's rows, and each one's place in the panel as given.

        With `keep`, bool per row of the panel, what `through_last` would leave of them, without
        a copy of the rest. `sector`, where the panel has it, becomes whole numbers: names in
        ascending order; -1 where it is empty.
        """
        dates = pd.DatetimeIndex(np.sort(panel.date.unique()))
        day = dates.get_indexer(panel.date)
        stock, codes = pd.factorize(panel.code, sort=True)
        order = np.argsort(stock.astype(np.int64) * len(dates) + day, kind="stable")
        bounds = _bounds(np.bincount(stock, minlength=len(codes)))
        if keep is not None:
            kept, bounds, there = _through_last(keep[order], bounds)
            order, codes = order[kept], codes[there]
        columns = {name: panel[name].to_numpy(np.float64)[order] for name in NUMBERS}
        columns |= {name: panel[name].to_numpy(bool)[order] for name in FLAGS}
        if "sector" in panel:
            sector = panel.sector.where(panel.sector != "")
            columns["sector"] = pd.factorize(sector, sort=True)[0].astype(np.int64)[order]
        return cls(columns, bounds, day[order].astype(np.int64), dates, list(codes)), order

    def __len__(self) -> int:
        return len(self.day)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.columns:
            self.columns[name] = DERIVED[name](self)
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns or name in DERIVED

    def part(self, first: int, last: int) -> Rows:
        """The stocks `first` to `last - 1`, as views."""
        span = slice(self.bounds[first], self.bounds[last])
        columns = {name: column[span] for name, column in self.columns.items()}
        bounds = self.bounds[first : last + 1] - self.bounds[first]
        return Rows(columns, bounds, self.day[span], self.dates, self.codes[first:last])

    def through_last(self, held: np.ndarray) -> tuple[Rows, np.ndarray]:
        """Each stock's rows up to its last held one, and which of them are held.

        Nothing is lost for the held rows: none of their features asks what came after.
        """
        kept, bounds, there = _through_last(held, self.bounds)
        codes = [code for code, has_rows in zip(self.codes, there, strict=True) if has_rows]
        columns = {name: column[kept] for name, column in self.columns.items()}
        return Rows(columns, bounds, self.day[kept], self.dates, codes), held[kept]

    def memo(self, key: object, make: Callable[[], object]) -> object:
        """What `make` gives, made once for these rows."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def stock(self) -> np.ndarray:
        """Each row's place in `codes`."""
        return np.repeat(np.arange(len(self.codes)), np.diff(self.bounds))

    def per_stock(self, function: Callable[..., np.ndarray], *of: str | np.ndarray) -> np.ndarray:
        """`function` of each stock's own pieces of the columns `of`, such as one of TA-Lib."""
        arrays = [self._of(one) for one in of]
        out = np.full(len(self), np.nan)
        for start, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            out[start:stop] = function(*(array[start:stop] for array in arrays))
        return out

    def lag(self, of: str | np.ndarray, days: int = 1) -> np.ndarray:
        """The value `days` rows before, at least 0; NaN before the stock's first."""
        if days < 0:
            raise InputError("lag", "must not look ahead", days)
        return self._kept(kernels.lag, of, days)

    def sum(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Sum over the last `days` rows, the row itself included.

        In this and all rolling methods NaN are left out, and there must be at least `least`
        numbers (all `days` of them unless said). Every window is summed afresh, so a value
        depends on its window alone.
        """
        return self._rolled(kernels.rolling_sum, of, days, least)

    def mean(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Mean over the last `days` rows."""
        return self._rolled(kernels.rolling_mean, of, days, least)

    def std(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Sample standard deviation (n - 1) over the last `days` rows; 0 if nothing moved."""
        return self._rolled(kernels.rolling_std, of, days, least)

    def skew(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Skewness g1 = m3 / m2^1.5 over the last `days` rows; NaN if nothing moved."""
        return self._rolled(kernels.rolling_skew, of, days, least)

    def kurtosis(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Excess kurtosis g2 = m4 / m2^2 - 3 over the last `days` rows; NaN if nothing moved."""
        return self._rolled(kernels.rolling_kurtosis, of, days, least)

    def min(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Smallest of the last `days` rows."""
        return self._rolled(kernels.rolling_min, of, days, least)

    def max(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Largest of the last `days` rows."""
        return self._rolled(kernels.rolling_max, of, days, least)

    def rank(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Share of the last `days` rows that are lower than the row's, ties counted half."""
        return self._rolled(kernels.rolling_rank, of, days, least)

    def slope(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Least-squares slope a row over the last `days` rows."""
        return self._rolled(kernels.rolling_slope, of, days, least)

    def trend_fit(self, of: str | np.ndarray, days: int, least: int | None = None) -> np.ndarray:
        """Squared correlation with time over the last `days` rows, signed by the slope."""
        return self._rolled(kernels.rolling_trend_fit, of, days, least)

    def correlation(
        self, x: str | np.ndarray, y: str | np.ndarray, days: int, least: int | None = None
    ) -> np.ndarray:
        """Correlation of two columns over the rows that have both; NaN if one stood still."""
        least = days if least is None else least
        return kernels.rolling_correlation(self._of(x), self._of(y), self.bounds, days, least)

    def beta(
        self, y: str | np.ndarray, x: str | np.ndarray, days: int, least: int | None = None
    ) -> np.ndarray:
        """Slope of y on x over the rows that have both; NaN if x stood still."""
        least = days if least is None else least
        return kernels.rolling_beta(self._of(y), self._of(x), self.bounds, days, least)

    def ewm(self, of: str | np.ndarray, alpha: float, least: int = 1) -> np.ndarray:
        """Recursive average m += alpha (x - m) from the stock's first number on.

        NaN do not move it and stay NaN; the first `least` - 1 numbers give NaN too.
        """
        return kernels.ewm(self._of(of), self.bounds, alpha, least)

    def since(self, flag: str | np.ndarray) -> np.ndarray:
        """Rows since the flag was last true, 0 on such a row; NaN before the first."""
        return kernels.since(self._of(flag), self.bounds)

    def filled(self, of: str | np.ndarray) -> np.ndarray:
        """NaN replaced by the stock's latest number before."""
        return kernels.filled(self._of(of), self.bounds)

    def _of(self, of: str | np.ndarray) -> np.ndarray:
        array = self[of] if isinstance(of, str) else of
        return np.ascontiguousarray(array, dtype=np.float64)

    def _rolled(
        self, kernel: Callable, of: str | np.ndarray, days: int, least: int | None
    ) -> np.ndarray:
        return self._kept(kernel, of, days, days if least is None else least)

    def _kept(self, kernel: Callable, of: str | np.ndarray, *by: int) -> np.ndarray:
        """The kernel's values, kept where the column is known by name."""
        if not isinstance(of, str):
            return kernel(self._of(of), self.bounds, *by)
        return self.memo((kernel, of, *by), lambda: kernel(self._of(of), self.bounds, *by))


def _bounds(counts: np.ndarray) -> np.ndarray:
    """Where stocks of so many rows begin and end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _through_last(
    held: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows up to each stock's last held one, the bounds they then have, and the stocks left."""
    ahead = np.append(np.cumsum(held[::-1])[::-1], 0)  # held rows from here to the very end
    kept = ahead[:-1] > np.repeat(ahead[bounds[1:]], np.diff(bounds))
    counts = np.diff(np.append(0, np.cumsum(kept))[bounds])
    return kept, _bounds(counts[counts > 0]), counts > 0


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """`above / below`; NaN where `below` is zero or either is missing."""
    below = np.asarray(below, float)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below != 0)


def where(condition: np.ndarray, value: np.ndarray | float, other: object = np.nan) -> np.ndarray:
    """`value` where the condition holds, else `other`, NaN unless said."""
    return np.where(condition, value, other)


def _relative_factor(rows: Rows) -> np.ndarray:
    # By the stock's first factor, so that a factor's level leaves no trace in the last bits.
    first = np.repeat(rows["adj_factor"][rows.bounds[:-1]], np.diff(rows.bounds))
    return rows["adj_factor"] / first


def _adjusted(name: str) -> Callable[[Rows], np.ndarray]:
    return lambda rows: rows[name] * rows["factor"]


def _return(rows: Rows) -> np.ndarray:
    return ratio(rows["adj_close"], rows.lag("adj_close")) - 1


def _log_return(rows: Rows) -> np.ndarray:
    growth = ratio(rows["adj_close"], rows.lag("adj_close"))
    return np.log(growth, out=np.full(len(rows), np.nan), where=growth > 0)


def _only_traded(name: str) -> Callable[[Rows], np.ndarray]:
    def of(rows: Rows) -> np.ndarray:
        return np.where(rows["traded"] & (rows[name] > 0), rows[name], np.nan)

    return of


DERIVED: dict[str, Callable[[Rows], np.ndarray]] = {
    "factor": _relative_factor,
    **{f"adj_{name}": _adjusted(name) for name in PRICES},
    "adj_previous": lambda rows: rows.lag("adj_close"),
    "adj_volume": lambda rows: ratio(rows["volume"], rows["factor"]),
    "traded": lambda rows: ~rows["suspended"],
    "return": _return,
    "log_return": _log_return,
    "traded_amount": _only_traded("amount"),
    "traded_volume": _only_traded("adj_volume"),
}
"""Columns made of the panel's.

Adjusted prices and volume (`adj_*`, the factor relative to the stock's first), `adj_previous` the
adjusted close before, `traded`, `return` and `log_return` (suspended days are carried flat: zero),
and amount and adjusted volume where something was traded, else NaN.
"""


def blocks(rows: Rows, size: int) -> Sequence[tuple[int, int]]:
    """Runs of whole stocks of about `size` rows: (first, last) for `Rows.part`."""
    cut, out = 0, []
    for stock in range(1, len(rows.codes) + 1):
        if rows.bounds[stock] - rows.bounds[cut] >= size or stock == len(rows.codes):
            out.append((cut, stock))
            cut = stock
    return out
