"""Sectors, against their plain spelling."""

import numpy as np
import pandas as pd
import pytest

from tests.features.market.agree import agrees


@pytest.fixture(scope="module")
def long(market, wide):
    """Rows with the stock's return, growth over 5 days, sector, and who counts."""
    out = {
        "return": wide["return"], "week": wide["price"] / wide["price"].shift(5) - 1,
        "amount": wide["amount"].where(wide["traded"] & (wide["amount"] > 0)),
        "counted": wide["counted"], "sector": wide["sector"],
    }  # fmt: skip
    frame = pd.DataFrame({name: of.stack(future_stack=True) for name, of in out.items()})
    return frame[frame.sector.notna()].reset_index()


def of_group(long, column, by=("date", "sector")):
    """Mean over the group's counted rows, at every row of the group."""
    counted = long[column].where(long.counted)
    return counted.groupby([long[name] for name in by]).transform("mean")


def as_table(long, values):
    return long.assign(value=values).pivot(index="date", columns="code", values="value")


def test_sector_5_and_heat(long, table):
    """A stock less its sector's mean, and the sector's mean less that of all."""
    mean = of_group(long, "week")
    agrees(table("sector_5"), as_table(long, long.week - mean))
    agrees(table("sector_heat_5"), as_table(long, mean - of_group(long, "week", ("date",))))


def test_sector_rank_counts_each_sector_once(long, table):
    """The share of the day's sectors with a lower mean, however many stocks they have."""
    means = long[long.counted].groupby(["date", "sector"]).week.mean().unstack()
    sizes = long[long.counted].groupby("sector").code.nunique()
    assert sizes.nunique() > 1
    ranks = (means.rank(axis=1) - 0.5).div(means.notna().sum(axis=1), axis=0).stack()
    keys = pd.MultiIndex.from_frame(long[["date", "sector"]])
    agrees(table("sector_rank_5"), as_table(long, ranks.reindex(keys).to_numpy()))


def test_rank_in_sector(long, table):
    """Members are ranked among their sector's traded members, ties halved."""
    found = table("rank_in_sector_5")
    for day in (found.index[50], found.index[300]):
        rows = long[(long.date == day) & long.week.notna()]
        for _, row in rows.iterrows():
            peers = rows.week[rows.counted & (rows.sector == row.sector)]
            expected = np.nan
            if len(peers):
                lower, same = (peers < row.week - 1e-9).sum(), ((peers - row.week).abs() < 1e-9)
                expected = (lower + same.sum() / 2) / len(peers)
            assert found.loc[day, row.code] == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_sectors_share_of_the_money(long, table):
    """Today's share of all members' amount over its mean of 20 days of the stock's sector."""
    amount = long.amount.where(long.counted)
    here = amount.groupby([long.date, long.sector]).transform("sum", min_count=1)
    share = as_table(long, here / amount.groupby(long.date).transform("sum"))
    expected = share / share.rolling(20, min_periods=10).mean() - 1
    agrees(table("sector_amount_20"), expected)


def test_sector_beta(long, table, wide):
    """The slope of the stock's excess return on its sector's, over 60 days."""
    sector = as_table(long, of_group(long, "return")).sub(wide["market"], axis=0)
    own = wide["return"].sub(wide["market"], axis=0)
    code = own.columns[0]
    expected = own[code].rolling(60).cov(sector[code]) / sector[code].rolling(60).var()
    found = table("sector_beta_60")[code]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_without_sectors_nothing_of_them_is_made(market, features):
    """A panel without `sector` leaves its features out, and changes no other."""
    names = ["breadth", "relative_5", "market_main_force_1", "sector_5", "sector_main_force_1"]
    found = market.made(names, panel=market.panel.drop(columns="sector"))
    assert list(found.columns) == names[:3]
    pd.testing.assert_frame_equal(found, features[names[:3]])
