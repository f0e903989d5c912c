import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

BEGUN = (1, 130, 700)
"""Trading days of the shorter simulations."""


@pytest.fixture(scope="package")
def span():
    """Six years of trading days."""
    return sessions("2012-01-04", "2017-12-29")


@pytest.fixture(scope="package")
def world(span):
    """Six years of 120 stocks: enough for special treatment and a delisting."""
    return simulate(span, 120, Strengths(), stream(1, "market")).world


@pytest.fixture(scope="package", params=BEGUN)
def begun(span, request):
    """The same market, ended early."""
    return simulate(span[: request.param], 120, Strengths(), stream(1, "market")).world


@pytest.fixture(scope="package")
def same_beginning(world, begun):
    """Check that a table of the short simulation is the first rows of the long one's."""

    def check(build, dated):
        whole, short = build(world), build(begun)
        kept = whole[whole[dated] <= begun.days[-1]].reset_index(drop=True)
        pd.testing.assert_frame_equal(short, kept, check_exact=True)

    return check
