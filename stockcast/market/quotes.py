"""The simulated market's tables: bars and volume around the closes, index members, the panel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from stockcast.market import rules
from stockcast.market.draws import SECTORS, Stocks
from stockcast.market.prices import Path

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


def members(days: pd.DatetimeIndex, path: Path, age: np.ndarray) -> np.ndarray:
    """Index members (n_days, n_stocks): the largest stocks, reviewed twice a year.

    A review takes effect on the first trading day of June and December and on the first day of
    all; size is the float's mean value over the days before it. A stock listed for fewer than 60
    days does not enter.
    """
    size = path.close * path.shares
    first = path.reference[:1] * path.shares[:1]
    member = np.zeros(age.shape, dtype=bool)
    for day in range(len(days)):
        starts = days.month[day] in REVIEW_MONTHS and days.month[day] != days.month[day - 1]
        if day > 0 and not starts:
            member[day] = member[day - 1]
            continue
        eligible = age[day] >= SEASONED
        before = size[max(0, day - REVIEW_DAYS) : day] if day else first
        trailing = np.full(age.shape[1], -np.inf)
        trailing[eligible] = np.nanmean(before[:, eligible], axis=0)
        count = min(round(MEMBER_SHARE * (age[day] >= 0).sum()), eligible.sum())
        member[day, np.argsort(-trailing, kind="stable")[:count]] = True
    return member


def index(days: pd.DatetimeIndex, path: Path, member: np.ndarray) -> pd.DataFrame:
    """Price index of the members weighted by float: `date`, `close`; 1000 on the first day.

    Dividends are not added back, as in the published indices.
    """
    size = path.close * path.shares
    now = np.where(member[1:], size[1:], 0.0).sum(axis=1)
    before = np.where(member[1:], size[:-1], 0.0).sum(axis=1)
    level = 1000 * np.cumprod(np.concatenate([[1.0], now / before]))
    return pd.DataFrame({"date": days, "close": np.round(level, 2)})


def panel(
    days: pd.DatetimeIndex,
    stocks: Stocks,
    path: Path,
    age: np.ndarray,
    member: np.ndarray,
    ohl: tuple[np.ndarray, np.ndarray, np.ndarray],
    volume: np.ndarray,
) -> pd.DataFrame:
    """The panel: a row for each trading day and listed stock, sorted by date and code."""
    day, stock = np.nonzero(age >= 0)
    opened, high, low = ohl
    amount = np.round(volume * (opened + high + low + path.close) / 4, 2)
    columns = {
        "open": opened, "high": high, "low": low, "close": path.close,
        "pre_close": path.reference, "volume": volume, "amount": amount,
        "adj_factor": path.factor, "limit_up": path.limit_up, "limit_down": path.limit_down,
    }  # fmt: skip
    table = pd.DataFrame(
        {"date": days[day], "code": pd.array(stocks.codes, dtype="str").take(stock)}
        | {name: values[day, stock] for name, values in columns.items()}
    )
    table["board"] = pd.array(["main"], dtype="str").take(np.zeros_like(stock))
    table["list_date"] = list_dates(days, stocks)[stock]
    table["suspended"] = ~path.trading[day, stock]
    table["is_st"] = False
    table["in_universe"] = member[day, stock]
    table["as_traded"] = True
    table["sector"] = pd.array(SECTORS, dtype="str").take(stocks.sector[stock])
    return table


def list_dates(days: pd.DatetimeIndex, stocks: Stocks) -> pd.DatetimeIndex:
    """Listing days; before the first simulated day they are only placed by calendar days."""
    known = days[np.clip(stocks.first_day, 0, len(days) - 1)]
    earlier = pd.to_timedelta(np.minimum(stocks.first_day, 0) * 365 // 244, unit="D")
    return (known + earlier).as_unit("us")
