"""The token: found in two places, shown in none."""

from __future__ import annotations

import logging
import traceback

import pytest
import requests

from stockcast.data.tushare import token
from stockcast.data.tushare.client import Client
from stockcast.data.tushare.errors import TokenError
from stockcast.errors import StockcastError
from tests.data.tushare.conftest import TOKEN, bars, client_of, reply

TELLTALES = [
    500, b"half of it " + TOKEN.encode(), b"",
    requests.ConnectionError(f"token={TOKEN}"), requests.ReadTimeout(TOKEN),
    {"code": 40001, "msg": f"token {TOKEN} 不对"},
    {"code": 40203, "msg": f"{TOKEN} 没有接口访问权限"},
    {"code": -2001, "msg": f"参数 {TOKEN}"},
    {"code": 0, "data": TOKEN}, {"code": TOKEN}, [TOKEN],
    reply(["ts_code", TOKEN], [["x", TOKEN]]),
    reply(["ts_code", "trade_date", "open", "high", "low", "close", "pre_close", "vol", "amount"],
          [["000001.SZ", "20170104", TOKEN, 1, 1, 1, 1, 1, 1]]),
]  # fmt: skip


def all_of(error: BaseException) -> str:
    """All that an exception can show: messages, causes, and the variables of every frame."""
    seen, shown, queue = set(), [], [error]
    while queue:
        current = queue.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        queue += [current.__cause__, current.__context__]
        told = traceback.TracebackException.from_exception(current, capture_locals=True)
        here = [frame for frame in told.stack if "/stockcast/" in frame.filename or
                "/site-packages/" in frame.filename]  # fmt: skip
        shown += [repr(current), str(current), str(vars(current))]
        shown += [str(frame.locals) for frame in here]
    return "\n".join(shown)


@pytest.mark.parametrize("answer", TELLTALES, ids=lambda value: str(value)[:30])
def test_no_failure_shows_the_token(answer, caplog):
    """Whatever the server sends back, the token is in no message, cause, variable or log."""
    caplog.set_level(logging.DEBUG)
    client, wire, _ = client_of(lambda body: answer, per_minute=1000)
    with pytest.raises(StockcastError) as caught:
        client.fetch("daily", trade_date="20170104")
    assert wire.posted[0]["token"] == TOKEN
    assert TOKEN not in all_of(caught.value)
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(client) + str(client)


def test_no_success_shows_the_token(caplog):
    """A reply that repeats the token does not bring it into the table."""
    caplog.set_level(logging.DEBUG)
    told = bars(1)
    told["data"]["items"][0][0] = TOKEN
    client, _, _ = client_of(lambda body: told)
    assert TOKEN not in client.fetch("daily", trade_date="20170104").to_csv()
    assert TOKEN not in caplog.text


def test_the_variable_comes_first(monkeypatch):
    """TUSHARE_TOKEN is taken, without the blanks around it."""
    monkeypatch.setenv("TUSHARE_TOKEN", f" {TOKEN}\n")
    assert token.find().get_secret_value() == TOKEN
    assert TOKEN not in repr(token.find()) + str(token.find())


def test_the_keyring_comes_second(monkeypatch):
    """Without the variable the keyring's entry for this project is taken."""
    import keyring

    monkeypatch.setattr(
        keyring, "get_password", lambda *entry: TOKEN if entry == token.KEYRING else None
    )
    assert token.find().get_secret_value() == TOKEN


@pytest.mark.parametrize("broken", [False, True])
def test_no_token_is_one_line_that_names_both_places(monkeypatch, broken):
    """Neither there: one line says how to give it, also where there is no keyring at all."""
    import keyring
    from keyring.errors import NoKeyringError

    def nothing(*entry):
        if broken:
            raise NoKeyringError("no backend")

    monkeypatch.setattr(keyring, "get_password", nothing)
    client = Client()  # made without a token: only the first request needs it
    with pytest.raises(TokenError) as caught:
        client.fetch("daily", trade_date="20170104")
    message = str(caught.value)
    assert "\n" not in message
    assert "TUSHARE_TOKEN" in message
    assert "keyring set stockcast tushare" in message


@pytest.mark.parametrize("strange", ["", "two words", "密钥", "a\nb"])
def test_what_cannot_be_a_token_is_refused_unseen(strange):
    """A value that is no token is refused, and not repeated."""
    with pytest.raises(TokenError) as caught:
        Client(strange)
    assert not strange or strange not in str(caught.value)
