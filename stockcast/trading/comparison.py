"""Backtests side by side, and what each of them lost on the way from paper to account."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from arch.bootstrap import StationaryBootstrap

from stockcast.errors import InputError
from stockcast.judge.intervals import Interval
from stockcast.trading import report
from stockcast.trading.backtest import Result
from stockcast.trading.orders import CHARGES

_TAKEN = {
    "annual_return": ("annual_return", "strategy"),
    "low": ("annual_return", "low"),
    "high": ("annual_return", "high"),
    "sharpe": ("sharpe", "strategy"),
    "sharpe_low": ("sharpe", "low"),
    "sharpe_high": ("sharpe", "high"),
    "max_drawdown": ("max_drawdown", "strategy"),
    "turnover": ("turnover", "strategy"),
    "excess": ("excess_return", "strategy"),
    "excess_low": ("excess_return", "low"),
    "excess_high": ("excess_return", "high"),
}


def compare(
    results: Mapping[str, Result],
    benchmark: pd.DataFrame | None,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
) -> pd.DataFrame:
    """What each strategy earned, at which risk and cost, and against the index.

    Parameters
    ----------
    results
        Backtests over the same days.
    benchmark
        Index with date and close, or None: then the columns of the excess are NaN and there is
        no row of the index.
    rng, block, n
        Of the stationary bootstrap.

    Returns
    -------
    DataFrame, one row a strategy and one "index"
        annual_return, sharpe and excess (mean daily return above the index times 243) with their
        95 % intervals; max_drawdown (positive); turnover (half of bought and sold over equity, a
        year); costs (fraction of the mean equity a year). Fractions all; NaN for the index's own
        turnover, costs and excess.
    """
    rows = {}
    for name, result in results.items():
        table = report.summary(result.equity, benchmark, rng, block=block, n=n)
        rows[name] = {column: table.at[place] for column, place in _TAKEN.items()}
        rows[name]["costs"] = report.costs(result).at["total", "a_year"]
    if benchmark is not None:
        own = {"strategy": "benchmark", "low": "benchmark_low", "high": "benchmark_high"}
        known = [column for column in _TAKEN if not column.startswith(("excess", "turnover"))]
        rows["index"] = {name: table.at[_TAKEN[name][0], own[_TAKEN[name][1]]] for name in known}
    return pd.DataFrame.from_dict(rows, orient="index")


def gross_returns(equity: pd.DataFrame) -> pd.Series:
    """Daily returns with the day's charges added back: the same trades, had they cost nothing.

    Parameters
    ----------
    equity : DataFrame
        `Result.equity`.

    Returns
    -------
    Series of shape (n_days - 1,), indexed by date
        Simple returns, fractions.
    """
    table = equity.set_index("date")
    before = table["equity"].shift()
    return ((table["equity"] + table[CHARGES].sum(axis=1)) / before - 1).iloc[1:]


def drawdown_cut(
    own: pd.Series,
    other: pd.Series,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
    level: float = 0.95,
) -> Interval:
    """By which fraction the largest drawdown is smaller than another's: 1 - own / other.

    Parameters
    ----------
    own, other : Series of daily simple returns on the same days
    rng, block, n, level
        Of the stationary bootstrap that draws new paths, the same days for both.

    Returns
    -------
    Interval
        mean is the cut that happened, 0.2 for a drawdown a fifth smaller; low and high are
        quantiles over the drawn paths, t is NaN. A drawdown is one extreme of one path: expect a
        wide interval.

    Raises
    ------
    InputError
        When the days differ.
    """
    if not own.index.equals(other.index):
        raise InputError("own, other", "must be returns of the same days")
    returns = np.column_stack([own, other])
    bootstrap = StationaryBootstrap(block, np.arange(len(own)), seed=rng)
    drawn = np.stack([positions[0] for positions, _ in bootstrap.bootstrap(n)])
    cuts = _cut(returns[drawn])  # (n, days, 2)
    low, high = (np.nan, np.nan)
    if np.isfinite(cuts).any():
        low, high = np.nanquantile(cuts, [(1 - level) / 2, (1 + level) / 2])
    happened = float(_cut(returns[None])[0])
    return Interval(happened, float(low), float(high), np.nan, len(own))


def _cut(returns: np.ndarray) -> np.ndarray:
    """One minus the ratio of the largest drawdowns of (paths, days, 2); NaN without a second."""
    curves = np.cumprod(1 + returns, axis=1)
    curves = np.concatenate([np.ones_like(curves[:, :1]), curves], axis=1)
    deepest = (1 - curves / np.maximum.accumulate(curves, axis=1)).max(axis=1)
    own, other = deepest.T
    return 1 - np.divide(own, other, out=np.full(len(own), np.nan), where=other > 0)
