"""How much the closes move: usual, up and down apart, in bursts, at worst."""

from __future__ import annotations

import numpy as np
from numba import njit

from stockcast.features.rows import Rows, ratio
from stockcast.features.technical.steady import (
    CLOSES,
    HALF_TRADED,
    LOG,
    LOG_RETURN,
    RETURN,
    declare,
    half_traded,
)

MOMENTS = "Amaya, Christoffersen, Jacobs and Vasquez, Journal of Financial Economics 118 (2015)"


def _volatility(rows: Rows, days: int) -> np.ndarray:
    return rows.std(RETURN, days)


def _downside(rows: Rows, days: int) -> np.ndarray:
    return np.sqrt(rows.mean(np.minimum(rows[RETURN], 0) ** 2, days))


def _downside_share(rows: Rows, days: int) -> np.ndarray:
    fall = np.minimum(rows[RETURN], 0)
    return ratio(rows.sum(fall**2, days), rows.sum(rows[RETURN] ** 2, days))


def _skewness(rows: Rows, days: int) -> np.ndarray:
    return half_traded(rows, rows.skew(RETURN, days), days)


def _kurtosis(rows: Rows, days: int) -> np.ndarray:
    return half_traded(rows, rows.kurtosis(RETURN, days), days)


def _volatility_ratio(rows: Rows, short: int, long: int) -> np.ndarray:
    return ratio(rows.std(RETURN, short), rows.std(RETURN, long))


def _volatility_of_volatility(rows: Rows, short: int, days: int) -> np.ndarray:
    volatility = rows.std(RETURN, short)
    return ratio(rows.std(volatility, days), rows.mean(volatility, days))


def _jump_share(rows: Rows, days: int) -> np.ndarray:
    size = np.abs(rows[LOG_RETURN])
    smooth = np.pi / 2 * rows.mean(size * rows.lag(size), days)
    return half_traded(rows, 1 - ratio(smooth, rows.mean(size**2, days)), days)


def _leverage(rows: Rows, days: int) -> np.ndarray:
    return half_traded(rows, rows.correlation(rows.lag(RETURN), np.abs(rows[RETURN]), days), days)


def _clustering(rows: Rows, days: int) -> np.ndarray:
    size = np.abs(rows[RETURN])
    return half_traded(rows, rows.correlation(size, rows.lag(size), days), days)


def _ewma(rows: Rows) -> np.ndarray:
    return np.sqrt(rows.ewm(rows[RETURN] ** 2, 0.06, 20))


def _drawdown(rows: Rows, days: int, deepest: bool) -> np.ndarray:
    key = ("drawdown", days)
    low, rms = rows.memo(key, lambda: _drawdowns(rows[LOG], rows.bounds, days))
    return -np.expm1(low) if deepest else rms


@njit(cache=True, nogil=True)
def _drawdowns(x, bounds, days):
    """Lowest, and root mean square, of log price less its highest so far in the window."""
    low, rms = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        for row in range(bounds[stock] + days - 1, bounds[stock + 1]):
            peak, deepest, square, missing = -np.inf, 0.0, 0.0, False
            for at in range(row - days + 1, row + 1):
                missing |= np.isnan(x[at])
                peak = max(peak, x[at])
                depth = x[at] - peak
                deepest = min(deepest, depth)
                square += depth * depth
            if not missing:
                low[row], rms[row] = deepest, np.sqrt(square / days)
    return low, rms


_one, _several = declare("volatility")
_DAILY, _SHARE = "fraction a day", "share, 0 to 1"

FEATURES = (
    *_several(
        "volatility", (5, 20, 60), "standard deviation of r over {n} days", CLOSES, 1, _DAILY,
        "Ang, Hodrick, Xing and Zhang, Journal of Finance 61 (2006)", _volatility,
    ),
    *_several(
        "downside", (20,), "square root of the mean of min(r, 0)^2 over {n} days", CLOSES, 1,
        _DAILY, "Sortino and van der Meer, Journal of Portfolio Management 17 (1991)", _downside,
    ),
    *_several(
        "downside_share", (10, 20, 60), "sum of min(r, 0)^2 over sum of r^2, of {n} days", CLOSES,
        1, _SHARE, "Ang, Chen and Xing, Review of Financial Studies 19 (2006)", _downside_share,
    ),
    *_several(
        "skewness", (20, 60), "m3 / m2^1.5 of r over {n} days", HALF_TRADED, 1,
        "dimensionless", MOMENTS, _skewness,
    ),
    *_several(
        "kurtosis", (20, 60), "m4 / m2^2 - 3 of r over {n} days", HALF_TRADED, 1,
        "dimensionless", MOMENTS, _kurtosis,
    ),
    *(
        _one(
            f"volatility_ratio_{a}_{b}", f"std(r, {a}) / std(r, {b})", CLOSES, b + 1, "ratio",
            "Mandelbrot, Journal of Business 36 (1963): volatility comes in clusters",
            _volatility_ratio, short=a, long=b,
        )
        for a, b in ((5, 20), (20, 60))
    ),
    *_several(
        "volatility_of_volatility", (40,), "std over mean of std(r, 5), over {n} days", CLOSES,
        5, "ratio", "Baltussen, van Bekkum and van der Grient, Journal of Financial and "
        "Quantitative Analysis 53 (2018)", _volatility_of_volatility, short=5,
    ),
    *_several(
        "jump_share", (20, 60),
        "1 - (pi/2) mean(|r(t) r(t-1)|) / mean(r^2) over {n} days, r the log return", HALF_TRADED,
        2, "share, at most 1",
        "Barndorff-Nielsen and Shephard, Journal of Financial Econometrics 2 (2004)", _jump_share,
    ),
    *_several(
        "leverage", (20, 60), "correlation of r(t-1) and |r(t)| over {n} days", HALF_TRADED, 2,
        "correlation", "Black, Proceedings of the American Statistical Association (1976)",
        _leverage,
    ),
    *_several(
        "clustering", (20, 60), "correlation of |r(t)| and |r(t-1)| over {n} days", HALF_TRADED, 2,
        "correlation", "Mandelbrot, Journal of Business 36 (1963)", _clustering,
    ),
    _one(
        "ewma_volatility", "square root of m(t) = .94 m(t-1) + .06 r^2, from the first return on",
        CLOSES, 21, _DAILY, "J.P. Morgan and Reuters, RiskMetrics Technical Document (1996)", _ewma,
    ),
    *_several(
        "max_drawdown", (20, 60, 120), "largest 1 - C / (highest C before it) within {n} days",
        CLOSES, 0, _SHARE, "Magdon-Ismail and Atiya, Risk 17 (2004)", _drawdown, deepest=True,
    ),
    *_several(
        "ulcer", (20, 60), "root mean square of log(C / highest C before it) within {n} days",
        CLOSES, 0, "log return", "Martin and McCann, The Investor's Guide to Fidelity Funds (1989)",
        _drawdown, deepest=False,
    ),
)  # fmt: skip
