"""Everything that is drawn before there are prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.simulated import draws
from stockcast.market.simulated.accounts import Accounts
from stockcast.market.simulated.draws import Stocks, codes
from stockcast.market.simulated.drift import Announcements, Web
from stockcast.market.simulated.news import Headlines, expected_tone
from stockcast.market.simulated.payouts import Payouts
from stockcast.market.simulated.shocks import Shocks
from stockcast.market.simulated.status import status

PURPOSES = (
    "stocks", "web", "market", "sectors", "own", "halts", "payouts", "policy", "bars", "volume",
    "accounts", "headlines", "orders", "tables",
)  # fmt: skip
"""Random streams in the order they are spawned; a new effect adds its own at the end."""


@dataclass(frozen=True)
class Chance:
    """Draws and what follows from them alone; arrays (n_days, n_stocks).

    Attributes
    ----------
    age
        Trading days since listing; negative before.
    listed, special, trading
        Listed that day, under special treatment, neither suspended nor unlisted.
    announced, events
        Policy announcements with their hidden delays, and the public table of them.
    payouts
        Cash is still the company's total, bonus only a wish.
    orders
        Large orders beyond what the day's return explains, standard normal.
    tone, told
        Sum of the day's headlines' tones, and what their words let expect of it.
    """

    stocks: Stocks
    web: Web
    accounts: Accounts
    headlines: Headlines
    age: np.ndarray
    listed: np.ndarray
    special: np.ndarray
    trading: np.ndarray
    announced: Announcements
    events: pd.DataFrame
    shocks: Shocks
    payouts: Payouts
    orders: np.ndarray
    tone: np.ndarray
    told: np.ndarray

    @classmethod
    def draw(
        cls, days: pd.DatetimeIndex, n_stocks: int, streams: dict[str, np.random.Generator]
    ) -> Chance:
        """Draw from the streams of `PURPOSES`."""
        stocks = Stocks.draw(codes(n_stocks), streams["stocks"])
        accounts = Accounts.draw(days, stocks, streams["accounts"])
        headlines = Headlines.draw(days, stocks, streams["headlines"])
        age = np.arange(len(days))[:, None] - stocks.first_day
        special, gone = status(accounts, stocks.first_day, len(days))
        listed = (age >= 0) & ~gone
        announced, events = draws.announcements(days, stocks, listed, streams["policy"])
        payouts = Payouts.draw(accounts, stocks, len(days), streams["payouts"])
        halted = draws.halts(age, streams["halts"]) & ~payouts.windows(age.shape)
        trading = listed & ~halted
        return cls(
            stocks=stocks,
            web=Web.draw(n_stocks, streams["web"]),
            accounts=accounts,
            headlines=headlines,
            age=age,
            listed=listed,
            special=special & listed,
            trading=trading,
            announced=announced,
            events=events,
            shocks=Shocks.draw(
                stocks, len(days), streams["market"], streams["sectors"], streams["own"]
            ),
            payouts=payouts,
            # Where nothing trades there are no orders, and no table tells of any.
            orders=np.where(trading, streams["orders"].standard_normal(age.shape), 0.0),
            tone=_by_day(headlines, headlines.tone, age.shape),
            told=_by_day(headlines, expected_tone(headlines.grade), age.shape),
        )


def _by_day(headlines: Headlines, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Sum of the headlines' values by day and stock; those about the market count for none."""
    total = np.zeros(shape)
    there = headlines.stock >= 0
    np.add.at(total, (headlines.day[there], headlines.stock[there]), values[there])
    return total
