"""The simulated market's unforeseeable returns: market, sectors and own, with GARCH volatility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockcast.market.simulated.draws import SECTORS, Stocks

MARKET_VOLATILITY, SECTOR_VOLATILITY = 0.0195, 0.008
"""Standard deviations of a day's returns; a stock's own is in `Stocks.volatility`."""
PREMIUM = 0.0004
"""Mean return of a day, every stock's alike; about what volatility takes from a median price."""
FREEDOM = 5.5
"""Degrees of freedom of the Student-t shocks."""
MARKET_ARCH, MARKET_GARCH = 0.09, 0.902
OWN_ARCH, OWN_GARCH = 0.14, 0.853
WILDEST = 3.5
"""A day's standard deviation is at most this multiple of the usual one."""


@dataclass(frozen=True)
class Shocks:
    """Returns but for their drift, and what they were drawn with; fractions.

    Attributes
    ----------
    total, volatility
        The returns and their standard deviations, (n_days, n_stocks).
    market, market_volatility
        The market factor and its standard deviation, (n_days, 1).
    own, own_volatility
        The stocks' own parts, (n_days, n_stocks).
    """

    total: np.ndarray
    volatility: np.ndarray
    market: np.ndarray
    market_volatility: np.ndarray
    own: np.ndarray
    own_volatility: np.ndarray

    @classmethod
    def draw(
        cls,
        stocks: Stocks,
        n_days: int,
        market: np.random.Generator,
        sectors: np.random.Generator,
        own: np.random.Generator,
    ) -> Shocks:
        """Random shocks; every array has a stream of its own, filled day by day."""
        common = _garch(_student(market, (n_days, 1)), *_market_law(), MARKET_VOLATILITY**2)
        sector = _student(sectors, (n_days, len(SECTORS)))
        single = _garch(
            _student(own, (n_days, len(stocks.codes))), *_own_law(stocks), stocks.volatility**2
        )
        total, volatility = _sum(stocks, *common, sector, *single)
        return cls(total, volatility, *common, *single)

    def after(
        self, day: int, stocks: Stocks, n_days: int, draws: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Fresh shocks of the `n_days` that follow `day`, (n_days, draws, n_stocks)."""
        market, sectors, own = rng.spawn(3)
        law, single = _market_law(), _own_law(stocks)
        common = _garch(
            _student(market, (n_days, draws, 1)), *law,
            _next(self.market[day], self.market_volatility[day] ** 2, *law),
        )  # fmt: skip
        alone = _garch(
            _student(own, (n_days, draws, len(stocks.codes))), *single,
            _next(self.own[day], self.own_volatility[day] ** 2, *single),
        )  # fmt: skip
        return _sum(stocks, *common, _student(sectors, (n_days, draws, len(SECTORS))), *alone)[0]


def _market_law() -> tuple[float, float, float]:
    return MARKET_VOLATILITY, MARKET_ARCH, MARKET_GARCH


def _own_law(stocks: Stocks) -> tuple[np.ndarray, float, float]:
    return stocks.volatility, OWN_ARCH, OWN_GARCH


def _sum(
    stocks: Stocks,
    market: np.ndarray,
    market_sd: np.ndarray,
    sector: np.ndarray,
    own: np.ndarray,
    own_sd: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns and their standard deviations."""
    total = PREMIUM + stocks.beta * market + own
    total += SECTOR_VOLATILITY * sector[..., stocks.sector]
    variance = (stocks.beta * market_sd) ** 2 + SECTOR_VOLATILITY**2 + own_sd**2
    return total, np.sqrt(variance)


def _student(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Student-t draws scaled to variance 1."""
    return rng.standard_t(FREEDOM, shape) * np.sqrt((FREEDOM - 2) / FREEDOM)


def _garch(
    innovations: np.ndarray,
    usual: float | np.ndarray,
    arch: float,
    garch: float,
    variance: float | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """GARCH(1,1) shocks and their standard deviations, from innovations of variance 1.

    `variance` is the first day's.
    """
    made, deviations = np.empty_like(innovations), np.empty_like(innovations)
    for day, innovation in enumerate(innovations):
        deviations[day] = np.sqrt(variance)
        made[day] = deviations[day] * innovation
        variance = _next(made[day], variance, usual, arch, garch)
    return made, deviations


def _next(
    shock: np.ndarray,
    variance: float | np.ndarray,
    usual: float | np.ndarray,
    arch: float,
    garch: float,
) -> np.ndarray:
    """The next day's variance."""
    new = (1 - arch - garch) * usual**2 + arch * shock**2 + garch * variance
    return np.minimum(new, (WILDEST * usual) ** 2)
