"""What is checked: a panel in order, the tables beside it, and the columns that checks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

PRICES = ("open", "high", "low", "close")
HALF_TICK = 0.005  # yuan: what rounding a price to 0.01 can change

_OFF_SHARE, _OFF_ROWS = 0.02, 20
_RATIO, _OUTSIDE_SHARE = 0.05, 0.05
_DECADE = 0.02  # of log10: how close to a power of ten counts as a wrong unit


@dataclass(frozen=True)
class Subject:
    """A panel and what is known beside it; `stockcast.data.quality.report` describes the fields.

    Attributes
    ----------
    panel : DataFrame
        Complete, in any order; its rows are checked in `rows`, sorted by code and date.
    sessions : DatetimeIndex
        Trading days from the panel's first to its last.
    """

    panel: pd.DataFrame
    sessions: pd.DatetimeIndex
    original: pd.DataFrame | None = None
    today: pd.Timestamp | None = None
    members: int | None = None
    index: pd.DataFrame | None = None
    index_weights: pd.DataFrame | None = None
    dividends: pd.DataFrame | None = None
    figures: pd.DataFrame | None = None
    statements: Mapping[str, pd.DataFrame] | None = None

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The panel by code and date."""
        return self.panel.sort_values(["code", "date"], kind="stable", ignore_index=True)

    @cached_property
    def same(self) -> np.ndarray:
        """The row before is the same stock's, (n_rows,) bool."""
        code = self.rows.code
        return code.eq(code.shift()).to_numpy()

    @cached_property
    def traded(self) -> np.ndarray:
        """Not suspended, (n_rows,) bool."""
        return ~self.rows.suspended.to_numpy()

    @cached_property
    def move(self) -> np.ndarray:
        """Return of close x adj_factor, (n_rows,); NaN on a stock's first row."""
        adjusted = self.rows.close.to_numpy() * self.rows.adj_factor.to_numpy()
        return self._change(adjusted)

    @cached_property
    def step(self) -> np.ndarray:
        """Change of adj_factor as a fraction, (n_rows,); NaN on a stock's first row."""
        return self._change(self.rows.adj_factor.to_numpy())

    def _change(self, values: np.ndarray) -> np.ndarray:
        out = np.full(len(values), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            out[1:] = values[1:] / values[:-1] - 1
        return np.where(self.same, out, np.nan)

    @cached_property
    def average(self) -> np.ndarray:
        """Average price of the day, amount / volume in yuan, (n_rows,); NaN without either."""
        rows = self.rows
        return (rows.amount / rows.volume.where(rows.volume > 0)).to_numpy()

    @cached_property
    def off_tick(self) -> np.ndarray:
        """Some price is no multiple of 0.01 yuan, (n_rows,) bool; suspended rows count."""
        cents = self.rows[list(PRICES)].to_numpy() * 100
        return (np.abs(cents - np.round(cents)) > 1e-4).any(axis=1)

    @cached_property
    def spans(self) -> pd.DataFrame:
        """Per code: position of its first and last day in `sessions`, and its number of rows."""
        day = self.sessions.get_indexer(pd.DatetimeIndex(self.rows.date))
        spans = pd.Series(day).groupby(self.rows.code.to_numpy()).agg(["min", "max", "size"])
        return spans.rename(columns={"min": "first", "max": "last", "size": "rows"})

    @cached_property
    def signs(self) -> pd.DataFrame:
        """Per code: what its prices say about being as traded; `as_traded` is not looked at.

        `off_tick` (share of rows off the 0.01-yuan tick), `ratio` (median of amount / volume /
        close), `outside` (share of days whose average price lies outside the day's range by more
        than 1 %), `unit` (the ratio is a power of ten other than 1), `adjusted` (the verdict).
        A single odd row is no verdict: 20 rows and 2 % of them must be off the tick, or the
        average price far off on 5 % of 20 days.
        """
        rows, average = self.rows, self.average
        outside = (average > rows.high * 1.01) | (average < rows.low * 0.99)
        daily = pd.DataFrame(
            {
                "code": rows.code,
                "off": self.off_tick,
                "ratio": average / rows.close,
                "outside": outside.where(np.isfinite(average)).astype(float),
            }
        ).groupby("code")
        out = pd.DataFrame(
            {
                "off_tick": daily.off.mean(),
                "ratio": daily.ratio.median(),
                "outside": daily.outside.mean(),
            }
        )
        decade = np.log10(out.ratio.where(out.ratio > 0))
        out["unit"] = ((decade - decade.round()).abs() < _DECADE) & (decade.round() != 0)
        off = (out.off_tick > _OFF_SHARE) & (daily.off.sum() >= _OFF_ROWS)
        far = ((out.ratio - 1).abs() > _RATIO) | (out.outside > _OUTSIDE_SHARE)
        out["adjusted"] = off | (far & ~out.unit & (daily.ratio.count() >= _OFF_ROWS))
        return out

    @cached_property
    def genuine(self) -> np.ndarray:
        """Prices seem as traded and are not marked otherwise, (n_rows,) bool."""
        adjusted = self.rows.code.isin(self.signs.index[self.signs.adjusted])
        return (self.rows.as_traded & ~adjusted).to_numpy()

    @cached_property
    def ended(self) -> pd.Series:
        """Per code: its rows stop before the panel does, bool."""
        return self.spans["last"] < self.spans["last"].max()
