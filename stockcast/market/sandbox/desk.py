"""Answers requests: who asks, may they, what for, which rows. HTTP is elsewhere."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, Protocol

import numpy as np
import pandas as pd

from stockcast.market.interfaces import INTERFACES, Interface
from stockcast.market.interfaces.rows import rows
from stockcast.market.sandbox import refusals
from stockcast.market.sandbox.clock import Clock
from stockcast.market.sandbox.known import CHANGING, known
from stockcast.market.sandbox.limits import Meter
from stockcast.market.sandbox.live import quotes
from stockcast.market.sandbox.shelf import Shelf
from stockcast.market.sandbox.tokens import Account, account


class Tables(Protocol):
    """What the sandbox serves: a simulated market, or anything with its tables."""

    def table(self, name: str) -> pd.DataFrame:
        """The canonical table of that name."""
        ...


class Desk:
    """One market behind Tushare's interfaces.

    Parameters
    ----------
    market
        Whose tables are served. Each is turned into its interface's fields once, when first asked
        for.
    clock
        The sandbox's now.
    tokens
        Accounts by token.
    seconds
        Monotonic seconds, for the limits by the minute.
    """

    def __init__(
        self,
        market: Tables,
        clock: Clock,
        tokens: Mapping[str, Account],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._market, self._clock, self._tokens = market, clock, tokens
        self._meter = Meter(seconds)
        self._shelves: dict[str, Shelf] = {}
        self._lock = RLock()

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The reply to a request, as recorded replies are: `request_id, code, data, msg`.

        Parameters
        ----------
        request
            `api_name`, `token`, `params`, `fields`.
        """
        reply: dict[str, Any] = {"request_id": str(uuid.uuid4()), "code": 0, "data": None}
        try:
            reply["data"] = self._data(request)
            return reply | {"msg": ""}
        except refusals.Refusal as refusal:
            return reply | {"code": refusal.code, "msg": refusal.msg}

    def _data(self, request: Mapping[str, Any]) -> dict[str, Any]:
        token = request.get("token")
        asking = account(self._tokens, token)
        interface = INTERFACES.get(str(request.get("api_name") or ""))
        if interface is None:
            raise refusals.no_interface()
        asking.admit(interface)
        self._meter.count(str(token), interface.name, asking.limit)
        params = request.get("params") or {}
        for name in interface.needs:
            if not str(params.get(name) or "").strip():
                raise refusals.missing(name)
        names = _fields(interface, request.get("fields"))
        shelf, which = self._rows(interface, params)
        offset, limit = _whole(params, "offset", 0), _whole(params, "limit", interface.cap)
        end = offset + min(limit or interface.cap, interface.cap)
        return {
            "fields": names,
            "items": rows(shelf.columns, names, which[offset:end]),
            "has_more": len(which) > end,
            "count": -1,
        }

    def _rows(self, interface: Interface, params: Mapping[str, Any]) -> tuple[Shelf, np.ndarray]:
        now = self._clock.now()
        if interface.name == "rt_k":
            with self._lock:
                shelf = quotes(self._market, interface, now, str(params["ts_code"]))
            return shelf, np.arange(len(shelf.public))
        shelf = self._shelf(interface, now)
        return shelf, shelf.select(params, now)

    def _shelf(self, interface: Interface, now: pd.Timestamp) -> Shelf:
        with self._lock:  # a market makes a table when it is first asked for
            if interface.table in CHANGING:
                table, names = self._market.table(interface.table), self._market.table("names")
                return Shelf.of(interface, known(interface.table, table, names, now))
            if interface.name not in self._shelves:
                table = self._market.table(interface.table)
                self._shelves[interface.name] = Shelf.of(interface, table)
            return self._shelves[interface.name]


def _fields(interface: Interface, asked: object) -> list[str]:
    """Names asked for, in that order; without any, those shown by default."""
    listed = asked.split(",") if isinstance(asked, str) else asked
    listed = listed if isinstance(listed, list) else []
    names = [str(name).strip() for name in listed if str(name).strip()]
    there = {field.name: field.shown for field in interface.fields if not field.request}
    for name in names:
        if name not in there:
            raise refusals.no_field(interface.name, name)
    return names or [name for name, shown in there.items() if shown]


def _whole(params: Mapping[str, Any], name: str, default: int) -> int:
    """A parameter that counts rows; empty text counts as not given."""
    value = params.get(name)
    if value is None or str(value).strip() == "":
        return default
    if not str(value).strip().isdigit():
        raise refusals.bad_value(name, "0, 1, 2, ...")
    return int(value)
