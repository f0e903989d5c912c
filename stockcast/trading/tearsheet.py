"""The tables behind a tear sheet: an account by window, by month, by kind of cost and by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.performance import TRADING_DAYS
from stockcast.trading import report
from stockcast.trading.backtest import Result, backtest
from stockcast.trading.orders import BELOW_LOT, CHARGES, PARTLY, TOO_THIN, Costs
from stockcast.trading.quotes import Quotes
from stockcast.trading.strategy import Strategy


def rolling_sharpe(returns: pd.Series, days: int = 121) -> pd.Series:
    """Sharpe ratio a year of the last `days` returns, each day.

    Parameters
    ----------
    returns : Series by date
        Daily simple returns.
    days
        Returns in a window, at least two; half a year by default.

    Returns
    -------
    Series by date
        NaN until a window is full and where nothing varies.

    Notes
    -----
    Windows overlap: the curve's slow waves are made by the window as much as by the market. Its
    standard error is about the root of 243 / `days`, 1.4 for half a year, around any ratio near
    zero: Lo (2002), "The statistics of Sharpe ratios", Financial Analysts Journal 58.
    """
    if days < 2:
        raise InputError("days", "must be at least 2", days)
    window = returns.rolling(days)
    spread = window.std(ddof=1)
    return window.mean() / spread.where(spread > 1e-12) * np.sqrt(TRADING_DAYS)


def monthly(returns: pd.Series) -> pd.DataFrame:
    """Return of every calendar month, compounded.

    Returns
    -------
    DataFrame indexed by year, columns 1 to 12
        Fractions; NaN for a month without a day. The first and the last may be parts of months.
    """
    dates = pd.DatetimeIndex(returns.index)
    grown = np.log1p(returns).groupby([dates.year, dates.month]).sum()
    return np.expm1(grown).unstack().reindex(columns=range(1, 13)).rename_axis("year")


def activity(equity: pd.DataFrame, days: int = 20) -> pd.DataFrame:
    """How much of the account is in stocks, and how fast they change.

    Returns
    -------
    DataFrame by date
        exposure; turnover, the mean of the last `days` days, as a multiple of the account a year.
    """
    table = equity.set_index("date")
    turnover = table["turnover"].rolling(days, min_periods=1).mean() * TRADING_DAYS
    return pd.DataFrame({"exposure": table["exposure"], "turnover": turnover})


def costs_by_year(equity: pd.DataFrame) -> pd.DataFrame:
    """What each kind of cost took in each calendar year, as a fraction of the year's mean account.

    Returns
    -------
    DataFrame indexed by year, a column per kind of cost
        A year that the account lived only in part has the costs of that part.
    """
    by_year = equity.groupby(equity["date"].dt.year.rename("year"))
    return by_year[CHARGES].sum().div(by_year["equity"].mean(), axis=0)


def dividend_yield(result: Result) -> float:
    """Dividends before tax over the value of the stocks held, a year; NaN where reinvested.

    What a price index leaves out, measured on an account that holds the index's members.
    """
    if result.dividends != "paid":
        return np.nan
    in_stocks = (result.equity["equity"] * result.equity["exposure"]).mean()
    years = len(result.equity) / TRADING_DAYS
    return float(result.equity["dividends"].sum() / in_stocks / years) if in_stocks else np.nan


def capacity(
    quotes: Quotes,
    signals: pd.DataFrame,
    strategy: Strategy,
    costs: Costs,
    sizes: Sequence[float],
    *,
    participation: float,
    impact: float = 1.0,
    dividends: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What the same rule earns with more money.

    Parameters
    ----------
    quotes, signals, strategy, costs, dividends
        As for `stockcast.trading.backtest.backtest`.
    sizes
        Yuan at the start.
    participation
        Largest share of a stock's volume that an order may be.
    impact
        `Costs.impact` of the sensitivity: an assumption, not a measurement.

    Returns
    -------
    DataFrame indexed by size
        annual_return; with_impact, the same with the impact on; costs (fraction of the mean account
        a year, without impact); invested (mean exposure); held (mean number of stocks); too_small
        (share of orders below one lot); cut (share of orders that the volume cut or refused).
    """
    rows = []
    for size in sizes:
        plain, moved = (
            backtest(
                quotes, signals, strategy, terms, size,
                participation=participation, dividends=dividends,
            )
            for terms in (replace(costs, impact=0.0), replace(costs, impact=impact))
        )  # fmt: skip
        outcomes = plain.orders["outcome"]
        rows.append(
            {
                "annual_return": _annual(plain),
                "with_impact": _annual(moved),
                "costs": report.costs(plain).at["total", "a_year"],
                "invested": plain.equity["exposure"].mean(),
                "held": plain.equity["positions"].mean(),
                "too_small": float((outcomes == BELOW_LOT).mean()),
                "cut": float(outcomes.isin([PARTLY, TOO_THIN]).mean()),
            }
        )
    return pd.DataFrame(rows, index=pd.Index(sizes, name="yuan at the start"))


def _annual(result: Result) -> float:
    levels = result.equity.set_index("date")["equity"]
    return report.measures(report.daily_returns(levels))["annual_return"]
