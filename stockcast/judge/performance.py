"""Return and risk of a series of daily returns, one definition each.

All ask for simple returns, as fractions, and take the rate of interest as zero. Days with NaN had
no return and are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import paired_difference

TRADING_DAYS = 243
"""Trading days a year: mean of the Shanghai exchange's years 2010 to 2020, rounded."""


def measures(returns: pd.Series, benchmark: pd.Series | None = None) -> dict[str, float]:
    """Every measure of this module at once.

    Parameters
    ----------
    returns : Series of shape (n_days,)
        Daily simple returns in order of time.
    benchmark : Series, optional
        Returns of what it is held against; with it, `information_ratio` is among the measures.

    Returns
    -------
    dict
        annual_return, volatility, sharpe, sortino, max_drawdown, calmar, win_rate; see the
        functions of these names. NaN where undefined.

    Raises
    ------
    InputError
        For fewer than two returns, or one of -1 or less: nothing is left to invest.
    """
    found = {
        "annual_return": annual_return(returns),
        "volatility": volatility(returns),
        "sharpe": sharpe(returns),
        "sortino": sortino(returns),
        "max_drawdown": max_drawdown(returns),
        "calmar": calmar(returns),
        "win_rate": win_rate(returns),
    }
    if benchmark is not None:
        found["information_ratio"] = information_ratio(returns, benchmark)
    return found


def annual_return(returns: pd.Series) -> float:
    """Geometric mean return, a fraction a year: what grows one yuan as the returns did."""
    return float(np.expm1(np.log1p(_above_ruin(returns)).mean() * TRADING_DAYS))


def volatility(returns: pd.Series) -> float:
    """Standard deviation of the daily returns (n - 1), times the root of the days of a year."""
    return float(_values(returns).std(ddof=1) * np.sqrt(TRADING_DAYS))


def sharpe(returns: pd.Series) -> float:
    """Mean over standard deviation (n - 1), a year; NaN where nothing varies.

    Notes
    -----
    Sharpe (1994), "The Sharpe ratio", Journal of Portfolio Management 21. The factor from days to
    years, the root of 243, holds for returns without memory: Lo (2002), "The statistics of Sharpe
    ratios", Financial Analysts Journal 58.
    """
    values = _values(returns)
    return _over(values.mean() * np.sqrt(TRADING_DAYS), _spread(values))


def sortino(returns: pd.Series) -> float:
    """Mean over the root mean square of losses, a year; NaN where there is no loss.

    Days that gained count as zeros under the root: the mean is over all days.

    Notes
    -----
    Sortino and Price (1994), "Performance measurement in a downside risk framework", Journal of
    Investing 3, with a target of zero.
    """
    values = _values(returns)
    losses = np.sqrt(np.mean(np.minimum(values, 0) ** 2))
    return _over(values.mean() * np.sqrt(TRADING_DAYS), losses)


def max_drawdown(returns: pd.Series) -> float:
    """Largest fall from an earlier high (the start included), a positive fraction.

    Notes
    -----
    Magdon-Ismail and Atiya (2004), "Maximum drawdown", Risk 17.
    """
    curve = np.concatenate([[1.0], np.cumprod(1 + _above_ruin(returns))])
    return float(np.max(1 - curve / np.maximum.accumulate(curve)))


def calmar(returns: pd.Series) -> float:
    """Annual return over the maximum drawdown of the whole series; NaN where nothing fell.

    Notes
    -----
    Young (1991), "Calmar ratio: a smoother tool", Futures 20, over three years; here over all days.
    """
    return _over(annual_return(returns), max_drawdown(returns))


def win_rate(returns: pd.Series) -> float:
    """Share of the days whose return is above zero; a day without a gain is no win."""
    return float(np.mean(_values(returns) > 0))


def information_ratio(returns: pd.Series, benchmark: pd.Series) -> float:
    """Mean over standard deviation of the return above the benchmark's, a year.

    Parameters
    ----------
    returns, benchmark : Series by date
        Days that only one of them has are left out.

    Notes
    -----
    Grinold and Kahn (2000), Active Portfolio Management, 2nd ed., chapter 5, with a beta of one:
    Goodwin (1998), "The information ratio", Financial Analysts Journal 54.
    """
    return sharpe(paired_difference(returns, benchmark))


def _values(returns: pd.Series) -> np.ndarray:
    values = returns.to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        raise InputError("returns", "must be known on two days at least", len(values))
    return values


def _above_ruin(returns: pd.Series) -> np.ndarray:
    values = _values(returns)
    if values.min() <= -1:
        raise InputError("returns", "must be above -1", float(values.min()))
    return values


def _spread(values: np.ndarray) -> float:
    """Standard deviation, or zero for returns that are constant up to rounding."""
    spread = float(values.std(ddof=1))
    return spread if spread > 1e-12 * np.abs(values).max() else 0.0


def _over(value: float, by: float) -> float:
    return float(value / by) if by else np.nan
