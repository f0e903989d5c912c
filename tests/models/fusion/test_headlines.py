"""Words of headlines: what they hold, and that they know no later headline."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.errors import InputError
from stockcast.models.fusion.headlines import words
from tests.features.known import all_tables

UNTIL = pd.Timestamp("2015-06-30")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return all_tables(
        sources.load(
            "simulated",
            start="2014-01-02",
            end="2015-12-31",
            simulated_stocks=24,
            seed=7,
            horizon=5,
        )
    )


@pytest.fixture(scope="module")
def made(tables) -> pd.DataFrame:
    return words(tables["panel"], tables["news"], tables["names"], until=UNTIL, size=4)


def test_rows_are_the_panels(tables, made):
    """One row a row of the panel, in its order, with numbers that differ between stocks."""
    assert made[["date", "code"]].equals(tables["panel"][["date", "code"]])
    assert list(made.columns[2:]) == ["words_01", "words_02", "words_03", "words_04"]
    last = made[made["date"] == made["date"].max()]
    assert (last.iloc[:, 2:].nunique() > 10).all()


def test_a_day_knows_no_later_headline(tables, made):
    """Dropping news and rows after a day leaves all values up to it as they are."""
    cut = pd.Timestamp("2015-09-30")
    panel = tables["panel"][tables["panel"]["date"] <= cut].reset_index(drop=True)
    news = tables["news"][tables["news"]["time"] <= cut + pd.Timedelta(hours=15)]
    again = words(panel, news, tables["names"], until=UNTIL, size=4)
    early = made[made["date"] <= cut].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, early, check_exact=True)


def test_the_axes_are_found_in_training(tables, made):
    """Other headlines after the training span leave the values of the span as they are."""
    news = tables["news"].copy()
    late = news["time"] > UNTIL + pd.Timedelta("1D")
    news.loc[late, "title"] = news.loc[late, "title"].str.replace("公司", "别的什么")
    again = words(tables["panel"], news, tables["names"], until=UNTIL, size=4)
    before = (made["date"] <= UNTIL).to_numpy()
    pd.testing.assert_frame_equal(again[before], made[before], check_exact=True)


def test_values_fade_without_news(made):
    """A stock's values shrink from day to day unless a headline comes."""
    one = made[made["code"] == made["code"].iloc[0]]["words_01"].abs()
    ratio = (one / one.shift()).replace(np.inf, np.nan).dropna()
    assert ratio.min() == pytest.approx(1 - 2 / 6, abs=1e-6)


def test_too_few_headlines_are_refused(tables):
    """Asking for more numbers than there are words says so."""
    with pytest.raises(InputError, match="headlines"):
        words(tables["panel"], tables["news"], tables["names"], until=UNTIL, size=5000)
