"""A sandbox of a small market, asked through the unmodified `tushare` client."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.interfaces import Interface
from stockcast.market.sandbox import serving
from stockcast.market.simulated import Market, Strengths, simulate


@pytest.fixture(scope="package")
def simulated() -> Market:
    """Twenty-four stocks and fifteen months."""
    return simulate(sessions("2015-10-08", "2016-12-30"), 24, Strengths(), stream(1, "market"))


@pytest.fixture
def client(monkeypatch) -> Callable[..., object]:
    """`client(address, token)`: Tushare's own client, pointed at an address."""
    import tushare
    from tushare.pro.client import DataApi

    def make(address: str, token: str = "sandbox", timeout: float = 10) -> object:
        monkeypatch.setattr(DataApi, "_DataApi__http_url", address)
        return tushare.pro_api(token, timeout)

    return make


@pytest.fixture(scope="package")
def address(simulated) -> str:
    """The simulated market, served without faults or limits for all tests that only ask."""
    with serving(simulated) as where:
        yield where


def whole(api: object, interface: Interface, cap: int | None = None, **params: str) -> pd.DataFrame:
    """Every page of a request, put together; pages of `cap` rows, else the interface's own."""
    cap, pages = cap or interface.cap, []
    while not pages or len(pages[-1]) == cap:
        offset = cap * len(pages)
        page = api.query(interface.name, interface.wanted, limit=cap, offset=offset, **params)
        pages.append(page)
    return pd.concat([page for page in pages if len(page)] or pages[:1], ignore_index=True)
