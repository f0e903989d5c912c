"""A stock against the market: relative strength, risk in the market model, residual momentum.

The market's return is the mean over the day's members that traded, so it holds nobody who joins
the index later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows, ratio, where

SHARPE = "Sharpe, Journal of Finance 19 (1964)"
TREND = "Jegadeesh and Titman, Journal of Finance 48 (1993)"
RESIDUAL = "Blitz, Huij and Martens, Journal of Empirical Finance 18 (2011)"
IDIOSYNCRATIC = "Ang, Hodrick, Xing and Zhang, Journal of Finance 61 (2006)"
DOWNSIDE = "Ang, Chen and Xing, Review of Financial Studies 19 (2006)"

DOWN_LEAST = 20
"""Days on which the market fell that a downside beta needs."""

_INPUTS = ("close", "adj_factor", "in_universe", "suspended")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The market's return, its logarithm, and its returns on the days on which it fell."""
    market = cross.market_return(rows)
    log = np.log1p(market, out=np.full(len(rows), np.nan), where=market > -1)
    return {"relative.log": log, "relative.fall": where(market < 0, market)}


def growth(rows: Rows, days: int, skipped: int = 0) -> np.ndarray:
    """Return from the close `days` rows before to that `skipped` rows before, a fraction."""
    last = rows.lag("adj_close", skipped) if skipped else rows["adj_close"]
    return ratio(last, rows.lag("adj_close", days)) - 1


def _relative(rows: Rows, days: int, skipped: int = 0) -> np.ndarray:
    market = np.exp(rows.sum("relative.log", days - skipped))
    if skipped:
        market = rows.lag(market, skipped)
    return ratio(1 + growth(rows, days, skipped), market) - 1


def _beta(rows: Rows, days: int) -> np.ndarray:
    return rows.memo(("beta", days), lambda: rows.beta("return", "market", days))


def _downside_beta(rows: Rows, days: int) -> np.ndarray:
    beta = rows.beta("return", "relative.fall", days, DOWN_LEAST)
    return where(np.isfinite(rows.sum("return", days)), beta)


def _explained(rows: Rows, days: int) -> np.ndarray:
    """R squared of the market model."""
    return rows.memo(
        ("explained", days), lambda: np.square(rows.correlation("return", "market", days))
    )


def _unexplained(rows: Rows, days: int) -> np.ndarray:
    share = (1 - _explained(rows, days)) * (days - 1) / (days - 2)
    return rows.std("return", days) * np.sqrt(share)


def _relative_skew(rows: Rows, days: int) -> np.ndarray:
    return rows.skew(rows["return"] - rows["market"], days)


def _residual(rows: Rows) -> np.ndarray:
    """The return less what the beta known the day before makes of the market's."""
    return rows.memo(
        "residual", lambda: rows["return"] - rows.lag(_beta(rows, 60)) * rows["market"]
    )


def _residual_sum(rows: Rows, days: int, skipped: int) -> np.ndarray:
    """Sum of residuals in units of their deviation over the same days."""
    span = days - skipped
    deviation = rows.std(_residual(rows), span) * np.sqrt(span)
    total = ratio(rows.sum(_residual(rows), span), deviation)
    return rows.lag(total, skipped) if skipped else total


FEATURES = (
    *(
        Feature(
            f"relative_{n}", "market", "relative strength",
            f"(1 + return over {n} days) / (1 + the market's) - 1", _INPUTS, n + 1, "fraction",
            SHARPE, partial(_relative, days=n),
        )
        for n in (1, 5, 20, 60)
    ),
    *(
        Feature(
            f"relative_momentum_{n}", "market", "relative strength",
            f"(1 + return from {n} to 20 days before) / (1 + the market's) - 1", _INPUTS, n + 1,
            "fraction", TREND, partial(_relative, days=n, skipped=20),
        )
        for n in (120, 250)
    ),
    *(
        Feature(
            f"residual_momentum_{n}", "market", "relative strength",
            f"sum of e from {n - 1} to {skipped} days before / (its deviation x "
            f"sqrt({n - skipped})), e = r - beta_60 of the day before x m, m the market's return",
            _INPUTS, n + 61, "standard deviations", RESIDUAL,
            partial(_residual_sum, days=n, skipped=skipped),
        )
        for n, skipped in ((60, 5), (120, 20))
    ),
    Feature(
        "residual_reversal_20", "market", "relative strength",
        "sum of e over 20 days / (its deviation x sqrt(20)), e = r - beta_60 of the day before x m",
        _INPUTS, 81, "standard deviations",
        "Blitz, Huij, Lansdorp and Verbeek, Journal of Financial Markets 16 (2013)",
        partial(_residual_sum, days=20, skipped=0),
    ),
    *(
        Feature(
            f"beta_{n}", "market", "market model",
            f"cov(r, m) / var(m) over {n} days, m the market's return", _INPUTS, n + 1, "ratio",
            SHARPE, partial(_beta, days=n),
        )
        for n in (60, 120)
    ),
    Feature(
        "downside_beta_120", "market", "market model",
        f"cov(r, m) / var(m) over those of 120 days with m < 0, {DOWN_LEAST} of them at least",
        _INPUTS, 121, "ratio", DOWNSIDE, partial(_downside_beta, days=120),
    ),
    Feature(
        "beta_asymmetry_120", "market", "market model", "downside_beta_120 - beta_120", _INPUTS,
        121, "ratio", DOWNSIDE,
        lambda rows: _downside_beta(rows, 120) - _beta(rows, 120),
    ),
    *(
        Feature(
            f"idiosyncratic_volatility_{n}", "market", "market model",
            f"deviation over {n} days of the residual of r = a + b m", _INPUTS, n + 1,
            "fraction a day", IDIOSYNCRATIC, partial(_unexplained, days=n),
        )
        for n in (20, 60)
    ),
    *(
        Feature(
            f"synchronicity_{n}", "market", "market model",
            f"R squared of r = a + b m over {n} days", _INPUTS, n + 1, "share, 0 to 1",
            "Morck, Yeung and Yu, Journal of Financial Economics 58 (2000)",
            partial(_explained, days=n),
        )
        for n in (20, 60)
    ),
    Feature(
        "relative_skew_60", "market", "market model", "skewness of r - m over 60 days", _INPUTS, 61,
        "none", "Boyer, Mitton and Vorkink, Review of Financial Studies 23 (2010)",
        partial(_relative_skew, days=60),
    ),
)  # fmt: skip
