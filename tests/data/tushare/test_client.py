"""Fetching: pages, retries, pace, refusals; nothing is lost and nothing is silent."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from contextlib import contextmanager

import pandas as pd
import pytest
import requests

from stockcast.data.tushare import client as module
from stockcast.data.tushare.errors import (
    Damaged,
    PermissionNeeded,
    RateLimited,
    ReplyError,
    RequestRefused,
    TokenError,
    Unreachable,
)
from stockcast.errors import InputError, StockcastError
from stockcast.market.interfaces import INTERFACES
from tests.data.tushare.conftest import TOKEN, bars, client_of, reply

CAP = INTERFACES["daily"].cap
DAY = {"trade_date": "20170104"}
PER_MINUTE = {"code": 40203, "msg": "抱歉，您每分钟最多访问该接口3次，权限的具体详情访问：x。"}
OTHERWISE = {
    "code": 40203,
    "msg": "抱歉，您访问接口(daily)频率超限(3次/分钟)，权限的具体详情访问：x。",
}
NO_PERMISSION = {"code": 40203, "msg": "抱歉，您没有接口访问权限，权限的具体详情访问：x。"}


def paged(total: int, **said: object):
    """A server of `total` rows that honours limit and offset."""

    def answer(body: dict) -> dict:
        offset, limit = body["params"]["offset"], body["params"]["limit"]
        found = bars(min(limit, total - offset), offset)
        found["data"] |= {"has_more": offset + limit < total} | said
        if said.get("has_more", True) is None:
            del found["data"]["has_more"]
        return found

    return answer


def test_rows_are_canonical_and_the_request_is_the_clients_own():
    """One call by the real client: its address, its body, our fields; rows in our units."""
    client, wire, _ = client_of(lambda body: bars(2))
    found = client.fetch("daily", **DAY)
    assert found.volume.tolist() == [10000.0, 10100.0]
    assert found.amount.tolist() == [1000250.0] * 2
    posted = wire.posted[0]
    assert posted["url"] == "http://api.waditu.com/dataapi/daily"
    assert (posted["api_name"], posted["token"]) == ("daily", TOKEN)
    assert posted["params"]["ts_type_name"] == "http://api.waditu.com/dataapi"
    assert posted["fields"] == INTERFACES["daily"].wanted
    assert posted["redirects"] is False


@pytest.mark.parametrize("total", [0, 1, CAP - 1, CAP, CAP + 1, 2 * CAP, 2 * CAP + 7])
@pytest.mark.parametrize("has_more", [True, None, False])
def test_all_pages_are_fetched(total, has_more):
    """Every row comes whatever `has_more` says, as long as full pages are asked on."""
    said = {} if has_more else {"has_more": has_more}
    client, wire, _ = client_of(paged(total, **said), per_minute=1000)
    found = client.fetch("daily", **DAY)
    assert len(found) == found.code.nunique() == total
    assert [body["params"]["offset"] for body in wire.posted] == list(
        range(0, CAP * len(wire.posted), CAP)
    )
    assert len(wire.posted) == (total // CAP + 1 if total else 1)


def test_a_smaller_cap_than_ours_is_followed():
    """Pages shorter than our cap are asked on while `has_more` is true."""

    def answer(body):
        offset = body["params"]["offset"]
        found = bars(min(100, 250 - offset), offset)
        found["data"]["has_more"] = offset + 100 < 250
        return found

    client, wire, _ = client_of(answer)
    assert len(client.fetch("daily", **DAY)) == 250
    assert [body["params"]["offset"] for body in wire.posted] == [0, 100, 200]


def test_rows_that_shifted_between_pages_come_once():
    """A row added between two pages repeats one across them; it is there once."""
    pages = [bars(CAP), bars(10, CAP - 1)]
    client, _, _ = client_of(lambda body: pages.pop(0))
    found = client.fetch("daily", **DAY)
    assert len(found) == found.code.nunique() == CAP + 9


def test_pages_that_contradict_each_other_are_refused():
    """One key with two different rows, on two pages, is an error and not a choice."""
    other = bars(10, CAP - 1)
    other["data"]["items"][0][5] = 10.2
    pages = [bars(CAP), other]
    client, _, _ = client_of(lambda body: pages.pop(0))
    with pytest.raises(ReplyError, match=r"must not contradict itself.*005999.SZ"):
        client.fetch("daily", **DAY)


def test_a_server_that_gives_the_same_rows_for_ever_is_refused():
    """`has_more` with the first page again and again ends in an error, not in a loop."""
    same = bars(5)
    same["data"]["has_more"] = True
    client, wire, _ = client_of(lambda body: same)
    with pytest.raises(ReplyError, match="the same rows"):
        client.fetch("daily", **DAY)
    assert len(wire.posted) == 2


def test_an_interface_without_offset_gives_its_one_reply():
    """A full page that comes again word for word, with nothing more announced, is all there is."""
    client, _, _ = client_of(lambda body: bars(CAP))
    assert len(client.fetch("daily", **DAY)) == CAP


def test_more_rows_that_never_come_are_an_error():
    """`has_more` over an empty page is refused."""
    empty = bars(0)
    empty["data"]["has_more"] = True
    client, _, _ = client_of(lambda body: empty)
    with pytest.raises(ReplyError, match="must have rows while has_more is true"):
        client.fetch("daily", **DAY)


@pytest.mark.parametrize(("count", "good"), [(3, True), (-1, True), (4, False), (2, False)])
def test_a_count_must_be_the_rows_that_came(count, good):
    """Where a reply counts its rows, cut ones are noticed."""
    counted = bars(3)
    counted["data"]["count"] = count
    client, _, _ = client_of(lambda body: counted)
    if good:
        assert len(client.fetch("daily", **DAY)) == 3
    else:
        with pytest.raises(ReplyError, match="count"):
            client.fetch("daily", **DAY)


def test_a_count_of_the_whole_request_holds_over_pages():
    """A count above the page's rows is the request's, and must come true in the end."""
    for total, good in ((CAP + 5, True), (CAP + 6, False)):
        client, _, _ = client_of(paged(CAP + 5, count=total))
        if good:
            assert len(client.fetch("daily", **DAY)) == CAP + 5
        else:
            with pytest.raises(ReplyError, match="count"):
                client.fetch("daily", **DAY)


def test_no_rows_are_an_empty_typed_table():
    """A whole reply that says there is nothing is the only way to an empty frame."""
    client, _, _ = client_of(lambda body: bars(0))
    found = client.fetch("daily", **DAY)
    assert found.empty
    pd.testing.assert_frame_equal(found, INTERFACES["daily"].canonical.empty())


HEALING = [
    500, 502, 503, 429, 408, b"", b'{"code": 0, "data": {"fields": ["ts_c', b"<html></html>",
    requests.ConnectionError("reset"), requests.ReadTimeout("slow"),
    requests.exceptions.ChunkedEncodingError("cut"), PER_MINUTE, OTHERWISE,
    {"code": 40203, "msg": "抱歉，您访问接口(daily)频率超限"},
    {"code": -1, "msg": "系统内部错误"},
]  # fmt: skip


@pytest.mark.parametrize("fault", HEALING, ids=str)
def test_what_may_heal_is_tried_again(fault):
    """After two failures the rows are there; the waits grow."""
    answers = [fault, fault, bars(4)]
    client, wire, time = client_of(lambda body: answers.pop(0))
    assert len(client.fetch("daily", **DAY)) == 4
    assert len(wire.posted) == 3
    backoff = [seconds for seconds in time.slept if seconds < 10]
    assert len(backoff) == 2
    assert 1 <= backoff[0] <= 2 <= backoff[1] <= 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (500, Unreachable), (b"{", Damaged), (requests.ConnectionError("x"), Unreachable),
        (PER_MINUTE, RateLimited),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_heal_in_time_is_raised(fault, error):
    """After the last attempt the error says what it was; the waits stay below the longest."""
    client, wire, time = client_of(lambda body: fault, per_minute=1000)
    with pytest.raises(error):
        client.fetch("daily", **DAY)
    assert len(wire.posted) == module.ATTEMPTS
    assert max(time.slept) <= module.LONGEST_WAIT + module.JITTER


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (404, Unreachable, "HTTP status 404"),
        (302, Unreachable, "HTTP status 302"),
        (NO_PERMISSION, PermissionNeeded, "daily: .*没有接口访问权限.*needs 120 points"),
        ({"code": 2002, "msg": "抱歉，积分不足"}, PermissionNeeded, "needs 120 points"),
        ({"code": 40001, "msg": "您的token不对，请确认。"}, TokenError, "copy it anew"),
        ({"code": 40101, "msg": "x"}, TokenError, "must be one that Tushare knows"),
        ({"code": -2001, "msg": "参数校验失败"}, RequestRefused, r"参数校验失败 \(code -2001\)"),
        ({"code": 40203, "msg": "抱歉，您每天最多访问该接口5次"}, RateLimited, "5 calls per day"),
        (
            {"code": 40203, "msg": "抱歉，您每小时最多访问该接口9次"},
            RateLimited,
            "9 calls per hour",
        ),
        (
            {"code": 40203, "msg": "抱歉，您访问接口(daily)频率超限(8次/小时)"},
            RateLimited,
            "8 calls per hour",
        ),
        (
            {"code": 40203, "msg": "抱歉，您访问接口(daily)频率超限(2 次 / 天)"},
            RateLimited,
            "2 calls per day",
        ),
        ({"code": 0, "msg": "", "data": None}, ReplyError, "data: must be there"),
        (reply(["ts_code"], [["x"]]), ReplyError, "trade_date: is missing"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_heal_is_raised_at_once(fault, error, said):
    """Refusals and malformed replies cost one call and name what is wrong."""
    client, wire, time = client_of(lambda body: fault)
    with pytest.raises(error, match=said) as caught:
        client.fetch("daily", **DAY)
    assert len(wire.posted) == 1
    assert time.slept == []
    assert isinstance(caught.value, StockcastError)


def test_a_permission_that_is_sold_is_said_to_be():
    """Points do not help with `rt_k`; the line says so and names the table to leave out."""
    client, _, _ = client_of(lambda body: NO_PERMISSION)
    with pytest.raises(PermissionNeeded, match=r"sold on its own.*leave out table bars"):
        client.fetch("rt_k", ts_code="600000.SH")


def test_calls_keep_to_the_interfaces_pace():
    """No minute holds more calls than allowed, and every interface has its own."""
    client, _, time = client_of(lambda body: bars(1), per_minute=5)
    moments = []
    for _ in range(17):
        client.fetch("daily", **DAY)
        moments.append(time.now)
    assert moments[4] == 1000.0
    assert all(later - early > 60 for early, later in zip(moments, moments[5:], strict=False))
    assert time.now < 1000 + 4 * 60.1
    slept = len(time.slept)
    with pytest.raises(ReplyError):
        client.fetch("adj_factor", **DAY)
    assert len(time.slept) == slept


def test_a_rate_message_without_a_number_leaves_the_pace():
    """The client waits and goes on as before, and says in the end that no number was told."""
    vague = {"code": 40203, "msg": "抱歉，您访问接口(daily)频率超限"}
    answers = [vague]
    client, _, time = client_of(lambda body: answers.pop() if answers else bars(1), per_minute=100)
    for _ in range(50):
        client.fetch("daily", **DAY)
    assert time.now < 1060
    client, _, _ = client_of(lambda body: vague, per_minute=100)
    with pytest.raises(RateLimited, match="calls that it does not say"):
        client.fetch("daily", **DAY)


@pytest.mark.parametrize("worded", [PER_MINUTE, OTHERWISE], ids=["per", "over"])
def test_a_rate_message_lowers_the_pace(worded):
    """Told that 3 calls a minute are allowed, the client makes no more from then on."""
    answers = [worded]
    client, _, time = client_of(lambda body: answers.pop() if answers else bars(1))
    moments = []
    for _ in range(8):
        client.fetch("daily", **DAY)
        moments.append(time.now)
    assert all(later - early > 60 for early, later in zip(moments, moments[3:], strict=False))


@pytest.mark.parametrize(
    ("interface", "given", "sent"),
    [
        ("daily", {"trade_date": "2017-01-04"}, {"trade_date": "20170104"}),
        ("daily", {"trade_date": dt.date(2017, 1, 4)}, {"trade_date": "20170104"}),
        ("daily", {"start_date": pd.Timestamp("2017-01-04")}, {"start_date": "20170104"}),
        ("daily", {"ts_code": "000001.SZ", "trade_date": ""}, {"ts_code": "000001.SZ"}),
        ("cn_gdp", {"start_q": "2017-04-01"}, {"start_q": "2017Q2"}),
        ("cn_m", {"m": "201704"}, {"m": "201704"}),
        ("cn_m", {"start_m": "2017-04-01"}, {"start_m": "201704"}),
        (
            "major_news", {"start_date": "20170104", "end_date": "20170105"},
            {"start_date": "2017-01-04 00:00:00", "end_date": "2017-01-05 23:59:59"},
        ),
        ("suspend_d", {"trade_date": "20170104"}, {"suspend_type": "S"}),
    ],
)  # fmt: skip
def test_parameters_are_written_as_tushare_does(interface, given, sent):
    """Days in any form go out in the interface's own."""
    client, wire, _ = client_of(lambda body: 404)
    with pytest.raises(Unreachable):
        client.fetch(interface, **given)
    params = wire.posted[0]["params"]
    assert {name: params[name] for name in sent} == sent
    assert "" not in params.values()


@pytest.mark.parametrize(
    ("interface", "given", "said"),
    [
        ("dayly", {}, "interface: must be one we know.*did you mean 'daily'"),
        ("daily", {"date": "x"}, "daily, parameter date: is not known; did you mean"),
        ("income", {"period": "20161231"}, "income, parameter ts_code: must be given"),
        ("daily", {"trade_date": "20171301"}, "trade_date: must be a date; got '20171301'"),
    ],
)
def test_wrong_requests_are_refused_before_they_are_sent(interface, given, said):
    """Tushare ignores parameters it does not know; here they are errors, and cost no call."""
    client, wire, _ = client_of(lambda body: bars(1))
    with pytest.raises(InputError, match=said):
        client.fetch(interface, **given)
    assert wire.posted == []


@pytest.mark.parametrize(
    ("given", "posted"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/dataapi/daily"),
        ("https://mine.example/dataapi/", "https://mine.example/dataapi/daily"),
    ],
)
def test_the_address_can_be_another(monkeypatch, given, posted):
    """STOCKCAST_TUSHARE_URL moves the calls, path or not; the class stays as it was."""
    from tushare.pro.client import DataApi

    monkeypatch.setenv("STOCKCAST_TUSHARE_URL", given)
    client, wire, _ = client_of(lambda body: bars(1))
    client.fetch("daily", **DAY)
    assert wire.posted[0]["url"] == posted
    assert DataApi._DataApi__http_url == "http://api.waditu.com/dataapi"


def test_an_address_must_be_one(monkeypatch):
    """What is no http address is refused with an example."""
    with pytest.raises(InputError, match="STOCKCAST_TUSHARE_URL: must be an http"):
        client_of(lambda body: bars(1), address="localhost:8000")


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1", "http://host:port", "http://host:99999", "http://", "",
        "ftp://me:hunter2@host", "me:hunter2@host:80", "http://me:hunter2@host:x",
        "localhost:8000/?token=hunter2",
    ],
)  # fmt: skip
def test_a_bad_address_is_one_line_without_its_secrets(monkeypatch, command, tmp_path, address):
    """However it is broken, the line has an example and nothing of what was given."""
    monkeypatch.setenv("STOCKCAST_TUSHARE_URL", address or " ")
    words = ("data", "update", "--start", "2017-01-04", "--store", str(tmp_path / "store"))
    status, out, err = command(*words)
    assert (status, out) == (2, "")
    assert err.startswith("stockcast: STOCKCAST_TUSHARE_URL: must be an http or https address; ")
    assert err.count("\n") == 1
    assert "hunter2" not in err


@contextmanager
def broken_server():
    """A port that takes connections and drops each."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drop():
        while True:
            try:
                listening.accept()[0].close()
            except OSError:
                return

    thread = threading.Thread(target=drop, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_real_sockets_that_fail_are_named():
    """Dropped and refused connections are one error, after all attempts."""
    slept = []
    with broken_server() as address, requests.Session() as session:
        client = module.Client(TOKEN, address=address, session=session, sleep=slept.append)
        with pytest.raises(Unreachable, match=r"ConnectionError at 127\.0\.0\.1"):
            client.fetch("daily", **DAY)
    assert len(slept) == module.ATTEMPTS - 1
