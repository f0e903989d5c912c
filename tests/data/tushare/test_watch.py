"""Provisional bars: polled by the clock, marked, and never among closing data."""

from __future__ import annotations

import pandas as pd
import pytest

from stockcast.data.store import Store
from stockcast.data.tushare import watch as module
from stockcast.data.tushare.errors import Damaged, PermissionNeeded, Unreachable
from stockcast.data.tushare.watch import provisional, settle, watch
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.sandbox import Clock, serving
from stockcast.market.simulated import Strengths, simulate
from stockcast.market.tables import TABLES

TODAY = pd.Timestamp("2014-06-30")


class Hands:
    """A clock that only sleeping moves."""

    def __init__(self, start: str) -> None:
        self.time = pd.Timestamp(start)

    def now(self) -> pd.Timestamp:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += pd.Timedelta(seconds=seconds)


class Feed:
    """`rt_k` as the client gives it: a bar that rises by the minute, at the clock's time."""

    def __init__(self, clock: Hands, *failures: Exception) -> None:
        self.clock, self.asked, self.failures = clock, [], list(failures)

    def fetch(self, interface: str, **params: str) -> pd.DataFrame:
        assert interface == "rt_k"
        self.asked.append((self.clock.now(), params["ts_code"]))
        if self.failures:
            raise self.failures.pop(0)
        day = self.clock.now().normalize()
        return bars(day, close=10 + self.clock.now().minute / 100)


def bars(day: pd.Timestamp, codes=("000001.SZ", "600000.SH"), close=10.0) -> pd.DataFrame:
    """Bars of a day."""
    flat = dict.fromkeys(("open", "high", "low", "close", "pre_close"), close)
    table = pd.DataFrame({"date": day, "code": list(codes), "volume": 100.0, "amount": 1e3} | flat)
    return TABLES["bars"].typed(table)


class Vendor:
    """A client of closing bars."""

    def fetch(self, interface: str, **params: str) -> pd.DataFrame:
        return bars(pd.Timestamp(params.get("trade_date") or params["end_date"]))


@pytest.fixture
def store(tmp_path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


def closed(store: Store, day: pd.Timestamp) -> None:
    """Let the closing bars of a day arrive."""
    evening = day + pd.Timedelta(hours=20)
    store.update(Vendor(), day, day, ["bars"], now=evening)


def test_a_day_is_polled_while_bars_change(store):
    """From the opening auction on, not over lunch, every five minutes, until the last poll."""
    clock = Hands("2014-06-30 08:00:30")
    feed, told = Feed(clock), []
    polls = watch(feed, store, clock, every=300, until="13:10", tell=told.append)
    times = [f"{time:%H:%M}" for time, _ in feed.asked]
    assert times[0] == "09:25"
    assert times[25:27] == ["11:30", "13:00"]
    assert times[-1] == "13:10"
    assert polls == len(times) == len(told) == 29
    assert told[0] == "09:25:00 2 bars"


def test_the_bars_are_todays_and_marked(store):
    """The latest bar of each stock, `provisional` and with the time of its poll."""
    clock = Hands("2014-06-30 10:00")
    watch(Feed(clock), store, clock, every=300, until="10:07")
    found = provisional(store, clock.now())
    assert list(found.columns) == [*TABLES["bars"].columns, "provisional", "as_of"]
    assert found.provisional.all()
    assert found.provisional.dtype == bool
    assert (found.as_of == pd.Timestamp("2014-06-30 10:05")).all()
    assert found.close.tolist() == [10.05, 10.05]
    assert found.date.unique().tolist() == [TODAY]
    assert found.date.dtype == found.as_of.dtype == "datetime64[us]"


def test_a_stock_that_a_poll_leaves_out_keeps_its_last_bar(store):
    """Each stock has the bar of the last poll that had it."""
    clock = Hands("2014-06-30 10:00")
    watch(Feed(clock), store, clock, until="10:00")
    clock = Hands("2014-06-30 10:05")
    client = Feed(clock)
    client.fetch = lambda interface, **params: bars(TODAY, codes=["600000.SH"], close=11.0)
    watch(client, store, clock, codes=["600000.SH"], until="10:05")
    found = provisional(store, clock.now()).set_index("code")
    assert found.close.to_dict() == {"000001.SZ": 10.0, "600000.SH": 11.0}
    assert found.as_of.dt.minute.to_dict() == {"000001.SZ": 0, "600000.SH": 5}


def test_closing_data_never_holds_them(store):
    """No read, status or query of the store knows a provisional bar."""
    clock = Hands("2014-06-30 10:00")
    watch(Feed(clock), store, clock, until="10:03")
    assert len(provisional(store, clock.now()))
    assert store.read("bars").empty
    assert "bars" not in store.tables()
    closed(store, pd.Timestamp("2014-06-27"))
    assert store.read("bars").date.unique().tolist() == [pd.Timestamp("2014-06-27")]
    assert len(store.query("SELECT * FROM bars")) == 2


def test_they_go_when_the_closing_bars_arrive(store):
    """Once the day is closed the provisional bars are ignored, then removed, and polling ends."""
    clock = Hands("2014-06-30 14:00")
    watch(Feed(clock), store, clock, until="14:03")
    closed(store, TODAY)
    assert provisional(store, clock.now()).empty
    settle(store)
    assert not list(store.folder.glob("provisional/*"))
    again = Feed(clock)
    assert watch(again, store, clock) == 0
    assert again.asked == []


def test_an_older_close_does_not_remove_them(store):
    """Yesterday's closing bars leave today's provisional ones alone."""
    clock = Hands("2014-06-30 14:00")
    watch(Feed(clock), store, clock, until="14:01")
    closed(store, pd.Timestamp("2014-06-27"))
    settle(store)
    assert len(provisional(store, clock.now())) == 2


def test_stale_bars_are_ignored_and_replaced(store):
    """Another day's file is nothing, and the next day's first poll replaces it."""
    clock = Hands("2014-06-30 14:00")
    watch(Feed(clock), store, clock, until="14:01")
    clock = Hands("2014-07-01 10:00")
    assert provisional(store, clock.now()).empty
    watch(Feed(clock), store, clock, until="10:00")
    assert provisional(store, clock.now()).date.unique().tolist() == [pd.Timestamp("2014-07-01")]
    settle(store)
    assert provisional(store, clock.now()).date.unique().tolist() == [pd.Timestamp("2014-07-01")]


def test_what_is_no_trade_of_today_is_no_bar(store):
    """Before a first trade the interface tells zeros, or the day before: neither is kept."""
    clock = Hands("2014-06-30 09:25")
    yesterday = bars(pd.Timestamp("2014-06-27"), codes=["000001.SZ"])
    none = bars(TODAY, codes=["600000.SH"]).assign(volume=0.0)
    client = Feed(clock)
    client.fetch = lambda interface, **params: pd.concat([yesterday, none])
    told = []
    assert watch(client, store, clock, until="09:25", tell=told.append) == 0
    assert told == ["09:25:00 0 bars; 1 of another day, the last 2014-06-27"]
    assert provisional(store, clock.now()).empty


def test_a_poll_that_may_heal_is_skipped(store):
    """A fault is told, and the next poll brings the bars."""
    clock = Hands("2014-06-30 10:00")
    told = []
    feed = Feed(clock, Unreachable("rt_k", "HTTP status 500"), Damaged("rt_k", "", "cut"))
    assert watch(feed, store, clock, until="10:02", tell=told.append) == 1
    assert "HTTP status 500" in told[0]
    assert len(provisional(store, clock.now())) == 2


def test_a_permission_that_is_missing_ends_it(store):
    """No waiting helps against a refusal."""
    clock = Hands("2014-06-30 10:00")
    with pytest.raises(PermissionNeeded):
        watch(Feed(clock, PermissionNeeded("rt_k", "没有权限")), store, clock)


@pytest.mark.parametrize(
    ("start", "more", "said"),
    [
        ("2014-06-28 10:00", {}, "today: must be a trading day; got '2014-06-28'"),
        ("2014-06-30 10:00", {"until": "3 pm"}, "until: must be a time of day; got '3 pm'"),
        ("2014-06-30 10:00", {"every": 0}, "every: must be at least 1 second"),
        ("2014-06-30 10:00", {"every": float("nan")}, "every: must be at least 1 second"),
        ("2014-06-30 10:00", {"every": float("inf")}, "every: must be at least 1 second"),
    ],
)
def test_refusals(store, start, more, said):
    """A Saturday, a time that is none and no pause are refused."""
    clock = Hands(start)
    with pytest.raises(InputError, match=said):
        watch(Feed(clock), store, clock, **more)


def test_a_clock_that_goes_on_by_itself_is_watched(store):
    """The wall clock moves between two looks at it; what is past is not waited for."""

    class Shifted(module.Shanghai):
        begun = pd.Timestamp.now()

        def now(self) -> pd.Timestamp:
            return pd.Timestamp("2014-06-30 10:00") + (pd.Timestamp.now() - self.begun)

    clock, told = Shifted(), []
    clock.sleep(0.01)
    feed = Feed(clock)
    fetch = feed.fetch

    def once(interface, **params):
        """The day's closing bars arrive right after the first poll."""
        found = fetch(interface, **params)
        closed(store, TODAY)
        return found

    feed.fetch = once
    assert watch(feed, store, clock, every=1, tell=told.append) == 1
    assert told[0].endswith("2 bars")
    assert told[1].endswith("today's closing bars are in the store")


@pytest.mark.parametrize(
    ("start", "until"), [("15:05:01", "15:05"), ("10:00:00", "09:30"), ("11:40:00", "12:00")]
)
def test_a_watch_without_a_poll_says_so(store, start, until):
    """After the session, or with no moment left, one line tells when bars change."""
    clock, told = Hands(f"2014-06-30 {start}"), []
    assert watch(Feed(clock), store, clock, until=until, tell=told.append) == 0
    hours = "bars change 09:25-11:30 and 13:00-15:05"
    assert told == [f"{start} nothing to poll until {until}: {hours}"]


@pytest.mark.parametrize("content", ["cut", "others"])
def test_a_broken_file_is_disposable(store, content):
    """A file that no poll wrote is no bars; it is removed, or replaced by the next poll."""
    clock = Hands("2014-06-30 10:00")
    watch(Feed(clock), store, clock, until="10:00")
    path = store.folder / "provisional" / "bars.parquet"

    def spoil():
        if content == "cut":
            path.write_bytes(path.read_bytes()[:100])
        else:
            pd.DataFrame({"day": [1]}).to_parquet(path)

    spoil()
    assert provisional(store, clock.now()).empty
    watch(Feed(clock), store, clock, until="10:01")
    assert len(provisional(store, clock.now())) == 2
    spoil()
    settle(store)
    assert not path.exists()
    settle(store)


def test_an_update_tells_its_outcomes_before_it_clears(store, command, monkeypatch):
    """Whatever happens to the provisional file, what was fetched is told."""

    def fails(store):
        raise InputError("provisional bars", "must be removable")

    monkeypatch.setattr(module, "settle", fails)
    monkeypatch.setattr("stockcast.data.tushare.client.Client", Vendor)
    day, where = ("--start", "2014-06-30", "--end", "2014-06-30"), ("--store", str(store.folder))
    status, out, err = command("data", "update", "--tables", "bars", *day, *where)
    assert status == 2
    assert out.startswith("bars ")
    assert "2 new" in out
    assert "must be removable" in err


def test_the_command_refuses_in_one_line(command, tmp_path):
    """`stockcast data watch` takes its options and says what is wrong with one of them."""
    status, out, err = command("data", "watch", "--until", "3 pm", "--store", str(tmp_path))
    assert (status, out) == (2, "")
    assert err == "stockcast: until: must be a time of day; got '3 pm'; write it like 15:05\n"


def test_all_stocks_or_some(store):
    """Without codes the patterns of every market are asked for."""
    clock = Hands("2014-06-30 10:00")
    feed = Feed(clock)
    watch(feed, store, clock, until="10:00")
    watch(feed, store, clock, codes=["600000.SH", "3*.SZ"], until="10:01")
    assert [asked for _, asked in feed.asked] == [",".join(module.EVERYTHING), "600000.SH,3*.SZ"]


def test_through_the_sandbox_the_last_poll_is_the_close(store):
    """The real client against a running market: bars grow, and the last ones are the close's."""
    from stockcast.data.tushare.client import Client

    market = simulate(sessions("2014-06-03", "2014-06-30"), 10, Strengths(), stream(1, "market"))
    hands = Hands("2014-06-30 09:24")
    seen = []
    with serving(market, clock=_driven(hands)) as address:
        client = Client("sandbox", address=address, per_minute=1_000_000)
        watch(
            client, store, hands, every=1800,
            tell=lambda line: seen.append(provisional(store, hands.now()).volume.sum()),
        )  # fmt: skip
    found = provisional(store, hands.now())
    close = market.table("bars")
    close = close[close.date == TODAY].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[list(close.columns)], close)
    assert seen == sorted(seen)
    assert seen[1] < close.volume.sum()


def _driven(hands: Hands) -> Clock:
    """The sandbox's clock, moved by the watcher's."""

    class Driven(Clock):
        def now(self) -> pd.Timestamp:
            return hands.now().as_unit("us")

    return Driven(hands.now())
