"""A market whose truth is known, over the Shanghai exchange's real calendar.

`simulate` makes it; its tables are those of `stockcast.market.tables`.
"""

from stockcast.market.simulated.draws import codes
from stockcast.market.simulated.drift import Strengths
from stockcast.market.simulated.market import Market, simulate
from stockcast.market.simulated.montecarlo import monte_carlo
from stockcast.market.simulated.truth import Truth

__all__ = ["Market", "Strengths", "Truth", "codes", "monte_carlo", "simulate"]
