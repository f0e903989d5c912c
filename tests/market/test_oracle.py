from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.drift import Announcements, Web
from stockcast.market.oracle import expected_label
from stockcast.market.simulated import Strengths, simulate

BANDS = {1: (0.04, 0.07), 5: (0.07, 0.10)}
BOOK = ("2012-01-04", "2017-12-29")


def label(market, horizon):
    """Return from the close of t+1 to that of t+1+horizon, wide; NaN if suspended at an end."""
    panel = market.panel.assign(price=lambda p: p["close"] * p["adj_factor"])
    price = panel.pivot(index="date", columns="code", values="price")
    halted = panel.pivot(index="date", columns="code", values="suspended").eq(True)
    price = price.mask(halted)
    return price.shift(-1 - horizon) / price.shift(-1) - 1


def rank_ic(market, horizon, column="oracle"):
    """Mean over days of the rank correlation of oracle and label among members."""
    wide = market.oracle(horizon).pivot(index="date", columns="code", values=column)
    member = market.panel.pivot(index="date", columns="code", values="in_universe").eq(True)
    outcome = label(market, horizon)
    there = member & outcome.notna()
    scores, outcomes = (x.where(there).rank(axis=1) for x in (wide, outcome))
    scores, outcomes = (x.sub(x.mean(axis=1), axis=0) for x in (scores, outcomes))
    power = np.sqrt((scores**2).sum(axis=1) * (outcomes**2).sum(axis=1))
    return ((scores * outcomes).sum(axis=1) / power.where(power > 0)).mean()


@pytest.mark.parametrize("seed", [2017, 1, 2])
def test_rank_ic_of_the_oracle_is_in_its_band(seed):
    """With the book's days and stocks what can be known is worth what the design says."""
    market = simulate(sessions(*BOOK), 120, Strengths(), stream(seed, "market"))
    for horizon, (low, high) in BANDS.items():
        public = rank_ic(market, horizon)
        assert low < public < high
        assert public < rank_ic(market, horizon, "omniscient") < high + 0.02


@pytest.mark.parametrize(
    ("effect", "least"), [("reversal", 0.025), ("lead_lag", 0.02), ("policy", 0.02)]
)
def test_every_effect_alone_can_be_known(effect, least):
    """Each planted effect contributes to the oracle at one day."""
    off = {"reversal": 0.0, "lead_lag": 0.0, "policy": 0.0}
    market = simulate(
        sessions("2012-01-04", "2015-12-31"), 120, Strengths(**(off | {effect: 1.0})), stream(5)
    )
    assert rank_ic(market, 1) > least


def test_expectations_are_unbiased():
    """The slope of the label on the oracle, both beyond the day's mean, is 1 within its error."""
    market = simulate(sessions("2012-01-04", "2016-12-30"), 250, Strengths(), stream(3, "market"))
    for horizon in (1, 5):
        for column in ("oracle", "omniscient"):
            expected = market.oracle(horizon).pivot(index="date", columns="code", values=column)
            outcome = label(market, horizon)
            expected, outcome = expected.where(outcome.notna()), outcome.where(expected.notna())
            expected, outcome = (x.sub(x.mean(axis=1), axis=0) for x in (expected, outcome))
            scale = (expected**2).sum().sum()
            slope = (expected * outcome).sum().sum() / scale
            errors = ((outcome - slope * expected) * expected).sum(axis=1)
            spread = sum(
                (1 if k == 0 else 2 * (1 - k / 10)) * (errors * errors.shift(k)).sum()
                for k in range(10)
            )
            error = np.sqrt(spread) / scale
            assert error < 0.06
            assert abs(slope - 1) < 3 * error


def test_nothing_planted_nothing_expected(forgetful):
    """At strength zero the oracle is zero, the omniscient one too."""
    table = forgetful.oracle(5)
    assert (table[["oracle", "omniscient"]] == 0).all().all()


def test_the_table_lists_the_panels_rows(market):
    """One row per panel row, with the horizon asked for, and no gaps."""
    table = market.oracle(3)
    assert table.columns.tolist() == ["date", "code", "horizon", "oracle", "omniscient"]
    pd.testing.assert_frame_equal(table[["date", "code"]], market.panel[["date", "code"]])
    assert (table["horizon"] == 3).all()
    assert table[["oracle", "omniscient"]].notna().all().all()
    with pytest.raises(InputError, match="horizon"):
        market.oracle(0)


def test_a_shorter_market_has_the_same_oracle(market, days):
    """The oracle of a market cut off at a day is the whole one's up to that day, to the bit."""
    for n_days in (1, 30, 245, 300):
        short = simulate(days[:n_days], 40, Strengths(), stream(1, "market")).oracle(5)
        whole = market.oracle(5)
        begun = whole[whole["date"] <= days[n_days - 1]].reset_index(drop=True)
        columns = ["date", "code", "oracle"]
        pd.testing.assert_frame_equal(short[columns], begun[columns], check_exact=True)


def test_the_oracle_looks_at_nothing_later(market, days):
    """Dropping the days after t leaves every expectation dated up to t as it was."""
    truth = market.truth
    whole = {known: expected_label(truth, 5, omniscient=known) for known in (False, True)}
    for cut in np.linspace(10, len(days) - 1, 20).astype(int):
        made = truth.announced.day < cut
        short = replace(
            truth,
            moves=truth.moves[:cut],
            listed=truth.listed[:cut],
            trading=truth.trading[:cut],
            announced=Announcements(
                truth.announced.day[made],
                truth.announced.stock[made],
                truth.announced.strength[made],
                truth.announced.delay[made],
            ),
        )
        for known, full in whole.items():
            cut_off = expected_label(short, 5, omniscient=known)
            np.testing.assert_array_equal(cut_off, full[:cut])


def test_hidden_links_and_delays_are_not_public(market):
    """The public oracle is the same whatever is hidden; the omniscient one is not."""
    truth = market.truth
    web, announced = truth.web, truth.announced
    other = replace(
        truth,
        web=Web(np.where(web.public, web.leader, 0), web.follower, web.lag, web.public),
        announced=replace(announced, delay=np.zeros_like(announced.delay)),
    )
    assert np.array_equal(expected_label(truth, 5), expected_label(other, 5))
    assert not np.array_equal(
        expected_label(truth, 5, omniscient=True), expected_label(other, 5, omniscient=True)
    )
