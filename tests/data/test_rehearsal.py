"""The rehearsal of ingestion: nothing lost when all is well, and a loss is seen."""

import pytest

from stockcast.data import rehearsal
from stockcast.data.tushare.client import Client
from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.sandbox import Faults
from stockcast.market.simulated import Strengths, simulate
from stockcast.market.tables import TABLES


@pytest.fixture(scope="module")
def market():
    """Eight stocks over three weeks."""
    return simulate(sessions("2016-04-01", "2016-04-22"), 8, Strengths(), stream(3, "market"))


def test_with_faults_on_nothing_is_lost(market):
    """Every table and the panel come back row for row although requests fail."""
    played = rehearsal.rehearse(
        market, faults=Faults.every_kind(0.06, silence=0, slow_seconds=0.01)
    )
    assert played.tables.table.tolist() == list(TABLES)
    assert played.tables.same.all()
    assert (played.tables.rows == played.tables.fetched).all()
    assert played.panel_same
    assert played.failed > 5
    assert played.calls > played.failed


def test_a_lost_row_is_seen(market, monkeypatch):
    """A client that drops one row of one table is found out, in that table and in the panel."""
    fetch = Client.fetch

    def careless(self, name, **params):
        table = fetch(self, name, **params)
        return table.iloc[:-1] if name == "daily" and len(table) > 1 else table

    monkeypatch.setattr(Client, "fetch", careless)
    played = rehearsal.rehearse(market, faults=Faults())
    found = played.tables.set_index("table").same
    assert not found["bars"]
    assert found.drop("bars").all()
    assert not played.panel_same
    assert played.failed == 0


def test_a_changed_value_is_seen(market, monkeypatch):
    """A factor that is off by a millionth is no longer the same table."""
    fetch = Client.fetch

    def careless(self, name, **params):
        table = fetch(self, name, **params)
        if name == "adj_factor":
            table["adj_factor"] *= 1 + 1e-6
        return table

    monkeypatch.setattr(Client, "fetch", careless)
    found = rehearsal.rehearse(market, faults=Faults()).tables.set_index("table").same
    assert not found["factors"]
