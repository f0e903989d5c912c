"""Features of a stock's own prices and volume.

Prices are adjusted (price x adj_factor) and enter as ratios, so the factor's level cancels.
Suspended days are carried flat: they count as days, with a return of zero.
"""

from __future__ import annotations

import polars as pl

from stockcast.features.feature import Feature

MURPHY = "Murphy, Technical Analysis of the Financial Markets (1999)"
WILDER = "Wilder, New Concepts in Technical Trading Systems (1978)"
RULES = "the exchanges' trading rules, see stockcast.market.rules"

HALF_TICK = 0.005  # yuan
RESIDUE = 1e-6  # relative to what was summed; smaller differences are rounding

_open, _high, _low, _close = (pl.col(f"adj_{name}") for name in ("open", "high", "low", "close"))
_return, _volume, _traded = pl.col("return"), pl.col("adj_volume"), pl.col("traded")


def prepare(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the working columns: adjusted prices and volume, the daily return, traded or not."""
    factor = pl.col("adj_factor")
    rows = rows.with_columns(
        *(
            (pl.col(name) * factor).alias(f"adj_{name}")
            for name in ("open", "high", "low", "close")
        ),
        adj_volume=pl.col("volume") / factor,
        traded=~pl.col("suspended"),
    )
    previous = _close.shift(1).over("code")
    return rows.with_columns(adj_previous=previous, **{"return": _close / previous - 1})


def _ratio(days: int) -> pl.Expr:
    return _close / _close.shift(days) - 1


def _deviation(days: int) -> pl.Expr:
    # Running sums leave a residue of 1e-8 after a stock stands still: no volatility at all.
    deviation = _return.rolling_std(days)
    return _if(deviation > RESIDUE, deviation, 0.0 * deviation)


def _downside() -> pl.Expr:
    square = _return.clip(upper_bound=0).pow(2).rolling_mean(20)
    return _if(square > RESIDUE**2, square.sqrt(), 0.0 * square)


def _count(hits: pl.Expr, days: int) -> pl.Expr:
    return hits.fill_null(False).cast(pl.Int32).rolling_sum(days).cast(pl.Float64)


def _gains(sign: int) -> pl.Expr:
    """Wilder's average of the rises (or falls): recursive from the stock's first stored day."""
    return (
        (sign * _return)
        .clip(lower_bound=0)
        .ewm_mean(alpha=1 / 14, adjust=False, min_samples=14, ignore_nulls=True)
    )


def _ewm(of: pl.Expr, span: int) -> pl.Expr:
    return of.ewm_mean(span=span, adjust=False, min_samples=span, ignore_nulls=True)


def _if(defined: pl.Expr, value: pl.Expr, otherwise: pl.Expr | float | None = None) -> pl.Expr:
    return pl.when(defined).then(value).otherwise(otherwise)


def _rsi() -> pl.Expr:
    moved = _gains(1) + _gains(-1)
    return _if(moved > 0, _gains(1) / moved)


def _macd() -> pl.Expr:
    line = _ewm(_close, 12) - _ewm(_close, 26)
    return (line - _ewm(line, 9)) / _close


def _bollinger() -> pl.Expr:
    mean, deviation = _close.rolling_mean(20), _close.rolling_std(20)
    return _if(deviation > RESIDUE * mean, (_close - mean) / (2 * deviation), 0.0 * mean)


def _true_range() -> pl.Expr:
    previous = pl.col("adj_previous")
    return pl.max_horizontal(_high, previous) - pl.min_horizontal(_low, previous)


def _volume_ratio() -> pl.Expr:
    ratio = _volume.rolling_mean(5) / _volume.rolling_mean(20)
    return _if(_count(_traded, 5) > 0, ratio, _if(_count(_traded, 20) > 0, 0.0 * ratio))


def _volume_return_correlation() -> pl.Expr:
    value = pl.rolling_corr(_return, _volume, window_size=20, min_samples=20)
    return _if(_count(_traded, 20) >= 10, value.clip(-1, 1))


def _amount_deviation() -> pl.Expr:
    # Suspended days and missing amounts say nothing about the usual level: left out.
    size = _if(_traded & (pl.col("amount") > 0), pl.col("amount")).log()
    deviation = size.rolling_std(60, min_samples=20)
    return _if(deviation > RESIDUE, (size - size.rolling_mean(60, min_samples=20)) / deviation)


def _illiquidity() -> pl.Expr:
    day = _if(_traded & (pl.col("amount") > 0), _return.abs() / (pl.col("amount") / 1e8))
    return day.rolling_mean(20, min_samples=10).log()


def _feature(
    name: str, formula: str, inputs: str, lookback: int, units: str, source: str, expr: pl.Expr
) -> Feature:
    return Feature(name, "technical", formula, tuple(inputs.split()), lookback, units, source, expr)


_CLOSE = "close adj_factor"
_BAR = "open high low close adj_factor"
_TREND = "Jegadeesh and Titman, Journal of Finance 48 (1993)"
_REVERSAL = "Jegadeesh, Journal of Finance 45 (1990)"

FEATURES = (
    *(
        _feature(
            f"return_{n}", f"C(t) / C(t-{n}) - 1", _CLOSE, n + 1, "fraction",
            _REVERSAL if n <= 20 else _TREND, _ratio(n),
        )
        for n in (1, 2, 5, 10, 20, 60)
    ),
    _feature(
        "momentum_120", "C(t-5) / C(t-120) - 1: the last week, where reversal lives, left out",
        _CLOSE, 121, "fraction", _TREND, _close.shift(5) / _close.shift(120) - 1,
    ),
    *(
        _feature(
            f"distance_{n}", f"C / mean(C, {n}) - 1", _CLOSE, n, "fraction", MURPHY,
            _close / _close.rolling_mean(n) - 1,
        )
        for n in (5, 20, 60)
    ),
    *(
        _feature(
            f"volatility_{n}", f"standard deviation of r over {n} days", _CLOSE, n + 1,
            "fraction a day", "Ang, Hodrick, Xing and Zhang, Journal of Finance 61 (2006)",
            _deviation(n),
        )
        for n in (5, 20, 60)
    ),
    _feature(
        "downside_20", "square root of the mean of min(r, 0)^2 over 20 days", _CLOSE, 21,
        "fraction a day", "Sortino and van der Meer, Journal of Portfolio Management 17 (1991)",
        _downside(),
    ),
    _feature(
        "rsi_14", "U / (U + D), Wilder's averages of rises and falls over 14 days", _CLOSE, 15,
        "share, 0 to 1", WILDER, _rsi(),
    ),
    _feature(
        "macd_histogram", "(M - EMA9(M)) / C with M = EMA12(C) - EMA26(C)", _CLOSE, 34,
        "fraction of the price", "Appel, Technical Analysis (2005)", _macd(),
    ),
    _feature(
        "bollinger_20", "(C - mean(C, 20)) / (2 std(C, 20)); 0 where the price stood still", _CLOSE,
        20, "half-widths of the band", "Bollinger, Bollinger on Bollinger Bands (2001)",
        _bollinger(),
    ),
    _feature(
        "true_range_14", "mean over 14 days of (max(H, C(t-1)) - min(L, C(t-1))), over C", _BAR, 15,
        "fraction of the price", WILDER,
        _if(pl.col("adj_previous").is_not_null(), _true_range()).rolling_mean(14) / _close,
    ),
    _feature(
        "range_1", "(H - L) / C", _BAR, 1, "fraction of the price",
        "Parkinson, Journal of Business 53 (1980)", (_high - _low) / _close,
    ),
    _feature(
        "close_position", "(C - L) / (H - L); 1/2 on a day without range", _BAR, 1, "share, 0 to 1",
        MURPHY, _if(_high > _low, (_close - _low) / (_high - _low), 0.5),
    ),
    _feature(
        "volume_ratio", "mean(V, 5) / mean(V, 20); none without a trade in 20 days",
        "volume adj_factor suspended", 20, "ratio", MURPHY,
        _volume_ratio(),
    ),
    _feature(
        "volume_return_20", "correlation of r and V over 20 days, 10 of them traded",
        "close volume adj_factor suspended", 21, "correlation",
        "Karpoff, Journal of Financial and Quantitative Analysis 22 (1987)",
        _volume_return_correlation(),
    ),
    _feature(
        "amount_deviation", "(log A - mean) / std of log A over 60 days, A the amount; at least 20",
        "amount suspended", 20, "standard deviations",
        "Gervais, Kaniel and Mingelgrin, Journal of Finance 56 (2001)", _amount_deviation(),
    ),
    _feature(
        "illiquidity_20", "log of the mean over 20 days of |r| per 100 million yuan traded",
        "close adj_factor amount suspended", 11, "log of fraction per 100 million yuan",
        "Amihud, Journal of Financial Markets 5 (2002)", _illiquidity(),
    ),
    _feature(
        "gap", "O / pre_close - 1, both as traded", "open pre_close", 1, "fraction",
        "Lou, Polk and Skouras, Journal of Financial Economics 134 (2019)",
        pl.col("open") / pl.col("pre_close") - 1,
    ),
    _feature(
        "limit_up_20", "days of the last 20 that closed at limit-up", "close limit_up suspended",
        20, "days", RULES,
        _count(_traded & (pl.col("close") > pl.col("limit_up") - HALF_TICK), 20),
    ),
    _feature(
        "limit_down_20", "days of the last 20 that closed at limit-down",
        "close limit_down suspended", 20, "days", RULES,
        _count(_traded & (pl.col("close") < pl.col("limit_down") + HALF_TICK), 20),
    ),
    _feature(
        "suspended_20", "days of the last 20 without a trade", "suspended", 20, "days", RULES,
        _count(~_traded, 20),
    ),
)  # fmt: skip
