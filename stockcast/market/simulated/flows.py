"""The simulated market's money flow: orders by size, investors from Hong Kong, borrowed money.

Only the large orders know anything: a reader of `money_flow` and `bars` can work out
`World.orders`, which later returns depend on. The other tables follow from returns, volumes and
chance of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

LARGE_FROM_RETURN, LARGE_FROM_ORDERS = 1.5, 0.04
"""Net share of large orders = 1.5 x the day's return + .04 x `World.orders`."""
LARGE_MOST = 0.95
"""Largest net share; with usual orders it takes a move of 50 % to get there."""
GROSS = (0.3, 0.6)
"""Usual range of the share of the amount that large orders are, on either side."""
_LEAST = 0.02  # of the amount, that large orders and others each make up on each side
ACTIVE_FROM_LARGE, ACTIVE_NOISE = 0.5, 0.03
"""Net active buying as a share of volume: half the large orders' net share, and noise."""

SIZES = ("small", "medium", "large", "extra_large")

NORTHBOUND_FROM = {"SH": "2014-11-17", "SZ": "2016-12-05"}
"""First days of trading from Hong Kong in Shanghai and Shenzhen (SSE, SZSE and HKEX notices)."""
NORTHBOUND_TARGET = (0.01, 0.08)
"""Shares of the float that these investors end up with."""
NORTHBOUND_PULL, NORTHBOUND_NOISE, NORTHBOUND_MOST = 0.002, 0.02, 0.1
"""Part of the way to the target traded a day; noise and bound as shares of the day's volume."""
SOUTHBOUND, SOUTHBOUND_MEMORY = 5e8, 0.8
"""News of a day in the purchases in Hong Kong, yuan a city, and their autocorrelation."""

MARGIN_FROM = "2010-03-31"
"""First day of margin trading (CSRC notice of 2010-03-30)."""
BOUGHT, REPAID, SOLD, RETURNED = 0.1, 0.05, 0.003, 0.1
"""Usual shares a day: of the amount bought on margin, of the balance repaid, of the volume sold
short, of the borrowed shares returned."""


def money_flow(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `money_flow`: what buyers and sellers of four sizes traded.

    Returns
    -------
    DataFrame
        Every trade has two sides: over the four sizes, purchases and sales each add up to the
        day's volume (whole lots of 100 shares) and amount (in whole 100 yuan, as the vendor
        publishes it). With L = (buy_large_amount + buy_extra_large_amount - the same sales) /
        amount,

            orders = (L - LARGE_FROM_RETURN * (close / pre_close - 1)) / LARGE_FROM_ORDERS

        but for the rounding to lots, unless L is at `LARGE_MOST`. `net_volume` and `net_amount`
        are active purchases less active sales of all sizes (active: the order that took the
        other's price), which the columns by size, active or not, do not determine.
    """
    draws = rng.random((len(world.days), 6, world.volume.shape[1])).swapaxes(0, 1)
    move = world.path.close / world.path.reference - 1
    net = LARGE_FROM_RETURN * move + LARGE_FROM_ORDERS * world.orders
    net = np.clip(net, -LARGE_MOST, LARGE_MOST)
    room = np.abs(net) / 2 + _LEAST
    gross = np.clip(GROSS[0] + (GROSS[1] - GROSS[0]) * draws[0], room, 1 - room)
    columns = {}
    for side, sign, mix in (("buy", 1, draws[1:3]), ("sell", -1, draws[3:5])):
        large = gross + sign * net / 2
        edges = [(1 - large) * (0.3 + 0.4 * mix[0]), 1 - large, 1 - large * (0.3 + 0.4 * mix[1])]
        for size, (volume, amount) in zip(SIZES, _split(world, edges), strict=True):
            columns |= {f"{side}_{size}_volume": volume, f"{side}_{size}_amount": amount}
    active = ACTIVE_FROM_LARGE * net + ACTIVE_NOISE * (2 * draws[5] - 1)
    columns["net_volume"] = 100 * np.rint(world.volume * active / 100)
    columns["net_amount"] = 100 * np.rint(world.amount * active / 100)
    return _rows("money_flow", world, world.path.trading, **columns)


def _split(world: World, edges: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Volume and amount between neighbouring edges (shares of the volume, from 0 to 1)."""
    volume = world.volume
    lots = [np.zeros_like(volume), *(np.rint(volume / 100 * edge) for edge in edges), volume / 100]
    money = [np.rint(world.amount / 100 * at / np.maximum(volume / 100, 1)) for at in lots]
    return [(100 * (lots[k + 1] - lots[k]), 100 * (money[k + 1] - money[k])) for k in range(4)]


def northbound(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `northbound`: net purchases through the connection with Hong Kong, in yuan.

    Shanghai's and Shenzhen's are what the day's changes in `northbound_holdings` cost at each
    stock's mean price, in whole 10,000 yuan, when `rng` is in the same state there. Rows begin
    with Shanghai's opening day; Shenzhen's columns are 0 until its own.
    """
    _, trades = _northbound_shares(world, rng)
    noise = rng.spawn(1)[0].standard_normal((len(world.days), 2))
    price = world.amount / np.maximum(world.volume, 1)
    spent = trades * np.where(world.volume > 0, price, 0.0)
    city = _city(world)
    columns = {
        name: np.round(np.where(city == suffix, spent, 0.0).sum(axis=1), -4)
        for name, suffix in (("shanghai", "SH"), ("shenzhen", "SZ"))
    }
    columns["north"] = columns["shanghai"] + columns["shenzhen"]
    south = SOUTHBOUND * lfilter([1.0], [1.0, -SOUTHBOUND_MEMORY], noise, axis=0)
    opened = np.column_stack([world.days >= start for start in NORTHBOUND_FROM.values()])
    south = np.where(opened, np.round(south, -4), 0.0)
    columns |= {"south_shanghai": south[:, 0], "south_shenzhen": south[:, 1]}
    columns["south"] = south.sum(axis=1)
    table = pd.DataFrame({"date": world.days, **columns})
    return TABLES["northbound"].typed(table[opened[:, 0]])


def northbound_holdings(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `northbound_holdings`: shares held, and as a fraction of the float.

    Stocks enter when they are index members and their exchange is connected, and stay until they
    are delisted. `share_of_float` has four decimals, as the exchange publishes it.
    """
    held, _ = _northbound_shares(world, rng)
    share = np.round(held / world.path.shares, 4)
    return _rows("northbound_holdings", world, _connected(world), shares=held, share_of_float=share)


def _northbound_shares(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Shares held at each close and net purchases of each day, (n_days, n_stocks)."""
    target_rng, noise_rng = rng.spawn(2)
    target = target_rng.uniform(*NORTHBOUND_TARGET, world.volume.shape[1])
    noise = noise_rng.standard_normal(world.volume.shape)
    shares, connected = world.path.shares, _connected(world)
    held, trades = np.zeros((2, *world.volume.shape))
    last = np.zeros_like(target)
    for day, volume in enumerate(world.volume):
        last = last * (shares[day] / shares[max(day - 1, 0)])
        trade = NORTHBOUND_PULL * (target * shares[day] - last)
        trade = trade + NORTHBOUND_NOISE * volume * noise[day]
        trade = np.clip(trade, -NORTHBOUND_MOST * volume, NORTHBOUND_MOST * volume)
        trade = np.maximum(100 * np.trunc(trade / 100), -last) * connected[day]
        last = np.where(world.listed[day], np.rint(last + trade), 0.0)
        held[day], trades[day] = last, trade
    return held, trades


def _connected(world: World) -> np.ndarray:
    city = _city(world)
    opened = np.zeros(world.listed.shape, dtype=bool)
    for suffix, start in NORTHBOUND_FROM.items():
        opened |= (world.days >= start)[:, None] & (city == suffix)
    return np.logical_or.accumulate(world.member & opened, axis=0) & world.listed


def margin(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `margin`: money and shares lent to buy and to sell short.

    Returns
    -------
    DataFrame
        From one row of a stock to its next, `financing_balance` rises by `financing_bought` and
        falls by `financing_repaid`, and `lending_shares` by `lending_sold_shares` and
        `lending_repaid_shares`, exactly (whole yuan, whole shares). `lending_balance` is the
        shares' value at the close. Eligible are stocks whose float was worth at least the median
        at the last close before a quarter, until they get special treatment or are delisted.
    """
    noise = np.exp(0.3 * rng.standard_normal((len(world.days), 4, world.volume.shape[1])))
    eligible = _marginable(world)
    kept = {name: [] for name in ("money", "bought", "repaid", "lent", "sold", "returned")}
    money = lent = np.zeros(world.volume.shape[1])
    for day, many in enumerate(noise):
        trades = eligible[day] & world.path.trading[day]
        bought = np.where(trades, np.rint(BOUGHT * world.amount[day] * many[0]), 0.0)
        repaid = np.where(trades, np.minimum(np.rint(REPAID * money * many[1]), money), 0.0)
        sold = np.where(trades, 100 * np.rint(SOLD * world.volume[day] * many[2] / 100), 0.0)
        returned = 100 * np.floor(RETURNED * lent * many[3] / 100)
        returned = np.where(trades, np.minimum(returned, lent), 0.0)
        money = np.where(eligible[day], money + bought - repaid, 0.0)
        lent = np.where(eligible[day], lent + sold - returned, 0.0)
        row = (money, bought, repaid, lent, sold, returned)
        for name, values in zip(kept, row, strict=True):
            kept[name].append(values)
    kept = {name: np.array(values) for name, values in kept.items()}
    lending = np.rint(np.where(eligible, kept["lent"] * world.path.close, 0.0))
    return _rows(
        "margin", world, eligible,
        financing_balance=kept["money"], financing_bought=kept["bought"],
        financing_repaid=kept["repaid"], lending_balance=lending, lending_shares=kept["lent"],
        lending_repaid_shares=kept["returned"], lending_sold_shares=kept["sold"],
        total_balance=kept["money"] + lending,
    )  # fmt: skip


def _marginable(world: World) -> np.ndarray:
    size = np.where(world.listed, world.path.close * world.path.shares, np.nan)
    quarter = world.days.to_period("Q")
    opened = world.days >= MARGIN_FROM
    eligible, now = np.zeros(size.shape, dtype=bool), np.zeros(size.shape[1], dtype=bool)
    for day in range(len(size)):
        before = size[day - 1] if day else world.path.reference[0] * world.path.shares[0]
        reviewed = day == 0 or quarter[day] != quarter[day - 1] or not opened[day - 1]
        if opened[day] and reviewed:
            now = now | (before >= np.nanmedian(before))
        now = now & world.listed[day] & ~world.special[day]
        eligible[day] = now
    return eligible


def _city(world: World) -> np.ndarray:
    return np.array([code[-2:] for code in world.stocks.codes])


def _rows(name: str, world: World, where: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    """The table `name`: a row for each day and stock in `where`."""
    day, stock = np.nonzero(where)
    codes = pd.array(world.stocks.codes, dtype="str").take(stock)
    table = {"date": world.days[day], "code": codes}
    return TABLES[name].typed(
        pd.DataFrame(table | {column: values[day, stock] for column, values in columns.items()})
    )
