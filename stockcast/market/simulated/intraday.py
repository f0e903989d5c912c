"""The simulated market within a day: the provisional bar that a running session has made so far.

Prices walk from the open to the close by way of the day's high and low, minute by minute, and are
the daily bar's own at the end. The walk is made from the day's bar alone, so that it tells nothing
of other days; its chance is seeded by the date, so that every reader sees the same session.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.errors import InputError

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

MINUTES = 240
"""Minutes of a session: 09:30 to 11:30 and 13:00 to 15:00."""
OPENINGS, CLOSINGS = (9 * 60 + 30, 13 * 60), (11 * 60 + 30, 15 * 60)
ROUGHNESS = 0.4
"""Standard deviation of the walk around its straight course, as a share of the day's range."""
AUCTION, ENDS = 0.02, 2.0
"""Share of the volume in the opening auction; how much busier both ends are than the middle."""


def session_share(time: dt.time | dt.datetime) -> float:
    """Share of the session that has passed: 0 until 09:30, .5 at lunch, 1 from 15:00.

    Parameters
    ----------
    time
        Shanghai time; of a datetime only the time of day counts.
    """
    minute = time.hour * 60 + time.minute + time.second / 60 + time.microsecond / 6e7
    passed = (
        min(max(minute - opening, 0), closing - opening)
        for opening, closing in zip(OPENINGS, CLOSINGS, strict=True)
    )
    return sum(passed) / MINUTES


def bar_at(world: World, day: int, share: float) -> pd.DataFrame:
    """The bar of each trading stock as it stands when `share` of the session has passed.

    Parameters
    ----------
    day
        Position of the trading day.
    share
        Above 0, at most 1, as from `session_share`; prices and volumes change each minute.

    Returns
    -------
    DataFrame
        `code`, `open`, `high`, `low`, `last`, `volume`, `amount`, `pre_close`, sorted by code;
        yuan and shares. The open is fixed, the high only rises, the low only falls, volume (whole
        lots) and amount (whole yuan) only rise, and at 1 all are the day's bar. Until then they
        are provisional: `last` is no close.

    Raises
    ------
    InputError
        For a share outside (0, 1].
    """
    if not 0 < share <= 1:
        raise InputError("share", "must be above 0, at most 1", share, "before 09:30 no bar exists")
    there = np.flatnonzero(world.path.trading[day])
    bar = {name: getattr(world, name)[day, there] for name in ("open", "high", "low")}
    bar["close"] = world.path.close[day, there]
    rng = stream(int(world.days[day].strftime("%Y%m%d")), "intraday")
    walk_rng, volume_rng = rng.spawn(2)
    price = _walk(bar, walk_rng, there, world.volume.shape[1])
    volume, amount = world.volume[day, there], world.amount[day, there]
    lots = _lots(volume, volume_rng, there, world.volume.shape[1])
    spent = _spent(price, lots, amount)
    minute = int(np.floor(share * MINUTES + 1e-9))
    return pd.DataFrame(
        {
            "code": pd.array(world.stocks.codes[there], dtype="str"),
            "open": bar["open"],
            "high": price[: minute + 1].max(axis=0),
            "low": price[: minute + 1].min(axis=0),
            "last": price[minute],
            "volume": lots[: minute + 1].sum(axis=0) * 100,
            "amount": amount if minute == MINUTES else np.rint(spent[minute]),
            "pre_close": world.path.reference[day, there],
        }
    )


def _walk(
    bar: dict[str, np.ndarray], rng: np.random.Generator, stocks: np.ndarray, n_stocks: int
) -> np.ndarray:
    """Prices at the open and after each minute, (MINUTES + 1, n), on the tick between low and high.

    Each stock turns at two minutes of its own: at its high and its low, in either order.
    """
    high, low = bar["high"], bar["low"]
    turns = np.sort(rng.random((n_stocks, 2)), axis=1)[stocks]
    up_first = rng.random(n_stocks)[stocks] < 0.5
    noise = rng.standard_normal((MINUTES, n_stocks))[:, stocks]
    first, second = 1 + np.floor(turns.T * (MINUTES - 2)).astype(int)
    second = np.maximum(second, first + 1)
    clock = np.arange(MINUTES + 1)[:, None]
    one, other = np.where(up_first, [high, low], [low, high])
    minutes = (np.zeros_like(first), first, second, np.full_like(first, MINUTES))
    knots = zip(minutes, (bar["open"], one, other, bar["close"]), strict=True)
    walk = np.concatenate([np.zeros((1, len(stocks))), np.cumsum(noise, axis=0)])
    walk *= ROUGHNESS * (high - low) / np.sqrt(MINUTES)
    price = np.empty(walk.shape)
    column = np.arange(len(stocks))
    for (start, from_), (end, to) in pairwise(knots):
        share = (clock - start) / np.maximum(end - start, 1)
        # A bridge: the walk less its own straight course between the two knots.
        bent = walk - walk[start, column] * (1 - share) - walk[end, column] * share
        course = from_ + (to - from_) * share + bent
        price = np.where((clock >= start) & (clock <= end), course, price)
    return np.clip(np.round(price, 2), low, high)


def _lots(
    volume: np.ndarray, rng: np.random.Generator, stocks: np.ndarray, n_stocks: int
) -> np.ndarray:
    """Lots of 100 traded in the opening auction and in each minute, (MINUTES + 1, n)."""
    middle = (np.arange(MINUTES) + 0.5) / MINUTES
    usual = 1 + (ENDS - 1) * (2 * middle - 1) ** 2
    busy = usual[:, None] * rng.gamma(2.0, 0.5, (MINUTES, n_stocks))[:, stocks]
    busy = np.concatenate([AUCTION / (1 - AUCTION) * busy.sum(axis=0, keepdims=True), busy])
    done = np.rint(volume / 100 * np.cumsum(busy, axis=0) / busy.sum(axis=0))
    done[-1] = volume / 100
    return np.diff(done, axis=0, prepend=0)


def _spent(price: np.ndarray, lots: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Yuan traded by the end of each minute, (MINUTES + 1, n); at most the day's amount.

    A minute's trades are at the walk's price, moved towards the highest or lowest price so far by
    one share for all minutes, so that they add up to the amount that the day had. Where even the
    whole way is too short, the last minute brings the rest.
    """
    missing = amount - 100 * (lots * price).sum(axis=0)
    highest, lowest = np.maximum.accumulate(price), np.minimum.accumulate(price)
    away = np.where(missing > 0, highest, lowest) - price
    room = 100 * (lots * away).sum(axis=0)
    part = np.clip(np.divide(missing, room, out=np.zeros_like(room), where=room != 0), 0, 1)
    return np.minimum(np.cumsum(100 * lots * (price + part * away), axis=0), amount)
