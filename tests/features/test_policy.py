"""Policy events: whom they name, for how long, and what followed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features import catalogue
from stockcast.features.compute import compute
from stockcast.market import calendar, policy
from tests.features.bare import CODES, bare

DAYS = calendar.sessions("2017-03-27", "2017-08-31")


def names() -> list[str]:
    return [feature.name for feature in catalogue.family("policy")]


def events(*rows: tuple[object, str, str, float]) -> pd.DataFrame:
    """Days, events, codes and strengths."""
    table = pd.DataFrame(rows, columns=["date", "event", "code", "strength"])
    return table.astype({"date": "datetime64[us]"})


def of_stock(panel: pd.DataFrame, table: pd.DataFrame, code: str) -> pd.DataFrame:
    """The policy family of one stock, by date."""
    found = compute(panel, {"events": table}, names=names())
    return found[found.code == code].set_index("date")


def test_an_event_counts_from_the_first_trading_day():
    """One published on a weekend counts from the next trading day, fading over 60 days."""
    new_area = events(("2017-04-01", "New Area", CODES[1], 2.0))
    stock = of_stock(bare(DAYS), new_area, CODES[1])
    assert (stock.policy_strength[:"2017-03-31"] == 0).all()
    expected = 2 * np.exp([0, -0.1, -0.2])
    np.testing.assert_allclose(stock.policy_strength["2017-04-05":][:3], expected, rtol=1e-6)
    np.testing.assert_allclose(stock.policy_recency["2017-04-05":][:3], expected / 2, rtol=1e-6)
    assert stock.policy_themed.sum() == 60
    assert stock.policy_strongest.sum() == 120
    assert (stock.policy_age["2017-04-05":][:3] == [0, 1, 2]).all()
    assert (stock.policy_age[:"2017-03-31"] == 250).all()
    assert (stock.policy_count_60["2017-04-05":][60:] == 0).all()
    assert (stock.policy_count_250["2017-04-05":] == 1).all()
    other = of_stock(bare(DAYS), new_area, CODES[0])
    assert (other.policy_themed == 0).all()
    assert (other.policy_breadth == stock.policy_breadth).all()
    np.testing.assert_allclose(other.policy_breadth["2017-04-05":][:60], 0.5)


def test_two_events_add_up_and_the_later_one_is_the_latest():
    """policy_strength sums events; recency and age start again; the strongest stays."""
    table = events((DAYS[2], "one", CODES[0], 3.0), (DAYS[4], "two", CODES[0], 1.0))
    stock = of_stock(bare(DAYS), table, CODES[0])
    assert stock.policy_strength.iloc[4] == pytest.approx(1 + 3 * np.exp(-0.2))
    assert stock.policy_recency.iloc[3] == pytest.approx(np.exp(-0.1))
    assert stock.policy_recency.iloc[4] == 1
    assert list(stock.policy_age.iloc[2:6]) == [0, 1, 0, 1]
    assert list(stock.policy_count_60.iloc[[1, 3, 4, 62, 64]]) == [0, 1, 2, 1, 0]
    assert list(stock.policy_strongest.iloc[[3, 61, 62, 64]]) == [3, 3, 1, 0]


def test_reaction_is_the_themes_mean_since_the_close_before():
    """Of two themed stocks one rises 10 % on the day: the theme 5 %, the other lags by 5 %."""
    panel = bare(DAYS, [*CODES, "600002.SH"])
    moved = (panel.code == CODES[0]) & (panel.date >= DAYS[10])
    panel.loc[moved, ["open", "high", "low", "close"]] = 11.0
    table = events((DAYS[10], "New Area", CODES[0], 1.0), (DAYS[10], "New Area", CODES[1], 1.0))
    first, second = (of_stock(panel, table, code) for code in CODES)
    assert (first.policy_reaction.iloc[:10] == 0).all()
    np.testing.assert_allclose(first.policy_reaction.iloc[10:70], 0.05, atol=1e-7)
    np.testing.assert_allclose(second.policy_reaction.iloc[10:70], 0.05, atol=1e-7)
    np.testing.assert_allclose(first.policy_gap.iloc[10:70], -0.05, atol=1e-7)
    np.testing.assert_allclose(second.policy_gap.iloc[10:70], 0.05, atol=1e-7)
    assert (first.policy_reaction.iloc[70:] == 0).all()
    assert (of_stock(panel, table, "600002.SH").policy_reaction == 0).all()


def test_an_event_from_before_the_panel_is_as_old_as_it_is():
    """Days before the panel's first are counted along the exchange's calendar."""
    early = events(("2017-03-22", "early", CODES[0], 1.0))
    stock = of_stock(bare(DAYS), early, CODES[0])
    assert list(stock.policy_age.iloc[:3]) == [3, 4, 5]  # the 23rd and 24th, then the 27th
    assert stock.policy_themed.sum() == 57
    assert stock.policy_strength.iloc[0] == pytest.approx(np.exp(-0.3))


def test_no_events_at_all_are_zeros():
    """An empty table gives the family all the same: nothing themed, nothing recent."""
    stock = of_stock(bare(DAYS), events(), CODES[0])
    assert (stock.policy_age == 250).all()
    assert (stock[[n for n in names() if n != "policy_age"]] == 0).all(axis=None)


def test_the_new_area_of_2017():
    """The real event counts from 2017-04-05, the first trading day after it was announced."""
    found = policy.real_events()
    code = found.code.iloc[0]
    stock = of_stock(bare(DAYS, sorted(found.code)), found, code)
    assert stock.policy_themed[stock.policy_themed > 0].index[0] == pd.Timestamp("2017-04-05")
    assert stock.policy_breadth.max() == 1
