"""The protocol: codes, messages, limits, permissions, and what goes wrong on the way."""

import time

import pytest
import requests

from stockcast.errors import InputError
from stockcast.market.interfaces import INTERFACES
from stockcast.market.sandbox import Account, Faults, serving
from stockcast.market.sandbox.faults import KINDS, Dice
from stockcast.market.sandbox.limits import Meter
from stockcast.market.sandbox.refusals import Refusal
from tests.market.stand_in import market

DAILY = {"api_name": "daily", "token": "sandbox", "params": {"limit": 3}, "fields": ""}


def post(address: str, body: dict, path: str = "/daily", timeout: float = 5) -> requests.Response:
    return requests.post(address + path, json=body, timeout=timeout)


def test_a_reply_is_built_as_recorded_ones(address):
    """The keys of a recorded reply, and nothing but null and decimal numbers in it."""
    reply = post(address, DAILY).json()
    assert list(reply) == ["request_id", "code", "data", "msg"]
    assert list(reply["data"]) == ["fields", "items", "has_more", "count"]
    assert (reply["code"], reply["msg"], reply["data"]["count"]) == (0, "", -1)
    shown = [field.name for field in INTERFACES["daily"].fields if field.shown]
    assert reply["data"]["fields"] == shown
    assert [len(row) for row in reply["data"]["items"]] == [len(shown)] * 3


def test_the_older_address_works_too(address):
    """The interface may be named in the body alone, at /dataapi or at /."""
    root = address.removesuffix("/dataapi")
    replies = [
        post(root, DAILY, path).json()["data"] for path in ("/dataapi", "/", "/dataapi/daily")
    ]
    assert replies[0] == replies[1] == replies[2]
    assert post(root, DAILY, "/elsewhere").status_code == 404
    assert requests.get(address + "/daily", timeout=5).status_code == 404


def test_has_more_says_whether_rows_are_left(address):
    """True on every page but the last, also when the last is full."""
    total = len(
        post(address, DAILY | {"params": {"trade_date": "20160104"}}).json()["data"]["items"]
    )
    for limit, offset, more in [(total, 0, False), (total - 1, 0, True), (1, total - 1, False)]:
        params = {"trade_date": "20160104", "limit": limit, "offset": offset}
        data = post(address, DAILY | {"params": params}).json()["data"]
        assert (len(data["items"]), data["has_more"]) == (limit, more)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"token": "wrong"}, 40001, "您的token不对，请确认。"),
        ({"token": None}, 40001, "您的token不对，请确认。"),
        ({"api_name": "dayly"}, 40101, "请指定正确的接口名"),
        ({"api_name": "income"}, 40101, "ts_code required"),
        ({"fields": "close,shut"}, -2001, "接口daily不包含字段shut"),
        ({"params": {"trade_date": "2016-01-04"}}, -2001, "trade_date"),
        ({"params": {"limit": "many"}}, -2001, "limit"),
        ({"params": []}, -1000, "系统内部错误"),
        ({"params": [1]}, -1000, "系统内部错误"),
    ],
)
def test_refusals_have_codes_and_messages(address, change, code, message):
    """What is wrong with a request is told in Tushare's words, with status 200."""
    path = f"/{change.get('api_name', 'daily')}"
    if change == {"params": []}:  # no parameters at all are fine
        assert post(address, DAILY | change, path).json()["code"] == 0
        return
    response = post(address, DAILY | change, path)
    reply = response.json()
    assert (response.status_code, reply["code"], reply["data"]) == (200, code, None)
    assert message in reply["msg"]
    assert "wrong" not in response.text


def test_a_body_that_is_no_json_is_refused(address):
    """With the code that Tushare gives for it."""
    reply = requests.post(address + "/daily", data=b'{"token"', timeout=5).json()
    assert reply["code"] == -1000


def test_permissions_follow_points_and_purchases(client):
    """Too few points, or a permission not bought, is an error in the recorded words."""
    tokens = {"poor": Account(points=120, bought=False), "rich": Account()}
    with serving(market(), tokens=tokens) as address:
        poor, rich = client(address, "poor"), client(address, "rich")
        assert len(poor.daily())
        for name, params in [("daily_basic", {}), ("rt_k", {"ts_code": "6*.SH"})]:
            with pytest.raises(Exception, match="抱歉，您没有接口访问权限，权限的具体详情访问"):
                poor.query(name, **params)
            assert len(rich.query(name, **params))
        reply = post(address, {"token": "poor"}, "/daily_basic").json()
        assert (reply["code"], reply["data"]) == (40203, None)


def test_requests_a_minute_are_limited(client):
    """The request beyond the limit is refused by name; other interfaces are not touched."""
    with serving(market(), tokens={"slow": Account(per_minute=2)}) as address:
        api = client(address, "slow")
        api.daily()
        api.daily()
        with pytest.raises(Exception, match="抱歉，您每分钟最多访问该接口2次"):
            api.daily()
        assert post(address, {"token": "slow"}).json()["code"] == 40203
        assert len(api.adj_factor())


def test_the_minute_slides():
    """A request counts for sixty seconds; a refused one, either wording, does not."""
    now = [0.0]
    meter = Meter(lambda: now[0])
    for now[0] in (0.0, 30.0):
        meter.count("token", "daily", 2)
    wordings = ("每分钟最多访问该接口2次", r"访问接口\(daily\)频率超限\(2次/分钟\)")
    for now[0], said in zip((31.0, 59.9), wordings, strict=True):
        with pytest.raises(Refusal, match=said):
            meter.count("token", "daily", 2)
    now[0] = 60.0
    meter.count("token", "daily", 2)
    with pytest.raises(Refusal, match="最多"):
        meter.count("token", "daily", 2)


@pytest.mark.parametrize(("points", "limit"), [(120, 50), (2000, 200), (5000, 500), (15000, 500)])
def test_points_bring_requests_a_minute(points, limit):
    """As the table of points says, unless the account says otherwise."""
    assert Account(points).limit == limit
    assert Account(points, per_minute=7).limit == 7


def test_status_errors_reach_the_client_as_empty_frames(client):
    """The trap the ingestion must not fall into: the client hides HTTP errors."""
    for kind, status in [("error_500", 500), ("error_502", 502)]:
        with serving(market(), faults=Faults(**{kind: 1.0}, in_a_row=9)) as address:
            assert post(address, DAILY).status_code == status
            assert client(address).daily().shape == (0, 0)


def test_cut_and_empty_replies_are_no_json():
    """Status 200, half of the reply or nothing."""
    for kind in ("cut", "empty"):
        with serving(market(), faults=Faults(**{kind: 1.0})) as address:
            response = post(address, DAILY)
            assert response.status_code == 200
            assert (len(response.content) > 50) == (kind == "cut")
            with pytest.raises(requests.JSONDecodeError):
                response.json()


def test_a_reset_connection_gives_no_reply():
    """The connection ends at once."""
    with (
        serving(market(), faults=Faults(reset=1.0)) as address,
        pytest.raises(requests.ConnectionError),
    ):
        post(address, DAILY)


def test_silence_lasts_beyond_the_clients_patience():
    """No reply comes; the server stops all the same."""
    with serving(market(), faults=Faults(silence=1.0)) as address:
        with pytest.raises(requests.ReadTimeout):
            post(address, DAILY, timeout=0.3)
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 2


def test_slow_replies_are_whole():
    """They only take longer."""
    with serving(market(), faults=Faults(slow=1.0, slow_seconds=0.3)) as address:
        begun = time.monotonic()
        assert len(post(address, DAILY).json()["data"]["items"]) == 3
        assert 0.3 <= time.monotonic() - begun < 3


def test_who_repeats_a_request_gets_through():
    """A request fails at most `in_a_row` times, even if all others do."""
    with serving(market(), faults=Faults(error_500=1.0, in_a_row=2)) as address:
        assert [post(address, DAILY).status_code for _ in range(6)] == [500, 500, 200] * 2


def test_faults_come_at_their_rates_and_are_the_same_again():
    """Each kind's share is its rate; a seed fixes the order."""
    faults = Faults.every_kind(0.1, seed=5)
    throws = [[Dice(faults).throw(b"")] for _ in range(3)]
    assert throws[0] == throws[1] == throws[2]
    dice = Dice(faults)
    kinds = [dice.throw(bytes(str(number), "ascii")) for number in range(4000)]
    for kind in KINDS:
        assert abs(kinds.count(kind) / 4000 - 0.1) < 0.02
    assert not any(Dice(Faults()).throw(b"") for _ in range(100))


def test_impossible_rates_are_refused():
    """Rates are shares, together at most one."""
    with pytest.raises(InputError, match=r"cut: must lie between 0 and 1; got 2\.0"):
        Faults(cut=2.0)
    with pytest.raises(InputError, match="must add up to at most 1"):
        Faults.every_kind(0.2)


def test_a_taken_port_is_told_in_one_line(address):
    """With the port, and what to do."""
    port = int(address.split(":")[2].split("/")[0])
    with pytest.raises(InputError, match=rf"port: must be free; got {port}; .*or 0 for any"):
        serving(market(), port=port).__enter__()


def test_serving_leaves_nothing_behind(capfd):
    """After the block the port is free again, and nothing was printed."""
    with serving(market()) as address:
        post(address, DAILY)
    port = int(address.split(":")[2].split("/")[0])
    with serving(market(), port=port) as again:
        assert again == address
    with pytest.raises(requests.ConnectionError):
        post(address, DAILY)
    assert capfd.readouterr() == ("", "")
