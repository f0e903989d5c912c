"""Reading real data, rehearsed: a simulated market is fetched like a vendor's, and compared.

The whole way of ingestion is walked: the real `tushare` client, pages, retries, the wire's units,
the store on disk, the panel joined from its tables. Only the vendor is ours, and fails on purpose.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

import pandas as pd
import requests

from stockcast.data.store import Store
from stockcast.data.tushare.client import Client
from stockcast.data.tushare.panel import panel
from stockcast.market.sandbox import Faults, serving
from stockcast.market.simulated import Market
from stockcast.market.tables import TABLES

FAULTS = Faults.every_kind(0.02, silence=0.0, slow_seconds=0.01)
"""Two replies in a hundred of every kind; silence is left out because it only costs time."""
CLOSE_ENOUGH = 1e-9
"""Relative difference of two numbers that are the same but for another order of arithmetic."""
NOT_SERVED = {"macro": ["released"]}
"""What the protocol leaves out: its macro interfaces have no release dates, and the reader fills in
the latest customary day."""
_GRACE = pd.Timedelta(days=5)


@dataclass(frozen=True)
class Rehearsal:
    """What came of it.

    Attributes
    ----------
    tables
        `table`, `rows` there are, `fetched` rows, `same`: every row and value came back.
    panel_same
        Whether the panel joined from the fetched tables is the market's own, row for row.
    calls, failed
        Requests made, and those that met an error, an empty or a broken reply.
    """

    tables: pd.DataFrame
    panel_same: bool
    calls: int
    failed: int


class _Counting(requests.Session):
    """A session that counts what it sends and what comes back broken."""

    calls = failed = 0

    def post(self, *args: object, **more: object) -> requests.Response:
        self.calls += 1
        try:
            reply = super().post(*args, **more)
            reply.json()
        except (requests.RequestException, ValueError):
            self.failed += 1
            raise
        return reply


def rehearse(market: Market, *, index: str = "000300.SH", faults: Faults = FAULTS) -> Rehearsal:
    """Serve a market, fetch it into a store of its own, and compare every table.

    Parameters
    ----------
    market
        As `simulate` returns it.
    index
        Whose members the panel's universe are.
    faults
        What goes wrong on the wire.

    Returns
    -------
    Rehearsal
        Numbers are compared to nine digits, everything else exactly.
    """
    days = market.world.days
    session = _Counting()
    with (
        tempfile.TemporaryDirectory(prefix="stockcast-") as folder,
        serving(market, faults=faults) as address,
        session,
    ):
        client = Client(
            "sandbox", address=address, per_minute=10**6, session=session, sleep=lambda _: None
        )
        store = Store(folder)
        for start, names in _starts(market, days[0]).items():
            store.update(client, start, days[-1], names, recheck=0, now=days[-1] + _GRACE)
        found = {name: store.read(name) for name in TABLES}
    lines = [
        (name, len(market.table(name)), len(table), _same(name, table, market.table(name)))
        for name, table in found.items()
    ]
    tables = pd.DataFrame(lines, columns=["table", "rows", "fetched", "same"])
    joined = _equal(panel(found, index), market.panel)
    return Rehearsal(tables, joined, session.calls, session.failed)


def _starts(market: Market, first: pd.Timestamp) -> dict[pd.Timestamp, list[str]]:
    """First day to ask for -> tables: statements and news begin before the first trading day."""
    starts: dict[pd.Timestamp, list[str]] = {}
    for name, table in TABLES.items():
        dates = market.table(name)[table.dated] if table.dated else pd.Series(dtype=object)
        start = min(first, dates.min().normalize()) if len(dates) else first
        starts.setdefault(start, []).append(name)
    return starts


def _same(name: str, found: pd.DataFrame, expected: pd.DataFrame) -> bool:
    unserved = NOT_SERVED.get(name, [])
    return _equal(found.drop(columns=unserved), expected.drop(columns=unserved))


def _equal(found: pd.DataFrame, expected: pd.DataFrame) -> bool:
    try:
        pd.testing.assert_frame_equal(found, expected, rtol=CLOSE_ENOUGH, atol=0.0)
    except AssertionError:
        return False
    return True
