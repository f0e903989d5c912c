"""The simulated market's top list: stocks that moved or traded out of the ordinary, and who did it.

The exchanges publish, each evening, the five branches of brokers that bought most and the five
that sold most of such a stock. Nothing here knows more than prices and volumes do: the seats are
drawn at random, and the buying ones trade more when the price rose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.market.simulated import quotes
from stockcast.market.simulated.companies import names_at
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

DEVIATION, AMPLITUDE, TURNOVER, THREE_DAYS = 0.07, 0.15, 0.20, 0.20
"""What makes a stock remarkable: its day's return less the index's, high less low over the
reference price, share of the float traded, deviations of three trading days added up (SSE and
SZSE trading rules)."""
MOST = 5
"""Stocks an exchange lists a day for one of the one-day reasons; the most extreme ones."""
REASONS = (
    "日涨幅偏离值达到7%的前5只证券",
    "日跌幅偏离值达到7%的前5只证券",
    "日振幅值达到15%的前5只证券",
    "日换手率达到20%的前5只证券",
    "连续三个交易日内，涨幅偏离值累计达到20%的证券",
    "连续三个交易日内，跌幅偏离值累计达到20%的证券",
)
SIDES = ("0", "1")
"""Marks of the five that bought most and the five that sold most, as the vendor writes them."""

INSTITUTIONS, INSTITUTION_SHARE = "机构专用", 0.4
"""Seat of funds and insurers, and how often it is among the ten."""
SEATS = 5
SEAT_SHARE, LEAN = (0.08, 0.30), 0.3
"""What the seats of a side trade there, as a share of the stock's amount, and how much more the
buying side of a rising stock (the selling side of a falling one) trades."""
OTHER_SIDE = 0.3
"""Most that a seat trades on the other side, as a share of its own side."""
_BROKERS = ("华澜", "东岳", "中泓", "九鼎山", "长陵", "瀚海", "金陵江", "北固")
_BRANCHES = (
    "上海静安", "北京西城", "深圳福田", "杭州西湖", "成都锦江", "拉萨城关", "宁波海曙", "武汉江汉",
)  # fmt: skip


def top_list(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `top_list`.

    Returns
    -------
    DataFrame
        A row for each day, stock and reason, on days that satisfy it and no others. A stock's
        first day does not count, nor do days without price limits. `list_buy` and `list_sell` add
        up the ten seats' purchases and sales of `top_seats`, when `rng` is in the same state there.
    """
    day, stock, reason = _events(world)
    ticket, buys, sells, _ = _traded(world, day, stock, rng)
    bought, sold = buys.sum(axis=(1, 2))[ticket], sells.sum(axis=(1, 2))[ticket]
    amount, close = world.amount[day, stock], world.path.close[day, stock]
    shares = world.path.shares[day, stock]
    table = {
        "date": world.days[day],
        "code": world.stocks.codes[stock],
        "name": names_at(world, stock, world.days[day].to_numpy()),
        "reason": np.array(REASONS, dtype=object)[reason],
        "close": close,
        "change": np.round(close / world.path.reference[day, stock] - 1, 6),
        "turnover": np.round(world.volume[day, stock] / shares, 6),
        "amount": amount,
        "list_sell": np.round(sold, 2),
        "list_buy": np.round(bought, 2),
        "list_amount": np.round(bought + sold, 2),
        "net_amount": np.round(bought - sold, 2),
        "net_rate": np.round((bought - sold) / amount, 4),
        "amount_rate": np.round((bought + sold) / amount, 4),
        "float_cap": np.round(close * shares, 2),
    }
    return TABLES["top_list"].typed(pd.DataFrame(table))


def top_seats(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `top_seats`: ten different seats for each row of `top_list`.

    `side` is "0" for the five that bought most and "1" for the five that sold most; each seat's
    other side is there too. One day's seats of a stock are the same under each of its reasons, the
    three-day ones included.
    """
    day, stock, reason = _events(world)
    ticket, buys, sells, seat = _traded(world, day, stock, rng)
    buys, sells, seat = buys[ticket], sells[ticket], seat[ticket]  # (n_rows, 2, SEATS)
    row = np.repeat(np.arange(len(day)), 2 * SEATS)
    amount = world.amount[day[row], stock[row]]
    table = {
        "date": world.days[day[row]],
        "code": world.stocks.codes[stock[row]],
        "reason": np.array(REASONS, dtype=object)[reason[row]],
        "side": np.tile(np.repeat(np.array(SIDES, dtype=object), SEATS), len(day)),
        "seat": _pool()[seat.ravel()],
        "buy": buys.ravel(),
        "buy_rate": np.round(buys.ravel() / amount, 4),
        "sell": sells.ravel(),
        "sell_rate": np.round(sells.ravel() / amount, 4),
        "net": np.round(buys.ravel() - sells.ravel(), 2),
    }
    return TABLES["top_seats"].typed(pd.DataFrame(table))


def _events(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of day, stock and reason of every row of the top list, sorted."""
    path, index = world.path, quotes.index_bars(world)
    market = (index["close"] / index["pre_close"] - 1).to_numpy()
    usual = path.trading & np.isfinite(path.limit_up)
    usual &= np.arange(len(world.days))[:, None] > world.stocks.first_day
    deviation = np.where(usual, path.close / path.reference - 1 - market[:, None], 0.0)
    amplitude = np.where(usual, (world.high - world.low) / path.reference, 0.0)
    turnover = np.where(usual, world.volume / path.shares, 0.0)
    three, all_three = deviation.copy(), usual.copy()
    for back in (1, 2):
        three[back:] += deviation[:-back]
        all_three[back:] &= usual[:-back]
        all_three[:back] = False
    of_a_day = zip(
        (deviation, -deviation, amplitude, turnover),
        (DEVIATION, DEVIATION, AMPLITUDE, TURNOVER),
        strict=True,
    )
    met = [_most(world, value, least) for value, least in of_a_day]
    met += [all_three & (value >= THREE_DAYS) for value in (three, -three)]
    return np.nonzero(np.stack(met, axis=-1))


def _most(world: World, value: np.ndarray, least: float) -> np.ndarray:
    """Whether a stock is among the day's `MOST` of its exchange with at least that value."""
    met = np.zeros(value.shape, dtype=bool)
    city = np.array([code[-2:] for code in world.stocks.codes])
    for suffix in np.unique(city):
        here = np.flatnonzero(city == suffix)
        first = np.argsort(-value[:, here], axis=1, kind="stable")[:, :MOST]
        np.put_along_axis(met, here[first], np.take_along_axis(value, here[first], 1) >= least, 1)
    return met


def _traded(
    world: World, day: np.ndarray, stock: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Position of each row's day and stock, and their purchases, sales and seats.

    The last three are (n_days_and_stocks, 2, SEATS): buying seats first, largest first.
    """
    width = world.volume.shape[1]
    key, ticket = np.unique(day * width + stock, return_inverse=True)
    day, stock = np.divmod(key, width)
    choice, total, weight, other, special = rng.spawn(5)
    n_branches = len(_pool()) - 1
    seat = np.argsort(choice.random((len(key), n_branches)), axis=1)[:, : 2 * SEATS]
    place = (special.random(len(key)) / INSTITUTION_SHARE * 2 * SEATS).astype(int)
    seat = np.where(np.arange(2 * SEATS) == place[:, None], n_branches, seat)
    rose = np.sign(world.path.close[day, stock] - world.path.reference[day, stock])
    share = SEAT_SHARE[0] + (SEAT_SHARE[1] - SEAT_SHARE[0]) * total.random((len(key), 2))
    share = share * (1 + LEAN * rose[:, None] * np.array([1, -1]))
    part = -np.sort(-(0.5 + weight.random((len(key), 2, SEATS))), axis=-1)
    part = part / part.sum(axis=-1, keepdims=True)
    own = np.round(world.amount[day, stock, None, None] * share[..., None] * part, 2)
    # Nobody on one side's list may belong on the other's.
    most = np.minimum(OTHER_SIDE * own, 0.9 * own[:, ::-1, -1:])
    back = np.round(most * other.random(own.shape), 2)
    buys = np.stack([own[:, 0], back[:, 1]], axis=1)
    sells = np.stack([back[:, 0], own[:, 1]], axis=1)
    return ticket, buys, sells, seat.reshape(-1, 2, SEATS)


def _pool() -> np.ndarray:
    """Names of all seats, the institutions' last."""
    branches = [
        f"{broker}证券股份有限公司{at}证券营业部" for broker in _BROKERS for at in _BRANCHES
    ]
    return np.array([*branches, INSTITUTIONS], dtype=object)
