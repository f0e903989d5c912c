"""The simulated market's reference tables: who is listed, since when, in which sector and index.

Nothing is drawn here. A table that tells what holds now (`stocks`) tells it as of the last day;
the others keep their rows as days are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.market.calendar import sessions
from stockcast.market.simulated.companies import latest_names
from stockcast.market.simulated.draws import SECTORS
from stockcast.market.simulated.publication import dated, listing_days
from stockcast.market.simulated.quotes import INDEX
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

SECTOR_CODES = tuple(f"{801901 + number}.SI" for number in range(len(SECTORS)))
"""Codes of ours in the form of Shenwan's, which numbers none of its sectors so."""
LEVEL = "L1"
PLANNED, PAID = "预案", "实施"
"""Stages of a dividend: as the annual report proposes it, and with its days."""


def calendar(world: World) -> pd.DataFrame:
    """The table `calendar`: every day from the first to the last trading day."""
    dates = pd.date_range(world.days[0], world.days[-1], unit="us")
    return TABLES["calendar"].typed(pd.DataFrame({"date": dates, "open": dates.isin(world.days)}))


def stocks(world: World) -> pd.DataFrame:
    """The table `stocks`, as of the last day; `delist_date` is the first day after a listing."""
    born = world.stocks
    there = world.listed.any(axis=0)
    last = len(world.days) - 1 - world.listed[::-1].argmax(axis=0)
    gone = there & (last < len(world.days) - 1)
    delisted = world.days[np.minimum(last + 1, len(world.days) - 1)].where(gone)
    table = pd.DataFrame(
        {
            "code": born.codes,
            "name": latest_names(world),
            "board": born.board,
            "sector": np.array(SECTORS, dtype=object)[born.sector],
            "list_date": listing_days(world.days, born).astype("datetime64[us]"),
            "delist_date": delisted,
        }
    )
    return TABLES["stocks"].typed(table[there])


def sectors(world: World) -> pd.DataFrame:
    """The table `sectors`; the same in every market."""
    table = pd.DataFrame({"sector_code": SECTOR_CODES, "sector": SECTORS, "level": LEVEL})
    return TABLES["sectors"].typed(table)


def sector_members(world: World) -> pd.DataFrame:
    """The table `sector_members`: each stock's sector since it listed, open-ended."""
    there = world.listed.any(axis=0)
    sector = world.stocks.sector[there]
    table = pd.DataFrame(
        {
            "code": world.stocks.codes[there],
            "sector_code": np.array(SECTOR_CODES, dtype=object)[sector],
            "sector": np.array(SECTORS, dtype=object)[sector],
            "start": listing_days(world.days, world.stocks)[there].astype("datetime64[us]"),
            "end": pd.NaT,
        }
    )
    return TABLES["sector_members"].typed(table)


def index_weights(world: World) -> pd.DataFrame:
    """The table `index_weights`: snapshots on the first trading day of each month.

    Weights are those of the day's float caps. Reviews take effect on first trading days of June
    and December, so the snapshots tell every day's members, but for stocks delisted in between.
    """
    month = world.days.year * 12 + world.days.month
    snapshot = np.flatnonzero(np.diff(month, prepend=0))
    member = world.member[snapshot] & world.listed[snapshot]
    size = np.where(member, world.path.close[snapshot] * world.path.shares[snapshot], 0.0)
    weight = size / size.sum(axis=1, keepdims=True)
    day, stock = np.nonzero(member)
    table = pd.DataFrame(
        {
            "date": world.days[snapshot[day]],
            "index": INDEX,
            "code": world.stocks.codes[stock],
            "weight": np.round(weight[day, stock], 6),
        }
    )
    return TABLES["index_weights"].typed(table)


def dividends(world: World) -> pd.DataFrame:
    """The table `dividends`: plans with the annual reports, and notices that name the days.

    Cash is yuan and bonus new shares per share held. A plan proposes cash only; the notice tells
    what is paid, with bonus shares if any. Rows begin with the first day: a notice may belong to a
    report from before it. A notice's ex-day may lie after the last day.
    """
    return TABLES["dividends"].typed(pd.concat([_plans(world), _notices(world)]))


def _plans(world: World) -> pd.DataFrame:
    accounts, n_days = world.accounts, len(world.days)
    day = np.clip(accounts.day, 0, n_days - 1)
    listed = np.take_along_axis(world.listed, day, axis=0) & (accounts.day >= 0)
    there = (accounts.dividend > 0) & listed & (accounts.day < n_days)
    quarter, stock = np.nonzero(there & _after_listing(world))
    shares = world.stocks.total_shares * (world.path.shares / world.stocks.shares)
    cash = accounts.dividend[quarter, stock] / shares[day[quarter, stock], stock]
    return pd.DataFrame(
        {
            "code": world.stocks.codes[stock],
            "period": accounts.period[quarter].astype("datetime64[us]"),
            "announced": dated(accounts.announced)[quarter, stock].astype("datetime64[us]"),
            "stage": PLANNED,
            "cash": np.round(cash, 3),
            "bonus": 0.0,
        }
    )


def _after_listing(world: World) -> np.ndarray:
    """Reports that the company made as a listed one, (n_quarters, n_stocks)."""
    first = world.stocks.first_day
    return (first < 0) | (world.accounts.day > first)


def _notices(world: World) -> pd.DataFrame:
    told = world.payouts
    listed = world.listed[told.notice, told.stock]
    notice, ex, stock = told.notice[listed], told.ex[listed], told.stock[listed]
    ahead = max(ex.max(initial=0) + 1 - len(world.days), 0)
    after = sessions(world.days[-1], world.days[-1] + pd.Timedelta(days=30))[1 : ahead + 1]
    days = world.days.append(after)
    return pd.DataFrame(
        {
            "code": world.stocks.codes[stock],
            "period": world.accounts.period[told.quarter[listed]].astype("datetime64[us]"),
            "announced": days[notice],
            "stage": PAID,
            "record_date": days[ex - 1],
            "ex_date": days[ex],
            "pay_date": days[ex],
            "cash": told.cash[listed],
            "bonus": told.bonus[listed],
        }
    )
