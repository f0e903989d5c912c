import numpy as np
import pandas as pd
import pytest

from stockcast.market.calendar import sessions
from stockcast.market.simulated import quotes, reference
from stockcast.market.simulated.draws import SECTORS
from stockcast.market.tables import TABLES

NAMES = (
    "calendar", "stocks", "sectors", "sector_members", "index_weights", "dividends",
)  # fmt: skip


@pytest.fixture(scope="module")
def panel(world):
    """The panel of the same market."""
    return quotes.panel(world)


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_typed_and_keyed(world, name):
    """Columns, types and order are the specification's, and keys occur once."""
    table, spec = getattr(reference, name)(world), TABLES[name]
    pd.testing.assert_frame_equal(spec.typed(table), table)
    assert not table.duplicated(list(spec.key)).any()
    assert len(table) > 0


def test_the_calendar_has_every_day(world):
    """Every calendar day has a row, and the open ones are the exchange's trading days."""
    table = reference.calendar(world)
    assert (table["date"].diff().dropna() == pd.Timedelta(days=1)).all()
    open_days = pd.DatetimeIndex(table.loc[table["open"], "date"])
    assert open_days.equals(sessions("2012-01-04", "2017-12-29"))


def test_stocks_are_those_of_the_panel(world, panel):
    """Boards, sectors, list dates and delistings agree with the panel."""
    table = reference.stocks(world).set_index("code")
    by_code = panel.groupby("code")
    for column in ("board", "sector", "list_date"):
        expected = by_code[column].first()
        pd.testing.assert_series_equal(table[column], expected, check_exact=True)
    last = by_code["date"].last()
    gone = table["delist_date"].notna()
    assert 1 <= gone.sum() <= 3
    assert (last[gone] < table["delist_date"][gone]).all()
    assert (last[~gone] == world.days[-1]).all()
    assert table["name"].is_unique


def test_sectors_agree(world):
    """Every stock is in one of eight sectors since its listing, under one code."""
    members, sectors = reference.sector_members(world), reference.sectors(world)
    assert set(sectors["sector"]) == set(SECTORS)
    assert sectors["sector_code"].str.fullmatch(r"8019\d\d\.SI").all()
    pairs = members[["sector_code", "sector"]].drop_duplicates()
    assert len(pairs.merge(sectors, on=["sector_code", "sector"])) == len(pairs) == 8
    stocks = reference.stocks(world)
    both = members.merge(stocks, on=["code", "sector"])
    assert len(both) == len(stocks)
    assert (both["start"] == both["list_date"]).all()


def test_snapshots_tell_the_members(world):
    """Each day's members are those of the last snapshot, and weights follow float caps."""
    table = reference.index_weights(world)
    assert (table.groupby("date")["weight"].sum() - 1).abs().max() < 1e-4
    assert table["date"].nunique() == 72
    wide = table.assign(there=1.0).pivot(index="date", columns="code", values="there")
    wide = wide.reindex(columns=world.stocks.codes).fillna(0.0)
    told = wide.reindex(world.days, method="ffill").to_numpy(bool) & world.listed
    np.testing.assert_array_equal(told, world.member & world.listed)
    day = world.days.get_loc(table["date"].iloc[0])
    size = world.path.close[day] * world.path.shares[day]
    first = table[table["date"] == world.days[0]].set_index("code")["weight"]
    sizes = pd.Series(size, world.stocks.codes)[first.index]
    np.testing.assert_allclose(first, sizes / sizes.sum(), atol=1e-6)
    months = table.loc[
        table.groupby("code")["date"].diff().dt.days.gt(40) & table["date"].gt("2012-06-30"),
        "date",
    ].dt.month
    assert set(months) <= {6, 12}


def test_dividends_explain_reference_prices(world, panel):
    """A reference price that is not the eve's close is (close - cash) / (1 + bonus)."""
    paid = reference.dividends(world).loc[lambda t: t["stage"] == "实施"]
    before = panel["close"].groupby(panel["code"]).shift()
    moved = panel[(panel["pre_close"] != before) & before.notna()].assign(before=before)
    rows = moved.merge(paid, left_on=["date", "code"], right_on=["ex_date", "code"], how="left")
    assert len(rows) > 200
    expected = (rows["before"] - rows["cash"]) / (1 + rows["bonus"])
    np.testing.assert_allclose(rows["pre_close"], expected, atol=0.0051)


def test_dividends_are_told_before_they_are_paid(world):
    """A plan comes with the annual report, the notice after it, then record day and ex-day."""
    table = reference.dividends(world)
    assert (table["period"].dt.month == 12).all()
    plans, paid = table[table["stage"] == "预案"], table[table["stage"] == "实施"]
    assert plans[["record_date", "ex_date", "pay_date"]].isna().all().all()
    assert (paid["announced"] < paid["record_date"]).all()
    assert (paid["record_date"] < paid["ex_date"]).all()
    assert (paid["pay_date"] >= paid["ex_date"]).all()
    both = plans.merge(paid, on=["code", "period"], suffixes=("", "_paid"))
    assert len(both) > 0.9 * len(paid)
    assert (both["announced"] < both["announced_paid"]).all()
    assert np.isclose(both["cash"], both["cash_paid"], atol=0.0011).mean() > 0.98
    assert (paid["cash"] > 0).all()
    assert 0.02 < (paid["bonus"] > 0).mean() < 0.4


@pytest.mark.parametrize(("name", "date"), [
    ("calendar", "date"), ("index_weights", "date"), ("sector_members", "start"),
    ("dividends", "announced"),
])  # fmt: skip
def test_later_days_change_no_row(same_beginning, name, date):
    """Rows known by a day are the same, to the bit, whatever days follow."""
    same_beginning(getattr(reference, name), date)


def test_later_days_add_stocks_and_ends(world, begun):
    """A shorter market's stocks are those listed by then, not yet delisted."""
    whole, short = reference.stocks(world), reference.stocks(begun)
    kept = whole[whole["list_date"] <= begun.days[-1]].reset_index(drop=True)
    kept["delist_date"] = kept["delist_date"].where(kept["delist_date"] <= begun.days[-1])
    settled = ["code", "board", "sector", "list_date", "delist_date"]
    pd.testing.assert_frame_equal(short[settled], kept[settled], check_exact=True)
