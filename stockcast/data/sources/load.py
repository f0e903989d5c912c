"""Read, check, complete and cut the tables of a run, whatever their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data import completion, holdout, schema
from stockcast.data.point_in_time import deadline, released
from stockcast.data.sources.akshare import akshare
from stockcast.data.sources.csv import csv
from stockcast.data.sources.parquet import parquet
from stockcast.data.sources.qlib import qlib
from stockcast.data.sources.simulation import simulated
from stockcast.data.sources.source import Lazy, Order, Source, Tables
from stockcast.data.sources.tushare import tushare
from stockcast.errors import InputError, nearest
from stockcast.market import calendar
from stockcast.market.simulated import Strengths
from stockcast.market.tables import TABLES, TIME

CLOSE = pd.Timedelta(hours=15)
SOURCES: dict[str, Source] = {
    "simulated": simulated,
    "parquet": parquet,
    "csv": csv,
    "qlib": qlib,
    "tushare": tushare,
    "akshare": akshare,
}
"""Every source by the name that `source` in a parameters file gives it."""


def load(
    source: str,
    *,
    panel: str = "",
    columns: str = "",
    benchmark: str = "",
    benchmark_code: str = "000300.SH",
    start: str,
    end: str,
    stocks: Sequence[str] = (),
    universe: str = "members",
    seed: int = 0,
    lookback: int = 1,
    horizon: int = 1,
    simulated_stocks: int = 120,
    strength_reversal: float = 1.0,
    strength_lead_lag: float = 1.0,
    strength_policy: float = 1.0,
    strength_value: float = 1.0,
    strength_flow: float = 1.0,
    strength_news: float = 1.0,
    sealed_quotes: bool = False,
) -> Tables:
    """Read, check, complete and cut the tables of a run.

    Parameters
    ----------
    source
        A key of `SOURCES`.
    panel, benchmark
        Files with quotes and with index closes (`date`, `code`, `close`); relative names are
        looked for in the folder `STOCKCAST_REAL_DATA`, then from the working folder and the
        project's root. An empty `benchmark` means none.
    columns
        Mapping file of `source: csv`, see `stockcast.data.columns`; empty knows common names.
    benchmark_code
        Which index of that file.
    start, end
        First and last day kept, YYYY-MM-DD.
    stocks
        Codes kept; empty keeps all.
    universe
        `members` leaves `in_universe` as the source has it; `listed` sets it on every row.
    seed, simulated_stocks
    strength_reversal, strength_lead_lag, strength_policy
    strength_value, strength_flow, strength_news
        The simulated market's; files ignore them.
    lookback, horizon
        Trading days looked back and held: the shortest history that can hold a sample follows.
        `horizon` is also the oracle's.
    sealed_quotes
        Give the days of a sealed window (`stockcast.data.holdout`) too, to check data or to time
        features. Labels and fills of such a panel stay withheld.

    Raises
    ------
    InputError
        A file is missing, unreadable or breaks the schema; a stock is unknown; the universe is
        empty; the history is too short; `end` is in a sealed window that is not open.
    """
    check(source, panel)
    chosen = SOURCES[source]
    strengths = Strengths(
        reversal=strength_reversal,
        lead_lag=strength_lead_lag,
        policy=strength_policy,
        value=strength_value,
        flow=strength_flow,
        news=strength_news,
    )
    order = Order(
        panel=panel,
        columns=columns,
        benchmark=benchmark,
        benchmark_code=benchmark_code,
        start=start,
        end=end,
        stocks=tuple(stocks),
        seed=seed,
        horizon=horizon,
        simulated_stocks=simulated_stocks,
        strengths=strengths,
    )
    found = chosen.tables(order)
    origin = Path(panel).name if panel else f"source {source}"
    table = _cut(found.panel, start, end, stocks, origin, sealed_quotes)
    if universe == "listed":
        table["in_universe"] = True
    if not table.in_universe.any():
        raise InputError(
            f"{origin}, universe", "must not be empty: no stock is a member on any day",
            hint="set `universe: listed`, or keep stocks of the index",
        )  # fmt: skip
    _check_length(table, lookback, horizon, origin)
    return _matched(replace(found, panel=table))


def codes(
    source: str, *, panel: str = "", columns: str = "", simulated_stocks: int = 120
) -> list[str]:
    """Codes a source can give, sorted; the arguments are those of `load`."""
    check(source, panel)
    listing = SOURCES[source].codes
    return sorted(listing(panel=panel, columns=columns, simulated_stocks=simulated_stocks))


def check(source: str, panel: str, origin: str = "parameters") -> None:
    """Refuse an unknown source, and one of files for which `panel` names none.

    Raises
    ------
    InputError
        Naming the nearest source, or what `panel` might be.
    """
    if source not in SOURCES:
        raise InputError(f"{origin}, key source", "is not known", source, nearest(source, SOURCES))
    if SOURCES[source].from_files and not panel:
        raise InputError(
            f"{origin}, key panel", f"must name a file or folder when source is {source}", panel,
            "for example panel_csi300.parquet",
        )  # fmt: skip


def _cut(
    table: pd.DataFrame, start: str, end: str, stocks: Sequence[str], origin: str, sealed: bool
) -> pd.DataFrame:
    """Rows of `stocks` from `start` to `end`, validated and complete.

    Rows after `end` go before anything is derived, so that nothing can be derived from them.
    """
    table = table.rename(columns={k: v for k, v in schema.RENAMED.items() if v not in table})
    first_day = None
    if stocks and "code" in table and "date" in table:
        have = set(table.code.unique())
        for code in stocks:
            if code not in have:
                raise InputError(
                    f"{origin}, stock {code}", "is not there", hint=nearest(code, have)
                )
        first_day = pd.to_datetime(table.date, errors="coerce").min()
        table = table[table.code.isin(list(stocks))]
    table = schema.validate(table, origin)
    have = f"{table.date.min():%Y-%m-%d} to {table.date.max():%Y-%m-%d}"
    if not sealed:
        holdout.check(table, f"{origin}, end", end)
    table = table[table.date <= end]
    if not (table.date >= start).any():
        raise InputError(
            f"{origin}, history", f"must have days from {start} to {end}", have, "change the dates"
        )
    table = completion.complete(table, first_day)
    return table[table.date >= start].reset_index(drop=True)


def _check_length(table: pd.DataFrame, lookback: int, horizon: int, origin: str) -> None:
    needed = lookback + horizon + 1
    days = table.date.nunique()
    if days < needed:
        raise InputError(
            f"{origin}, history",
            f"must have at least lookback + horizon + 1 = {needed} trading days", days,
            f"it runs from {table.date.min():%Y-%m-%d} to {table.date.max():%Y-%m-%d}",
        )  # fmt: skip
    strange = np.setdiff1d(
        table.date.unique(), calendar.sessions(table.date.min(), table.date.max())
    )
    if len(strange):
        raise InputError(
            f"{origin}, column date", "must hold the Shanghai exchange's trading days only",
            f"{pd.Timestamp(strange[0]):%Y-%m-%d}",
        )  # fmt: skip


def _matched(tables: Tables) -> Tables:
    """The side tables cut to the panel's days and stocks, dates in the panel's unit."""
    panel = tables.panel
    held = set(panel.code.unique())
    cut = {}
    for name in ("benchmark", "events", "oracle"):
        side = getattr(tables, name)
        if side is not None:
            side = side.assign(date=pd.to_datetime(side.date).astype(schema.DATE))
            side = side[(side.date >= panel.date.min()) & (side.date <= panel.date.max())]
            if "code" in side:
                side = side[side.code.isin(held)]
            cut[name] = side.reset_index(drop=True)
    if tables.links is not None:
        both = tables.links.leader.isin(held) & tables.links.follower.isin(held)
        cut["links"] = tables.links[both].reset_index(drop=True)
    last = panel.date.max()
    cut["side"] = Lazy(tables.side, lambda name: _known_by(name, tables.side[name], held, last))
    return replace(tables, **cut)


def _known_by(name: str, table: pd.DataFrame, codes: set[str], last: pd.Timestamp) -> pd.DataFrame:
    """Rows of `codes` dated up to `last`, without what became known of them later.

    Earlier rows than the panel's first stay: a statement published before it is known on it. Rows
    dated `last` of tables that are public in the evening or the morning after stay, too, as such
    rows of any other day do: `stockcast.market.tables.TABLES` says when each may be used.
    """
    dated = TABLES[name].dated
    if name == "macro":  # a source without release dates gets the latest customary ones
        table = released(table)
        table = table[table.known <= last].drop(columns=["known", "assumed"])
    elif name == "names":
        table = table[table.announced.fillna(table.start) <= last]
        table = table.assign(end=table.end.where(table.end <= last))
    elif name == "stocks":
        table = table[~(table.list_date > last)]
        table = table.assign(delist_date=table.delist_date.where(table.delist_date <= last))
    elif name == "indicators":  # a source without announcements gets the legal deadlines
        table = table[table.announced.fillna(deadline(table.period)) <= last]
    elif dated:
        until = last + CLOSE if TABLES[name].columns[dated] == TIME else last
        table = table[table[dated] <= until]
    if "code" in table and name != "index_bars":
        table = table[table.code.isin(codes)]
    return table.reset_index(drop=True)
