"""Every planted kind of fault is found, and little else; small ones fade as documented."""

import numpy as np
import pandas as pd
import pytest

from stockcast.data import quality
from stockcast.data.quality import faults
from stockcast.data.quality.subject import Subject
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.simulated import Strengths, simulate

PANEL_WIDE = {"too few stocks end early", "index without dividends", "too few corrections"}
COUNTS = {
    check.name
    for check in quality.CHECKS.values()
    if check.tolerated == 1  # tell, never judge
}
OF_THE_SOURCE = {"turnover missing", "special treatment unknown"}


def test_each_judging_check_has_a_fault_planted_for_it():
    """No check that can fail goes without a measured recall, but for those of a whole panel."""
    measured = set(faults.FAULTS) | set(faults.STATEMENT_FAULTS)
    judging = (set(quality.CHECKS) | set(quality.STATEMENT_CHECKS)) - COUNTS
    assert judging - measured == PANEL_WIDE | OF_THE_SOURCE


@pytest.mark.parametrize("seed", range(4))
def test_precision_and_recall(market, seed):
    """Each check finds at least 95 % of its fault, and at most 5 % of what it finds is none."""
    table = faults.scores(
        market.panel, np.random.default_rng(seed), market.table("income")
    ).set_index("check")
    assert (table.injected > 0).all()
    assert table.recall.min() >= 0.95, table.recall.idxmin()
    assert table.precision.min() >= 0.95, table.precision.idxmin()


def test_on_another_market_too(days):
    """The same holds for a market of another seed, number of stocks and span."""
    market = simulate(days[:500], 30, Strengths(), stream(9, "market"))
    table = faults.scores(market.panel, np.random.default_rng(0), market.table("balance"))
    assert table.recall.min() >= 0.95
    assert table.precision.min() >= 0.95


def test_small_faults_are_not_seen(market):
    """Recall grows with the size of a fault: none at the smallest, all at the largest."""
    table = faults.reach(market.panel, np.random.default_rng(1))
    for name, own in table.groupby("check"):
        assert own.recall.iloc[0] < 0.5, name
        assert own.recall.iloc[-1] >= 0.95, name
    factor = table[table.check == "factor against reference price"].set_index("size").recall
    assert factor[0.002] == 0


@pytest.mark.parametrize("name", sorted(faults.FAULTS))
def test_planting_is_seeded_and_leaves_the_panel_alone(market, days, name):
    """The same generator breaks the same rows, and the clean panel stays clean."""
    before = market.panel.copy()
    one = faults.inject(name, market.panel, days, np.random.default_rng(3))
    two = faults.inject(name, market.panel, days, np.random.default_rng(3))
    for first, second in zip(one, two, strict=True):
        pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(market.panel, before)
    assert len(one[1])


def test_an_unknown_fault_is_refused(market, days):
    """The nearest name is suggested."""
    with pytest.raises(InputError, match="did you mean 'factor falls'"):
        faults.inject("factor fall", market.panel, days, np.random.default_rng(0))


def test_not_as_traded_needs_no_flag(market, days):
    """Prices alone convict a stock, whatever the flag says."""
    broken, truth = faults.inject("not as traded", market.panel, days, np.random.default_rng(0))
    check = quality.CHECKS["not as traded"]
    for flag in (True, False):
        found = check.find(Subject(broken.assign(as_traded=flag), days)).found
        assert set(found.code) == set(truth.code)
