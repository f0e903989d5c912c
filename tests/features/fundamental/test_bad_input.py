"""Fundamental features of tables as bad as they come: missing where undefined, never infinite."""

import numpy as np
import pandas as pd
import pytest

from stockcast.features import catalogue
from stockcast.market.tables import NUMBER, TABLES
from tests.features.fundamental.making import EARNS, LOSES, READ, made, small

SIDE = READ[1:]


@pytest.fixture(scope="module")
def few(market) -> dict[str, pd.DataFrame]:
    """The first eight stocks of the market over a year and a half."""
    panel = market["panel"]
    held = sorted(panel.code.unique())[:8]
    panel = panel[panel.code.isin(held) & (panel.date >= "2015-06-01")]
    return market | {"panel": panel.reset_index(drop=True)}


@pytest.fixture(scope="module")
def whole(few) -> pd.DataFrame:
    """Their features."""
    return made(few)


def no_infinity(found: pd.DataFrame) -> pd.DataFrame:
    """The same features, once it is sure that none is infinite."""
    assert not np.isinf(found.to_numpy()).any()
    return found


@pytest.mark.parametrize("table", SIDE)
def test_a_table_that_is_not_there_takes_only_its_own_features(few, whole, table):
    """Features of other tables are made and are the same to the bit."""
    part = made({name: rows for name, rows in few.items() if name != table})
    gone = {f.name for f in catalogue.family("fundamental") if table in f.inputs}
    assert gone
    assert set(part.columns) == set(whole.columns) - gone
    pd.testing.assert_frame_equal(part, whole[part.columns], check_exact=True)


def test_empty_tables_give_no_values(few):
    """Tables without a row: every feature is there and missing throughout."""
    empty = {name: TABLES[name].empty() for name in SIDE}
    assert made(few | empty).isna().all(axis=None)


@pytest.mark.parametrize("table", SIDE)
def test_one_empty_table(few, whole, table):
    """A single table without a row breaks nothing else."""
    part = no_infinity(made(few | {table: TABLES[table].empty()}))
    untouched = [f.name for f in catalogue.family("fundamental") if table not in f.inputs]
    pd.testing.assert_frame_equal(part[untouched], whole[untouched], check_exact=True)


def test_a_company_without_statements_is_missing(few, whole):
    """It has no features of its own; other companies keep theirs."""
    code = few["panel"].code.iloc[0]
    cut = {name: few[name][few[name].code != code] for name in SIDE}
    part = no_infinity(made(few | cut))
    assert part.xs(code, level="code").drop(columns=["sector_concentration"]).isna().all(axis=None)
    shared = catalogue.family("fundamental")
    alone = [f.name for f in shared if "sector_members" not in f.inputs]
    others = part.index.get_level_values("code") != code
    pd.testing.assert_frame_equal(part.loc[others, alone], whole.loc[others, alone])


@pytest.mark.parametrize("value", [0.0, np.nan, -1.0, 1e300])
@pytest.mark.parametrize("table", ["income", "balance", "cash_flow", "indicators", "valuation"])
def test_no_figure_makes_an_infinity(few, table, value):
    """All figures zero, missing, negative or huge: no crash and no infinity."""
    figures = [name for name, kind in TABLES[table].columns.items() if kind == NUMBER]
    no_infinity(made(few | {table: few[table].assign(**dict.fromkeys(figures, value))}))


def test_negative_equity_has_no_return():
    """Returns on equity and ratios to it are missing where it is below zero."""
    tables = small()
    loses = tables["balance"]["code"] == LOSES
    tables["balance"].loc[loses, ["equity_parent", "minority_interest"]] = -100.0
    found = made(tables)
    over_equity = ["roe", "quarter_roe", "long_debt_to_equity", "goodwill_share"]
    assert found.xs(LOSES, level="code")[over_equity].isna().all(axis=None)
    assert found.xs(EARNS, level="code")[over_equity].notna().all(axis=None)


def test_zero_denominators_are_missing():
    """No revenue, no margin; no interest, no coverage; the rest of the statement still counts."""
    tables = small()
    tables["income"] = tables["income"].assign(revenue=0.0, financial_expense=0.0)
    found = made(tables)
    assert found[["gross_margin", "interest_coverage", "revenue_growth"]].isna().all(axis=None)
    assert found["roe"].notna().all()


def test_a_missing_quarter_is_missed_where_it_is_needed():
    """Without one quarter of 2014 the trailing years that need it are missing, ratios are not."""
    tables = small()
    gone = (tables["income"]["period"] == "2013-12-31") & (tables["income"]["code"] == EARNS)
    tables["income"] = tables["income"][~gone]
    day = made(tables).xs(EARNS, level="code").loc["2014-05-05"]
    assert np.isnan(day["net_margin"])
    assert day["quarter_net_margin"] == pytest.approx(0.1)
    assert day["current_ratio"] == pytest.approx(4.0)


def test_statements_without_dates_count_from_the_deadline():
    """No announcement: a first version counts after its legal deadline, a correction never."""
    tables = small()
    income = tables["income"].assign(announced=pd.NaT, first_announced=pd.NaT)
    again = income.assign(report="4", revenue=income["revenue"] * 7)
    tables["income"] = TABLES["income"].typed(pd.concat([income, again]))
    found = made(tables).xs(EARNS, level="code")
    assert found["restated"].dropna().eq(0).all()
    assert found.loc["2015-04-30", "statement_age"] == 212  # three quarters of 2014
    assert found.loc["2015-05-04", "statement_age"] == 34  # year and first quarter together
    assert found.loc["2015-05-04", "days_since_statement"] == 4


def test_short_and_unknown_stocks(few):
    """Three rows of a stock suffice, and rows of stocks that the panel lacks are left out."""
    panel = few["panel"]
    code = panel.code.iloc[0]
    short = panel[(panel.code == code) & panel.date.isin(panel.date.unique()[-3:])]
    found = no_infinity(made(few | {"panel": short}))
    assert len(found) == 3
    assert found["roe"].notna().all()
    assert found["market_share"].eq(1.0).all()
