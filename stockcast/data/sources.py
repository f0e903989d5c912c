"""Where quotes come from: one function per source, all giving the same tables.

Adding a source is one function that takes an `Order` and returns `Tables` with its own panel, and
one line in `SOURCES`; checking, completing, cutting and the universe are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast import determinism
from stockcast.data import completion, files, schema
from stockcast.data.files import find
from stockcast.errors import InputError, nearest
from stockcast.market import calendar, policy, simulated

__all__ = ["SOURCES", "Order", "Tables", "codes", "find", "load"]


@dataclass(frozen=True)
class Tables:
    """What the first stage hands on.

    Attributes
    ----------
    panel : DataFrame
        Every column of `stockcast.data.schema.PANEL`, sorted by date and code.
    benchmark : DataFrame or None
        `date`, `close` of one index, over the panel's days.
    links : DataFrame or None
        `leader`, `follower`, `lag` (trading days), `public`: who supplies whom.
    events : DataFrame or None
        `date` (public by that day's close), `event`, `code`, `strength`: policy events.
    oracle : DataFrame or None
        `date`, `code`, `horizon`, `oracle`, `omniscient`: the true expected label.
    """

    panel: pd.DataFrame
    benchmark: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    oracle: pd.DataFrame | None = None


@dataclass(frozen=True)
class Order:
    """What is asked of a source; `load` documents the fields."""

    panel: str
    benchmark: str
    benchmark_code: str
    start: str
    end: str
    seed: int
    horizon: int
    simulated_stocks: int
    strengths: simulated.Strengths


def load(
    source: str,
    *,
    panel: str = "",
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
) -> Tables:
    """Read, check, complete and cut the tables of a run.

    Parameters
    ----------
    source
        A key of `SOURCES`: simulated, parquet or csv.
    panel, benchmark
        Files with quotes and with index closes (`date`, `code`, `close`); relative names are
        looked for in the folder `STOCKCAST_REAL_DATA`, then from the working folder and the
        project's root. An empty `benchmark` means none.
    benchmark_code
        Which index of that file.
    start, end
        First and last day kept, YYYY-MM-DD.
    stocks
        Codes kept; empty keeps all.
    universe
        `members` leaves `in_universe` as the source has it; `listed` sets it on every row.
    seed, simulated_stocks, strength_reversal, strength_lead_lag, strength_policy
        The simulated market's; files ignore them.
    lookback, horizon
        Trading days looked back and held: the shortest history that can hold a sample follows.
        `horizon` is also the oracle's.

    Raises
    ------
    InputError
        A file is missing, unreadable or breaks the schema; a stock is unknown; the universe is
        empty; the history is too short.
    """
    make, _ = SOURCES[_known(source)]
    strengths = simulated.Strengths(strength_reversal, strength_lead_lag, strength_policy)
    order = Order(
        panel, benchmark, benchmark_code, start, end, seed, horizon, simulated_stocks, strengths
    )
    found = make(order)
    origin = Path(panel).name if panel else f"source {source}"
    table = _cut(found.panel, start, end, stocks, origin)
    if universe == "listed":
        table["in_universe"] = True
    if not table.in_universe.any():
        raise InputError(
            f"{origin}, universe", "must not be empty: no stock is a member on any day",
            hint="set `universe: listed`, or keep stocks of the index",
        )  # fmt: skip
    _check_length(table, lookback, horizon, origin)
    return _matched(replace(found, panel=table))


def codes(source: str, *, panel: str = "", n_stocks: int = 120) -> list[str]:
    """Codes a source can give, sorted, without loading its quotes."""
    _, listing = SOURCES[_known(source)]
    return sorted(listing(panel, n_stocks))


def _known(source: str) -> str:
    if source not in SOURCES:
        raise InputError("source", "is not known", source, nearest(source, SOURCES))
    return source


def _cut(
    table: pd.DataFrame, start: str, end: str, stocks: Sequence[str], origin: str
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
    return replace(tables, **cut)


# The sources


def _simulated(order: Order) -> Tables:
    market = simulated.simulate(
        calendar.sessions(order.start, order.end), order.simulated_stocks, order.strengths,
        determinism.stream(order.seed, "market"),
    )  # fmt: skip
    oracle = market.oracle(order.horizon)
    return Tables(market.panel, market.benchmark, market.links, market.events, oracle)


def _simulated_codes(panel: str, n_stocks: int) -> list[str]:
    return simulated.codes(n_stocks)


def _file(kind: str) -> Callable[[Order], Tables]:
    def tables(order: Order) -> Tables:
        index = files.index(order.benchmark, order.benchmark_code) if order.benchmark else None
        table = files.read(find(order.panel, "panel"), kind)
        return Tables(table, index, events=policy.real_events())

    return tables


def _file_codes(kind: str) -> Callable[[str, int], list[str]]:
    return lambda panel, n_stocks: files.codes(panel, kind)


SOURCES: dict[str, tuple[Callable[[Order], Tables], Callable[[str, int], list[str]]]] = {
    "simulated": (_simulated, _simulated_codes),
    "parquet": (_file("parquet"), _file_codes("parquet")),
    "csv": (_file("csv"), _file_codes("csv")),
}
"""Each source: a function for its tables, and one that lists its codes cheaply."""
