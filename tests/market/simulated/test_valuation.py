import numpy as np
import pandas as pd
import pytest

from stockcast.market.simulated import reference, statements
from stockcast.market.simulated.valuation import valuation
from stockcast.market.tables import TABLES


@pytest.fixture(scope="module")
def table(world):
    """Six years of valuations."""
    return valuation(world)


@pytest.fixture(scope="module")
def income(world):
    """Income statements."""
    return statements.income(world)


@pytest.fixture(scope="module")
def sample(table):
    """Rows of all times and stocks."""
    return table.sample(120, random_state=1)


def known(statement, row):
    """A company's latest versions known by a row's close, by period."""
    seen = statement[(statement["code"] == row.code) & (statement["first_announced"] <= row.date)]
    return seen.sort_values("first_announced").groupby("period").last()


def test_a_row_for_each_day_a_stock_traded(table, world):
    """Rows are typed, unique, and those of the days with trading."""
    pd.testing.assert_frame_equal(TABLES["valuation"].typed(table), table)
    assert not table.duplicated(["date", "code"]).any()
    assert len(table) == world.path.trading.sum()
    always = [
        "close", "turnover", "turnover_free", "total_shares", "float_shares", "free_shares",
        "market_cap", "float_cap", "pb", "ps",
    ]  # fmt: skip
    assert (table[always] > 0).all().all()


def test_caps_and_turnover_follow_from_shares(table, world):
    """Caps are close times shares, turnover is volume over shares; free <= float <= total."""
    np.testing.assert_allclose(table["market_cap"], table["close"] * table["total_shares"], atol=99)
    np.testing.assert_allclose(table["float_cap"], table["close"] * table["float_shares"], atol=99)
    assert (table["free_shares"] <= table["float_shares"]).all()
    assert (table["float_shares"] <= table["total_shares"] + 1).all()
    volume = world.volume[world.path.trading]
    np.testing.assert_allclose(table["turnover"] * table["float_shares"], volume, rtol=2e-3)
    free = table["turnover"] / table["turnover_free"]
    np.testing.assert_allclose(free, table["free_shares"] / table["float_shares"], rtol=2e-3)


def test_volume_ratio_compares_with_five_days(table, world):
    """Volume ratio is volume over the mean of the stock's five trading days before."""
    code = table["code"].mode()[0]
    stock = world.stocks.codes.tolist().index(code)
    volume = pd.Series(world.volume[world.path.trading[:, stock], stock])
    expected = volume / volume.shift().rolling(5).mean()
    found = table.loc[table["code"] == code, "volume_ratio"]
    assert found.isna().sum() == 5
    np.testing.assert_allclose(found, expected, atol=0.0051)


def test_multiples_use_what_was_published(sample, income, world):
    """Earnings, sales and book multiples follow from the statements known at that close."""
    balance = statements.balance(world)
    compared = 0
    for row in sample.itertuples():
        seen = known(income, row)
        year = seen[seen.index.month == 12].iloc[-1]
        latest, last = seen.iloc[-1], seen.index[-1]
        trailing = year[["revenue", "net_profit_parent"]]
        if last.month != 12:
            trailing = trailing + latest[trailing.index]
            trailing = trailing - seen.loc[last - pd.DateOffset(years=1), trailing.index]
        book = known(balance, row)["equity_parent"].iloc[-1]
        for name, amount in (
            ("pe", year["net_profit_parent"]), ("ps", year["revenue"]), ("pb", book),
            ("pe_ttm", trailing["net_profit_parent"]), ("ps_ttm", trailing["revenue"]),
        ):  # fmt: skip
            found = getattr(row, name)
            if amount > 0:
                np.testing.assert_allclose(found, row.market_cap / amount, rtol=1e-3, atol=1e-4)
                compared += 1
            else:
                assert np.isnan(found)
    assert compared > 520


def test_yields_are_those_of_the_dividends(sample, world):
    """Yields are cash of the ex-days behind, over market value; missing where none was paid."""
    paid = reference.dividends(world).loc[lambda t: t["stage"] == "实施"]
    for row in sample.itertuples():
        own = paid[(paid["code"] == row.code) & (paid["ex_date"] <= row.date)]
        recent = own[own["ex_date"] > row.date - pd.Timedelta(days=365)]
        assert recent.empty == np.isnan(row.dividend_yield_ttm)
        if len(recent) == 1 and not recent["bonus"].any():
            found = row.dividend_yield_ttm * row.close
            assert found == pytest.approx(recent["cash"].item(), rel=0.01, abs=1e-4)
            assert row.dividend_yield <= row.dividend_yield_ttm * 1.0001


def test_levels_are_plausible(table):
    """Middle multiples, yields and turnover are those of a stock market."""
    middle = table.median(numeric_only=True)
    for name, low, high in (
        ("pe", 12, 50), ("pe_ttm", 12, 50), ("pb", 1.2, 4), ("ps", 0.8, 5), ("ps_ttm", 0.8, 5),
        ("dividend_yield", 0.005, 0.04), ("turnover", 0.005, 0.03), ("volume_ratio", 0.8, 1.1),
    ):  # fmt: skip
        assert low < middle[name] < high, name
    assert 0.01 < table["pe"].isna().mean() < 0.2


def test_later_days_change_no_valuation(same_beginning):
    """Valuations of a day are the same, to the bit, whatever days follow."""
    same_beginning(valuation, "date")
