import pandas as pd
import pytest

from stockcast.data.point_in_time import macro_asof, released
from stockcast.data.point_in_time.macro import lags
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.tables import MACRO, TABLES


def macro(*rows: tuple) -> pd.DataFrame:
    """Canonical macro of (series, period, released, value)."""
    frame = pd.DataFrame(rows, columns=["series", "period", "released", "value"])
    frame[["period", "released"]] = frame[["period", "released"]].apply(pd.to_datetime)
    return TABLES["macro"].typed(frame)


@pytest.mark.parametrize(
    ("series", "period", "release", "known"),
    [
        ("cpi_growth", "2017-09-30", "2017-10-18", "2017-10-18"),
        ("cpi_growth", "2010-09-30", "2010-10-26", "2010-10-26"),
        ("ppi_growth", "2018-01-31", "2018-02-18", "2018-02-22"),
        ("gdp", "2017-09-30", "2017-10-25", "2017-10-25"),
        ("m2", "2017-09-30", "2017-10-20", "2017-10-23"),
        ("pmi", "2017-09-30", "2017-10-01", "2017-10-09"),
        ("gdp", "1985-12-31", "1986-01-25", "1990-12-19"),
    ],
)
def test_usual_lags(series, period, release, known):
    """Without a release date the series' late usual day counts, by its hour or the day after."""
    found = released(macro((series, period, None, 1.0))).iloc[0]
    assert found["released"] == pd.Timestamp(release)
    assert found["known"] == pd.Timestamp(known)
    assert found["assumed"]


def test_a_release_date_is_believed():
    """What a source says goes before the usual lag, and is no assumption."""
    found = released(macro(("cpi_growth", "2017-09-30", "2017-10-16", 1.6))).iloc[0]
    assert found["known"] == pd.Timestamp("2017-10-16")
    assert not found["assumed"]


def test_figures_as_known():
    """The latest period known each day, and a revision from its own release on."""
    table = macro(
        ("gdp", "2016-12-31", "2017-01-20", 74.4),
        ("gdp", "2017-03-31", "2017-04-17", 18.1),
        ("gdp", "2016-12-31", "2018-01-05", 74.0),
        ("m2", "2017-03-31", "2017-04-14", 160.0),
    )
    found = macro_asof(table, ["2017-04-14", "2017-04-17", "2018-01-08"], periods=2)
    shown = found[["date", "series", "value"]].astype({"date": str}).to_numpy().tolist()
    assert shown == [
        ["2017-04-14", "gdp", 74.4],
        ["2017-04-17", "gdp", 74.4], ["2017-04-17", "gdp", 18.1], ["2017-04-17", "m2", 160.0],
        ["2018-01-08", "gdp", 74.0], ["2018-01-08", "gdp", 18.1], ["2018-01-08", "m2", 160.0],
    ]  # fmt: skip


def test_macro_looks_at_nothing_later():
    """Dropping what was released after t changes nothing up to t."""
    periods = pd.date_range("2014-01-31", "2017-12-31", freq="ME")
    rows = [
        (series, period, None, float(number))
        for number, period in enumerate(periods)
        for series in ("cpi_growth", "m2", "pmi")
    ]
    table = macro(*rows)
    days = sessions("2015-01-05", "2016-02-16")
    kept = table[released(table)["known"] <= days[-1]]
    assert len(kept) < len(table)
    pd.testing.assert_frame_equal(
        macro_asof(table, days, periods=3), macro_asof(kept, days, periods=3)
    )


def test_every_series_has_a_lag_with_its_source():
    """No canonical series lacks a usual lag; later rows of a series begin later."""
    table = lags()
    assert set(MACRO) <= set(table["series"])
    assert not table.duplicated(["series", "from"]).any()
    assert table["source"].str.len().gt(4).all()
    assert table["days"].gt(0).all()


def test_an_unknown_series_is_refused():
    """A series without a usual lag cannot be dated; the nearest is named."""
    with pytest.raises(InputError, match="did you mean 'cpi_growth'"):
        released(macro(("cpi_grwth", "2017-09-30", None, 1.0)))
