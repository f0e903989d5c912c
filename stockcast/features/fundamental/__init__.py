"""Features of statements and valuation, as published by the day."""

from stockcast.features.fundamental import (
    efficiency,
    enterprise,
    growth,
    market_share,
    payout,
    profitability,
    quality,
    reported,
    solvency,
    timeliness,
    valuation,
)

MODULES = (
    profitability, solvency, efficiency, growth, quality, valuation, enterprise, payout,
    market_share, timeliness, reported,
)  # fmt: skip
