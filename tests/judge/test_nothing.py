"""The reduced pipeline on markets with nothing in them."""

import pandas as pd
import pytest

from stockcast.judge import nothing
from stockcast.market.simulated import Strengths, simulate


@pytest.fixture(scope="module")
def found():
    """Four empty markets."""
    return nothing.study(range(4))


def test_every_market_is_judged_by_both_models(found):
    """A row for each market and model, an interval around each mean, a claim where zero is out."""
    assert found.groupby("model").size().to_dict() == {"ridge": 4, "trees": 4}
    assert (found.low < found.rank_ic).all()
    assert (found.rank_ic < found.high).all()
    assert (found.claims == ((found.low > 0) | (found.high < 0))).all()
    assert found.rank_ic.abs().max() < 0.08


def test_processes_change_no_number(found):
    """Side by side or one after another, the same markets give the same bits."""
    pd.testing.assert_frame_equal(nothing.study(range(4), processes=1), found, check_exact=True)


def test_what_is_planted_is_claimed(monkeypatch):
    """On a market with strong effects the same pipeline does claim: its silence means something."""

    def strong(days, n_stocks, strengths, rng):
        return simulate(days, n_stocks, Strengths(reversal=4.0), rng)

    monkeypatch.setattr(nothing, "simulate", strong)
    found = nothing.study([0], processes=1)
    assert found.claims.all()
    assert (found.rank_ic > 0.05).all()


def test_the_allowance_is_two_standard_errors():
    """With 200 markets, 5 % and two standard errors of it are 8.1 %."""
    share, allowed = nothing.rate(pd.Series([True] * 10 + [False] * 190))
    assert share == 0.05
    assert allowed == pytest.approx(0.0808, abs=1e-4)
