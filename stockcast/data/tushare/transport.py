"""One call of the real `tushare` client, with the reply seen before the client sees it.

The client's `query` takes its transport from a module-wide name, gives an empty frame for every
HTTP error, throws away `has_more`, and raises bare `Exception` with the token among its variables.
Here that very function runs, unmodified, but finds an `_Exchange` where it looks for `requests`
and `json`: the exchange posts what the client made, parses and judges the reply, and hands on only
one that is whole. A failure is kept and raised after `query` has returned, so that neither the
request nor the token is among the frames or causes of any exception.

A reply is parsed once and by orjson: the standard library's parser took two fifths of the time of
fetching.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from types import FunctionType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stockcast.data.tushare import token as tokens
from stockcast.data.tushare.errors import Damaged, Unreachable, refusal
from stockcast.errors import InputError, StockcastError
from stockcast.market.interfaces import ReplyError

if TYPE_CHECKING:
    import pandas as pd
    import requests
    from pydantic import SecretStr

ADDRESS = "http://api.waditu.com/dataapi"
"""Where the client posts to unless told otherwise: over plain HTTP, the token included."""
_MAY_HEAL = {408, 425, 429}


@dataclass(frozen=True)
class Reply:
    """A whole reply.

    Attributes
    ----------
    frame
        What the real client returned: Tushare's names, units and types.
    more
        The reply's `has_more`; None where it says nothing.
    count
        The reply's `count`; None where it says nothing (or -1, as Tushare mostly does).
    """

    frame: pd.DataFrame
    more: bool | None
    count: int | None


def address(given: str) -> str:
    """`given` as the client needs it: with the path `/dataapi` unless it has one.

    Raises
    ------
    InputError
        It is no http or https address. It is not repeated, for a password may be in it.
    """
    path = _path(given.strip())
    if path is None:
        raise InputError(
            "STOCKCAST_TUSHARE_URL", "must be an http or https address",
            hint="write it like http://127.0.0.1:8000",
        )  # fmt: skip
    bare = given.strip().rstrip("/")
    return bare if path.strip("/") else f"{bare}/dataapi"


def _path(given: str) -> str | None:
    """The path of an http or https address; None when it is none."""
    try:
        parts = urlsplit(given)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is no number or too large
        return None
    return parts.path if whole else None


def shown(where: str) -> str:
    """An address without what may be secret in it: scheme, host and port."""
    parts = urlsplit(where)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def ask(
    session: requests.Session,
    where: str,
    token: SecretStr,
    interface: str,
    params: dict[str, Any],
    fields: str,
    timeout: float,
) -> Reply:
    """Call an interface once through the real client.

    Raises
    ------
    StockcastError
        One of those in `stockcast.data.tushare.errors`.
    """
    from tushare.pro.client import DataApi

    client = DataApi(token.get_secret_value(), timeout)
    client._DataApi__http_url = where
    exchange = _Exchange(session, token, interface)
    real = DataApi.query
    names = real.__globals__ | {"requests": exchange, "json": exchange}
    query = FunctionType(real.__code__, names, real.__name__, real.__defaults__)
    try:
        frame = query(client, interface, fields, **params)
    except Exception as error:  # the client raises bare ones
        exchange.failure = exchange.failure or ReplyError(
            interface, "", "must be readable for the client", type(error).__name__
        )
    if exchange.failure is not None:
        raise exchange.failure
    return Reply(frame, exchange.more, exchange.count)


@dataclass
class _Answer:
    """What the client sees of an HTTP response: false unless there is something to read."""

    text: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.text is not None


class _Exchange:
    """Stands in for the modules `requests` and `json` during one call."""

    def __init__(self, session: requests.Session, token: SecretStr, interface: str) -> None:
        self._session, self._token, self._interface = session, token, interface
        self.failure: StockcastError | None = None
        self.more: bool | None = None
        self.count: int | None = None

    def post(self, url: str, json: dict[str, Any], timeout: float) -> _Answer:
        """Post as `requests.post` does; an empty answer where the reply is not whole."""
        try:
            envelope = _parsed(self._body(url, json, timeout), self._interface)
            self._judge(envelope)
        except StockcastError as error:
            self.failure = error.with_traceback(None)
            return _Answer()
        return _Answer(envelope)

    def loads(self, parsed: dict[str, Any]) -> dict[str, Any]:
        """What `json.loads` would give: the answer's `text` is parsed already."""
        return parsed

    def _body(self, url: str, body: dict[str, Any], timeout: float) -> bytes:
        """The reply's bytes, the token taken out of them."""
        import requests

        problem = ""
        try:
            # A redirect would carry the token to another host.
            response = self._session.post(url, json=body, timeout=timeout, allow_redirects=False)
        except requests.Timeout:
            problem = f"no answer within {timeout:g} s"
        except requests.RequestException as error:
            problem = f"{type(error).__name__} at {urlsplit(url).hostname}"
        if problem:
            raise Unreachable(self._interface, problem)
        status = response.status_code
        if not 200 <= status < 300:
            heals = status >= 500 or status in _MAY_HEAL
            raise Unreachable(self._interface, f"HTTP status {status}", heals)
        return tokens.scrub(response.content, self._token)

    def _judge(self, envelope: dict[str, Any]) -> None:
        """Refuse a reply that is not whole, and keep what the client throws away."""
        code, message = _verdict(envelope, self._interface)
        if code != 0:
            raise refusal(self._interface, code, message)
        data = envelope.get("data")
        _check_shape(data, self._interface)
        self.more, self.count = data.get("has_more"), data.get("count")
        if self.more is not None and not isinstance(self.more, bool):
            raise _broken(self._interface, "has_more", "must be true or false", self.more)
        if self.count is not None and (not _whole(self.count) or self.count < -1):
            raise _broken(self._interface, "count", "must be a number of rows", self.count)
        self.count = None if self.count == -1 else self.count


def _parsed(content: bytes, interface: str) -> dict[str, Any]:
    import orjson

    try:
        envelope = orjson.loads(content)
    except orjson.JSONDecodeError:
        envelope = _parsed_slowly(content, interface)
    if not isinstance(envelope, dict):
        raise _broken(interface, "", "must be an object", envelope)
    return envelope


def _parsed_slowly(content: bytes, interface: str) -> object:
    """As the client itself would: NaN, and whole numbers beyond 64 bits, are let through."""
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        shown = f"{len(content)} bytes: {content[:60].decode('utf-8', 'replace')}"
        raise Damaged(interface, "", "must be whole JSON", shown) from None


def _verdict(envelope: dict[str, Any], interface: str) -> tuple[int, str]:
    """The reply's code and message; some recorded replies say `message` for `msg`."""
    code = envelope.get("code")
    if not _whole(code):
        raise _broken(interface, "code", "must be a whole number", code)
    return code, str(envelope.get("msg") or envelope.get("message") or "")[:300]


def _check_shape(data: object, interface: str) -> None:
    """Fields are names, once each; items are rows of as many cells."""
    if not isinstance(data, dict):
        raise _broken(interface, "data", "must be there when the code is 0", data)
    fields, items = data.get("fields"), data.get("items")
    if not isinstance(fields, list) or not fields or set(map(type, fields)) != {str}:
        raise _broken(interface, "fields", "must be a list of names", fields)
    if len(set(fields)) < len(fields):
        raise _broken(interface, "fields", "must name each field once", fields)
    if not isinstance(items, list) or set(map(type, items)) - {list}:
        raise _broken(interface, "items", "must be a list of rows", items)
    widths = set(map(len, items)) - {len(fields)}
    if widths:
        raise _broken(interface, "items", f"must have {len(fields)} cells a row", min(widths))
    nested = set(map(type, chain.from_iterable(items))) & {list, dict}
    if nested:
        raise _broken(interface, "items", "must have a value in each cell", nested.pop().__name__)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _broken(interface: str, part: str, rule: str, got: object) -> ReplyError:
    shown = repr(got)
    value = "nothing" if got is None else got if len(shown) <= 80 else f"{shown[:80]}…"
    return ReplyError(interface, part, rule, value)
