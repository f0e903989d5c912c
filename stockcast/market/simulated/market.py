"""A market whose truth is known: simulated quotes over the Shanghai exchange's calendar.

Daily return = premium + beta x market + sector + own shock + drift. Shocks are Student-t, the
market's and the stocks' own with GARCH(1,1) volatility (`shocks`); `drift` plants the drift. Closes
move by whole ticks between the day's limits (`prices`). Whatever can be drawn before there are
prices is (`chance`): accounts, headlines, announcements, suspensions, orders.

Every purpose has its own random stream, filled day by day: a longer simulation begins with the
shorter one, and a strength changes no draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market import rules
from stockcast.market.simulated import catalogue, drift, quotes
from stockcast.market.simulated.chance import PURPOSES, Chance
from stockcast.market.simulated.draws import Stocks, codes
from stockcast.market.simulated.drift import Strengths, Web
from stockcast.market.simulated.oracle import Hidden
from stockcast.market.simulated.payouts import Payouts
from stockcast.market.simulated.prices import Conditions, Path, simulate_path
from stockcast.market.simulated.truth import Truth, truth
from stockcast.market.simulated.world import World

__all__ = ["Market", "Strengths", "codes", "simulate"]


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
    hidden
        What made the quotes: never public.
    world
        What the tables are made from.
    """

    panel: pd.DataFrame
    benchmark: pd.DataFrame
    links: pd.DataFrame
    events: pd.DataFrame
    hidden: Hidden
    world: World
    _seed: np.random.SeedSequence = field(repr=False)
    _made: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def table(self, name: str) -> pd.DataFrame:
        """A table of `stockcast.market.tables.TABLES`, made when first asked for.

        Raises
        ------
        InputError
            For another name.
        """
        if name not in self._made:
            self._made[name] = catalogue.make(name, self.world, self._seed)
        return self._made[name]

    def truth(self, horizon: int) -> Truth:
        """What could have been known of the label over `horizon` trading days.

        The label is the return from the close of t+1 to the close of t+1+horizon. What the closed
        form leaves out: see `stockcast.market.simulated.oracle`.

        Raises
        ------
        InputError
            For a horizon below 1.
        """
        if horizon < 1:
            raise InputError("horizon", "must be at least 1", horizon)
        return truth(self.hidden, horizon)


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
    days = pd.DatetimeIndex(days, freq=None).as_unit("us").rename(None)
    streams = dict(zip(PURPOSES, rng.spawn(len(PURPOSES)), strict=True))
    made = Chance.draw(days, n_stocks, streams)
    path, payouts = simulate_path(made, _conditions(days, made, strengths), strengths)
    world = _world(days, made, path, payouts, streams)
    hidden = Hidden(
        path.moves, made.listed, made.trading, path.standing, path.since, made.orders, made.tone,
        made.told, made.web, made.announced, strengths, world, made.shocks,
    )  # fmt: skip
    return Market(
        panel=quotes.panel(world),
        benchmark=quotes.index(days, path, world.member),
        links=_links(made.web, made.stocks, made.age[-1] >= 0),
        events=made.events,
        hidden=hidden,
        world=world,
        _seed=streams["tables"].bit_generator.seed_seq,
    )


def _conditions(days: pd.DatetimeIndex, made: Chance, strengths: Strengths) -> Conditions:
    """What the days bring whatever the prices."""
    ratio = rules.limit_ratio(
        made.stocks.board, made.special, days.to_numpy()[:, None], np.maximum(made.age, 0)
    )
    planted = drift.policy(made.announced, made.age.shape, 0, strengths.policy, delay_known=True)
    planted += drift.flow(made.orders, 0, strengths.flow)
    planted += drift.news(made.tone, 0, strengths.news)
    counts = made.trading & (made.age > 0)
    return Conditions(made.trading, counts, ratio.up, ratio.down, made.shocks.total, planted)


def _world(
    days: pd.DatetimeIndex,
    made: Chance,
    path: Path,
    payouts: Payouts,
    streams: dict[str, np.random.Generator],
) -> World:
    """Bars and volume around the closes, and the index's members."""
    volatility = made.shocks.volatility
    opened, high, low = quotes.bars(path, volatility, streams["bars"])
    volume = quotes.volumes(path, made.stocks, volatility, streams["volume"])
    return World(
        days=days,
        stocks=made.stocks,
        listed=made.listed,
        special=made.special,
        member=quotes.members(days, path, made.age, made.listed, made.special),
        path=path,
        payouts=payouts,
        open=opened,
        high=high,
        low=low,
        volume=volume,
        amount=np.round(volume * (opened + high + low + path.close) / 4, 2),
        volatility=volatility,
        market_volatility=made.shocks.market_volatility[:, 0],
        accounts=made.accounts,
        headlines=made.headlines,
        orders=made.orders,
    )


def _links(web: Web, stocks: Stocks, there: np.ndarray) -> pd.DataFrame:
    """Links between stocks that are listed by the last day."""
    table = pd.DataFrame(
        {
            "leader": pd.array(stocks.codes[web.leader], dtype="str"),
            "follower": pd.array(stocks.codes[web.follower], dtype="str"),
            "lag": web.lag,
            "public": web.public,
        }
    )
    both = there[web.leader] & there[web.follower]
    return table[both].sort_values(["leader", "follower", "lag"], ignore_index=True)
