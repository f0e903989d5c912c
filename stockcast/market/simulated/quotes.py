"""The simulated market's tables: bars and volume around the closes, index members, the panel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from stockcast.market import rules
from stockcast.market.simulated.draws import SECTORS, Stocks
from stockcast.market.simulated.prices import Path
from stockcast.market.simulated.publication import listing_days
from stockcast.market.simulated.world import World
from stockcast.market.tables import DAY, DTYPES, TABLES

INDEX = "000300.SH"
"""Code of the members' index."""
GAP_SHARE, GAP_NOISE = 0.35, 0.35
"""Part of the day's return at the open, and noise there as a share of the day's volatility."""
REACH = 0.45
"""How far highs and lows reach beyond open and close, as a share of the day's volatility."""
MEMBER_SHARE, REVIEW_MONTHS, REVIEW_DAYS, SEASONED = 0.8, (6, 12), 120, 60
"""Index rule: share of listed stocks, months of review, days size is averaged, days listed."""


def bars(
    path: Path, volatility: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Open, high and low in yuan, (n_days, n_stocks); flat where a stock is suspended."""
    noise = rng.standard_normal((*volatility.shape[:1], 3, volatility.shape[1]))
    gap = GAP_SHARE * (path.close / path.reference - 1) + GAP_NOISE * volatility * noise[:, 0]
    opened = _allowed(path.reference * (1 + gap), path)
    reach = REACH * volatility[:, None] * np.abs(noise[:, 1:])
    high = _allowed(np.maximum(opened, path.close) * (1 + reach[:, 0]), path)
    low = _allowed(np.minimum(opened, path.close) * (1 - reach[:, 1]), path)
    return tuple(np.where(path.trading, price, path.close) for price in (opened, high, low))


def _allowed(price: np.ndarray, path: Path) -> np.ndarray:
    """Price on the tick, inside the day's limits."""
    price = np.fmin(np.fmax(np.round(price, 2), path.limit_down), path.limit_up)
    return np.fmax(price, rules.TICK)


def volumes(
    path: Path, stocks: Stocks, volatility: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Shares traded (n_days, n_stocks), in lots of 100: more in wild times and on large moves."""
    mood = lfilter([1.0], [1.0, -0.95], 0.12 * rng.standard_normal(volatility.shape), axis=0)
    surprise = np.minimum(np.abs(path.close / path.reference - 1) / volatility, 5.0)
    turnover = stocks.turnover * (volatility / stocks.volatility) ** 0.5
    turnover = turnover * np.exp(mood + 0.25 * (surprise - 0.75))
    lots = np.maximum(np.floor(path.shares * np.minimum(turnover, 0.4) / 100), 1.0)
    return np.where(path.trading, 100 * lots, 0.0)


def members(
    days: pd.DatetimeIndex, path: Path, age: np.ndarray, listed: np.ndarray, special: np.ndarray
) -> np.ndarray:
    """Index members (n_days, n_stocks): the largest stocks, reviewed twice a year.

    A review takes effect on the first trading day of June and December and on the first day of
    all; size is the float's mean value over the days before it. A stock listed for fewer than 60
    days or under special treatment does not enter; one that is delisted leaves at once.
    """
    size = path.close * path.shares
    first = path.reference[:1] * path.shares[:1]
    member = np.zeros(age.shape, dtype=bool)
    for day in range(len(days)):
        starts = days.month[day] in REVIEW_MONTHS and days.month[day] != days.month[day - 1]
        if day > 0 and not starts:
            member[day] = member[day - 1] & listed[day]
            continue
        eligible = listed[day] & ~special[day] & (age[day] >= SEASONED)
        before = size[max(0, day - REVIEW_DAYS) : day] if day else first
        trailing = np.full(age.shape[1], -np.inf)
        trailing[eligible] = np.nanmean(before[:, eligible], axis=0)
        count = min(round(MEMBER_SHARE * listed[day].sum()), eligible.sum())
        member[day, np.argsort(-trailing, kind="stable")[:count]] = True
    return member


def index(days: pd.DatetimeIndex, path: Path, member: np.ndarray) -> pd.DataFrame:
    """Price index of the members weighted by float: `date`, `close`; 1000 on the first day.

    Dividends are not added back, as in the published indices.
    """
    return pd.DataFrame({"date": days, "close": np.round(_levels(path, member)[0], 2)})


def _levels(path: Path, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index closes, and the closes before them at the same members and shares; (n_days,)."""
    size = path.close * path.shares
    now = np.where(member, size, 0.0).sum(axis=1)
    # Before a day's bonus shares, which leave the company's size as it was.
    before = np.where(member[1:], size[:-1], 0.0).sum(axis=1)
    level = 1000 * np.cumprod(np.concatenate([[1.0], now[1:] / before]))
    opened = np.where(member[:1], path.reference[:1] * path.shares[:1], 0.0).sum() / now[0]
    return level, np.concatenate([[1000 * opened], level[:-1]])


def panel(world: World) -> pd.DataFrame:
    """The panel: a row for each trading day and listed stock, sorted by date and code."""
    path, stocks = world.path, world.stocks
    columns = {
        "open": world.open, "high": world.high, "low": world.low, "close": path.close,
        "pre_close": path.reference, "volume": world.volume, "amount": world.amount,
        "adj_factor": path.factor, "limit_up": path.limit_up, "limit_down": path.limit_down,
    }  # fmt: skip
    day, stock, table = _rows(world, world.listed, columns)
    table["board"] = pd.array(stocks.board, dtype="str").take(stock)
    table["list_date"] = listing_days(world.days, stocks)[stock].astype(DTYPES[DAY])
    table["suspended"] = ~path.trading[day, stock]
    table["is_st"] = world.special[day, stock]
    table["in_universe"] = world.member[day, stock]
    table["as_traded"] = True
    table["sector"] = pd.array(SECTORS, dtype="str").take(stocks.sector[stock])
    return table


def _rows(
    world: World, there: np.ndarray, columns: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Positions of days and stocks where `there`, and the columns on those rows."""
    day, stock = np.nonzero(there)
    keys = {
        "date": world.days[day],
        "code": pd.array(world.stocks.codes, dtype="str").take(stock),
    }
    return day, stock, pd.DataFrame(keys | {k: v[day, stock] for k, v in columns.items()})


def bars_table(world: World) -> pd.DataFrame:
    """The table `bars`: stocks that traded."""
    columns = {
        "open": world.open, "high": world.high, "low": world.low, "close": world.path.close,
        "pre_close": world.path.reference, "volume": world.volume, "amount": world.amount,
    }  # fmt: skip
    return TABLES["bars"].typed(_rows(world, world.path.trading, columns)[-1])


def factors(world: World) -> pd.DataFrame:
    """The table `factors`: listed stocks, suspended ones too."""
    found = _rows(world, world.listed, {"adj_factor": world.path.factor})[-1]
    return TABLES["factors"].typed(found)


def limits(world: World) -> pd.DataFrame:
    """The table `limits`: listed stocks, suspended ones too; NaN where a day has no limit."""
    columns = {"limit_up": world.path.limit_up, "limit_down": world.path.limit_down}
    return TABLES["limits"].typed(_rows(world, world.listed, columns)[-1])


def suspensions(world: World) -> pd.DataFrame:
    """The table `suspensions`: a row for each day that a listed stock does not trade."""
    found = _rows(world, world.listed & ~world.path.trading, {})[-1]
    return TABLES["suspensions"].typed(found.assign(timing=""))


def index_bars(world: World) -> pd.DataFrame:
    """The table `index_bars`: the members' index, under the code of `INDEX`.

    Its open, high and low are those of the members weighted alike; not all members are at their
    highest at one time, so that only half of what their highs add counts, and of their lows.
    """
    path, member = world.path, world.member
    close, before = _levels(path, member)

    def level(price: np.ndarray) -> np.ndarray:
        parts = (np.where(member, x * path.shares, 0.0).sum(axis=1) for x in (price, path.close))
        return close * np.divide(*parts)

    opened = level(world.open)
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    ends = np.maximum(world.open, path.close), np.minimum(world.open, path.close)
    high = high + (level(world.high) - level(ends[0])) / 2
    low = low - (level(ends[1]) - level(world.low)) / 2
    prices = {"open": opened, "high": high, "low": low, "close": close, "pre_close": before}
    table = pd.DataFrame(
        {"date": world.days, "code": INDEX}
        | {name: np.round(values, 2) for name, values in prices.items()}
        | {k: np.where(member, getattr(world, k), 0.0).sum(axis=1) for k in ("volume", "amount")}
    )
    return TABLES["index_bars"].typed(table.assign(amount=table["amount"].round(2)))
