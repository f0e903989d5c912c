"""Does one stock's move reach another days later? Every ordered pair is asked at once.

Two questions. Granger's: do the leader's last days help to forecast the follower beyond the
follower's own last days? And the correlation at one lag. Both are score tests that allow for
changing volatility: with plain F tests, volatility that clusters passes for a link. Thousands of
pairs are tested, so single p-values mean nothing before they are corrected.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west


def granger(returns: pd.DataFrame, lags: int = 5) -> pd.DataFrame:
    """Granger causality of every ordered pair, robust to changing volatility.

    Parameters
    ----------
    returns : DataFrame of shape (n_days, n_stocks)
        Daily returns, less the market's if that is not to count as a link. NaN counts as 0.
    lags
        Days of the leader, and of the follower itself, in the regression.

    Returns
    -------
    DataFrame
        `leader`, `follower`, `statistic` (chi-square with `lags` degrees of freedom), `p`; a row
        for each ordered pair of different stocks.

    Raises
    ------
    InputError
        With fewer than ten days a lag.

    Notes
    -----
    Granger (1969), "Investigating causal relations by econometric models and cross-spectral
    methods", Econometrica 37. The statistic is the heteroscedasticity-robust score statistic of
    Wooldridge (1990), "A unified approach to robust, regression-based specification tests",
    Econometric Theory 6: the leader's lags, less what the follower's own lags explain of them,
    against the follower's residuals. Looks at the whole span: for describing, never a feature.
    """
    y, past = _stacked(returns, lags)
    names, n_days = returns.columns, len(y)
    rows = []
    for follower in range(len(names)):
        own = np.column_stack([np.ones(n_days), past[:, follower]])
        basis = np.linalg.qr(own)[0]
        residual = _without(basis, y[:, follower])
        leaders = _without(basis, past.reshape(n_days, -1)).reshape(past.shape)  # (T, N, L)
        rows.append(_scores(leaders, residual))
    statistic = np.array(rows)  # (follower, leader)
    table = _pairs(names, statistic)
    return table.assign(p=stats.chi2.sf(table.statistic, lags))


def at_lag(returns: pd.DataFrame, lag: int) -> pd.DataFrame:
    """Correlation of every leader's return with every follower's `lag` days later.

    Parameters
    ----------
    returns : DataFrame of shape (n_days, n_stocks)
        As for `granger`.
    lag
        Trading days, at least 1.

    Returns
    -------
    DataFrame
        `leader`, `follower`, `correlation`, `t` (mean product of the two returns over its own
        standard error, which allows for changing volatility), `p` (two-sided, normal). With a
        stock that never moves all three say that there is nothing: 0, 0 and 1.
    """
    if lag < 1:
        raise InputError("lag", "must be at least 1", lag)
    units = (returns - returns.mean()).fillna(0.0).to_numpy()
    units = units / _positive(units.std(axis=0))
    later, earlier = units[lag:], units[:-lag]
    n_days = len(later)
    mean = later.T @ earlier / n_days  # (follower, leader)
    square = (later**2).T @ earlier**2 / n_days
    t = mean / _positive(np.sqrt((square - mean**2) / n_days))
    table = _pairs(returns.columns, mean).rename(columns={"statistic": "correlation"})
    table["t"] = _pairs(returns.columns, t).statistic
    return table.assign(p=2 * stats.norm.sf(table.t.abs()))


CELLS = 4_000_000
"""Days times pairs that are multiplied at once: all pairs of some hundred stocks are many."""


def together(returns: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """The pairs' moves taken together, day by day: evidence that no single pair has.

    Parameters
    ----------
    returns : DataFrame of shape (n_days, n_stocks)
        As for `granger`.
    pairs
        `leader`, `follower` (columns of `returns`), `lag` (trading days).

    Returns
    -------
    Series of shape (n_days,)
        Mean over the pairs of the leader's return times the follower's `lag` days later, each in
        its own standard deviations; dated by the follower's day, NaN on the first days. Its mean
        is the pairs' mean correlation.
    """
    units = (returns - returns.mean()) / _positive(returns.std(ddof=0))
    values, at = units.fillna(0.0).to_numpy(), units.columns.get_indexer
    total = np.zeros(len(units))
    for lag, table in pairs.groupby("lag"):
        leader, follower = at(table.leader), at(table.follower)
        if min(leader.min(), follower.min()) < 0:
            raise InputError("pairs", "must name columns of the returns")
        step = max(1, CELLS // len(table))
        for first in range(lag, len(values), step):
            at_once = slice(first, min(first + step, len(values)))
            before = slice(at_once.start - lag, at_once.stop - lag)
            total[at_once] += (values[before, leader] * values[at_once, follower]).sum(axis=1)
    days = pd.Series(total / max(len(pairs), 1), index=returns.index)
    return days.mask(np.arange(len(days)) < (pairs.lag.max() if len(pairs) else len(days)))


def profile(returns: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Mean correlation of pairs by their lag, with a Newey-West interval over days.

    Parameters
    ----------
    returns, pairs
        As for `together`.

    Returns
    -------
    DataFrame indexed by lag
        `mean`, `low`, `high`.
    """
    rows = {}
    for lag, table in pairs.groupby("lag"):
        found = newey_west(together(returns, table))
        rows[lag] = (found.mean, found.low, found.high)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "low", "high"])


def corrected(p: pd.Series, method: str, level: float = 0.05) -> pd.Series:
    """Which tests stand after correction for their number.

    Parameters
    ----------
    p : Series of shape (n_tests,)
        Finite p-values.
    method
        `none`, `bonferroni` (the chance of one false link is at most `level`) or `fdr_bh`
        (at most that share of the links found is false, Benjamini and Hochberg 1995).
    level
        Between 0 and 1.

    Returns
    -------
    Series of bool, as `p`
    """
    if method == "none":
        return p < level
    if method not in ("bonferroni", "fdr_bh"):
        raise InputError("method", "must be none, bonferroni or fdr_bh", method)
    return pd.Series(multipletests(p, alpha=level, method=method)[0], index=p.index)


def smallest_seen(n_days: int | np.ndarray, n_tests: int, power: float = 0.8, level: float = 0.05):
    """Correlation that a two-sided test finds with the chance `power`, after Bonferroni.

    Parameters
    ----------
    n_days
        Length of the history, or an array of lengths.
    n_tests
        Tests made; each is held to `level` / `n_tests`.

    Returns
    -------
    float or ndarray
        Normal approximation: (z of the level + z of the power) / sqrt(days).
    """
    needed = stats.norm.isf(level / n_tests / 2) + stats.norm.ppf(power)
    return needed / np.sqrt(n_days)


def _stacked(returns: pd.DataFrame, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns (T, N) and those of 1 to `lags` days before (T, N, L), centred, NaN as 0."""
    if len(returns) < 10 * (lags + 1):
        raise InputError("returns", f"must have ten days a lag, {10 * (lags + 1)}", len(returns))
    values = (returns - returns.mean()).fillna(0.0).to_numpy()
    past = np.stack([values[lags - lag : -lag] for lag in range(1, lags + 1)], axis=-1)
    return values[lags:], past


def _without(basis: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`values` less what the columns of the orthonormal `basis` explain of them."""
    return values - basis @ (basis.T @ values)


def _scores(leaders: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Robust score statistic of each leader's block of lags, (N,)."""
    moved = (leaders * residual[:, None, None]).transpose(1, 0, 2)  # (N, T, L)
    score = moved.sum(axis=1)
    spread = moved.transpose(0, 2, 1) @ moved
    solved = np.linalg.solve(spread + 1e-12 * np.eye(spread.shape[-1]) * _trace(spread), _up(score))
    return (score * solved[..., 0]).sum(axis=1)


def _positive(values: np.ndarray) -> np.ndarray:
    """`values` with 1 in the place of 0, to divide nothing by."""
    return values + (values == 0)


def _trace(matrices: np.ndarray) -> np.ndarray:
    return _positive(np.trace(matrices, axis1=1, axis2=2))[:, None, None]


def _up(vectors: np.ndarray) -> np.ndarray:
    return vectors[..., None]


def _pairs(names: pd.Index, square: np.ndarray) -> pd.DataFrame:
    """(follower, leader) -> a row for each pair of different stocks."""
    follower, leader = np.nonzero(~np.eye(len(names), dtype=bool))
    return pd.DataFrame(
        {
            "leader": names[leader],
            "follower": names[follower],
            "statistic": square[follower, leader],
        }
    )
