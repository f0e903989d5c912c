"""What the best forecast can reach, and which effect it owes it to."""

import numpy as np
import pytest

from stockcast.market.simulated.drift import EFFECTS
from stockcast.market.simulated.oracle import expected_label, expected_parts
from stockcast.market.simulated.truth import labels


@pytest.fixture(scope="module")
def known(market):
    return {horizon: market.truth(horizon) for horizon in (1, 5)}


def test_shares_sum_to_one(known):
    """Every effect has its share of the oracle's variance, none of them negative or all of it."""
    for truth in known.values():
        assert truth.shares.index.tolist() == list(EFFECTS)
        assert abs(truth.shares.sum() - 1) < 1e-12
        assert (truth.shares > 0).all()
        assert truth.shares.max() < 0.7


def test_what_prices_alone_can_show_is_the_larger_part(known):
    """Reversal and momentum, links and policy drift make up most of the oracle's variance."""
    assert 0.5 < known[1].shares[["reversal", "lead_lag", "policy"]].sum() < 0.75


def test_parts_add_up_to_the_oracle(market):
    """The six parts are the oracle, public and omniscient."""
    for omniscient in (False, True):
        parts = expected_parts(market.hidden, 5, omniscient=omniscient)
        whole = expected_label(market.hidden, 5, omniscient=omniscient)
        np.testing.assert_array_equal(sum(parts.values()), whole)


def test_accuracy_counts_the_right_sides(market, known):
    """The accuracy is that of a plain count, a little above one half, near the normal value."""
    hidden, truth = market.hidden, known[5]
    wide = truth.table.pivot(index="date", columns="code", values="oracle")
    panel = market.panel.assign(price=lambda p: p["close"] * p["adj_factor"])
    price = panel.pivot(index="date", columns="code", values="price")
    halted = panel.pivot(index="date", columns="code", values="suspended").eq(True)
    price = price.mask(halted)
    outcome = price.shift(-6) / price.shift(-1) - 1
    np.testing.assert_allclose(outcome.to_numpy(), labels(hidden, 5)[:, hidden.listed.any(axis=0)])
    member = panel.pivot(index="date", columns="code", values="in_universe").eq(True)
    wide, outcome = (x.where(member & outcome.notna()) for x in (wide, outcome))
    agree = wide.sub(wide.median(axis=1), axis=0) * outcome.sub(outcome.median(axis=1), axis=0)
    count = agree.stack().dropna()
    assert truth.accuracy == pytest.approx((count > 0).sum() / (count != 0).sum())
    assert 0.505 < truth.accuracy < 0.58
    assert abs(truth.accuracy - truth.accuracy_if_normal) < 0.02
