"""The simulated market's chance: everything that is drawn before there are prices.

Arrays over days are drawn row by row, a row per day, each array from a stream of its own: the
draws of the first days do not depend on how many days follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.drift import DELAYS, Announcements

SECTORS = (
    "banks", "consumer", "health", "machinery", "materials", "property", "technology", "utilities",
)  # fmt: skip

MARKET_VOLATILITY, SECTOR_VOLATILITY, OWN_VOLATILITY = 0.012, 0.005, 0.02
"""Standard deviations of a day's returns."""
PREMIUM = 0.0003
"""Mean return of a day, every stock's alike; about what volatility takes from a median price."""
FREEDOM = 5.0
"""Degrees of freedom of the Student-t shocks."""
ARCH, GARCH = 0.06, 0.92

FIRST_PRICE = 25.0
"""Median first price, yuan."""
LATE_SHARE, LATE_DAYS = 0.15, (20, 240)
"""Share of stocks that list after the first day, and how many trading days after (within a year,
so that a run of one year holds them all)."""
HALTS_A_DAY, HALT_DAYS = 0.0012, 8
"""Chance that a stock is suspended, and for how many days on average."""
EVENT_GAP = (25, 60)
"""Fewest and most trading days between two announcements: about six a year."""
THEMED = (0.08, 0.15)
"""Smallest and largest share of the listed stocks that an announcement concerns."""
THEME_LEAN = 0.15
"""How strongly an announcement leans to its own sector (0: not at all, 1: only to it)."""


@dataclass(frozen=True)
class Stocks:
    """What a stock is born with; arrays of shape (n_stocks,).

    `first_day` is the position of the listing day, negative for stocks listed before the first
    day; `shares` is the float; `turnover` the usual share of it traded a day.
    """

    codes: np.ndarray
    sector: np.ndarray
    beta: np.ndarray
    volatility: np.ndarray
    first_price: np.ndarray
    shares: np.ndarray
    turnover: np.ndarray
    first_day: np.ndarray

    @classmethod
    def draw(cls, codes: list[str], rng: np.random.Generator) -> Stocks:
        """Random stocks under the given codes."""
        n = len(codes)
        late = rng.random(n) < LATE_SHARE
        return cls(
            codes=np.array(codes, dtype=object),
            sector=rng.permutation(np.arange(n) % len(SECTORS)),
            beta=np.clip(rng.normal(1.0, 0.25, n), 0.4, 1.8),
            volatility=OWN_VOLATILITY * np.exp(rng.normal(0, 0.2, n)),
            first_price=np.round(FIRST_PRICE * np.exp(rng.normal(0, 0.4, n)), 2),
            shares=np.round(np.exp(rng.normal(np.log(5e8), 0.8, n)), -2),
            turnover=0.012 * np.exp(rng.normal(0, 0.4, n)),
            first_day=np.where(late, rng.integers(*LATE_DAYS, n), -rng.integers(250, 4000, n)),
        )


def shocks(
    stocks: Stocks,
    n_days: int,
    market: np.random.Generator,
    sectors: np.random.Generator,
    own: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns but for their drift, and the standard deviation each day's were drawn with.

    Returns
    -------
    shocks, volatility
        Both (n_days, n_stocks), fractions.
    """
    common, common_sd = _garch(_student(market, (n_days, 1)), np.array([MARKET_VOLATILITY]))
    sector = SECTOR_VOLATILITY * _student(sectors, (n_days, len(SECTORS)))
    single, single_sd = _garch(_student(own, (n_days, len(stocks.codes))), stocks.volatility)
    total = PREMIUM + stocks.beta * common + sector[:, stocks.sector] + single
    variance = (stocks.beta * common_sd) ** 2 + SECTOR_VOLATILITY**2 + single_sd**2
    return total, np.sqrt(variance)


def _student(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Student-t draws scaled to variance 1."""
    return rng.standard_t(FREEDOM, shape) * np.sqrt((FREEDOM - 2) / FREEDOM)


def _garch(innovations: np.ndarray, usual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """GARCH(1,1) shocks and their standard deviations, from innovations of variance 1."""
    made, deviations = np.empty_like(innovations), np.empty_like(innovations)
    variance = usual**2
    for day, innovation in enumerate(innovations):
        deviations[day] = np.sqrt(variance)
        made[day] = deviations[day] * innovation
        variance = (1 - ARCH - GARCH) * usual**2 + ARCH * made[day] ** 2 + GARCH * variance
    return made, deviations


def halts(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whether a stock is suspended, (n_days, n_stocks) as `age`; never on its listing day."""
    begin, last = rng.spawn(2)
    starts = (begin.random(age.shape) < HALTS_A_DAY) & (age > 0)
    length = last.geometric(1 / HALT_DAYS, age.shape)
    halted = np.zeros(age.shape, dtype=bool)
    for day, stock in np.argwhere(starts):
        halted[day : day + length[day, stock], stock] = True
    return halted


def announcements(
    days: pd.DatetimeIndex, stocks: Stocks, listed: np.ndarray, rng: np.random.Generator
) -> tuple[Announcements, pd.DataFrame]:
    """Policy announcements, and the public table of them.

    Returns
    -------
    Announcements
        With the delays that are never public.
    DataFrame
        `date`, `event`, `code`, `strength`, sorted by date and code.
    """
    shape, n_days = listed.shape, len(days)
    gaps, shares, sectors, affinities, strengths, delays = rng.spawn(6)
    when = np.cumsum(gaps.integers(*EVENT_GAP, n_days, endpoint=True))
    share = shares.uniform(*THEMED, n_days)
    sector = sectors.integers(0, len(SECTORS), n_days)
    affinity = affinities.random(shape) + THEME_LEAN * (stocks.sector == sector[:, None])
    strength = np.round(strengths.uniform(0.5, 1.5, shape), 2)
    delay = delays.integers(0, DELAYS, shape)
    where, names = [], []
    for number, day in enumerate(when[when < n_days], start=1):
        count = max(1, round(share[day] * listed[day].sum()))
        order = np.argsort(np.where(listed[day], -affinity[day], np.inf), kind="stable")
        where += [(day, stock) for stock in np.sort(order[:count])]
        names += [f"New Area {number}"] * count
    day, stock = np.array(where, dtype=int).reshape(-1, 2).T
    announced = Announcements(day, stock, strength[day, stock], delay[day, stock])
    table = pd.DataFrame(
        {
            "date": days[day],
            "event": pd.array(names, dtype="str"),
            "code": pd.array(stocks.codes[stock], dtype="str"),
            "strength": announced.strength,
        }
    )
    return announced, table
