"""Volume: how much against usual, how even, and where it is heading."""

from __future__ import annotations

import numpy as np

from stockcast.features.rows import Rows, ratio
from stockcast.features.technical.steady import VOLUME, declare, logarithm

MURPHY = "Murphy, Technical Analysis of the Financial Markets (1999)"
SHOCKS = "Gervais, Kaniel and Mingelgrin, Journal of Finance 56 (2001)"
VARIABILITY = "Chordia, Subrahmanyam and Anshuman, Journal of Financial Economics 59 (2001)"


def log_volume(rows: Rows) -> np.ndarray:
    """Logarithm of the adjusted volume; NaN where nothing traded."""
    return rows.memo("log_volume", lambda: logarithm(rows["traded_volume"]))


def _volume_ratio(rows: Rows, short: int, long: int) -> np.ndarray:
    return ratio(rows.mean(VOLUME, short), rows.mean(VOLUME, long))


def _surge(rows: Rows, days: int) -> np.ndarray:
    usual = rows.lag(rows.mean("traded_volume", days, days // 2))
    return logarithm(ratio(rows["traded_volume"], usual))


def _percentile(rows: Rows, days: int) -> np.ndarray:
    return rows.rank(VOLUME, days)


def _variability(rows: Rows, days: int) -> np.ndarray:
    volume = "traded_volume"
    return ratio(rows.std(volume, days, days // 2), rows.mean(volume, days, days // 2))


def _slope(rows: Rows, days: int) -> np.ndarray:
    return rows.slope(log_volume(rows), days, days // 2)


def _amount_deviation(rows: Rows) -> np.ndarray:
    # Suspended days and missing amounts say nothing about the usual level: left out.
    size = logarithm(rows["traded_amount"])
    return ratio(size - rows.mean(size, 60, 20), rows.std(size, 60, 20))


_one, _several = declare("volume")
_INPUTS = ("volume", "adj_factor", "suspended")

FEATURES = (
    _one(
        "volume_ratio", "mean(V, 5) / mean(V, 20); none without a trade in 20 days", _INPUTS, 20,
        "ratio", MURPHY, _volume_ratio, short=5, long=20,
    ),
    *(
        _one(
            f"volume_ratio_{a}_{b}", f"mean(V, {a}) / mean(V, {b})", _INPUTS, b, "ratio", MURPHY,
            _volume_ratio, short=a, long=b,
        )
        for a, b in ((20, 60), (20, 120))
    ),
    *(
        _one(
            f"volume_surge_{n}", f"log of V over its mean of the {n} days before that traded",
            _INPUTS, n // 2 + 1, "log ratio", SHOCKS, _surge, days=n,
        )
        for n in (5, 20, 60)
    ),
    *_several(
        "volume_percentile", (10, 20, 60, 120), "share of the last {n} days with a lower V",
        _INPUTS, 0, "share, 0 to 1", SHOCKS, _percentile,
    ),
    *(
        _one(
            f"volume_variability_{n}", f"std(V) / mean(V) of the traded days of {n}", _INPUTS,
            n // 2, "ratio",
            VARIABILITY,
            _variability, days=n,
        )
        for n in (20, 60)
    ),
    *(
        _one(
            f"volume_slope_{n}", f"least-squares slope of log V over {n} days, those that traded",
            _INPUTS, n // 2, "log ratio a day", MURPHY, _slope, days=n,
        )
        for n in (10, 20, 60)
    ),
    _one(
        "amount_deviation", "(log A - mean) / std of log A over 60 days, A the amount; at least 20",
        ("amount", "suspended"), 20, "standard deviations", SHOCKS, _amount_deviation,
    ),
)  # fmt: skip
