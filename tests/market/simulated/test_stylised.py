"""The simulated market looks like the real one in what all markets' returns share."""

import pytest

from stockcast.data import facts
from stockcast.data.sources import load
from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

SPAN = ("2010-01-04", "2017-12-29")
REAL = {
    "volatility": 0.0279, "excess_kurtosis": 2.64, "memory_1": 0.234, "memory_5": 0.206,
    "memory_20": 0.152, "pair_correlation": 0.39, "limit_up": 0.0125, "limit_down": 0.0078,
    "suspended": 0.049,
}  # fmt: skip
"""CSI 300 stocks, 2010 to 2017, rows as traded; the test below compares them with the panel."""


@pytest.fixture(scope="module", params=[2017, 1])
def simulated(request):
    """Facts of a market of 120 stocks over the same days."""
    market = simulate(sessions(*SPAN), 120, Strengths(), stream(request.param, "market"))
    return facts.summary(market.panel)


@pytest.mark.parametrize("fact", REAL)
def test_facts_are_within_half_of_the_real_ones(simulated, fact):
    """Volatility, tails, memory, correlation, limit hits and suspensions are of the real size."""
    assert 0.5 < simulated[fact] / REAL[fact] < 1.5


@pytest.fixture(scope="module")
def real():
    """Facts of the real panel, cut to the end of 2017."""
    panel = load("parquet", panel="panel_csi300.parquet", start=SPAN[0], end=SPAN[1]).panel
    return facts.summary(panel[panel.as_traded])


@pytest.mark.real
def test_the_panel_agrees(simulated, real):
    """The same holds against the panel itself, whose facts are those written down here."""
    assert set(real.index) == set(REAL)
    assert (simulated / real).between(0.5, 1.5).all()
    for fact, value in REAL.items():
        assert real[fact] == pytest.approx(value, rel=0.02)
