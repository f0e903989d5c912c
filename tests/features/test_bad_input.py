"""Bad input: NaN where something is undefined, never an infinity, a crash or a warning.

Small panels cut out of the simulated market are spoilt in every way that real data are, alone and
together, with whole, empty and foreign tables beside them; every feature of the catalogue is
computed on each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stockcast.features.catalogue import CATALOGUE
from tests.features.conftest import every_feature, names_for

PRICES = ["open", "high", "low", "close", "pre_close"]
LEVELS = [*PRICES, "limit_up", "limit_down"]
NAMES = [feature.name for feature in CATALOGUE]
FIRST, LAST = "2014-11-03", "2015-03-31"
"""Days with events, statements, holidays, and tables that begin between them."""


def three_rows(panel: pd.DataFrame, of: pd.Series) -> pd.DataFrame:
    """A stock with three rows only."""
    return panel[~of | of.groupby(of).cumcount().lt(3)]


def missing(*columns: str) -> Callable:
    """Columns that are NaN throughout."""
    return lambda panel, of: panel.assign(**{c: panel[c].mask(of) for c in columns})


def filled(value: float, *columns: str) -> Callable:
    """Columns that stand still at a value."""
    return lambda panel, of: panel.assign(**{c: panel[c].mask(of, value) for c in columns})


def scaled(by: float, *columns: str) -> Callable:
    """Columns multiplied."""
    return lambda panel, of: panel.assign(**{c: panel[c].mask(of, panel[c] * by) for c in columns})


def flagged(column: str, value: bool) -> Callable:
    """A flag that is the same every day."""
    return lambda panel, of: panel.assign(**{column: panel[column].mask(of, value)})


FAULTS: dict[str, Callable[[pd.DataFrame, pd.Series], pd.DataFrame]] = {
    "three rows": three_rows,
    "no amount": missing("amount"),
    "no volume": missing("volume"),
    "no prices": missing(*PRICES),
    "no limits": missing("limit_up", "limit_down"),
    "no factor": missing("adj_factor"),
    "zero volume": filled(0.0, "volume"),
    "zero volume and amount": filled(0.0, "volume", "amount"),
    "zero prices": filled(0.0, *LEVELS),
    "constant": filled(7.0, *PRICES),
    "negative prices": scaled(-1.0, *LEVELS),
    "negative volume": scaled(-1.0, "volume"),
    "huge prices": scaled(1e12, *LEVELS),
    "tiny prices": scaled(1e-12, *LEVELS),
    "huge volume": scaled(1e15, "volume", "amount"),
    "always suspended": flagged("suspended", True),
    "never a member": flagged("in_universe", False),
}
"""Ways to spoil the rows of the stocks `of` (bool per row)."""

BESIDE = ("whole", "empty", "foreign")
"""Tables beside the panel: as they are, without a row, or without any of its stocks."""


@pytest.fixture(scope="session")
def small(everything) -> dict[str, pd.DataFrame]:
    """Four stocks, partners and themed ones among them, over five months, with every table.

    The tables hold two stocks more, which the panel does not have.
    """
    panel = everything["panel"]
    links = everything["links"]
    public = links[links["public"]].iloc[:2]
    themed = everything["events"].query("@FIRST <= date <= @LAST").code
    codes = [*dict.fromkeys([*public.leader, *public.follower, *themed])][:4]
    others = [code for code in panel.code.unique() if code not in codes][:2]
    tables = {
        name: table[table.code.isin([*codes, *others])].reset_index(drop=True)
        if "code" in table and name != "index_bars"
        else table
        for name, table in everything.items()
    }
    kept = panel.code.isin(codes) & panel.date.between(FIRST, LAST)
    return tables | {"panel": panel[kept].reset_index(drop=True)}


def beside(tables: dict[str, pd.DataFrame], which: str) -> dict[str, pd.DataFrame]:
    """The tables, with those beside the panel as `BESIDE` says."""
    panel = tables["panel"]
    if which == "empty":
        return {name: table[:0] for name, table in tables.items()} | {"panel": panel}
    if which == "foreign":
        there = set(panel.code)
        return {
            name: table[~table.code.isin(there)] if "code" in table else table
            for name, table in tables.items()
        } | {"panel": panel}
    return tables


def check(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Compute everything; a warning is an error in these tests as everywhere."""
    found = every_feature(tables)
    assert len(found) == len(tables["panel"])
    assert list(found.columns[2:]) == names_for(tables)
    values = found.iloc[:, 2:]
    assert (values.dtypes == np.float32).all()
    infinite = np.isinf(values.to_numpy()).any(axis=0)
    assert list(values.columns[infinite]) == []
    return found


def spoilt(panel: pd.DataFrame, fault: str, codes: list[str]) -> pd.DataFrame:
    """The panel with one fault in some of its stocks."""
    return FAULTS[fault](panel, panel.code.isin(codes)).reset_index(drop=True)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("everywhere", [False, True], ids=["one stock", "every stock"])
def test_one_fault(fault, everywhere, small):
    """Each fault in one stock or in all: no infinity, no crash, no warning."""
    codes = sorted(small["panel"].code.unique())
    panel = spoilt(small["panel"], fault, codes if everywhere else codes[:1])
    check(small | {"panel": panel})


@pytest.mark.parametrize("which", BESIDE)
@pytest.mark.parametrize("stocks", [1, 4])
def test_few_stocks_and_bare_tables(which, stocks, small):
    """One stock alone, and tables without a row or without these stocks, are no trouble."""
    codes = sorted(small["panel"].code.unique())[:stocks]
    panel = small["panel"][small["panel"].code.isin(codes)].reset_index(drop=True)
    check(beside(small | {"panel": panel}, which))


@pytest.mark.parametrize("days", [1, 2, 3])
def test_hardly_any_day(days, small):
    """Panels of one, two and three days."""
    panel = small["panel"]
    first = panel.date.drop_duplicates().sort_values().iloc[:days]
    check(small | {"panel": panel[panel.date.isin(first)].reset_index(drop=True)})


def test_a_fault_in_one_stock_stays_there(small):
    """What is made of a stock's own prices alone is unmoved by another stock's broken ones."""
    columns = {"open", "high", "low", "close", "volume", "amount", "adj_factor", "date"}
    own = [f.name for f in CATALOGUE if set(f.inputs) <= columns]
    assert len(own) > 100
    codes = sorted(small["panel"].code.unique())
    broken = small["panel"]
    for fault in ("negative prices", "no volume", "huge volume"):
        broken = spoilt(broken, fault, codes[:1])
    whole, found = check(small), check(small | {"panel": broken})
    others = whole.code.isin(codes[1:])
    pd.testing.assert_frame_equal(whole.loc[others, own], found.loc[others, own])


@st.composite
def troubles(draw: st.DrawFn) -> dict[str, object]:
    """Stocks and days kept, one to four faults each in some of the stocks, and the tables."""
    faults = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(FAULTS)), st.sets(st.integers(0, 3), min_size=1)),
            min_size=1,
            max_size=4,
        )
    )
    return {
        "faults": faults,
        "stocks": draw(st.sets(st.integers(0, 3), min_size=1)),
        "days": draw(st.integers(1, 97)),
        "dropped": draw(st.sets(st.integers(0, 300), max_size=20)),
        "tables": draw(st.sampled_from(BESIDE)),
    }


@settings(
    max_examples=20, deadline=None, derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking computes everything hundreds of times
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(trouble=troubles())
def test_faults_together(trouble, small):
    """Any few faults together, on any few stocks and days, rows missing, whatever the tables."""
    panel = small["panel"]
    codes = sorted(panel.code.unique())
    for fault, stocks in trouble["faults"]:
        panel = spoilt(panel, fault, [codes[i] for i in stocks])
    days = np.sort(panel.date.unique())[: trouble["days"]]
    held = panel.date.isin(days) & panel.code.isin([codes[i] for i in trouble["stocks"]])
    panel = panel[held].reset_index(drop=True)
    panel = panel.drop(index=[row for row in trouble["dropped"] if row < len(panel) - 1])
    if panel.empty:
        return
    check(beside(small | {"panel": panel.reset_index(drop=True)}, trouble["tables"]))
