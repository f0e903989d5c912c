"""Disclosed partners: what their moves bring, when, and what else is known of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features import catalogue
from stockcast.features.compute import compute
from stockcast.market import calendar
from tests.features.bare import CODES, bare

DAYS = calendar.sessions("2017-03-27", "2017-06-30")
JUMP = 30
RELATIVE = 0.1 - 0.05
"""The leader's move less the market's, which is the mean of the two."""


def links(*rows: tuple[str, str, int, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["leader", "follower", "lag", "public"])


def jump(codes: list[str] = CODES) -> pd.DataFrame:
    """A quiet market in which the first stock rises by 10 % on one day, at threefold volume."""
    panel = bare(DAYS, codes)
    leads = panel.code == codes[0]
    panel.loc[leads & (panel.date >= DAYS[JUMP]), ["open", "high", "low", "close"]] = 11.0
    panel.loc[leads & (panel.date == DAYS[JUMP]), "volume"] = 3e6
    return panel


def of_stock(panel: pd.DataFrame, table: pd.DataFrame, code: str) -> pd.DataFrame:
    """The family of one stock, in order of date."""
    names = [feature.name for feature in catalogue.family("lead_lag")]
    found = compute(panel, {"links": table}, names=names)
    return found[found.code == code].reset_index(drop=True)


def at(places: range | list[int], value: float) -> np.ndarray:
    """`value` on some days, else 0."""
    out = np.zeros(len(DAYS))
    out[list(places)] = value
    return out


@pytest.mark.parametrize(("lag", "pending"), [(1, 0), (2, 1), (3, 2), (5, 4)])
def test_pending_moves_are_those_that_arrive_from_the_day_after_next(lag, pending):
    """A leader's jump of day s is pending on s ... s+lag-2, due on s+lag-2, and gone after."""
    follower = of_stock(jump(), links((*CODES, lag, True)), CODES[1])
    expected = at(range(JUMP, JUMP + pending), RELATIVE)
    np.testing.assert_allclose(follower.lead_pending, expected, atol=1e-6)
    due = at([JUMP + lag - 2] if lag >= 2 else [], RELATIVE)
    np.testing.assert_allclose(follower.lead_due, due, atol=1e-6)


def test_sums_over_spans():
    """The jump counts on its day, for five days and for twenty; a leader follows nobody."""
    table = links((*CODES, 3, True))
    follower = of_stock(jump(), table, CODES[1])
    for days in (1, 5, 20):
        expected = at(range(JUMP, JUMP + days), RELATIVE)
        np.testing.assert_allclose(follower[f"lead_return_{days}"], expected, atol=1e-6)
    leader = of_stock(jump(), table, CODES[0])
    assert (leader[["lead_pending", "lead_return_1", "lead_return_20", "lead_count"]] == 0).all(
        None
    )
    assert leader[["lead_spread_5", "lead_volume"]].isna().all(None)


def test_spread_is_against_the_stocks_own_week():
    """The leader gains .05 on the market and the follower loses as much: .1 for five days."""
    follower = of_stock(jump(), links((*CODES, 2, True)), CODES[1])
    expected = at(range(JUMP, JUMP + 5), 2 * RELATIVE)
    np.testing.assert_allclose(follower.lead_spread_5, expected, atol=1e-6)


def test_volume_is_against_the_days_before():
    """Threefold volume is log 3 that day, and a little less than usual is then normal."""
    follower = of_stock(jump(), links((*CODES, 2, True)), CODES[1])
    assert follower.lead_volume[:10].isna().all()
    assert follower.lead_volume[JUMP] == pytest.approx(np.log(3), rel=1e-6)
    assert follower.lead_volume[JUMP + 1] == pytest.approx(-np.log(22 / 20), rel=1e-5)
    assert follower.lead_volume[JUMP + 21] == pytest.approx(0, abs=1e-6)


def test_a_leader_counts_once_and_from_its_first_day():
    """Two lags of one leader are one leader; one listed later counts from then on."""
    codes = [*CODES, "600002.SH"]
    panel = jump(codes)
    panel = panel[(panel.code != codes[2]) | (panel.date >= DAYS[40])]
    table = links(
        (codes[0], codes[1], 1, True), (codes[0], codes[1], 4, True), (codes[2], codes[1], 2, True)
    )
    follower = of_stock(panel.reset_index(drop=True), table, codes[1])
    assert (follower.lead_count[:40] == 1).all()
    assert (follower.lead_count[40:] == 2).all()


def test_hidden_links_count_for_nothing():
    """A link that is not public leaves the follower without a leader."""
    follower = of_stock(jump(), links((*CODES, 2, False)), CODES[1])
    assert (follower.lead_count == 0).all()
    assert (follower.lead_return_5 == 0).all()
