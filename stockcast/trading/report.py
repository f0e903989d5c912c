"""What a backtest earned, at which risk and cost, against what the index did."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import resampled_days
from stockcast.judge.performance import TRADING_DAYS, measures
from stockcast.trading.backtest import Result
from stockcast.trading.orders import CHARGES


def daily_returns(levels: pd.Series) -> pd.Series:
    """Simple returns of an equity curve or index, from its second day on."""
    return levels.pct_change().iloc[1:]


def summary(
    equity: pd.DataFrame,
    benchmark: pd.DataFrame | None,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
    level: float = 0.95,
) -> pd.DataFrame:
    """The measures of a backtest beside those of an index.

    Parameters
    ----------
    equity : DataFrame
        `Result.equity`.
    benchmark : DataFrame with the columns date, close, or None
        A price index: it leaves out dividends, which flatters the strategy by one to three per
        cent a year.
    rng, block, n, level
        Of the stationary bootstrap of days that gives the intervals; strategy and index are
        resampled on the same days.

    Returns
    -------
    DataFrame indexed by measure with columns strategy, low, high, benchmark, benchmark_low,
    benchmark_high
        The measures of `measures`, then turnover (half of bought and sold, as a multiple of the
        equity, a year), excess_return (mean daily return above the index, times 243) and
        information_ratio (the Sharpe ratio of that difference). Intervals for annual_return,
        sharpe and the last two; NaN elsewhere, and in the index's columns where there is none.

    Raises
    ------
    InputError
        When the index lacks one of the days, or there are fewer than three.
    """
    if len(equity) < 3:
        raise InputError("equity", "must span at least three days", len(equity))
    own = daily_returns(equity.set_index("date")["equity"])
    draws = resampled_days(len(own), rng, block, n)
    table = pd.DataFrame(np.nan, index=pd.Index(_MEASURES, name="measure"), columns=_COLUMNS)
    _enter(table, _COLUMNS[:3], own, draws, level)
    table.loc["turnover", "strategy"] = equity["turnover"].mean() * TRADING_DAYS
    if benchmark is not None:
        index = daily_returns(_on_days(benchmark, equity["date"]))
        _enter(table, _COLUMNS[3:], index, draws, level)
        excess = own - index
        mean, sharpe = _resampled(excess, draws)
        bounds = _bounds(mean * TRADING_DAYS, level)
        table.loc["excess_return", _COLUMNS[:3]] = [excess.mean() * TRADING_DAYS, *bounds]
        ratio = measures(excess)["sharpe"]
        table.loc["information_ratio", _COLUMNS[:3]] = [ratio, *_bounds(sharpe, level)]
    return table


def costs(result: Result) -> pd.DataFrame:
    """What trading took.

    Returns
    -------
    DataFrame indexed by item (commission, stamp_tax, transfer_fee, slippage, dividend_tax, total)
        yuan; of_traded, the fraction of the value bought and sold; a_year, the fraction of the
        mean equity a year. NaN fractions where nothing was traded.
    """
    equity = result.equity
    yuan = equity[CHARGES].sum()
    yuan["total"] = yuan.sum()
    traded = result.orders["value"].sum()
    years = len(equity) / TRADING_DAYS
    table = pd.DataFrame(
        {
            "yuan": yuan,
            "of_traded": yuan / traded if traded else np.nan,
            "a_year": yuan / equity["equity"].mean() / years,
        }
    )
    return table.rename_axis("item")


def refusals(result: Result) -> pd.DataFrame:
    """How many orders filled and why the others did not: counts by side (rows) and outcome."""
    return pd.crosstab(result.orders["side"], result.orders["outcome"])


_COLUMNS = ["strategy", "low", "high", "benchmark", "benchmark_low", "benchmark_high"]
_MEASURES = [
    "annual_return", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "win_rate",
    "turnover", "excess_return", "information_ratio",
]  # fmt: skip


def _enter(
    table: pd.DataFrame, columns: list[str], returns: pd.Series, draws: np.ndarray, level: float
) -> None:
    """Fill the columns value, low and high with the measures of one series of returns."""
    found = measures(returns)
    table.loc[list(found), columns[0]] = list(found.values())
    log_mean, _ = _resampled(np.log1p(returns), draws)
    _, sharpe = _resampled(returns, draws)
    table.loc["annual_return", columns[1:]] = _bounds(_annual_return(log_mean), level)
    table.loc["sharpe", columns[1:]] = _bounds(sharpe, level)


def _resampled(returns: pd.Series, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and Sharpe ratio of every resample."""
    values, days = returns.to_numpy(dtype=float), len(returns)
    mean, square = draws @ values / days, draws @ values**2 / days
    return mean, _sharpe(mean, square, days)


def _sharpe(mean: np.ndarray, square: np.ndarray, days: int) -> np.ndarray:
    """Annual Sharpe ratio from the first two moments; NaN where nothing varies."""
    variance = np.asarray((square - mean**2) * days / (days - 1))
    root = np.sqrt(np.where(variance > 1e-18, variance, np.nan))
    return mean / root * np.sqrt(TRADING_DAYS)


def _annual_return(log_mean: np.ndarray) -> np.ndarray:
    return np.expm1(log_mean * TRADING_DAYS)


def _bounds(values: np.ndarray, level: float) -> list[float]:
    if np.isnan(values).all():
        return [np.nan, np.nan]
    return np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()


def _on_days(benchmark: pd.DataFrame, days: pd.Series) -> pd.Series:
    closes = benchmark.set_index("date")["close"].reindex(days)
    if closes.isna().any():
        first = closes.index[closes.isna()][0]
        raise InputError(
            "benchmark",
            "must have a close on every day of the backtest",
            hint=f"{first:%Y-%m-%d} is the first without",
        )
    return closes
