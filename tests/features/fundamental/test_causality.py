"""Fundamental features know nothing of later announcements, nor the level of a factor."""

import numpy as np
import pandas as pd
import pytest

from stockcast.market import calendar
from tests.features.fundamental.making import made
from tests.features.known import known_by


def bits(features: pd.DataFrame) -> np.ndarray:
    """Raw 32 bits: NaN equals NaN."""
    return features.to_numpy(np.float32).view(np.uint32)


def announcement_days(market) -> list[pd.Timestamp]:
    """Days of announcement and the days on which they count: first versions, corrections, plans."""
    days = pd.DatetimeIndex(market["panel"].date.unique()).sort_values()
    income = market["income"]
    told = pd.concat(
        [
            income[income.report == "1"].first_announced.drop_duplicates().iloc[200::150],
            income[income.report == "4"].first_announced.iloc[-6:-4],
            market["dividends"].announced.drop_duplicates().iloc[20:22],
        ]
    )
    held = [day for day in told if days[3] <= day <= days[-3]]
    return [*held, *(calendar.next_session(day) for day in held)]


def test_dropping_what_was_announced_later_changes_no_bit(market, found):
    """Cut off on the day of an announcement, or a day later, values up to then keep every bit."""
    cuts = announcement_days(market)
    assert len(cuts) >= 10
    for cut in cuts:
        part = made(known_by(market, cut))
        whole = found.loc[found.index.get_level_values("date") <= cut]
        assert list(part.columns) == list(whole.columns)
        differs = (bits(part) != bits(whole)).any(axis=0)
        assert not differs.any(), (cut, list(part.columns[differs]))


@pytest.mark.parametrize("table", ["income", "balance", "cash_flow"])
def test_a_statement_not_yet_out_changes_nothing(market, found, table):
    """Figures multiplied by ten before their announcement day would show: they do not."""
    cut = announcement_days(market)[0]
    later = market[table]["first_announced"] >= cut
    changed = market[table].copy()
    numbers = changed.select_dtypes("number").columns
    changed.loc[later, numbers] *= 10.0
    part = made(market | {table: changed})
    before = found.index.get_level_values("date") <= cut
    np.testing.assert_array_equal(bits(part[before]), bits(found[before]))
    assert (bits(part[~before]) != bits(found[~before])).any()


def test_factor_level_changes_no_feature(market, found):
    """A constant times each stock's factor: no bit by powers of two, 1e-6 by any other."""
    panel = market["panel"]
    stock = pd.Series(pd.factorize(panel.code)[0], panel.index)
    twos, others = (
        made(market | {"panel": panel.assign(adj_factor=panel.adj_factor * by)})
        for by in (2.0 ** (stock % 7 - 3), 0.37 + 1.7 * stock)
    )
    np.testing.assert_array_equal(bits(found), bits(twos))
    np.testing.assert_allclose(found, others, rtol=1e-6, atol=1e-6)
