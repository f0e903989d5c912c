"""The known faults of the real panel are found unaided, with their counts."""

import os
from pathlib import Path

import pandas as pd
import pytest

from stockcast.data import quality, sources
from stockcast.market import calendar

pytestmark = pytest.mark.real

FIRST, LAST = "2010-01-04", "2020-12-31"
FUNDS = ("report", "profit", "growth", "operation", "debtpaying", "cashflow")


def folder():
    """Where the real panel lies."""
    return Path(os.environ["STOCKCAST_REAL_DATA"])


@pytest.fixture(scope="module")
def tables():
    """Panel and index."""
    return sources.load(
        "parquet", panel="panel_csi300.parquet", benchmark="index.parquet", start=FIRST, end=LAST,
        sealed_quotes=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(tables):
    """The report, by check; the flag for adjusted prices is withheld."""
    original = pd.read_parquet(
        folder() / "panel_csi300.parquet", columns=["date", "code", "turn", "is_st"]
    )
    funds = {
        f"fund_{name}": pd.read_parquet(folder() / f"fund_{name}_2014Q1_2016Q2.parquet")
        for name in FUNDS
    }
    return quality.report(
        tables.panel.assign(as_traded=True), calendar.sessions(FIRST, LAST), original=original,
        members=quality.MEMBERS["000300.SH"], index=tables.benchmark, tables=funds,
    ).set_index("check")  # fmt: skip


def test_survivorship(found):
    """No stock ends by 2017 where at least seven should, and all that end later can be told."""
    assert not found.passed["too few stocks end early"]
    assert "0 by the end of 2017" in found.note["too few stocks end early"]
    assert not found.passed["early ends can be told"]
    assert "9 of 9 that end early" in found.note["early ends can be told"]


def test_approximate_membership(found):
    """Members come a day before others go, and are 300 on a handful of days only."""
    assert found.rows["lopsided membership changes"] >= 38
    assert found.rows["universe off its number"] == 2668
    assert "260 to 301 instead of 300" in found.note["universe off its number"]


def test_prices_not_as_traded_without_the_flag(tables, found):
    """The 27 stocks are found by their prices, exactly those that the source marks."""
    assert found.rows["not as traded"] == 27
    assert "4.1%" in found.note["not as traded"]
    assert not found.passed["not as traded, and not marked"]
    check = quality.CHECKS["not as traded"]
    subject = quality.Subject(tables.panel.assign(as_traded=True), calendar.sessions(FIRST, LAST))
    marked = tables.panel.code[~tables.panel.as_traded].unique()
    assert set(check.find(subject).found.code) == set(marked)


def test_factors(tables, found):
    """430 stocks start elsewhere than at 1, up to 4,991; 8 falls; 21 rows belong in quarantine."""
    assert found.rows["factor falls"] == 8
    assert found.rows["factor does not start at 1"] == 430
    assert "up to 4,991" in found.note["factor does not start at 1"]
    assert found.rows["factor against official change"] == 21
    held = quality.quarantine(tables.panel)
    assert held.sum() == 21
    last = tables.panel[held & tables.panel.date.eq(LAST)]
    assert last.code.tolist() == ["000001.SZ"]


def test_values_missing(found):
    """Amounts are missing on .3 % of rows, turnover and ST on most rows from autumn 2020 on."""
    assert found.rows["amount missing"] == 4432
    assert not found.passed["amount missing"]
    for name in ("turnover missing", "special treatment unknown"):
        assert not found.passed[name]
        assert "most rows from 2020-09 on" in found.note[name]


def test_moves_beyond_the_limit(found):
    """A handful of closes lies beyond the limits, few enough to be tolerated."""
    assert 0 < found.rows["closes beyond the limit"] < 50
    assert found.share["closes beyond the limit"] < 1e-4


def test_statements_without_a_date(found):
    """No fundamental table says when it was public; one has month and day."""
    for name in FUNDS:
        line = found.loc[f"fund_{name}: no announcement date"]
        assert line.share == 1
        assert not line.passed
    assert "month and day only" in found.note["fund_report: no announcement date"]
    assert "no column says when" in found.note["fund_profit: no announcement date"]


def test_the_index_leaves_dividends_out(found):
    """The CSI 300 here is the price index."""
    assert found.rows["index without dividends"] == 1
