"""Today's bars while the market is open, kept apart from closing data.

    STORE/provisional/bars.parquet      the columns of `bars`, `provisional` (true) and `as_of`

The file holds one day. It is nobody's closing data: `Store.read` does not know it, a file of
another day is ignored, and once the day's closing bars are in the store it is removed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from stockcast import paths
from stockcast.data.store import Store
from stockcast.data.tushare.errors import Damaged, RateLimited, Unreachable
from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.market.tables import TABLES

EVERYTHING = ("3*.SZ", "6*.SH", "0*.SZ", "9*.BJ")
"""All stocks, as the documentation of `rt_k` writes it."""
SESSIONS = (("09:25", "11:30"), ("13:00", "15:05"))
"""When bars change: from the opening auction's result until the closing auction's is out."""
_FILE = "provisional/bars.parquet"


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> pd.Timestamp:
        """Shanghai time without zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return that much later."""
        ...


class Shanghai:
    """The wall clock in Shanghai."""

    def now(self) -> pd.Timestamp:
        """Shanghai time without zone."""
        return pd.Timestamp.now("Asia/Shanghai").tz_localize(None).as_unit("us")

    def sleep(self, seconds: float) -> None:
        """Return that much later."""
        time.sleep(seconds)


def watch(
    client: object,
    store: Store,
    clock: Clock,
    *,
    codes: Sequence[str] = (),
    every: float = 60.0,
    until: str = "15:05",
    tell: Callable[[str], None] = lambda line: None,
) -> int:
    """Keep provisional bars of today until the day ends or its closing bars are in the store.

    Parameters
    ----------
    client
        Has `fetch(interface, **params)`.
    store
        Beside whose tables the bars are kept.
    clock
        Drives the polls.
    codes
        Stocks, or patterns such as `6*.SH`; empty: all.
    every
        Seconds from one poll to the next.
    until
        Time of day of the last poll.
    tell
        Given a line for each poll, or one that says why there was none.

    Returns
    -------
    int
        Polls that brought bars. A poll that fails for a reason that may heal is told and skipped.

    Raises
    ------
    InputError
        Today is no trading day, or an argument is wrong.
    StockcastError
        What the client raises and no waiting heals.
    """
    today = clock.now().normalize()
    last = today + _time_of_day(until)
    if not (every >= 1 and math.isfinite(every)):
        raise InputError("every", "must be at least 1 second", every)
    if calendar.sessions(today, today).empty:
        raise InputError("today", "must be a trading day", f"{today:%F}")
    if (first := _next_poll(clock.now())) is None or first > last:
        hours = " and ".join("-".join(span) for span in SESSIONS)
        tell(f"{clock.now():%H:%M:%S} nothing to poll until {until}: bars change {hours}")
    polls = 0
    while (wanted := _next_poll(clock.now())) is not None and wanted <= last:
        # The clock goes on between two looks at it.
        clock.sleep(max(0.0, (wanted - clock.now()).total_seconds()))
        if _closed(store, today):
            tell(f"{clock.now():%H:%M:%S} today's closing bars are in the store")
            break
        polls += _poll(client, store, clock, codes or EVERYTHING, tell)
        clock.sleep(max(0.0, every - (clock.now() - wanted).total_seconds()))
    settle(store)
    return polls


def provisional(store: Store, now: pd.Timestamp) -> pd.DataFrame:
    """Bars of the day of `now` that are not closed yet.

    Returns
    -------
    DataFrame
        The columns of `bars`, `provisional` (true) and `as_of` (Shanghai time of the poll); no
        rows when nothing was watched that day, or the store has its closing bars.
    """
    today = pd.Timestamp(now).normalize()
    held = _held(store)
    if _closed(store, today):
        held = held[:0]
    return held[held.date == today].reset_index(drop=True)


def settle(store: Store) -> None:
    """Remove the provisional bars once the closing bars of their day are in the store, or later.

    A file that cannot be read is removed, too: the next poll writes a new one.
    """
    path = store.folder / _FILE
    if not path.is_file():
        return
    held = _held(store)
    if held.empty or len(store.read("bars", held.date.max())):
        path.unlink(missing_ok=True)


def run_watch(
    every: float = 60.0, until: str = "15:05", codes: Sequence[str] = (), store: Path | None = None
) -> int:
    """`stockcast data watch`: watch with the real client and clock, a line for each poll."""
    from stockcast.data.tushare.client import Client

    return watch(
        Client(), Store(store), Shanghai(), codes=codes, every=every, until=until, tell=print
    )  # fmt: skip


def _poll(
    client: object, store: Store, clock: Clock, codes: Sequence[str], tell: Callable[[str], None]
) -> int:
    """Fetch once and write; 1 when there were bars of today."""
    now = clock.now()
    try:
        found = client.fetch("rt_k", ts_code=",".join(codes))
    except (Unreachable, RateLimited, Damaged) as error:
        if not error.heals:
            raise
        tell(f"{now:%H:%M:%S} nothing: {error}")
        return 0
    # Before a stock's first trade the interface tells zeros, or the day before.
    bars = found[(found.date == now.normalize()) & (found.volume > 0)]
    others = found[found.date != now.normalize()]
    line = f"{now:%H:%M:%S} {len(bars)} bars"
    if len(others):
        line += f"; {len(others)} of another day, the last {others.date.max():%F}"
    tell(line)
    if bars.empty:
        return 0
    before = provisional(store, now)
    merged = pd.concat([_marked(bars, now), before]).drop_duplicates("code", keep="first")
    with paths.replacing(store.folder / _FILE) as scratch:
        merged.sort_values("code").to_parquet(scratch, index=False)
    return 1


def _closed(store: Store, day: pd.Timestamp) -> bool:
    """Whether the closing bars of `day` are in the store."""
    return len(store.day("bars", day)) > 0


def _held(store: Store) -> pd.DataFrame:
    """The file's bars; none when there is no file, or it is none that a poll wrote."""
    import pyarrow as pa

    none = _marked(TABLES["bars"].empty(), pd.Timestamp(0))
    try:
        held = pd.read_parquet(store.folder / _FILE)
    except (OSError, ValueError, pa.ArrowException):
        return none
    return held if held.dtypes.equals(none.dtypes) else none


def _marked(bars: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    marked = bars.assign(provisional=True, as_of=as_of)
    return marked.astype({"provisional": "bool", "as_of": "datetime64[us]"})


def _time_of_day(text: str) -> pd.Timedelta:
    try:
        moment = pd.to_datetime(text, format="%H:%M")
    except ValueError:
        raise InputError("until", "must be a time of day", text, "write it like 15:05") from None
    return moment - moment.normalize()


def _next_poll(now: pd.Timestamp) -> pd.Timestamp | None:
    """`now` while bars change, else the next moment of the day when they begin to; None: over."""
    for opens, closes in SESSIONS:
        if now <= now.normalize() + _time_of_day(closes):
            return max(now, now.normalize() + _time_of_day(opens))
    return None
