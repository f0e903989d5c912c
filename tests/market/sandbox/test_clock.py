"""What is not yet public is not served."""

import pandas as pd
import pytest

from stockcast.market.interfaces import INTERFACES, from_wire
from stockcast.market.sandbox import Clock, serving
from stockcast.market.sandbox.clock import public_from
from stockcast.market.sandbox.desk import Desk
from stockcast.market.sandbox.tokens import EVERYTHING
from tests.market.stand_in import CODES, market


def ask(now: str, name: str, source=None, **params: str) -> pd.DataFrame:
    """The canonical rows of a reply at a moment."""
    one = INTERFACES[name]
    params = {"limit": one.cap, **params}
    desk = Desk(source or market(), Clock(pd.Timestamp(now)), EVERYTHING)
    request = {"api_name": name, "token": "sandbox", "params": params, "fields": one.wanted}
    reply = desk.answer(request)
    assert reply["code"] == 0, reply["msg"]
    assert not reply["data"]["has_more"]
    data = reply["data"]
    return from_wire(one, pd.DataFrame(data["items"], columns=data["fields"]), params)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("adj_factor", "09:19", "09:20"),
        ("stk_limit", "08:39", "08:40"),
        ("daily", "15:29", "15:30"),
        ("index_daily", "15:29", "15:30"),
        ("daily_basic", "16:59", "17:00"),
        ("opt_daily", "16:59", "17:00"),
        ("moneyflow", "18:59", "19:00"),
        ("moneyflow_hsgt", "19:59", "20:00"),
        ("hk_hold", "19:59", "20:00"),
        ("shibor", "11:29", "11:30"),
    ],
)
def test_the_days_rows_appear_at_their_hour(name, before, after):
    """Quotes after the close, valuation and flows in the evening, limits in the morning."""
    params = {"ts_code": "000300.SH"} if name == "index_daily" else {}
    day = pd.Timestamp("2016-12-28")
    early = ask(f"2016-12-28 {before}", name, **params)["date"]
    late = ask(f"2016-12-28 {after}", name, **params)["date"]
    assert early.max() == day - pd.Timedelta("24h")
    assert late.max() == day


def test_margin_appears_the_next_morning():
    """The day's balances are there at half past eight of the next day."""
    assert ask("2016-12-29 08:29", "margin_detail")["date"].max() == pd.Timestamp("2016-12-27")
    assert ask("2016-12-29 08:30", "margin_detail")["date"].max() == pd.Timestamp("2016-12-28")


def test_books_appear_after_their_day_and_corrections_later():
    """A statement dated a day is public by the next; its correction from its own date on."""
    code = CODES[0]
    assert len(ask("2016-12-27 23:59", "income", ts_code=code)) == 0
    assert len(ask("2016-12-28 00:00", "income", ts_code=code)) == 2
    assert len(ask("2017-01-03 23:59", "income", ts_code=code, report_type="4")) == 0
    assert len(ask("2017-01-04 00:00", "income", ts_code=code, report_type="4")) == 1


def test_news_appear_at_their_second():
    """Not a second earlier."""
    assert len(ask("2016-12-26 09:05:06", "major_news")) == 0
    assert len(ask("2016-12-26 09:05:07", "major_news")) == 1


def test_a_delisting_is_not_known_before_it_comes():
    """Until then the stock is listed and has no last day; a stock to come is not there at all."""
    gone = CODES[-1]
    assert gone not in set(ask("2016-12-27", "stock_basic")["code"])
    listed = ask("2016-12-30", "stock_basic", list_status="L").set_index("code")
    assert pd.isna(listed.loc[gone, "delist_date"])
    assert len(ask("2016-12-30", "stock_basic", list_status="D")) == 0
    assert ask("2017-01-03", "stock_basic", list_status="D")["code"].tolist() == [gone]


def test_a_new_name_is_not_known_before_it_is_told():
    """Neither in the list of stocks nor as the end of the old name."""
    code = CODES[0]
    names = ask("2016-12-30 19:59", "namechange", ts_code=code)
    assert names["name"].tolist() == ["公司0"]
    assert names["end"].isna().all()
    stocks = ask("2016-12-30 19:59", "stock_basic").set_index("code")
    assert stocks.loc[code, "name"] == "公司0"
    names = ask("2016-12-30 20:00", "namechange", ts_code=code)
    assert names["name"].tolist() == ["公司0", "ST公司0"]
    assert names["end"].notna().tolist() == [True, False]


def test_a_change_of_sector_is_not_known_before():
    """The old membership has no end until it ends."""
    before = ask("2016-12-29", "index_member", is_new="Y").set_index("code")
    assert before.loc[CODES[0], "sector"] == "银行"
    assert len(ask("2016-12-29", "index_member", is_new="N")) == 0
    after = ask("2016-12-30", "index_member", is_new="Y").set_index("code")
    assert after.loc[CODES[0], "sector"] == "电子"


def test_macro_figures_wait_for_their_release():
    """A period's row appears with the first figure released."""
    assert ask("2016-12-26 10:00", "cn_gdp")["period"].max() == pd.Timestamp("2016-09-30")
    assert len(ask("2016-12-26 09:59", "cn_gdp")) == 0
    assert ask("2017-01-03 10:00", "cn_gdp")["period"].max() == pd.Timestamp("2016-12-31")


@pytest.mark.parametrize("name", sorted(set(INTERFACES) - {"rt_k", "top_list", "top_inst"}))
def test_nothing_changes_when_the_future_is_taken_away(name, simulated):
    """At a moment, a market that ends the day after and one that goes on say the same."""
    now, one = "2016-06-15 16:00", INTERFACES[name]
    cut = Cut(simulated, pd.Timestamp("2016-06-16"))
    params = {}
    if "ts_code" in one.needs:
        params["ts_code"] = simulated.table(one.table)["code"].iloc[0]
    if "index_code" in one.needs:
        params["index_code"] = simulated.table(one.table)["index"].iloc[0]
    if "src" in one.needs:
        params = dict(zip(one.needs, ("20160101", "20161231"), strict=False))
        params |= {"start_date": "2016-01-01 00:00:00", "end_date": "2016-12-31 00:00:00"}
        params["src"] = simulated.table("news")["source"].iloc[0]
    elif one.ranged and one.dated == "trade_date":
        params |= {"start_date": "20151001", "end_date": "20161231"}
    whole, shorter = (tables(now, one, source, params) for source in (simulated, cut))
    assert whole == shorter
    assert len(whole) > 0


def tables(now: str, one, source, params: dict[str, str]) -> list:
    """The rows of every page."""
    desk, out = Desk(source, Clock(pd.Timestamp(now)), EVERYTHING), []
    while True:
        request = {"api_name": one.name, "token": "sandbox", "fields": one.wanted}
        data = desk.answer(request | {"params": {**params, "offset": len(out)}})["data"]
        out += data["items"]
        if not data["has_more"]:
            return out


class Cut:
    """A market without the rows that are public only after a moment; later ends are unknown."""

    def __init__(self, whole, moment: pd.Timestamp) -> None:
        self._whole, self._moment = whole, moment

    def table(self, name: str) -> pd.DataFrame:
        """Rows public by the moment."""
        table = self._whole.table(name)
        public = public_from(name, table)
        out = table[~(public > self._moment.to_datetime64())]
        for column in {"end", "delist_date"} & set(out.columns):
            out = out.assign(**{column: out[column].where(out[column] <= self._moment)})
        return out.reset_index(drop=True)


def test_a_clock_stands_or_runs():
    """Its seconds pass at the speed asked for."""
    seconds = [100.0]
    start = pd.Timestamp("2016-12-28 09:30")
    standing, running = (Clock(start, speed, lambda: seconds[0]) for speed in (0, 60))
    seconds[0] = 110.0
    assert standing.now() == start
    assert running.now() == start + pd.Timedelta("10min")


def test_the_default_clock_has_seen_everything(simulated):
    """At noon of the day after the last, every daily row is public, margins too."""
    clock = Clock.after(simulated.table("bars")["date"].drop_duplicates())
    for name in ("bars", "valuation", "money_flow", "margin", "income", "news"):
        assert not (public_from(name, simulated.table(name)) > clock.now().to_datetime64()).any()


class Running:
    """Moments of one session, asked for one after the other."""

    def __init__(self, simulated, client) -> None:
        self.seconds = [0.0]
        self.day = simulated.table("bars")["date"].unique()[40]
        self.clock = Clock(self.day, 1.0, lambda: self.seconds[0])
        self._simulated, self._client = simulated, client

    def at(self, address: str, time: str, pattern: str = "*") -> pd.DataFrame:
        """Today's bars at a time of the day."""
        self.seconds[0] = pd.Timedelta(time).total_seconds()
        one = INTERFACES["rt_k"]
        api = self._client(address)
        return from_wire(one, api.rt_k(ts_code=pattern, fields=one.wanted)).set_index("code")


def test_todays_bars_form_while_the_clock_runs(simulated, client):
    """Before the session the last day's, during it a growing bar, after it the day's own."""
    running, bars = Running(simulated, client), simulated.table("bars")
    with serving(simulated, clock=running.clock) as address:
        early = running.at(address, "9h15min")
        assert early["date"].unique() == bars["date"].unique()[39]
        first, second = running.at(address, "10h"), running.at(address, "14h")
        assert (first["date"] == running.day).all()
        both = first.index.intersection(second.index)
        assert len(both) > 20
        assert (second.loc[both, "volume"] >= first.loc[both, "volume"]).all()
        assert (second["volume"].sum()) > first["volume"].sum()
        assert (second.loc[both, "high"] >= first.loc[both, "high"]).all()
        assert client(address).daily(trade_date=running.day.strftime("%Y%m%d")).empty
        final = running.at(address, "15h30min")
        want = bars[bars["date"] == running.day].set_index("code")
        for column in ("open", "high", "low", "close", "pre_close", "volume"):
            pd.testing.assert_series_equal(final[column], want[column])
        assert (final["amount"] - want["amount"]).abs().max() <= 0.5
        frame = client(address).daily(trade_date=running.day.strftime("%Y%m%d"))
        assert len(frame) == len(want)


def test_live_quotes_take_patterns(simulated, client):
    """`6*.SH` is every code that begins with 6 in Shanghai; lists may mix patterns and codes."""
    running = Running(simulated, client)
    with serving(simulated, clock=running.clock) as address:
        shanghai = running.at(address, "11h", "6*.SH")
        assert len(shanghai) > 5
        assert shanghai.index.str.fullmatch(r"6\d{5}\.SH").all()
        one = running.at(address, "11h").index[0]
        mixed = running.at(address, "11h", f"{one},6*.SH")
        assert set(mixed.index) == {one, *shanghai.index}
        assert len(running.at(address, "11h", "9*.SH")) == 0
