"""The simulated market's chance: everything that is drawn before there are prices.

Arrays over days are drawn row by row, a row per day, each array from a stream of its own: the
draws of the first days do not depend on how many days follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.simulated.drift import DELAYS, Announcements

SECTORS = (
    "银行", "食品饮料", "医药生物", "机械设备", "基础化工", "房地产", "电子", "公用事业",
)  # fmt: skip
"""Banks, food and drink, health, machinery, chemicals, property, electronics, utilities."""

OWN_VOLATILITY = 0.0258
"""Standard deviation of a stock's own daily returns, the median stock's."""
FIRST_PRICE = 25.0
"""Median first price, yuan."""
LATE_SHARE, LATE_DAYS = 0.15, (20, 240)
"""Share of stocks that list after the first day, and how many trading days after (within a year,
so that a run of one year holds them all)."""
CHINEXT_SHARE, CHINEXT_OPENED = 0.15, np.datetime64("2009-10-30")
"""Share of stocks on the ChiNext board; none of them listed before it opened."""
FLOATING = (0.35, 1.0)
"""Smallest and largest share of a company's shares that floats."""
HALTS = ((0.0012, 8), (0.0006, 60))
"""Chance a day that a stock is suspended, and for how many days on average: for a notice, or for
a restructuring."""
EVENT_GAP = (25, 60)
"""Fewest and most trading days between two announcements: about six a year."""
THEMED = (0.08, 0.15)
"""Smallest and largest share of the listed stocks that an announcement concerns."""
THEME_LEAN = 0.15
"""How strongly an announcement leans to its own sector (0: not at all, 1: only to it)."""


@dataclass(frozen=True)
class Stocks:
    """What a stock is born with; arrays of shape (n_stocks,).

    `board` is `main` or `chinext`; `first_day` is the position of the listing day, negative for
    stocks listed before the first day; `shares` is the float on the first day and `total_shares`
    all shares then (bonus shares raise both alike, see `Path.shares`); `turnover` is the usual
    share of the float traded a day.
    """

    codes: np.ndarray
    board: np.ndarray
    sector: np.ndarray
    beta: np.ndarray
    volatility: np.ndarray
    first_price: np.ndarray
    shares: np.ndarray
    total_shares: np.ndarray
    turnover: np.ndarray
    first_day: np.ndarray

    @classmethod
    def draw(cls, codes: list[str], rng: np.random.Generator) -> Stocks:
        """Random stocks under the given codes."""
        n = len(codes)
        more = rng.spawn(1)[0]
        late = rng.random(n) < LATE_SHARE
        shares = np.round(np.exp(rng.normal(np.log(5e8), 0.8, n)), -2)
        return cls(
            codes=np.array(codes, dtype=object),
            board=np.where([code.startswith("3") for code in codes], "chinext", "main").astype(
                object
            ),
            sector=rng.permutation(np.arange(n) % len(SECTORS)),
            beta=np.clip(rng.normal(1.0, 0.25, n), 0.4, 1.8),
            volatility=OWN_VOLATILITY * np.exp(rng.normal(0, 0.2, n)),
            first_price=np.round(FIRST_PRICE * np.exp(rng.normal(0, 0.4, n)), 2),
            shares=shares,
            total_shares=np.round(shares / more.uniform(*FLOATING, n), -2),
            turnover=0.012 * np.exp(rng.normal(0, 0.4, n)),
            first_day=np.where(late, rng.integers(*LATE_DAYS, n), -rng.integers(250, 4000, n)),
        )


def codes(n_stocks: int) -> list[str]:
    """Codes of the simulated stocks, ascending: main board in both cities, and ChiNext."""
    chinext = round(CHINEXT_SHARE * n_stocks)
    shenzhen = (n_stocks - chinext) // 2
    names = [f"{number:06d}.SZ" for number in range(1, shenzhen + 1)]
    names += [f"{300000 + number}.SZ" for number in range(1, chinext + 1)]
    return names + [f"{600000 + n}.SH" for n in range(1, n_stocks - shenzhen - chinext + 1)]


def halts(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whether a stock is suspended, (n_days, n_stocks) as `age`.

    Never on its listing day, and not on the first day of all: no table would tell its price.
    """
    halted = np.zeros(age.shape, dtype=bool)
    for (chance, mean), (begin, last) in zip(HALTS, _pairs(rng), strict=True):
        starts = (begin.random(age.shape) < chance) & (age > 0)
        starts[0] = False
        length = last.geometric(1 / mean, age.shape)
        for day, stock in np.argwhere(starts):
            halted[day : day + length[day, stock], stock] = True
    return halted


def halts_after(
    halted: np.ndarray, n_days: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Suspensions on the `n_days` after the last row of `halted`, (n_days, draws, n_stocks).

    The longer a stock has been suspended, the longer it will be.
    """
    begin, last = rng.spawn(2)
    n_stocks = halted.shape[1]
    run = np.where(halted.all(axis=0), len(halted), np.argmin(halted[::-1], axis=0))
    chance, mean = np.array(HALTS).T[..., None]
    weight = chance * (1 - 1 / mean) ** run
    resumes = (weight / mean).sum(axis=0) / weight.sum(axis=0)
    starts = begin.random((n_days, draws, n_stocks)) < chance.sum()
    stays = last.random((n_days, draws, n_stocks)) >= resumes
    now, made = halted[-1], []
    for start, stay in zip(starts, stays, strict=True):
        now = np.where(now, stay, start)
        made.append(now)
    return np.array(made)


def _pairs(rng: np.random.Generator) -> list[list[np.random.Generator]]:
    return [child.spawn(2) for child in rng.spawn(len(HALTS))]


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
