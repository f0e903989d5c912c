"""The whole market through the unmodified client: nothing is lost, doubled or changed."""

import itertools

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from stockcast.market.interfaces import INTERFACES, from_wire
from tests.market.sandbox.conftest import whole

DATED = ("2000-01-01 00:00:00", "2030-01-01 00:00:00")


def asked(simulated, one) -> list[dict[str, str]]:
    """Requests that together give an interface's whole table."""
    values = {name: list(parts) for name, parts in one.parts.items()}
    table = simulated.table(one.table)
    if "ts_code" in one.needs:
        values["ts_code"] = list(table["code"].unique())
    if "index_code" in one.needs:
        values["index_code"] = list(table["index"].unique())
    if "trade_date" in one.needs:
        values["trade_date"] = list(table["date"].dt.strftime("%Y%m%d").unique())
    if "src" in one.needs:
        values["src"] = list(table["source"].unique())
        values["start_date"], values["end_date"] = [DATED[0]], [DATED[1]]
    return [dict(zip(values, each, strict=True)) for each in itertools.product(*values.values())]


def expected(simulated, one) -> pd.DataFrame:
    """The market's table as replies can tell it: only the interface's series, no release days."""
    table = simulated.table(one.table)
    if not one.wide:
        return table
    key = "series" if one.table == "macro" else "rate"
    table = table[table[key].isin({field.column for field in one.mapped})]
    if one.table == "macro":
        table = table.assign(released=pd.NaT)
    return one.canonical.typed(table)


@pytest.mark.parametrize("name", sorted(set(INTERFACES) - {"rt_k"}))
def test_every_interface_gives_the_whole_table(name, simulated, address, client):
    """All replies of an interface together are the market's table, to the bit."""
    one, api = INTERFACES[name], client(address)
    replies = [
        from_wire(one, whole(api, one, **params), params) for params in asked(simulated, one)
    ]
    got = one.canonical.typed(pd.concat(replies))
    want = expected(simulated, one)
    assert len(want) > 0
    assert_frame_equal(got, want)


def test_small_pages_give_the_same_rows(simulated, address, client):
    """Pages of any size, put together, are the table: no row is lost or doubled between them."""
    one = INTERFACES["daily"]
    got = from_wire(one, whole(client(address), one, cap=997))
    assert_frame_equal(got, simulated.table("bars"))


def test_no_reply_has_more_rows_than_the_cap(simulated, address, client):
    """A request without a limit gets the cap, one with a larger limit as well."""
    api = client(address)
    assert len(simulated.table("bars")) > INTERFACES["daily"].cap
    assert len(api.daily()) == len(api.daily(limit=10_000)) == INTERFACES["daily"].cap
    assert len(api.moneyflow_hsgt()) == INTERFACES["moneyflow_hsgt"].cap
    assert len(api.daily(limit=7)) == 7


def test_rows_are_newest_first(address, client):
    """As Tushare gives them."""
    for name in ("daily", "shibor", "trade_cal", "cn_cpi"):
        frame = client(address).query(name)
        dates = frame[INTERFACES[name].range_field]
        assert dates.is_monotonic_decreasing
        assert dates.nunique() > 1


def test_fields_select_and_order_columns(address, client):
    """The columns are those asked for, in that order; without any, those shown by default."""
    api = client(address)
    assert list(api.daily(fields="close,ts_code", limit=1)) == ["close", "ts_code"]
    assert list(api.daily(fields=["vol"], limit=1)) == ["vol"]
    shown = [field.name for field in INTERFACES["stock_basic"].fields if field.shown]
    assert list(api.stock_basic()) == shown
    assert "list_status" not in shown


def test_parameters_select_rows(simulated, address, client):
    """Codes, lists of codes, days and ranges give the rows of the table that they name."""
    api, bars = client(address), simulated.table("bars")
    first, second = bars["code"].unique()[:2]
    day = bars["date"].unique()[20]
    text = day.strftime("%Y%m%d")
    assert len(api.daily(ts_code=first)) == (bars["code"] == first).sum()
    assert set(api.daily(ts_code=f"{first},{second}")["ts_code"]) == {first, second}
    assert len(api.daily(trade_date=text)) == (bars["date"] == day).sum()
    within = (bars["date"] >= "2016-03-01") & (bars["date"] <= "2016-03-31")
    march = whole(api, INTERFACES["daily"], start_date="20160301", end_date="20160331")
    assert len(march) == within.sum()
    assert len(api.daily(trade_date="20151010")) == 0  # a Saturday
    assert set(api.trade_cal(is_open="0")["is_open"]) == {0}
    assert set(api.stock_basic(exchange="SSE", fields="ts_code")["ts_code"].str[-2:]) == {"SH"}
    assert set(api.income(ts_code=first, period="20151231")["end_date"]) == {"20151231"}
    morning = api.major_news(start_date="2016-03-01 00:00:00", end_date="2016-03-01 12:00:00")
    assert morning["pub_time"].between("2016-03-01 00:00:00", "2016-03-01 12:00:00").all()


def test_books_as_first_published_come_unless_others_are_asked_for(simulated, address, client):
    """`report_type` 1 is the default, as documented; corrected ones (4) are asked for."""
    fixed = simulated.table("income").query("report == '4'")["code"].iloc[0]
    api = client(address)
    assert set(api.income(ts_code=fixed)["report_type"]) == {"1"}
    assert set(api.income(ts_code=fixed, report_type="4")["report_type"]) == {"4"}
    assert set(api.income(ts_code=fixed, report_type="1,4")["report_type"]) == {"1", "4"}


def test_derived_fields_agree_with_the_bars(address, client):
    """Change and percentage follow from close and reference price, the calendar from itself."""
    api = client(address)
    bars = api.daily(trade_date="20160104")
    assert (bars["change"] - (bars["close"] - bars["pre_close"])).abs().max() < 1e-9
    percent = 100 * (bars["close"] / bars["pre_close"] - 1)
    assert (bars["pct_chg"] - percent).abs().max() < 1e-4
    days = api.trade_cal(start_date="20160101", end_date="20160104").set_index("cal_date")
    assert days.loc["20160104", "pretrade_date"] == days.loc["20160102", "pretrade_date"]
    assert days.loc["20160104", "pretrade_date"] == "20151231"
