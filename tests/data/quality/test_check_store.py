"""A store is judged by its own tables."""

import json

import pandas as pd
import pytest

from stockcast.data import quality
from stockcast.errors import InputError

from .conftest import LAST, STATEMENTS

TABLES = (
    "stocks", "bars", "factors", "limits", "suspensions", "names", "index_weights", "index_bars",
    "dividends", *STATEMENTS,
)  # fmt: skip


class Held:
    """Tables in memory, read like a store's."""

    def __init__(self, tables, **missing):
        self.held, self.absent = tables, missing

    def tables(self):
        """Their names."""
        return list(self.held)

    def read(self, table):
        """One of them."""
        return self.held[table]

    def missing(self, table, now):
        """Days said to be missing."""
        return pd.DatetimeIndex(self.absent.get(table, []))


@pytest.fixture
def tables(market):
    """Those of the simulated market."""
    return {name: market.table(name) for name in TABLES}


def test_a_store_of_the_simulated_market_passes(tables):
    """All its checks of severity fail are there and pass."""
    report = quality.check_store(Held(tables), today=LAST)
    assert quality.passed(report), report[~report.passed]
    assert {"steps without payout", "income: no announcement date"} <= set(report.check)


def test_a_broken_store_fails(tables):
    """Factors revised downwards and lost statement dates are found through the store."""
    factors, income = tables["factors"].copy(), tables["income"].copy()
    factors.loc[factors.date >= "2015-06-01", "adj_factor"] *= 0.5
    income["first_announced"] = income.first_announced.mask(income.code == income.code[0])
    report = quality.check_store(Held(tables | {"factors": factors, "income": income}), today=LAST)
    failed = set(report.check[~report.passed])
    assert {"factor falls", "income: no announcement date"} <= failed
    assert not quality.passed(report)


@pytest.mark.parametrize("name", ["factors", "limits", "index_bars"])
def test_a_table_that_stops_before_the_bars_fails(name, tables):
    """Bars of today with yesterday's factors make wrong prices."""
    rows = tables[name]
    report = quality.check_store(Held(tables | {name: rows[rows.date < LAST]}), today=LAST)
    lines = report.set_index("check")
    assert lines.loc[f"{name} behind the bars", ["rows", "severity"]].to_list() == [1, "fail"]
    assert not quality.passed(report)


def test_margin_need_not_reach_the_day_that_is_published_the_morning_after(tables, market):
    """On the evening of the last day it cannot be there."""
    margin = market.table("margin")
    for last, rows in [("2016-12-29", 0), ("2016-12-28", 1)]:
        held = tables | {"margin": margin[margin.date <= last]}
        lines = quality.check_store(Held(held), today=LAST).set_index("check")
        assert lines.loc["margin behind the bars", "rows"] == rows


def test_days_that_no_update_brought_fail(tables):
    """The store knows what it lacks; the report must say it."""
    report = quality.check_store(Held(tables, suspensions=["2016-05-04"]), today=LAST)
    lines = report.set_index("check")
    assert lines.loc["suspensions: days missing", ["rows", "severity"]].to_list() == [1, "fail"]
    assert lines.loc["bars: days missing", "rows"] == 0
    assert not quality.passed(report)


def test_weights_of_another_index_only_are_refused(tables):
    """Else every stock would be judged as if it were a member, or none."""
    with pytest.raises(InputError, match=r"index: has no weights.*--index 000905.SH"):
        quality.check_store(Held(tables), index="000905.SH", today=LAST)


def test_an_empty_store_says_how_to_fill_it():
    """Without quotes there is nothing to judge."""
    with pytest.raises(InputError, match="stockcast data update"):
        quality.check_store(Held({}))


@pytest.fixture
def in_store(monkeypatch):
    """Put tables where the command looks for a store."""

    def put(tables):
        monkeypatch.setattr("stockcast.data.store.Store", lambda folder: Held(tables))

    return put


def test_the_command_passes_a_clean_store(tables, in_store, command):
    """`stockcast data check` says how many checks passed, and exits with 0."""
    in_store(tables)
    status, out, _ = command("data", "check", "--today", LAST)
    assert status == 0
    assert "checks passed" in out.splitlines()[-1]


def test_the_command_fails_a_broken_store(tables, in_store, command):
    """A failed check is printed with its count, is in the JSON, and the exit status is 1."""
    factors = tables["factors"].copy()
    factors.loc[factors.date >= "2015-06-01", "adj_factor"] *= 0.5
    in_store(tables | {"factors": factors})
    status, out, _ = command("data", "check", "--today", LAST)
    assert status == 1
    assert any(line.startswith("fail  factor falls") for line in out.splitlines())
    status, out, _ = command("data", "check", "--today", LAST, "--json")
    assert status == 1
    assert "factor falls" in json.loads(out)["failed"]


@pytest.mark.parametrize("today", ["yesterdayish", ""])
def test_the_command_names_a_day_that_is_none(today, tables, in_store, command):
    """A mistyped day is one line, no traceback."""
    in_store(tables)
    status, _, err = command("data", "check", "--today", today)
    assert status == 2
    assert err.count("\n") == 1
    assert "today: must be a date" in err
