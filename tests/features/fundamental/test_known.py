"""The join of versions and rows, against `stockcast.data.point_in_time` and literal places."""

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import statements_asof, trailing, versions
from stockcast.features.fundamental.known import (
    NONE,
    Figures,
    on_days,
    quarter_ends,
    quarter_number,
)
from stockcast.features.fundamental.statements import STALE, known
from stockcast.features.rows import Rows
from tests.features.fundamental.making import EARNS, made, small


def wide(figures: pd.DataFrame, rows: Rows, name: str) -> np.ndarray:
    """A column by date and code as values of the rows."""
    held = figures.set_index(["date", "code"])[name]
    codes = np.array(rows.codes)[rows.stock()]
    return held.reindex(pd.MultiIndex.from_arrays([rows.dates[rows.day], codes])).to_numpy(float)


def test_latest_figures_are_those_of_statements_asof(market):
    """At every row the latest quarter's figures are what `statements_asof` gives for its day."""
    rows, _ = Rows.of(market["panel"])
    seen = known(rows, market, ("income", "balance")).latest("income")
    figures = trailing(market["income"], ["revenue", "net_profit_parent"])
    wanted = statements_asof(figures, rows.dates, rows.codes)
    for name in ("revenue", "net_profit_parent"):
        got = seen.spread(seen.year(name)), seen.spread(seen.quarter(name))
        np.testing.assert_array_equal(got[0], wide(wanted, rows, f"{name}_year"))
        np.testing.assert_array_equal(got[1], wide(wanted, rows, f"{name}_quarter"))
    balance = statements_asof(market["balance"], rows.dates, rows.codes)
    np.testing.assert_array_equal(
        seen.spread(seen.at("total_assets")), wide(balance, rows, "total_assets")
    )


def test_a_year_before_is_the_same_quarter_as_known_that_day(market):
    """Four quarters back gives that period's latest version known on the row's own day."""
    rows, _ = Rows.of(market["panel"])
    seen = known(rows, market, ("income",)).latest("income")
    figures = trailing(market["income"], ["revenue"])
    held = statements_asof(figures, rows.dates, rows.codes, periods=5)
    latest = held.groupby(["date", "code"])["period"].transform("max")
    held = held[quarter_number(held["period"]) == quarter_number(latest) - 4]
    np.testing.assert_array_equal(
        seen.spread(seen.year("revenue", 4)), wide(held, rows, "revenue_year")
    )


def test_versions_of_one_day_and_of_days_before_the_panel():
    """What was known before the first day is known on it; of one day's versions the last holds."""
    tables = small()
    rows, _ = Rows.of(tables["panel"])
    day = rows.dates[5]
    versions_of = pd.DataFrame(
        {
            "code": [EARNS, EARNS, EARNS, EARNS, "300999.SZ"],
            "period": pd.to_datetime(["2013-06-30"] + 3 * ["2013-09-30"] + ["2013-06-30"]),
            "known": [rows.dates[0] - pd.Timedelta(days=40), rows.dates[0], day, day, day],
            "value": [1.0, 2.0, 3.0, 4.0, 9.0],
        }
    )  # fmt: skip
    figures = Figures(rows, versions_of)
    assert figures.table["value"].tolist() == [1.0, 2.0, 4.0]
    assert figures.day.tolist() == [0, 0, 5]
    assert quarter_ends(figures.number).tolist() == [
        float((period - pd.Timestamp("1970-01-01")).days) for period in figures.table["period"]
    ]


def test_places_in_a_daily_table():
    """A row finds its own day; a halt keeps the day before; a traded day without a row has none."""
    panel = small()["panel"]
    panel = panel[panel.code == EARNS].head(6).reset_index(drop=True)
    panel.loc[[2, 5], "suspended"] = True
    rows, _ = Rows.of(panel)
    table = panel[["date", "code"]].iloc[[1, 3]].reset_index(drop=True)
    assert on_days(rows, table).tolist() == [NONE, 0, 0, 1, NONE, 1]


def test_figures_grow_stale():
    """Long after the last statement nothing is said of the company but the statement's age."""
    tables = small()
    for name in ("income", "balance", "cash_flow"):
        tables[name] = tables[name][tables[name]["period"] <= "2013-12-31"]
    found = made(tables).xs(EARNS, level="code")
    age = found["statement_age"]
    assert age.max() > STALE
    np.testing.assert_array_equal(found["roe"].notna(), age <= STALE)


def test_versions_are_read_by_the_rules_of_point_in_time(market):
    """The days on which anything changes are the days that `versions` tells, within the panel."""
    rows, _ = Rows.of(market["panel"])
    events = known(rows, market, ("balance",)).events
    held = versions(market["balance"])["known"]
    within = held[(held > rows.dates[0]) & (held <= rows.dates[-1])]
    assert set(rows.dates[events.day[events.day > 0]]) == set(within)
