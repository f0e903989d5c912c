"""Features of a stock's own prices and volume, adjusted; suspended days are carried flat."""

from stockcast.features.technical import (
    bars,
    extremes,
    liquidity,
    nights,
    oscillators,
    ranges,
    returns,
    rules,
    trend,
    volatility,
    volume,
    volume_price,
)

MODULES = (
    returns, trend, extremes, oscillators, volatility, ranges, bars, nights, volume,
    volume_price, liquidity, rules,
)  # fmt: skip
