"""A market whose truth is known: simulated quotes over the Shanghai exchange's calendar.

Daily return = premium + beta x market + sector + own shock + drift. Shocks are Student-t, the
market's and the stocks' own with GARCH(1,1) volatility (`draws.py`); the drift is what `drift.py`
plants. Closes move by whole ticks between the day's limits (`prices.py`); what a limit or the tick
cuts off is discarded, because carrying it into the next day would plant momentum of its own.

Every purpose has its own random stream, filled day by day: a longer simulation begins with the
shorter one, and a strength changes no draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market import draws, quotes
from stockcast.market.drift import Strengths, Web, policy
from stockcast.market.oracle import Truth, expected_label
from stockcast.market.prices import Payouts, simulate_path

__all__ = ["Market", "Strengths", "codes", "simulate"]

PURPOSES = (
    "stocks", "web", "market", "sectors", "own", "halts", "payouts", "policy", "bars", "volume",
)  # fmt: skip
"""Random streams in the order they are spawned; a new effect adds its own at the end."""


@dataclass(frozen=True)
class Market:
    """The tables of a simulated market.

    Parameters
    ----------
    panel
        One row per trading day and listed stock, sorted by date and code: the panel's columns
        and `sector`.
    benchmark
        `date`, `close`: price index of the members, weighted by float; 1000 on the first day.
    links
        `leader`, `follower`, `lag` (trading days), `public`. Rows with `public` false are hidden
        truth, for judging afterwards: a feature that uses them leaks.
    events
        `date` (public by that day's close), `event`, `code`, `strength`.
    truth
        What made the quotes.
    """

    panel: pd.DataFrame
    benchmark: pd.DataFrame
    links: pd.DataFrame
    events: pd.DataFrame
    truth: Truth

    def oracle(self, horizon: int) -> pd.DataFrame:
        """Expected label given what was public at each close, and given the hidden truth as well.

        Parameters
        ----------
        horizon
            Trading days held, from the close of t+1 to the close of t+1+horizon.

        Returns
        -------
        DataFrame
            `date`, `code`, `horizon`, `oracle`, `omniscient` (fractions), one row for each of the
            panel's. What the closed form leaves out: see `stockcast.market.oracle`.

        Raises
        ------
        InputError
            For a horizon below 1.
        """
        if horizon < 1:
            raise InputError("horizon", "must be at least 1", horizon)
        rows = np.nonzero(self.truth.listed)
        table = self.panel[["date", "code"]].assign(horizon=horizon)
        table["oracle"] = expected_label(self.truth, horizon)[rows]
        table["omniscient"] = expected_label(self.truth, horizon, omniscient=True)[rows]
        return table


def codes(n_stocks: int) -> list[str]:
    """Codes of the simulated stocks, ascending: main-board numbers, half of them in each city."""
    shenzhen = n_stocks // 2
    names = [f"{number:06d}.SZ" for number in range(1, shenzhen + 1)]
    return names + [f"{600000 + number}.SH" for number in range(1, n_stocks - shenzhen + 1)]


def simulate(
    days: pd.DatetimeIndex, n_stocks: int, strengths: Strengths, rng: np.random.Generator
) -> Market:
    """Simulate a market.

    Parameters
    ----------
    days
        Trading days, ascending.
    n_stocks
        Stocks, 5 to 1,000. Some list only after the first day.
    strengths
        Multiples of the planted effects.
    rng
        Source of every draw. With generators in the same state, `simulate(days[:k], ...)` is the
        first k days of `simulate(days, ...)`.

    Returns
    -------
    Market
        Same generator state, same bits.

    Raises
    ------
    InputError
        For no days, days out of order, or a number of stocks outside its range.

    Notes
    -----
    GARCH(1,1): Bollerslev (1986). Short-term reversal: Jegadeesh (1990); momentum: Jegadeesh and
    Titman (1993); lead-lag between related stocks: Lo and MacKinlay (1990).
    """
    if len(days) == 0 or not days.is_monotonic_increasing or not days.is_unique:
        raise InputError("days", "must be at least one trading day, ascending", len(days))
    if not 5 <= n_stocks <= 1000:
        raise InputError("n_stocks", "must lie between 5 and 1000", n_stocks)
    streams = dict(zip(PURPOSES, rng.spawn(len(PURPOSES)), strict=True))
    days = pd.DatetimeIndex(days, freq=None).as_unit("us").rename(None)
    stocks = draws.Stocks.draw(codes(n_stocks), streams["stocks"])
    web = Web.draw(n_stocks, streams["web"])
    age = np.arange(len(days))[:, None] - stocks.first_day
    listed = age >= 0
    announced, events = draws.announcements(days, stocks, listed, streams["policy"])
    shocks, volatility = draws.shocks(
        stocks, len(days), streams["market"], streams["sectors"], streams["own"]
    )
    path = simulate_path(
        days,
        stocks,
        age,
        halted=draws.halts(age, streams["halts"]),
        shocks=shocks,
        policy=policy(announced, age.shape, 0, strengths.policy, delay_known=True),
        web=web,
        strengths=strengths,
        payouts=Payouts.draw(days, n_stocks, streams["payouts"]),
    )
    member = quotes.members(days, path, age)
    panel = quotes.panel(
        days, stocks, path, age, member,
        ohl=quotes.bars(path, volatility, streams["bars"]),
        volume=quotes.volumes(path, stocks, volatility, streams["volume"]),
    )  # fmt: skip
    truth = Truth(path.moves, listed, path.trading, web, announced, strengths)
    benchmark, links = quotes.index(days, path, member), _links(web, stocks, listed)
    return Market(panel, benchmark, links, events, truth)


def _links(web: Web, stocks: draws.Stocks, listed: np.ndarray) -> pd.DataFrame:
    """Links between stocks that are listed by the last day."""
    table = pd.DataFrame(
        {
            "leader": pd.array(stocks.codes[web.leader], dtype="str"),
            "follower": pd.array(stocks.codes[web.follower], dtype="str"),
            "lag": web.lag,
            "public": web.public,
        }
    )
    there = listed[-1, web.leader] & listed[-1, web.follower]
    return table[there].sort_values(["leader", "follower", "lag"], ignore_index=True)
