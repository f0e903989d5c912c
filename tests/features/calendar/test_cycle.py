"""The economic cycle: each figure from its release on, changes over periods, not days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features.calendar import cycle
from stockcast.features.compute import compute
from stockcast.market import calendar
from stockcast.market.tables import TABLES
from tests.features.bare import bare

DAYS = calendar.sessions("2016-01-04", "2016-06-30")
NAMES = [feature.name for feature in cycle.FEATURES]


@pytest.fixture(scope="module")
def macro() -> pd.DataFrame:
    """Figures that can be told apart: n thousandths in month n, the PPI lowest in June 2014."""
    months = pd.date_range("2011-01-31", "2016-05-31", freq="ME")
    number = np.arange(len(months)) / 1000
    low = np.abs(months.year * 12 + months.month - (2014 * 12 + 6)) / 1000
    series = {"cpi_growth": number, "ppi_growth": low, "m1_growth": 2 * number, "m2_growth": number}
    tables = [
        pd.DataFrame({"series": name, "period": months, "value": values})
        for name, values in series.items()
    ]
    quarters = months[2::3]
    growth = np.arange(len(quarters)) ** 2 / 1000
    tables.append(pd.DataFrame({"series": "gdp_growth", "period": quarters, "value": growth}))
    table = pd.concat(tables)
    return TABLES["macro"].typed(table.assign(released=table.period + pd.Timedelta(days=10)))


@pytest.fixture(scope="module")
def rates() -> pd.DataFrame:
    """Shibor on trading days, the loan prime rate on one day."""
    found = {"shibor_1w": 0.02, "shibor_3m": 0.03, "shibor_1y": 0.035}
    table = pd.DataFrame(found, index=DAYS).rename_axis(index="date", columns="rate").stack()
    prime = pd.DataFrame({"date": [DAYS[20]], "rate": "lpr_1y", "value": 0.043})
    return TABLES["rates"].typed(pd.concat([table.rename("value").reset_index(), prime]))


@pytest.fixture(scope="module")
def found(macro, rates) -> pd.DataFrame:
    """The cycle's features, one row a day."""
    panel = bare(DAYS, ["600000.SH"])
    return compute(panel, {"macro": macro, "rates": rates}, names=NAMES).set_index("date")


def test_figures_count_from_their_release(found):
    """The CPI of March, number 62 of its months, is known on 10 April's next session, not before.

    Statistics are released in the morning: on a trading day they count that day.
    """
    assert found.inflation_level["2016-04-08"] == pytest.approx(0.061)
    assert found.inflation_level["2016-04-11"] == pytest.approx(0.062)  # the 10th is a Sunday
    assert found.inflation_level["2016-03-09"] == pytest.approx(0.060)
    assert found.inflation_level["2016-03-10"] == pytest.approx(0.061)
    # Money has no hour of release: it counts from the next day.
    assert found.money_growth["2016-03-10"] == pytest.approx(0.060)
    assert found.money_growth["2016-03-11"] == pytest.approx(0.061)


def test_changes_and_surprises_are_over_periods(found):
    """A line's surprise is the mean distance of the months before, its change that of six."""
    day = found.loc["2016-04-11"]
    assert day.inflation_surprise == pytest.approx(0.0065)
    assert day.money_scissors_change == pytest.approx(0.006)
    latest = 20  # the first quarter of 2016
    assert day.growth_level == pytest.approx(latest**2 / 1000)
    assert day.growth_change == pytest.approx((latest**2 - (latest - 4) ** 2) / 1000)
    earlier = np.mean([(latest - k) ** 2 for k in range(1, 5)])
    assert day.growth_surprise == pytest.approx((latest**2 - earlier) / 1000)


def test_months_since_the_trough(found):
    """In April 2016 the PPI of March is 21 months after its lowest."""
    assert found.producer_trough["2016-04-11"] == 21
    assert found.producer_inflation["2016-04-11"] == pytest.approx(0.021)
    assert found.price_gap["2016-04-11"] == pytest.approx(0.021 - 0.062)


def test_rates(found):
    """Rates of the same day; a loan prime rate until the next one."""
    assert found.shibor_curvature.iloc[0] == pytest.approx(0.06 - 0.02 - 0.035)
    assert found.loan_margin[:20].isna().all()
    np.testing.assert_allclose(found.loan_margin[20:], 0.008, atol=1e-7)
    assert found.real_rate["2016-04-11"] == pytest.approx(0.035 - 0.062)


def test_a_later_revision_counts_from_its_release(macro, rates):
    """A figure released again changes nothing before, and replaces the first after."""
    again = macro[(macro.series == "cpi_growth") & (macro.period == "2016-02-29")]
    again = again.assign(released=pd.Timestamp("2016-04-05"), value=0.5)
    both = pd.concat([macro, again], ignore_index=True)
    panel = bare(DAYS, ["600000.SH"])
    level = compute(panel, {"macro": both}, names=["inflation_level"]).set_index("date")
    assert level.inflation_level["2016-04-01"] == pytest.approx(0.061)
    assert level.inflation_level["2016-04-05"] == pytest.approx(0.5)


def test_series_that_are_not_there_are_missing(macro):
    """Without M1 the scissors are NaN, and the rest is as before."""
    bared = macro[macro.series != "m1_growth"]
    found = compute(
        bare(DAYS, ["600000.SH"]), {"macro": bared}, names=["money_scissors", "money_growth"]
    )
    assert found.money_scissors.isna().all()
    assert found.money_growth.notna().all()
