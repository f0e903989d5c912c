import numpy as np
import pandas as pd
import pytest

from stockcast.market.simulated import companies, statements
from stockcast.market.simulated.accounts import SURPRISE_UNIT
from stockcast.market.simulated.publication import dated
from stockcast.market.tables import TABLES

FLOWS = {
    "income": ["revenue", "operating_profit", "total_profit", "net_profit", "net_profit_parent"],
    "cash_flow": ["sales_received", "operating_cash_flow", "depreciation"],
}


@pytest.fixture(scope="module")
def tables(world):
    """The four statement tables."""
    return {
        name: getattr(statements, name)(world)
        for name in ("income", "balance", "cash_flow", "indicators")
    }


def first(table):
    """Statements as first published, by company and period."""
    return table[table["report"] == "1"].set_index(["code", "period"])


def quarterly(flows):
    """A quarter's own flows from those since the start of the year."""
    before = flows.groupby(level="code").shift(fill_value=0.0)
    goes_on = flows.index.get_level_values("period").month != 3
    return flows - before.mul(goes_on.astype(float), axis=0)


@pytest.mark.parametrize("name", ["income", "balance", "cash_flow", "indicators"])
def test_tables_are_typed_and_keyed(tables, name):
    """Columns, types and order are the specification's, keys occur once, nothing is infinite."""
    table, spec = tables[name], TABLES[name]
    pd.testing.assert_frame_equal(spec.typed(table), table)
    assert not table.duplicated(list(spec.key)).any()
    assert not np.isinf(table.select_dtypes("number")).any().any()
    if name != "indicators":
        assert not table.isna().any().any()
    assert table["code"].nunique() == 120


def test_a_balance_balances(tables):
    """Assets are liabilities and equity; parts are positive and no more than their wholes."""
    sheet = tables["balance"]
    owed = sheet[["total_liabilities", "minority_interest", "equity_parent"]].sum(axis=1)
    np.testing.assert_allclose(sheet["total_assets"], owed, atol=0.05)
    current = sheet[["cash", "receivables", "inventories"]].sum(axis=1)
    assert (current < sheet["current_assets"]).all()
    fixed = sheet[["current_assets", "fixed_assets", "intangibles", "goodwill"]].sum(axis=1)
    assert (fixed < sheet["total_assets"]).all()
    soon = sheet[["short_debt", "payables"]].sum(axis=1)
    assert (soon < sheet["current_liabilities"]).all()
    debts = sheet[["current_liabilities", "long_debt", "bonds"]].sum(axis=1)
    assert (debts < sheet["total_liabilities"]).all()
    assert (sheet.select_dtypes("number") > 0).all().all()


def test_profit_follows_from_its_lines(tables):
    """Revenue less costs is operating profit; total profit less tax is net profit; EBIT, EBITDA."""
    income = first(tables["income"])
    costs = ["operating_cost", "selling_expense", "admin_expense", "financial_expense"]
    left = income["revenue"] - income[costs].sum(axis=1)
    np.testing.assert_allclose(left, income["operating_profit"], atol=0.1)
    after = income["total_profit"] - income["income_tax"]
    np.testing.assert_allclose(after, income["net_profit"], atol=0.1)
    ebit = income["total_profit"] + income["financial_expense"]
    np.testing.assert_allclose(income["ebit"], ebit, atol=0.1)
    worn = first(tables["cash_flow"])["depreciation"]
    np.testing.assert_allclose(income["ebitda"] - income["ebit"], worn, atol=0.1)
    assert (
        (income[["revenue", "operating_cost", "selling_expense", "admin_expense"]] > 0).all().all()
    )
    assert (income["income_tax"] >= 0).all()
    outside = income["net_profit"] - income["net_profit_parent"]
    assert (outside * income["net_profit"] >= 0).all()
    shares = first(tables["balance"])["total_shares"]
    np.testing.assert_allclose(income["eps"], income["net_profit_parent"] / shares, atol=1e-4)


def test_flows_run_from_the_start_of_the_year(tables, world):
    """Quarters add up to the year, and are the profits of the accounts."""
    own = quarterly(first(tables["income"])[["net_profit_parent"]])["net_profit_parent"].unstack(0)
    profit = pd.DataFrame(
        world.accounts.profit, world.accounts.period.astype("M8[us]"), world.stocks.codes
    )
    there = own.notna()
    assert there.mean().mean() > 0.9
    expected = profit.reindex(own.index)[own.columns].where(there)
    np.testing.assert_allclose(own, expected, atol=0.1)
    for name, columns in FLOWS.items():
        flows = quarterly(first(tables[name])[columns])
        if "revenue" in flows:
            assert (flows["revenue"] > 0).all()


def test_cash_flows_make_the_change_in_cash(tables):
    """A year's flows add up to its change in cash; sales not received are new receivables."""
    flow = first(tables["cash_flow"])
    parts = ["operating_cash_flow", "investing_cash_flow", "financing_cash_flow"]
    annual = flow.index.get_level_values("period").month == 12
    cash = first(tables["balance"])["cash"][annual].groupby(level="code").diff()
    both = pd.concat([flow[parts].sum(axis=1)[annual], cash], axis=1).dropna()
    assert len(both) > 700
    np.testing.assert_allclose(both[0], both["cash"], atol=0.2)
    free = flow["operating_cash_flow"] - flow["capital_expenditure"]
    np.testing.assert_allclose(flow["free_cash_flow"], free, atol=0.1)
    assert (flow[["capital_expenditure", "depreciation"]] > 0).all().all()
    revenue = first(tables["income"])["revenue"]
    owed = quarterly(revenue) - quarterly(flow["sales_received"])
    change = first(tables["balance"])["receivables"].groupby(level="code").diff()
    np.testing.assert_allclose(owed[change.notna()], change.dropna(), atol=0.2)


def test_indicators_follow_from_the_other_tables(tables):
    """Ratios are those of the first versions of the statements, by their usual definitions."""
    income, sheet = first(tables["income"]), first(tables["balance"])
    found = tables["indicators"].drop_duplicates(["code", "period"]).set_index(["code", "period"])
    found = found.reindex(income.index)
    opening = sheet.groupby(["code", sheet.index.get_level_values("period").year]).last()
    opening.index = opening.index.set_levels(opening.index.levels[1] + 1, level=1)
    year = pd.MultiIndex.from_arrays(
        [income.index.get_level_values("code"), income.index.get_level_values("period").year]
    )
    opening = opening.reindex(year).set_axis(income.index)

    def mean(column):
        return (sheet[column] + opening[column]) / 2

    before = income.groupby(level="code").shift(4)
    liquid = sheet["current_assets"] - sheet["inventories"]
    expected = {
        "eps": income["net_profit_parent"] / sheet["total_shares"],
        "bps": sheet["equity_parent"] / sheet["total_shares"],
        "roe": income["net_profit_parent"] / mean("equity_parent"),
        "roa": income["net_profit"] / mean("total_assets"),
        "gross_margin": 1 - income["operating_cost"] / income["revenue"],
        "net_margin": income["net_profit"] / income["revenue"],
        "debt_to_assets": sheet["total_liabilities"] / sheet["total_assets"],
        "current_ratio": sheet["current_assets"] / sheet["current_liabilities"],
        "quick_ratio": liquid / sheet["current_liabilities"],
        "asset_turnover": income["revenue"] / mean("total_assets"),
        "inventory_turnover": income["operating_cost"] / mean("inventories"),
        "receivables_turnover": income["revenue"] / mean("receivables"),
        "revenue_growth": income["revenue"] / before["revenue"] - 1,
        "profit_growth": income["net_profit_parent"].sub(before["net_profit_parent"])
        / before["net_profit_parent"].abs(),
    }
    assert set(expected) == set(found) - {"announced"}
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-4, err_msg=name)


def test_companies_are_plausible(tables):
    """Medians of margins, leverage, liquidity and return on equity are those of a stock market."""
    annual = tables["indicators"].loc[lambda t: t["period"].dt.month == 12]
    middle = annual.median(numeric_only=True)
    for name, low, high in (
        ("roe", 0.05, 0.11), ("gross_margin", 0.15, 0.4), ("net_margin", 0.03, 0.12),
        ("debt_to_assets", 0.35, 0.6), ("current_ratio", 1.2, 2.5), ("asset_turnover", 0.3, 0.9),
        ("revenue_growth", 0.0, 0.15), ("eps", 0.2, 2.0), ("bps", 3.0, 25.0),
    ):  # fmt: skip
        assert low < middle[name] < high, name
    assert annual["debt_to_assets"].between(0.1, 0.95).all()
    assert annual["gross_margin"].between(-0.5, 0.8).all()


def test_a_reader_finds_the_surprise(tables, world):
    """Income and balance as first published are enough to compute the surprise."""
    income, sheet = first(tables["income"]), first(tables["balance"])
    profit = quarterly(income[["net_profit_parent"]])["net_profit_parent"]
    roe = profit / sheet["equity_parent"].groupby(level="code").shift()
    surprise = (roe - roe.groupby(level="code").shift(4)) / SURPRISE_UNIT
    wide = surprise.unstack("code")
    quarter = np.searchsorted(world.accounts.period, wide.index.to_numpy().astype("M8[D]"))
    stock = pd.Index(world.stocks.codes).get_indexer(wide.columns)
    truth = np.where(wide.notna(), world.accounts.surprise[np.ix_(quarter, stock)], np.nan)
    # The very first year of the accounts, and the quarter after it, have nothing to compare with.
    assert wide.notna().iloc[5:].mean().mean() > 0.9
    np.testing.assert_allclose(wide, truth, atol=1e-5)


def test_a_reader_finds_special_treatment(tables, world):
    """The second annual loss in a row, as announced, is followed by special treatment."""
    annual = first(tables["income"]).reset_index()
    annual = annual[annual["period"].dt.month == 12]
    names = companies.names(world)
    begins = names[(names["reason"] == "ST") & (names["start"] > world.days[0])]
    assert len(begins) >= 3
    listed = names.groupby("code")["start"].first()
    for row in begins.itertuples():
        known = annual[(annual["code"] == row.code) & (annual["announced"] < row.start)]
        assert (known["net_profit_parent"].tail(2) < 0).all()
        assert known["announced"].iloc[-1] > row.start - pd.Timedelta(days=12)
    lost = annual["net_profit_parent"] < 0
    twice = lost & lost.groupby(annual["code"]).shift(fill_value=False)
    thrice = twice & twice.groupby(annual["code"]).shift(fill_value=False)
    fresh = annual[twice & ~thrice]
    inside = fresh["announced"].between(world.days[0], world.days[-2])
    settled = fresh["code"].map(listed) < fresh["announced"] - pd.Timedelta(days=800)
    assert set(fresh.loc[inside & settled, "code"]) <= set(begins["code"])


def test_corrections_are_rows_of_their_own(tables, world):
    """A correction repeats its original's date, appears later, and still balances."""
    again = tables["income"].loc[lambda t: t["report"] == "4"].set_index(["code", "period"])
    original = first(tables["income"]).loc[again.index]
    assert 20 < len(again) < 100
    assert (again["announced"] == original["announced"]).all()
    assert (again["first_announced"] > original["first_announced"]).all()
    assert (original["announced"] == original["first_announced"]).all()
    share = again["revenue"] / original["revenue"] - 1
    assert (share.abs() <= 0.0501).all()
    assert share.std() > 0.01
    sheet = tables["balance"].loc[lambda t: t["report"] == "4"].set_index(["code", "period"])
    gained = sheet["equity_parent"] - first(tables["balance"]).loc[again.index, "equity_parent"]
    earned = again["net_profit_parent"] - original["net_profit_parent"]
    np.testing.assert_allclose(gained, earned, atol=0.05)
    assert set(tables["cash_flow"]["report"]) == {"1"}
    versions = tables["indicators"].set_index(["code", "period"]).loc[again.index]
    assert (versions.groupby(level=[0, 1]).size() == 2).all()
    assert set(dated(world.accounts.restated)[~np.isnat(world.accounts.restated)]) >= set(
        again["first_announced"].to_numpy().astype("M8[D]")
    )


def test_nobody_reports_before_listing_or_after_delisting(tables, world):
    """No statement is dated before its stock lists, or after the stock is gone."""
    listed = pd.DataFrame(world.listed, world.days, world.stocks.codes)
    gone = listed.columns[~listed.iloc[-1]]
    assert len(gone) >= 1
    last = listed[gone].apply(lambda column: column[column].index[-1])
    dates = tables["income"].groupby("code")["first_announced"].max()
    assert (dates[gone] <= last).all()
    late = listed.columns[~listed.iloc[0]]
    start = listed[late].idxmax()
    earliest = tables["income"].groupby("code")["first_announced"].min()
    assert (earliest[late] == start).all()


@pytest.mark.parametrize("name", ["income", "balance", "cash_flow", "indicators"])
def test_later_days_change_no_statement(same_beginning, name):
    """Statements known by a day are the same, to the bit, whatever days follow."""
    date = "announced" if name == "indicators" else "first_announced"
    same_beginning(getattr(statements, name), date)
