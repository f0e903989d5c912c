"""Tests for links between stocks: the right size, the right power, the library's numbers."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.stattools import grangercausalitytests

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west
from stockcast.judge.lead_lag import (
    at_lag,
    corrected,
    granger,
    profile,
    smallest_seen,
    together,
)


def returns(n_days, n_stocks, seed=0, volatile=False):
    """Independent returns, or ones whose common volatility comes in waves."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n_days, n_stocks))
    if volatile:
        wave = np.exp(np.cumsum(rng.normal(0, 0.1, n_days)) % 2)
        values *= wave[:, None]
    return pd.DataFrame(values * 0.02, columns=[f"s{i}" for i in range(n_stocks)])


def test_a_link_is_found():
    """A follower that copies a tenth of its leader's move three days later is found, it alone."""
    wide = returns(3000, 6)
    wide["s4"] += 0.15 * wide["s1"].shift(3).fillna(0)
    found = granger(wide)
    best = found.loc[found.p.idxmin()]
    assert (best.leader, best.follower) == ("s1", "s4")
    assert best.p < 1e-6
    assert corrected(found.p, "bonferroni").sum() == 1
    single = at_lag(wide, 3)
    row = single.loc[single.p.idxmin()]
    assert (row.leader, row.follower) == ("s1", "s4")
    assert row.correlation == pytest.approx(0.15, abs=0.05)
    assert at_lag(wide, 2).p.min() > 1e-4


def test_the_statistic_is_the_librarys_where_volatility_is_constant():
    """With constant volatility the statistic is close to statsmodels' chi-square of the F test."""
    wide = returns(4000, 2, seed=3)
    wide["s1"] += 0.05 * wide["s0"].shift(1).fillna(0)
    ours = granger(wide, lags=3)
    ours = ours.statistic[(ours.leader == "s0") & (ours.follower == "s1")].item()
    theirs = grangercausalitytests(wide[["s1", "s0"]], maxlag=[3])[3][0]["ssr_chi2test"][0]
    assert ours == pytest.approx(theirs, rel=0.1)


@pytest.mark.parametrize("volatile", [False, True])
def test_nothing_is_claimed_where_nothing_is(volatile):
    """Among unlinked stocks five in a hundred tests reject at 5 %, in wild times too."""
    wide = returns(1200, 40, seed=1, volatile=volatile)
    for found in (granger(wide), at_lag(wide, 1)):
        share = (found.p < 0.05).mean()
        assert 0.03 < share < 0.07
        assert corrected(found.p, "bonferroni").sum() <= 1


def test_plain_tests_would_claim():
    """Where volatility comes in waves that followers share, an F test errs more often than ours."""
    rng = np.random.default_rng(5)
    plain, robust = [], []
    for _ in range(60):
        size = np.exp(rng.normal(0, 1.0, 400))
        common = np.abs(rng.standard_normal(400))
        leader = common * size * rng.choice([-1, 1], 400)
        noise = rng.standard_normal(400) * np.roll(np.abs(leader), 1)
        wide = pd.DataFrame({"a": leader, "b": noise})
        theirs = grangercausalitytests(wide[["b", "a"]], maxlag=[1])[1][0]["ssr_ftest"][1]
        ours = granger(wide, lags=1)
        plain.append(theirs < 0.05)
        robust.append(ours.p[ours.leader == "a"].item() < 0.05)
    assert np.mean(plain) > 0.2
    assert np.mean(robust) < 0.15


def test_weak_links_are_seen_together():
    """Forty links too weak to be seen singly are plain when their moves are taken together."""
    wide = returns(1500, 41, seed=7)
    made = wide.copy()
    rows = []
    for i in range(40):
        lag = 1 + i % 3
        made[f"s{i}"] += 0.03 * wide[f"s{i + 1}"].shift(lag).fillna(0)
        rows.append((f"s{i + 1}", f"s{i}", lag))
    links = pd.DataFrame(rows, columns=["leader", "follower", "lag"])
    singly = pd.concat(at_lag(made, lag).assign(lag=lag) for lag in (1, 2, 3))
    assert lead_found(singly, links) <= 2
    assert newey_west(together(made, links)).t > 4
    table = profile(made, links)
    assert table.index.tolist() == [1, 2, 3]
    assert table["mean"].mean() == pytest.approx(0.03, abs=0.015)
    both = singly.merge(links, on=["leader", "follower", "lag"])
    assert together(made, links).mean() == pytest.approx(both.correlation.mean(), abs=1e-3)


def lead_found(tests, links):
    """How many of the links stand after correction."""
    kept = tests[corrected(tests.p, "bonferroni")]
    return len(kept.merge(links, on=["leader", "follower", "lag"]))


def test_every_ordered_pair_once():
    """A row for each pair of different stocks, in both directions."""
    found = granger(returns(200, 5))
    assert len(found) == 20
    assert not found.duplicated(["leader", "follower"]).any()
    assert (found.leader != found.follower).all()


def test_missing_days_count_as_no_move():
    """A suspended stock's missing returns break nothing."""
    wide = returns(500, 3)
    wide.iloc[100:150, 1] = np.nan
    assert granger(wide).p.notna().all()
    assert at_lag(wide, 2).p.between(0, 1).all()


def test_a_stock_that_never_moves_is_linked_to_none():
    """A stock suspended all along has correlation 0 and p 1 with every other."""
    found = at_lag(returns(300, 3).assign(s1=np.nan), 1)
    still = found[(found.leader == "s1") | (found.follower == "s1")]
    assert (still.correlation == 0).all()
    assert (still.p == 1).all()
    assert found.p.notna().all()
    causal = granger(returns(300, 3).assign(s1=0.0))
    assert causal.p[causal.leader == "s1"].eq(1).all()


def test_corrections_are_nested():
    """Bonferroni keeps no test that the false discovery rate drops, and that none the raw level."""
    p = pd.Series([1e-6, 1e-4, 0.01, 0.03, 0.04, 0.2, 0.9])
    raw, fdr, strict = (corrected(p, method) for method in ("none", "fdr_bh", "bonferroni"))
    assert (raw.sum(), fdr.sum(), strict.sum()) == (5, 3, 2)
    assert (raw | ~fdr).all()
    assert (fdr | ~strict).all()


def test_power_is_what_it_says():
    """A correlation of the size named is found about eight times in ten."""
    size = smallest_seen(500, n_tests=1)
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        a = rng.standard_normal(501)
        b = size * np.roll(a, 1) + np.sqrt(1 - size**2) * rng.standard_normal(501)
        found = at_lag(pd.DataFrame({"a": a, "b": b}), 1)
        hits += found.p[found.leader == "a"].item() < 0.05
    assert hits / 300 == pytest.approx(0.8, abs=0.07)
    assert smallest_seen(500, 1000) > size > smallest_seen(2000, 1)


def test_wrong_arguments_are_named():
    """Too short a history, a lag of zero and an unknown correction are refused by name."""
    with pytest.raises(InputError, match="ten days a lag"):
        granger(returns(20, 3))
    with pytest.raises(InputError, match="lag: must be at least 1"):
        at_lag(returns(50, 3), 0)
    with pytest.raises(InputError, match="method"):
        corrected(pd.Series([0.1]), "holm")
