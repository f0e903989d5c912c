"""Tushare Pro's data, whole or not at all: pages, retries and pace around the real client.

    client = Client()                                   # token: TUSHARE_TOKEN or the keyring
    client.fetch("daily", trade_date="20170104")        # canonical rows of table `bars`

The token travels over plain HTTP, because that is the address the real client posts to. A proxy of
one's own with https, or the sandbox, is named by `STOCKCAST_TUSHARE_URL`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import time
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tenacity

from stockcast.data.tushare import token as tokens
from stockcast.data.tushare import transport
from stockcast.data.tushare.errors import RateLimited
from stockcast.data.tushare.pace import Pace
from stockcast.errors import InputError, nearest
from stockcast.market.interfaces import Interface, ReplyError, from_wire, interface
from stockcast.market.interfaces.interface import DAY, MONTH, QUARTER, TIME

if TYPE_CHECKING:
    import requests
    from pydantic import SecretStr

ATTEMPTS = 8
"""Calls made for one page before its error is raised: about two minutes of waiting."""
FIRST_WAIT, LONGEST_WAIT, JITTER = 1.0, 60.0, 1.0
"""Seconds between attempts: doubled from the first to the longest, and up to the jitter more."""
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")


class Client:
    """Fetches whole tables from Tushare Pro through the unmodified `tushare` client.

    Parameters
    ----------
    token
        None: looked for at the first request, see `stockcast.data.tushare.token.find`.
    address
        Where to post; None: the variable `STOCKCAST_TUSHARE_URL`, else Tushare's own.
    per_minute
        Calls a minute of any interface; None: what `INTERFACES` says of each. A reply that names
        a smaller number lowers it.
    timeout
        Seconds without an answer after which a call has failed.
    session
        What posts, as `requests.Session` does; None makes one.
    clock, sleep
        Seconds since any moment, and how to wait; tests pass their own.
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        address: str | None = None,
        per_minute: int | None = None,
        timeout: float = 30.0,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        named = address or os.environ.get("STOCKCAST_TUSHARE_URL") or transport.ADDRESS
        self._address = transport.address(named)
        self._token = tokens.checked(token) if token is not None else None
        self._session, self._timeout = session, timeout
        self._per_minute, self._paces = per_minute, {}
        self._clock, self._sleep = clock, sleep

    def __repr__(self) -> str:
        return f"Client(address={transport.shown(self._address)!r})"

    def fetch(self, name: str, **params: object) -> pd.DataFrame:
        """Every row of a request, however many pages it takes.

        Parameters
        ----------
        name
            Interface, a key of `INTERFACES`.
        **params
            Those the interface takes. Days may be given as dates, as 2017-01-04 or as Tushare
            writes them.

        Returns
        -------
        DataFrame
            Rows of the interface's canonical table, typed and sorted; empty when the reply is
            whole and says that there are none.

        Raises
        ------
        InputError
            The interface or a parameter is not known, or one that it needs is missing.
        TokenError, PermissionNeeded, RequestRefused
            Tushare refuses; see `stockcast.data.tushare.errors`.
        ReplyError
            A reply is malformed, or pages contradict each other.
        RateLimited, Unreachable
            After `ATTEMPTS` tries, or at once where waiting a minute does not help.
        """
        spec = interface(name)
        request = dict(spec.always) | _checked(spec, params)
        return from_wire(spec, _union(list(self._pages(spec, request))), request)

    def _pages(self, spec: Interface, request: dict[str, str]) -> Iterator[pd.DataFrame]:
        """Replies one after the other.

        `has_more` alone does not end it: a reply as long as the cap is asked on, because some
        interfaces leave `has_more` out.
        """
        first, rows, count = None, 0, None
        while True:
            reply = self._page(spec, request, rows)
            page = reply.frame
            if rows and page.equals(first):
                if reply.more:
                    raise ReplyError(spec.name, "", "must go on from row to row", "the same rows")
                break  # it takes no offset: the first reply was all
            if reply.more and page.empty:
                raise ReplyError(spec.name, "items", "must have rows while has_more is true")
            rows, first = rows + len(page), page if first is None else first
            count = _counted(spec, reply.count, len(page), count)
            yield page
            if not reply.more and len(page) < spec.cap:
                break
        if count is not None and count != rows:
            raise ReplyError(spec.name, "count", f"must be the {rows} rows that came", count)

    def _page(self, spec: Interface, request: dict[str, str], offset: int) -> transport.Reply:
        """One reply, tried again while its error may heal."""
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_exponential_jitter(FIRST_WAIT, LONGEST_WAIT, jitter=JITTER),
            retry=tenacity.retry_if_exception(lambda error: getattr(error, "heals", False)),
            sleep=self._sleep,
            reraise=True,
        )
        page = {"limit": spec.cap, "offset": offset}
        return attempts(self._ask, spec, request | page)

    def _ask(self, spec: Interface, request: dict[str, Any]) -> transport.Reply:
        token, session = self._ready()
        pace = self._pace(spec)
        pace.wait()
        try:
            return transport.ask(
                session, self._address, token, spec.name, request, spec.wanted, self._timeout
            )
        except RateLimited as error:
            if error.limit and error.span == "minute":
                pace.slow_down(error.limit)
            raise

    def _ready(self) -> tuple[SecretStr, requests.Session]:
        """The token and the session, found or made at the first request."""
        if self._token is None:
            self._token = tokens.find()
        if self._session is None:
            import requests

            self._session = requests.Session()
            weakref.finalize(self, self._session.close)
        return self._token, self._session

    def _pace(self, spec: Interface) -> Pace:
        if spec.name not in self._paces:
            per_minute = self._per_minute or spec.per_minute
            self._paces[spec.name] = Pace(per_minute, self._clock, self._sleep)
        return self._paces[spec.name]


def _counted(spec: Interface, count: int | None, rows: int, before: int | None) -> int | None:
    """The number of rows in all that `count` claims; None where it claims none.

    A count may be the page's or the whole request's: the page's own is no claim about the rest.
    """
    if count is None or count == rows:
        return before
    if count < rows or before not in (None, count):
        raise ReplyError(spec.name, "count", f"must be the {rows} rows that came", count)
    return count


def _union(pages: list[pd.DataFrame]) -> pd.DataFrame:
    """All pages' rows, once each where a later page repeats an earlier one's.

    Rows shift when something is added between two pages. What is repeated but differs is left for
    `from_wire` to refuse.
    """
    if len(pages) == 1:
        return pages[0]
    page = np.repeat(np.arange(len(pages)), [len(frame) for frame in pages])
    whole = pd.concat([frame for frame in pages if len(frame)], ignore_index=True)
    again = whole.duplicated() & ~whole.assign(page=page).duplicated()
    return whole[~again].reset_index(drop=True)


def _checked(spec: Interface, params: dict[str, object]) -> dict[str, str]:
    """Parameters as Tushare writes them; it ignores those it does not know, so they are refused."""
    known = {spec.dated, *spec.range_params, *spec.takes, *spec.always} - {""}
    for name in params:
        if name not in known:
            raise InputError(
                f"{spec.name}, parameter {name}", "is not known", hint=nearest(name, known)
            )
    given = {name: _written(spec, name, value) for name, value in params.items() if value != ""}
    for name in spec.needs:
        if not given.get(name):
            raise InputError(f"{spec.name}, parameter {name}", "must be given")
    return given


def _written(spec: Interface, name: str, value: object) -> str:
    """A parameter as Tushare writes it; days in the form of the field they select on."""
    field = spec.range_field if name in spec.range_params else spec.matches.get(name, "")
    kind = next((each.kind for each in spec.fields if each.name == field), "")
    day = isinstance(value, dt.date) or (isinstance(value, str) and _DAY.fullmatch(value))
    if kind not in (DAY, MONTH, QUARTER, TIME) or not day:
        return str(value)
    try:
        moment = pd.Timestamp(value)
    except ValueError:
        raise InputError(f"{spec.name}, parameter {name}", "must be a date", value) from None
    if kind == QUARTER:
        return f"{moment.year}Q{moment.quarter}"
    if kind == TIME and name == spec.range_params[-1] and moment == moment.normalize():
        moment += pd.Timedelta(days=1) - pd.Timedelta(seconds=1)  # a day means up to its end
    return moment.strftime({DAY: "%Y%m%d", MONTH: "%Y%m", TIME: "%Y-%m-%d %H:%M:%S"}[kind])
