"""Features of the market around a stock: flows, lists, options, breadth, sectors."""

from stockcast.features.market import (
    breadth,
    fear,
    flows,
    foreign,
    lists,
    margin,
    options,
    ranks,
    rates,
    relative,
    sectors,
)

MODULES = (
    relative, ranks, breadth, fear, sectors, flows, foreign, margin, lists, options, rates,
)  # fmt: skip
