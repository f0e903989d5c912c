from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate
from stockcast.market.simulated.drift import EFFECTS, Announcements, Web
from stockcast.market.simulated.oracle import expected_label, expected_parts

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
    wide = market.truth(horizon).table.pivot(index="date", columns="code", values=column)
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


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_alone_can_be_known(effect):
    """Each planted effect is worth a Rank IC of at least .015 at one day by itself."""
    off = dict.fromkeys(EFFECTS, 0.0)
    market = simulate(sessions(*BOOK), 120, Strengths(**(off | {effect: 1.0})), stream(5))
    assert rank_ic(market, 1) > 0.015


def test_expectations_are_unbiased():
    """The slope of the label on the oracle, both beyond the day's mean, is 1 within its error."""
    market = simulate(sessions("2012-01-04", "2016-12-30"), 250, Strengths(), stream(3, "market"))
    for horizon in (1, 5):
        for column in ("oracle", "omniscient"):
            expected = market.truth(horizon).table.pivot(
                index="date", columns="code", values=column
            )
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
    """At strength zero the oracle is zero, the omniscient one too; there is nothing to share."""
    known = forgetful.truth(5)
    assert (known.table[["oracle", "omniscient"]] == 0).all().all()
    assert np.isnan(known.accuracy)
    assert known.shares.isna().all()


def test_half_the_strength_is_half_the_expectation(market, days):
    """Given the same past, every effect's part is proportional to its strength."""
    whole = expected_parts(market.hidden, 1)
    for effect in EFFECTS:
        other = replace(market.hidden, strengths=replace(Strengths(), **{effect: 0.5}))
        half = expected_parts(other, 1)
        # Other effects answer what this one lets expect of tomorrow; that is small.
        gap = half[effect] - whole[effect] / 2
        assert np.abs(gap).max() < 0.1 * np.abs(whole[effect]).max()


def test_the_table_lists_the_panels_rows(market):
    """One row per panel row, with the horizon asked for, and no gaps."""
    table = market.truth(3).table
    assert table.columns.tolist() == ["date", "code", "horizon", "oracle", "omniscient"]
    pd.testing.assert_frame_equal(table[["date", "code"]], market.panel[["date", "code"]])
    assert (table["horizon"] == 3).all()
    assert table[["oracle", "omniscient"]].notna().all().all()
    with pytest.raises(InputError, match="horizon"):
        market.truth(0)


def test_a_shorter_market_has_the_same_oracle(market, days):
    """The oracle of a market cut off at a day is the whole one's up to that day, to the bit."""
    for n_days in (1, 30, 245, 300):
        short = simulate(days[:n_days], 40, Strengths(), stream(1, "market")).truth(5).table
        whole = market.truth(5).table
        begun = whole[whole["date"] <= days[n_days - 1]].reset_index(drop=True)
        columns = ["date", "code", "oracle"]
        pd.testing.assert_frame_equal(short[columns], begun[columns], check_exact=True)


def test_the_oracle_looks_at_nothing_later(market, days):
    """Dropping the days after t leaves every expectation dated up to t as it was."""
    hidden = market.hidden
    whole = {known: expected_label(hidden, 5, omniscient=known) for known in (False, True)}
    daily = ("moves", "listed", "trading", "standing", "since", "orders", "tone", "told")
    for cut in np.linspace(10, len(days) - 1, 20).astype(int):
        made = hidden.announced.day < cut
        short = replace(
            hidden,
            **{name: getattr(hidden, name)[:cut] for name in daily},
            announced=Announcements(
                hidden.announced.day[made],
                hidden.announced.stock[made],
                hidden.announced.strength[made],
                hidden.announced.delay[made],
            ),
        )
        for known, full in whole.items():
            cut_off = expected_label(short, 5, omniscient=known)
            np.testing.assert_array_equal(cut_off, full[:cut])


def test_hidden_links_delays_and_tones_are_not_public(market):
    """The public oracle is the same whatever is hidden; the omniscient one is not."""
    hidden = market.hidden
    web, announced = hidden.web, hidden.announced
    for other in (
        replace(hidden, web=Web(np.where(web.public, web.leader, 0), web.follower, web.lag,
                                web.public)),
        replace(hidden, announced=replace(announced, delay=np.zeros_like(announced.delay))),
        replace(hidden, tone=-hidden.tone),
    ):  # fmt: skip
        assert np.array_equal(expected_label(hidden, 5), expected_label(other, 5))
        assert not np.array_equal(
            expected_label(hidden, 5, omniscient=True), expected_label(other, 5, omniscient=True)
        )


def test_what_the_oracle_reads_is_told(market):
    """Orders are known from the money flow, expected tones from the headlines' grades."""
    hidden = market.hidden
    news = market.world.headlines
    about = news.stock >= 0
    assert np.array_equal(hidden.told != 0, _counted(news, about & (news.grade != 0), hidden))
    assert hidden.orders is market.world.orders


def _counted(news, which, hidden):
    total = np.zeros(hidden.moves.shape)
    np.add.at(total, (news.day[which], news.stock[which]), news.grade[which])
    return total != 0


def test_the_evenings_money_flow_is_not_known_at_the_close(market):
    """Large orders of a day move the public oracle from the next day on, the omniscient at once."""
    hidden = market.hidden
    day = 200
    orders = hidden.orders.copy()
    orders[day] += 1.0
    other = replace(hidden, orders=orders)
    for omniscient, first in ((False, day + 1), (True, day)):
        before = expected_label(hidden, 5, omniscient=omniscient)
        after = expected_label(other, 5, omniscient=omniscient)
        assert np.array_equal(before[:first], after[:first])
        assert not np.array_equal(before[first], after[first])


def test_what_does_not_trade_has_no_orders(market):
    """No table tells of orders in a suspended stock, so there are none to drift after."""
    assert (market.hidden.orders[~market.hidden.trading] == 0).all()
    assert (market.hidden.orders[market.hidden.trading] != 0).all()
