import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import macro
from stockcast.market.tables import MACRO, RATES, TABLES


@pytest.fixture(scope="module")
def days():
    """Ten years of trading days."""
    return sessions("2010-01-04", "2019-12-31")


@pytest.fixture(scope="module")
def figures(days):
    """Ten years of macro figures."""
    return macro.macro(days, stream(3, "macro"))


@pytest.fixture(scope="module")
def rates(days):
    """Ten years of interest rates."""
    return macro.rates(days, stream(3, "rates"))


def series(figures, name):
    """One series by period."""
    return figures[figures["series"] == name].set_index("period")["value"]


def test_tables_are_typed_and_complete(figures, rates, days):
    """Every series is there, typed, unique, without gaps, from three years before the first day."""
    for name, table in (("macro", figures), ("rates", rates)):
        pd.testing.assert_frame_equal(TABLES[name].typed(table), table)
        assert not table.duplicated(list(TABLES[name].key)).any()
        assert table["value"].notna().all()
    assert set(figures["series"]) == set(MACRO)
    assert set(rates["rate"]) == set(RATES)
    for name in MACRO:
        periods = series(figures, name).index
        step = "QE" if name.startswith("gdp") else "ME"
        expected = pd.date_range("2007-01-01", days[-1], freq=step)[: len(periods)]
        assert periods.equals(expected.as_unit("us").rename("period"))
        assert len(periods) >= (51 if step == "QE" else 155)


def test_release_days_are_the_statisticians(figures):
    """Prices are out on the 9th to 16th, growth on the 15th to 20th, money by the 16th."""
    after = figures["released"].dt.to_period("M") - figures["period"].dt.to_period("M")
    assert {step.n for step in after} == {1}
    day = figures["released"].dt.day
    for begins, (low, high) in {
        "cpi": (9, 16), "ppi": (9, 16), "gdp": (15, 20), "m": (11, 16),
    }.items():  # fmt: skip
        own = day[figures["series"].str.match(rf"{begins}[_\d]|{begins}$")]
        assert own.between(low, high).all()
        assert own.nunique() > 3


def test_yearly_growth_follows_from_levels_and_months(figures):
    """Growth on the year before is that of the levels, or of twelve months chained."""
    for name in ("m0", "m1", "m2"):
        level = series(figures, name)
        expected = (level / level.shift(12) - 1).dropna()
        np.testing.assert_allclose(
            series(figures, f"{name}_growth")[expected.index], expected, atol=6e-4
        )
    for name in ("cpi", "ppi"):
        monthly = np.log1p(series(figures, f"{name}_monthly"))
        expected = np.expm1(monthly.rolling(12).sum()).dropna()
        found = series(figures, f"{name}_growth")[expected.index]
        np.testing.assert_allclose(found, expected, atol=0.008)
    gdp = series(figures, "gdp")
    years = gdp.groupby(gdp.index.year)
    assert (years.diff().dropna() > 0).all()


def test_levels_are_plausible(figures):
    """Growth, inflation and money stay within what China has seen, and wander slowly."""
    for name, low, high in (
        ("gdp_growth", 0.03, 0.11), ("cpi_growth", -0.03, 0.08), ("ppi_growth", -0.12, 0.15),
        ("m0_growth", -0.1, 0.35), ("m1_growth", -0.2, 0.5), ("m2_growth", 0.02, 0.22),
    ):  # fmt: skip
        values = series(figures, name)
        assert values.between(low, high).all(), name
        assert 0.6 < values.autocorr() < 1, name
    assert (series(figures, "m0") < series(figures, "m1")).all()
    assert (series(figures, "m1") < series(figures, "m2")).all()
    month = series(figures, "cpi_monthly")
    assert month[month.index.month == 2].mean() > month[month.index.month == 3].mean() + 0.005
    assert 3.5e13 < series(figures, "gdp").loc["2013-12-31"] < 9e13


def test_rates_have_a_term_structure(rates, days):
    """Long rates pay more on average and move less; neighbours move together."""
    wide = rates.pivot(index="date", columns="rate", values="value")
    shibor = wide[[name for name in RATES if name.startswith("shibor")]]
    assert shibor.index.equals(days.rename("date"))
    assert shibor.notna().all().all()
    assert shibor.min().min() > 0.004
    assert shibor.max().max() < 0.15
    middle = shibor.median()
    assert middle[["shibor_1m", "shibor_3m", "shibor_6m", "shibor_1y"]].is_monotonic_increasing
    change = shibor.diff().std()
    assert change["shibor_on"] > change["shibor_1w"] > change["shibor_1m"] > change["shibor_1y"]
    together = shibor.diff().corr()
    assert together.loc["shibor_on", "shibor_1w"] > 0.8
    assert together.loc["shibor_9m", "shibor_1y"] > 0.8


def test_the_prime_rate_is_set_once_a_month(rates, days):
    """It is set on the first trading day from the 20th on, in steps of 5 basis points."""
    wide = rates.pivot(index="date", columns="rate", values="value")
    prime = wide[["lpr_1y", "lpr_5y"]].dropna()
    late = days[days.day >= 20]
    first = late[~late.to_period("M").duplicated()]
    assert prime.index.equals(first.rename("date"))
    steps = prime["lpr_1y"] / 0.0005
    np.testing.assert_allclose(steps, steps.round(), atol=1e-6)
    assert (prime["lpr_5y"] > prime["lpr_1y"]).all()
    assert prime["lpr_1y"].between(0.02, 0.08).all()
    assert (prime["lpr_1y"].diff().abs().dropna() <= 0.01).all()


@pytest.mark.parametrize(
    ("start", "end", "first"),
    [
        ("2010-01-21", "2010-06-30", "2010-02-22"),
        ("2010-02-22", "2010-06-30", "2010-02-22"),
        ("1990-12-19", "1991-06-28", "1990-12-20"),
    ],
)
def test_any_first_day_will_do(start, end, first):
    """A simulation may begin after the 20th, after a holiday, or on the exchange's first day."""
    days = sessions(start, end)
    found = macro.rates(days, stream(3, "rates"))
    prime = found.loc[found["rate"] == "lpr_1y", "date"]
    assert prime.iloc[0] == pd.Timestamp(first)
    assert prime.dt.to_period("M").is_unique
    assert len(macro.macro(days, stream(3, "macro"))) > 100


@pytest.mark.parametrize("n_days", [1, 14, 500])
def test_later_days_change_no_figure(figures, rates, days, n_days):
    """Figures released by a day are the same, to the bit, whatever days follow."""
    for make, whole, date in (
        (macro.macro, figures, "released"), (macro.rates, rates, "date"),
    ):  # fmt: skip
        kept = whole[whole[date] <= days[n_days - 1]].reset_index(drop=True)
        purpose = "macro" if date == "released" else "rates"
        short = make(days[:n_days], stream(3, purpose))
        pd.testing.assert_frame_equal(short, kept, check_exact=True)
