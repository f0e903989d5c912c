import pytest

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate


@pytest.fixture(scope="package")
def days():
    """Two years of trading days."""
    return sessions("2014-01-02", "2015-12-31")


@pytest.fixture(scope="package")
def market(days):
    """A small market of usual strengths."""
    return simulate(days, 40, Strengths(), stream(1, "market"))


@pytest.fixture(scope="package")
def forgetful():
    """A market in which nothing is planted, of 80 stocks and four years."""
    return simulate(
        sessions("2012-01-04", "2015-12-31"), 80, Strengths(*[0] * 6), stream(2, "market")
    )
