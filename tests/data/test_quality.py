"""Every fault planted in a panel is counted, and none in a clean one."""

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.data import quality, sources
from stockcast.data.completion import complete
from stockcast.data.schema import validate
from stockcast.market import calendar

FAULTS = (
    "sessions without any row", "missing rows", "filled rows", "duplicated rows", "not as traded",
    "amount missing", "prices off the tick", "closes beyond the limit",
    "average price outside the day", "factor falls", "factor against reference price",
)  # fmt: skip


def counted(panel, start="2015-01-05", end="2015-06-30"):
    """Rows per check."""
    return quality.report(panel, calendar.sessions(start, end)).set_index("check")


def test_a_clean_panel_has_no_faults(frame):
    """Every fault's line is there with a zero; shares and the universe's size are right."""
    found = counted(complete(validate(frame)))
    assert (found.rows[list(FAULTS)] == 0).all()
    assert found.rows["universe, smallest day"] == found.rows["universe, largest day"] == 2
    assert found.rows["no reference price"] == 2
    assert list(found.columns) == ["rows", "share", "note"]


@pytest.fixture
def faulty(frame):
    """A panel with a known number of each fault, in its first stock."""
    frame = frame.copy()
    frame["pct_chg"] = (frame.close / frame.groupby("code").close.shift() - 1) * 100
    frame.loc[[30, 31], "amount"] = np.nan
    frame.loc[40, ["high", "close"]] = [20.0, 20.0]
    frame.loc[50, "open"] += 0.005
    frame.loc[60:, "adj_factor"] = 0.9  # of both stocks: falls from 1 and, at the next, from 2
    frame.loc[70:72, "amount"] *= 3
    frame = frame.drop(index=[80, 81])
    return complete(validate(frame))


def test_planted_faults_are_counted(faulty):
    """Each count is the number planted, with the first case in its note."""
    found = counted(faulty)
    assert found.rows["amount missing"] == 2
    assert found.rows["closes beyond the limit"] >= 1
    assert found.rows["prices off the tick"] == 1
    assert found.rows["factor falls"] == 1
    assert found.rows["average price outside the day"] == 3
    assert found.rows["filled rows"] == 2
    assert found.rows["factor against official change"] >= 1
    assert "000001.SZ on 2015-02-16" in found.note["amount missing"]


def test_holes_and_empty_sessions(frame):
    """Rows and whole sessions that are not there are counted against the calendar."""
    panel = complete(validate(frame))
    hole = panel[(panel.code != "000001.SZ") | (panel.date != "2015-03-02")]
    found = counted(hole[hole.date != "2015-04-01"])
    assert found.rows["missing rows"] == 3
    assert found.rows["sessions without any row"] == 1


def test_duplicates_and_early_ends(frame):
    """A row twice and a stock that ends before the panel are counted."""
    panel = complete(validate(frame))
    panel = panel[(panel.code != "000001.SZ") | (panel.date < "2015-05-04")]
    found = counted(pd.concat([panel, panel.iloc[[10]]]))
    assert found.rows["duplicated rows"] == 1
    assert found.rows["stocks that end early"] == 1


def test_the_simulated_market_is_clean():
    """The simulator makes none of the faults it does not plant on purpose."""
    panel = sources.load("simulated", start="2014-01-02", end="2014-12-31", simulated_stocks=12,
                         seed=1).panel  # fmt: skip
    found = counted(panel, "2014-01-02", "2014-12-31")
    assert (found.rows[list(FAULTS)] == 0).all()


@pytest.mark.real
def test_real_faults_are_found():
    """The known faults of the real panel show up with their known counts."""
    if paths.real_data() is None:
        pytest.skip("STOCKCAST_REAL_DATA names no folder with a real panel")
    panel = sources.load("parquet", panel="panel_csi300.parquet", start="2010-01-04",
                         end="2020-12-31").panel  # fmt: skip
    found = counted(panel, "2010-01-04", "2020-12-31")
    assert found.rows["factor falls"] == 8
    assert "27 stocks" in found.note["not as traded"]
    assert 0.04 < found.share["not as traded"] < 0.042
    assert 0.002 < found.share["amount missing"] < 0.004
    assert found.rows["closes beyond the limit"] < 50
    assert found.rows["universe, largest day"] == 301
