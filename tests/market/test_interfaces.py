"""Tushare's interfaces: recorded replies are read rightly, tables survive the wire."""

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from stockcast.errors import InputError
from stockcast.market.interfaces import INTERFACES, ReplyError, from_wire, interface, to_wire
from stockcast.market.tables import TABLES, TEXT
from tests.market.stand_in import market

RECORDED = {
    "stock_basic", "trade_cal", "adj_factor", "daily_basic", "stk_limit", "suspend_d",
    "namechange", "index_daily", "index_weight", "index_classify", "income", "balancesheet",
    "cashflow", "fina_indicator", "dividend", "moneyflow", "margin_detail", "top_list", "top_inst",
    "news", "major_news",
}  # fmt: skip
SERIES = {"cn_gdp", "cn_cpi", "cn_ppi", "cn_m", "shibor", "shibor_lpr"}
ASKED_BY_NAME = {"stock_basic", "index_classify"}  # their recordings hold fields not shown unasked


@cache
def reply(name: str) -> pd.DataFrame:
    """A recorded reply as the client returns it."""
    folder = Path(os.environ["STOCKCAST_REAL_DATA"]) / "tushare_responses"
    file = {"namechange": "name_change"}.get(name, name)
    data = json.loads((folder / f"{file}.json").read_text(encoding="utf-8"))["data"]
    return pd.DataFrame(data["items"], columns=data["fields"])


@cache
def table(name: str) -> pd.DataFrame:
    """A recorded reply as a canonical table."""
    return from_wire(INTERFACES[name], reply(name))


def test_all_interfaces_of_the_sandbox_are_there():
    """Each of the 33 promised interfaces and the option contracts fills a canonical table."""
    assert len(INTERFACES) == 34
    for one in INTERFACES.values():
        assert one.table in TABLES
        names = [field.name for field in one.fields]
        assert len(set(names)) == len(names)
        assert set(one.needs) <= {*one.matches, *one.range_params}
        assert one.cap > 0
        assert one.per_minute > 0


@pytest.mark.parametrize("name", sorted(INTERFACES))
def test_fields_have_columns_of_their_table(name):
    """Every mapped field's column (or series) is one that the canonical table has."""
    one = INTERFACES[name]
    columns = set(one.canonical.columns)
    if one.wide:
        series = market().table(one.table)[{"macro": "series", "rates": "rate"}[one.table]]
        columns |= set(series)
    assert {field.column for field in one.mapped} <= columns


def test_an_unknown_interface_is_refused_with_the_nearest():
    """A typo costs one line that names the right spelling."""
    with pytest.raises(InputError, match=r"'dayly'.*did you mean 'daily'"):
        interface("dayly")


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(RECORDED))
def test_fields_are_the_recorded_ones(name):
    """Names and order of a recorded reply's fields are the interface's, but for those on request.

    Two recordings hold more than a reply to a request without `fields`; there all names are equal.
    """
    fields = [field for field in INTERFACES[name].fields if not field.request]
    if name not in ASKED_BY_NAME:
        fields = [field for field in fields if field.shown]
    assert [field.name for field in fields] == list(reply(name).columns)


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(RECORDED))
def test_every_recorded_value_parses(name):
    """Each recorded row is a row of the table, and each value that is there is there as well."""
    one, got, raw = INTERFACES[name], table(name), reply(name)
    assert_frame_equal(got.iloc[:0], one.canonical.empty())
    assert len(got) == len(raw.drop_duplicates())
    for field in one.mapped:
        told = field.name in raw and not field.optional and (name, field.name) != ("news", "title")
        if told:
            there = got[field.column]
            there = (there != "") if one.canonical.columns[field.column] == TEXT else there.notna()
            assert there.sum() == raw.drop_duplicates()[field.name].notna().sum(), field.name


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(RECORDED - {"news"}))
def test_recorded_tables_survive_the_wire(name):
    """Served again and read again, a recorded table is the same to the bit."""
    fields, items = to_wire(INTERFACES[name], table(name))
    again = from_wire(INTERFACES[name], pd.DataFrame(items, columns=fields))
    assert_frame_equal(again, table(name))


@pytest.mark.real
def test_recorded_units_make_physical_sense():
    """Converted magnitudes agree with each other: shares times price is value, and so on."""
    value = table("daily_basic").iloc[0]
    assert value["market_cap"] == pytest.approx(value["close"] * value["total_shares"], rel=1e-4)
    assert value["float_cap"] == pytest.approx(value["close"] * value["float_shares"], rel=1e-4)
    assert value["market_cap"] == pytest.approx(175.8e9, rel=0.001)  # Ping An Bank, July 2018

    bar = table("index_daily").iloc[0]
    assert 2 < bar["amount"] / bar["volume"] < 50  # yuan a share, the market's mean price
    assert bar["close"] == 3090.758

    limit = table("stk_limit").iloc[0]
    assert limit["limit_up"] / limit["limit_down"] == pytest.approx(1.1 / 0.9, rel=0.005)

    flow = table("moneyflow").iloc[0]
    for size in ("small", "medium", "large", "extra_large"):
        price = flow[f"buy_{size}_amount"] / flow[f"buy_{size}_volume"]
        assert price == pytest.approx(6.87, rel=0.01)
    bought = sum(flow[f"buy_{size}_volume"] for size in ("small", "medium", "large", "extra_large"))
    sold = sum(flow[f"sell_{size}_volume"] for size in ("small", "medium", "large", "extra_large"))
    assert bought == pytest.approx(sold, rel=1e-4)

    margin = table("margin_detail").iloc[0]
    assert margin["lending_balance"] / margin["lending_shares"] == pytest.approx(14.74)
    total = margin["financing_balance"] + margin["lending_balance"]
    assert margin["total_balance"] == pytest.approx(total)

    assert (table("index_weight")["weight"] < 0.1).all()
    seat = table("top_inst").iloc[0]
    assert seat["buy"] / seat["buy_rate"] == pytest.approx(
        table("top_inst").iloc[1]["buy"] / table("top_inst").iloc[1]["buy_rate"], rel=0.01
    )


@pytest.mark.real
def test_recorded_books_balance():
    """A recorded balance sheet adds up, and profit after tax is profit less tax."""
    sheet = table("balancesheet").iloc[0]
    parts = sheet["total_liabilities"] + sheet["minority_interest"] + sheet["equity_parent"]
    assert sheet["total_assets"] == pytest.approx(parts)
    profit = table("income").iloc[0]
    assert profit["net_profit"] == pytest.approx(profit["total_profit"] - profit["income_tax"])
    assert profit["period"] == pd.Timestamp("2025-03-31")
    ratios = table("fina_indicator").iloc[0]
    assert ratios["debt_to_assets"] == pytest.approx(0.926553)
    assert ratios["roe"] == pytest.approx(ratios["eps"] / ratios["bps"], rel=0.05)


@pytest.mark.real
def test_a_paid_dividend_is_dated_by_its_own_notice():
    """The row of a dividend carried out counts from its notice, not from the plan's."""
    dividends = table("dividend").set_index(["period", "stage"])
    year = pd.Timestamp("2023-12-31")
    assert dividends.loc[(year, "预案"), "announced"] == pd.Timestamp("2024-04-30")
    paid = dividends.loc[(year, "实施")]
    assert paid["announced"] == pd.Timestamp("2024-07-11")
    assert paid["cash"] == 0.321
    assert paid["ex_date"] == pd.Timestamp("2024-07-18")


@pytest.mark.parametrize("name", sorted(set(INTERFACES) - {"rt_k"} - SERIES))
def test_tables_survive_the_wire(name):
    """Written as a reply and read again, a table is the same to the bit."""
    one = INTERFACES[name]
    fields, items = to_wire(one, market().table(one.table))
    text = json.loads(json.dumps(items))
    source = {"src": "sina"} if name == "news" else None
    got = from_wire(one, pd.DataFrame(text, columns=fields), source)
    want = market().table(one.table)
    if name == "news":
        want = want.assign(source="sina").astype({"source": "str"})
    assert_frame_equal(got, want)


@pytest.mark.parametrize("name", sorted(SERIES))
def test_series_survive_the_wire(name):
    """Series are turned into fields and back; release days, which no reply has, are missing."""
    one = INTERFACES[name]
    key = "series" if one.table == "macro" else "rate"
    names = {field.column for field in one.mapped}
    want = market().table(one.table)
    want = want[want[key].isin(names)].reset_index(drop=True)
    if one.table == "macro":
        want["released"] = pd.Series(pd.NaT, index=want.index, dtype="datetime64[us]")
    fields, items = to_wire(one, market().table(one.table))
    assert_frame_equal(from_wire(one, pd.DataFrame(items, columns=fields)), want)
    assert len(want) > 1


def test_numbers_are_the_nearest_to_the_decimal_one():
    """5000.02 lots are 500002 shares exactly, though the product in float64 is not."""
    frame = bars(vol=[5000.02], amount=[460697.377])
    got = from_wire(INTERFACES["daily"], frame).iloc[0]
    assert 5000.02 * 100 != 500002.0
    assert got["volume"] == 500002.0
    assert got["amount"] == 460697377.0


def bars(**changes: object) -> pd.DataFrame:
    """A reply of `daily` with one row, or as many as the changes have."""
    row = dict.fromkeys(["open", "high", "low", "close", "pre_close"], 10.0)
    row |= {"ts_code": "000001.SZ", "trade_date": "20180718", "vol": 1.0, "amount": 1.0}
    return pd.DataFrame({**{name: [value] for name, value in row.items()}, **changes})


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"close": ["ten"]}, "close", "must be a number"),
        ({"close": [True]}, "close", "must be a number"),
        ({"close": [float("inf")]}, "close", "must be finite"),
        ({"vol": [-1.0]}, "vol", "must be at least 0"),
        ({"trade_date": ["2018-07-18"]}, "trade_date", "must be a date"),
        ({"trade_date": ["20180732"]}, "trade_date", "must be a date"),
        ({"trade_date": [20180718.5]}, "trade_date", "must be a date"),
        ({"trade_date": [None]}, "trade_date", "must not be missing"),
        ({"ts_code": [1]}, "ts_code", "must be text"),
        ({"ts_code": [None]}, "ts_code", "must not be missing"),
    ],
)
def test_bad_values_are_named(change, field, rule):
    """A value of the wrong type or size is an error that names interface, field and rule."""
    with pytest.raises(ReplyError, match=rf"daily\.{field}: {rule}") as caught:
        from_wire(INTERFACES["daily"], bars(**change))
    assert (caught.value.interface, caught.value.field) == ("daily", field)


def test_a_missing_field_is_named():
    """Also for the empty frame that the client makes of an HTTP error."""
    with pytest.raises(ReplyError, match=r"daily\.close: is missing"):
        from_wire(INTERFACES["daily"], bars().drop(columns="close"))
    with pytest.raises(ReplyError, match="is missing"):
        from_wire(INTERFACES["daily"], pd.DataFrame())


def test_contradicting_rows_are_an_error_and_repeated_ones_are_one():
    """Two rows of one day and stock must not differ; where they do not, one is kept."""
    twice = {name: [value, value] for name, value in bars().iloc[0].items()}
    assert len(from_wire(INTERFACES["daily"], bars(**twice))) == 1
    with pytest.raises(ReplyError, match=r"must not contradict itself.*000001\.SZ"):
        from_wire(INTERFACES["daily"], bars(**twice | {"close": [10.0, 11.0]}))


def test_no_rows_are_an_empty_typed_table():
    """A reply without rows has the table's columns and types."""
    for one in INTERFACES.values():
        names = [field.name for field in one.fields if not field.request]
        got = from_wire(one, pd.DataFrame([], columns=names))
        assert_frame_equal(got, one.canonical.empty())


def test_of_repeated_statements_the_first_counts():
    """An update (`update_flag` 1) without a date of its own would be known before it was made."""
    one = INTERFACES["income"]
    fields, items = to_wire(one, market().table("income").iloc[[0]])
    frame = pd.DataFrame(items * 2, columns=fields)
    frame["revenue"], frame["update_flag"] = [2.0, 1.0], ["1", "0"]
    assert from_wire(one, frame)["revenue"].tolist() == [1.0]


def test_an_untold_day_of_publication_is_the_announcements():
    """Without `f_ann_date` a statement counts from its `ann_date`."""
    one = INTERFACES["income"]
    fields, items = to_wire(one, market().table("income").iloc[[0]])
    frame = pd.DataFrame(items, columns=fields)
    frame["f_ann_date"] = None
    found = from_wire(one, frame)
    assert found["first_announced"].equals(found["announced"].rename("first_announced"))


def test_days_when_trading_resumes_are_no_suspensions():
    """Rows of type R are left out."""
    frame = pd.DataFrame(
        [["000001.SZ", "20180718", None, "S"], ["000002.SZ", "20180718", None, "R"]],
        columns=["ts_code", "trade_date", "suspend_timing", "suspend_type"],
    )
    assert from_wire(INTERFACES["suspend_d"], frame)["code"].tolist() == ["000001.SZ"]


def test_news_without_a_title_get_one():
    """The words in brackets, or the first sentence; the source is the one that was asked for."""
    frame = pd.DataFrame(
        [["2025-02-12 09:08:09", "【甲】乙。", None], ["2025-02-12 09:08:10", "丙。丁。", None]],
        columns=["datetime", "content", "title"],
    )
    got = from_wire(INTERFACES["news"], frame, {"src": "sina"})
    assert got["title"].tolist() == ["甲", "丙"]
    assert got["source"].tolist() == ["sina", "sina"]


def test_what_is_asked_for_is_all_that_is_read():
    """`wanted` names every field that has a column, also those not shown unasked."""
    assert "delist_date" in INTERFACES["stock_basic"].wanted.split(",")
    assert "src" not in INTERFACES["news"].wanted.split(",")
    for one in INTERFACES.values():
        names = set(one.wanted.split(","))
        assert names >= {field.name for field in one.mapped if not field.request}
        assert names <= {field.name for field in one.fields}


@pytest.mark.real
def test_spoilt_replies_are_named_errors_or_right():
    """Three hundred recorded replies with a field gone, a value spoilt or rows cut: never worse."""
    rng = np.random.default_rng(3)
    names = sorted(name for name in RECORDED if len(reply(name)))
    spoilers = [None, "x", -1.0, True, [], 20180101, float("nan"), {"a": 1}, "", 1e300]
    refused = 0
    for _ in range(300):
        name = names[rng.integers(len(names))]
        frame = reply(name).head(20).astype(object)
        if rng.random() < 0.2:
            frame = frame.drop(columns=frame.columns[rng.integers(frame.shape[1])])
        for _ in range(rng.integers(3)):
            place = rng.integers(len(frame)), rng.integers(min(frame.shape[1], 12))
            frame.iat[place] = spoilers[rng.integers(len(spoilers))]
        frame = frame.head(rng.integers(len(frame) + 1))
        try:
            got = from_wire(INTERFACES[name], frame)
        except ReplyError:
            refused += 1
        else:
            assert len(got) <= len(frame)
            assert len(got) >= frame.notna().all(axis=1).any()
    assert 50 < refused < 250
