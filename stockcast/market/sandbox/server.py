"""The desk behind HTTP, with the faults of real networks when they are wanted."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import orjson

from stockcast.errors import InputError, StockcastError
from stockcast.market.sandbox import refusals
from stockcast.market.sandbox.clock import Clock
from stockcast.market.sandbox.desk import Desk, Tables
from stockcast.market.sandbox.faults import Dice, Faults
from stockcast.market.sandbox.tokens import EVERYTHING, Account

HOST = "127.0.0.1"
PATH = "/dataapi"
_STATUS = {"error_500": 500, "error_502": 502}
_PAGE = b"<html><head><title>Error</title></head><body><h1>Bad Gateway</h1></body></html>"
_TICK = 0.05  # seconds between looks at whether the server stops

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App:
    """ASGI application: POST /dataapi/NAME, and the older POST / with the name in the body.

    Parameters
    ----------
    desk
        Answers.
    faults
        What goes wrong on the way.
    """

    def __init__(self, desk: Desk, faults: Faults) -> None:
        self._desk, self._faults, self._dice = desk, faults, Dice(faults)
        self.stopping = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await _body(receive)
        path = scope["path"].rstrip("/")
        if scope["method"] != "POST" or not (path == "" or (path + "/").startswith(PATH + "/")):
            return await _reply(send, 404, b"", "text/plain")
        name = path.removeprefix(PATH).strip("/")
        fault = self._dice.throw(path.encode() + body)
        if fault in _STATUS:
            return await _reply(send, _STATUS[fault], _PAGE, "text/html")
        if fault == "empty":
            return await _reply(send, 200, b"")
        if fault in ("silence", "reset"):
            await self._wait(self._faults.silent_seconds if fault == "silence" else 0)
            return await _abort(receive, send)
        if fault == "slow":
            await self._wait(self._faults.slow_seconds)
        text = await asyncio.get_running_loop().run_in_executor(None, self._answer, name, body)
        return await _reply(send, 200, text[: len(text) // 2] if fault == "cut" else text)

    def _answer(self, name: str, body: bytes) -> bytes:
        """The reply's JSON; the path names the interface, or the body does."""
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError:
            request = None
        if not isinstance(request, dict) or not isinstance(request.get("params") or {}, dict):
            refusal = refusals.unreadable()
            return orjson.dumps({"code": refusal.code, "msg": refusal.msg, "data": None})
        return orjson.dumps(self._desk.answer(request | ({"api_name": name} if name else {})))

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self.stopping and loop.time() < end:
            await asyncio.sleep(min(_TICK, end - loop.time()))


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _reply(send: Send, status: int, body: bytes, kind: str = "application/json") -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _abort(receive: Receive, send: Send) -> None:
    """End the connection without a reply. ASGI has no word for that, uvicorn's transport does."""
    send.__self__.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def bound(port: int) -> socket.socket:
    """A socket on this machine's own address; port 0: any free one.

    Raises
    ------
    InputError
        When the port is taken or not allowed.
    """
    # The protocol is named: only then does asyncio send small replies at once.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        hint = f"{reason}; choose another, or 0 for any"
        raise InputError("port", "must be free", port, hint) from error
    return listening


@contextmanager
def serving(
    market: Tables,
    *,
    clock: Clock | None = None,
    faults: Faults | None = None,
    tokens: Mapping[str, Account] | None = None,
    port: int = 0,
) -> Iterator[str]:
    """Serve `market` from a thread of this process while the block runs.

    Parameters
    ----------
    market
        A simulated market, or anything with its `table(name)`.
    clock
        The sandbox's now; None: standing after everything of the last trading day.
    faults
        None: none.
    tokens
        Accounts by token; None: the token `sandbox` may do everything.
    port
        0: any free one.

    Yields
    ------
    str
        The address that the `tushare` client needs, such as `http://127.0.0.1:8765/dataapi`.

    Raises
    ------
    InputError
        When the port is taken.
    StockcastError
        When the server does not start.
    """
    import uvicorn

    listening = bound(port)
    clock = clock or Clock.after(market.table("bars")["date"].drop_duplicates())
    app = App(Desk(market, clock, tokens or EVERYTHING), faults or Faults())
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False,
        log_level="critical", timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=partial(server.run, sockets=[listening]), daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise StockcastError("the sandbox does not start")
            thread.join(0.005)
        yield f"http://{HOST}:{listening.getsockname()[1]}{PATH}"
    finally:
        app.stopping = server.should_exit = True
        thread.join()
        listening.close()
