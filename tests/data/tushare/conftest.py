"""A wire without sockets: what is posted is kept, what comes back is written by the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from stockcast.data.tushare.client import Client

TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef01234567"


def reply(fields: list[str], items: list[list], **more: object) -> dict:
    """A whole reply as Tushare writes it."""
    data = {"fields": fields, "items": items, "has_more": False, "count": -1} | more
    return {"request_id": "1", "code": 0, "data": data, "msg": ""}


def bars(n_rows: int, first: int = 0) -> dict:
    """A reply of `daily`: one day, `n_rows` stocks from the code `first` on."""
    fields = ["ts_code", "trade_date", "open", "high", "low", "close", "pre_close", "vol", "amount"]
    items = [
        [f"{row:06d}.SZ", "20170104", 10.0, 10.5, 9.5, 10.1, 10.0, 100.0 + row, 1000.25]
        for row in range(first, first + n_rows)
    ]
    return reply(fields, items)


@dataclass(repr=False)
class Wire:
    """Stands in for a `requests.Session`.

    `answer` is given the posted body and gives a reply (a dict), bytes, an HTTP status, or an
    exception to raise.
    """

    answer: Callable[[dict], object]
    posted: list[dict] = field(default_factory=list)

    def post(self, url: str, json: dict, timeout: float, allow_redirects: bool) -> SimpleNamespace:
        self.posted.append(json | {"url": url, "redirects": allow_redirects})
        found = self.answer(json)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, int):
            return SimpleNamespace(status_code=found, content=b"<html>error</html>")
        content = found if isinstance(found, bytes) else _packed(found)
        return SimpleNamespace(status_code=200, content=content)


def _packed(found: object) -> bytes:
    return json.dumps(found, ensure_ascii=False).encode()


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client_of(answer: Callable[[dict], object], **more: object) -> tuple[Client, Wire, Time]:
    """A client over a wire, on a clock of its own."""
    wire, time = Wire(answer), Time()
    client = Client(more.pop("token", TOKEN), session=wire, clock=time, sleep=time.sleep, **more)
    return client, wire, time


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    """The machine's own token and address stay out of the tests."""
    monkeypatch.delenv("TUSHARE_TOKEN", raising=False)
    monkeypatch.delenv("STOCKCAST_TUSHARE_URL", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
