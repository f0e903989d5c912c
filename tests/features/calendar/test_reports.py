"""A stock's next statement: when it is due, and when it is expected."""

from __future__ import annotations

import pandas as pd
import pytest

from stockcast.features.compute import compute
from stockcast.market import calendar
from stockcast.market.tables import TABLES
from tests.features.bare import CODES, bare

DAYS = calendar.sessions("2016-01-04", "2016-12-30")
NAMES = ["report_expected", "report_later", "report_share"]


def statements(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """`income` with these stocks, periods and days of announcement."""
    table = pd.DataFrame(rows, columns=["code", "period", "announced"])
    table = table.assign(first_announced=table.announced, report="1")
    days = dict.fromkeys(("period", "announced", "first_announced"), "datetime64[us]")
    return TABLES["income"].typed(table.astype(days).reindex(columns=TABLES["income"].columns))


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    """One stock that reports as it did a year before, but for the half-year, five days later."""
    income = statements(
        (CODES[0], "2014-12-31", "2015-03-20"),
        (CODES[0], "2015-03-31", "2015-04-24"),
        (CODES[0], "2015-06-30", "2015-08-20"),
        (CODES[0], "2015-09-30", "2015-10-22"),
        (CODES[0], "2015-12-31", "2016-03-21"),
        (CODES[0], "2016-03-31", "2016-04-22"),
        (CODES[0], "2016-06-30", "2016-08-25"),
        (CODES[1], "2014-03-31", ""),
    )
    return compute(bare(DAYS), {"income": income}, names=NAMES).set_index(["code", "date"])


def test_expected(found):
    """Days to the next statement if it takes as long as a year before."""
    own = found.loc[CODES[0]].report_expected
    # The year's statement of 2014 was known on Monday, 2015-03-23: 82 days after its period.
    assert own["2016-03-01"] == 21  # to 2016-03-22
    # The half-year's of 2015 after 52 days: 2016-08-21 is over, and nothing has come.
    assert own["2016-08-22"] == -1
    assert own["2016-08-25"] == -4
    # It came, and that of three quarters took 23 days: 2016-10-23.
    assert own["2016-10-10"] == 13


def test_later_than_usual(found):
    """The half-year came five days later than the year before."""
    assert found.loc[CODES[0]].report_later["2016-08-26"] == 5


def test_share(found):
    """Of the stocks that ever reported, how many have told the quarter that ended last."""
    share = found.loc[CODES[0]].report_share
    assert share["2016-01-04"] == 0
    assert share["2016-03-22"] == 0.5
    assert share["2016-04-01"] == 0


def test_a_stock_without_statements_has_no_habit(found):
    """Nothing is expected, and nothing late, without a year before."""
    silent = found.loc[CODES[1]]
    assert silent[["report_expected", "report_later"]].isna().all(axis=None)
