"""From the sandbox through the real client into the store and out as a run's tables."""

from __future__ import annotations

import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.data.sources.tushare import NEEDED
from stockcast.data.store import Store
from stockcast.data.tushare import client as module
from stockcast.data.tushare.client import Client
from stockcast.data.tushare.errors import PermissionNeeded, TokenError
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.interfaces import INTERFACES
from stockcast.market.sandbox import Account, Faults, serving
from stockcast.market.simulated import Strengths, simulate

START, END = "2014-01-02", "2014-12-31"
SPAN = {"start": START, "end": END}


@pytest.fixture(scope="module")
def market():
    """A year of twenty stocks."""
    return simulate(sessions(START, END), 20, Strengths(), stream(3, "market"))


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    """An empty store, the one that runs use."""
    monkeypatch.setenv("STOCKCAST_STORE", str(tmp_path / "store"))
    return Store()


@pytest.fixture
def swift(monkeypatch):
    """Retries that do not wait, and pages of 500 rows."""
    small = {name: _with_cap(spec) for name, spec in INTERFACES.items()}
    monkeypatch.setattr(module, "interface", small.__getitem__)
    return lambda address: Client(
        "sandbox", address=address, per_minute=1_000_000, timeout=5, sleep=lambda seconds: None
    )


def _with_cap(spec):
    from dataclasses import replace

    return replace(spec, cap=min(spec.cap, 500))


@pytest.mark.parametrize("seed", [1, 2])
def test_faults_lose_nothing(market, store, swift, seed):
    """With every fault on, each table in the store is the simulator's, and so is the panel."""
    faults = Faults(
        error_500=0.1, error_502=0.1, cut=0.1, empty=0.1, reset=0.1, silence=0.05,
        silent_seconds=0.05, seed=seed,
    )  # fmt: skip
    with serving(market, faults=faults) as address:
        store.update(swift(address), START, END, NEEDED)
    for name in NEEDED:
        pd.testing.assert_frame_equal(store.read(name), market.table(name), check_exact=True)


def test_a_run_from_the_store_is_the_simulated_run(market, store, monkeypatch):
    """`source: tushare` fills the store and gives the panel and index that were simulated."""
    monkeypatch.setenv("TUSHARE_TOKEN", "sandbox")
    with serving(market) as address:
        monkeypatch.setenv("STOCKCAST_TUSHARE_URL", address)
        found = sources.load("tushare", **SPAN)
    expected = market.panel.reset_index(drop=True)
    pd.testing.assert_frame_equal(found.panel[expected.columns.tolist()], expected)
    pd.testing.assert_frame_equal(found.benchmark, market.benchmark)
    assert set(found.side) == {"stocks", "names", "index_bars", "index_weights"}
    pd.testing.assert_frame_equal(found.side["names"], market.table("names"))
    assert sources.codes("tushare") == sorted(market.table("stocks").code)


def test_what_is_there_needs_neither_token_nor_network(market, store, swift, monkeypatch):
    """A filled store serves any part of its span offline, and some stocks of it."""
    with serving(market) as address:
        store.update(swift(address), "2013-11-01", END, NEEDED)
    monkeypatch.setenv("STOCKCAST_TUSHARE_URL", "http://127.0.0.1:9")
    code = market.panel.code.iloc[0]
    found = sources.load("tushare", start="2014-03-03", end="2014-09-30", stocks=[code])
    panel = market.panel
    part = panel[panel.date.between("2014-03-03", "2014-09-30") & (panel.code == code)]
    expected = part.reset_index(drop=True)
    pd.testing.assert_frame_equal(found.panel[expected.columns.tolist()], expected)


def test_what_is_missing_without_a_token_is_one_line(store):
    """An empty store and no token: one line names both ways to give it, and how to go on."""
    with pytest.raises(TokenError) as caught:
        sources.load("tushare", **SPAN)
    assert "\n" not in str(caught.value)
    assert "TUSHARE_TOKEN" in str(caught.value)
    assert "keyring" in str(caught.value)
    with pytest.raises(InputError, match="store, table stocks: must have rows"):
        sources.codes("tushare")


def test_side_tables_come_from_the_store(market, store, swift):
    """Tables that were fetched besides come along, and are not fetched for a run."""
    with serving(market) as address:
        client = swift(address)
        store.update(client, "2013-11-01", END, [*NEEDED, "valuation", "income"])
    found = sources.load("tushare", **SPAN).side
    assert {"valuation", "income"} <= set(found)
    expected = market.table("valuation")
    pd.testing.assert_frame_equal(found["valuation"], expected.reset_index(drop=True))


def test_a_table_without_permission_names_what_it_needs(market, store, monkeypatch):
    """Too few points for the factors: the run stops and says which table to get."""
    monkeypatch.setenv("TUSHARE_TOKEN", "poor")
    with serving(market, tokens={"poor": Account(points=120, per_minute=0)}) as address:
        monkeypatch.setenv("STOCKCAST_TUSHARE_URL", address)
        said = "source tushare: needs tables the account may not fetch; .*leave out table factors"
        with pytest.raises(InputError, match=said):
            sources.load("tushare", start="2014-12-01", end=END)


@pytest.mark.parametrize("table", ["names", "limits", "suspensions", "index_weights"])
def test_no_table_of_the_panel_is_left_out_silently(market, store, swift, monkeypatch, table):
    """Without it the panel would say that there is no special stock, limit, halt or member."""

    class Refusing:
        def __init__(self) -> None:
            self.client = swift(address)

        def fetch(self, name: str, **params: str) -> pd.DataFrame:
            if INTERFACES[name].table == table:
                raise PermissionNeeded(name, "没有权限")
            return self.client.fetch(name, **params)

    monkeypatch.setattr(module, "Client", Refusing)
    said = f"source tushare: needs .*leave out table {table}"
    with serving(market) as address, pytest.raises(InputError, match=said):
        sources.load("tushare", start="2014-06-02", end=END)


@pytest.mark.parametrize(
    ("span", "days"),
    [
        ({"start": "2014-06-02", "end": "2015-01-06"}, "2 days without, 2015-01-05 to 2015-01-06"),
        ({"start": "2013-12-30", "end": END}, "2 days without, 2013-12-30 to 2013-12-31"),
    ],
)
def test_a_run_is_not_shortened_silently(market, store, swift, monkeypatch, span, days):
    """Days of the run that the vendor does not have, at either end, are an error."""
    listed = market.table("stocks").assign(list_date=pd.Timestamp("2010-01-04"))

    class Old:
        def __init__(self) -> None:
            self.client = swift(address)

        def fetch(self, name: str, **params: str) -> pd.DataFrame:
            found = self.client.fetch(name, **params)
            return listed if INTERFACES[name].table == "stocks" else found

    monkeypatch.setattr(module, "Client", Old)
    said = f"table bars: must have rows of each trading day of the run; got '{days}'"
    with serving(market) as address, pytest.raises(InputError, match=said):
        sources.load("tushare", **span)


def test_another_index_is_fetched_for_a_run(market, store, swift, monkeypatch):
    """Days that the store has of one index are no days of another."""
    asked = []

    class Listening:
        def __init__(self) -> None:
            self.client = swift(address)

        def fetch(self, name: str, **params: str) -> pd.DataFrame:
            asked.append((name, params.get("ts_code")))
            return self.client.fetch(name, **params)

    monkeypatch.setattr(module, "Client", Listening)
    with serving(market) as address:
        store.update(swift(address), "2013-11-01", END, NEEDED)
        span = {"start": "2014-03-03", "end": "2014-09-30"}
        sources.load("tushare", **span, benchmark_code="000905.SH", universe="listed")
    assert ("index_daily", "000905.SH") in asked


def test_rates_are_kept_against_the_sandbox(market, monkeypatch):
    """A token allowed 3 calls a minute: one message, then the client keeps to it."""
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    account = {"slow": Account(per_minute=3)}
    with serving(market, tokens=account) as address:
        client = Client("slow", address=address, clock=lambda: now[0], sleep=sleep)
        for day in sessions("2014-01-02", "2014-01-07")[:3]:
            assert len(client.fetch("daily", trade_date=day))
        assert now[0] == 0.0
        monkeypatch.setattr(module, "ATTEMPTS", 2)  # the sandbox's own minute does not pass here
        with pytest.raises(Exception, match="allows this account 3 calls per minute"):
            client.fetch("daily", trade_date="20140108")
        assert now[0] >= 60
