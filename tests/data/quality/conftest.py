"""A clean simulated market, shared by the tests of what is wrong with others."""

import pytest

from stockcast.determinism import stream
from stockcast.market import calendar
from stockcast.market.simulated import Strengths, simulate

FIRST, LAST = "2014-01-02", "2016-12-30"
STATEMENTS = ("income", "balance", "cash_flow", "indicators")


@pytest.fixture(scope="package")
def days():
    """Three years of trading days."""
    return calendar.sessions(FIRST, LAST)


@pytest.fixture(scope="package")
def market(days):
    """Sixty stocks."""
    return simulate(days, 60, Strengths(), stream(5, "market"))
