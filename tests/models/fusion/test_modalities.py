"""Which features belong together, which are taken, and what a run can judge."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.features.catalogue import CATALOGUE
from stockcast.models.fusion import modalities
from tests.models.fusion.conftest import NAMES


def test_every_feature_of_the_catalogue_has_a_modality():
    """No feature of the catalogue falls among the unknown ones."""
    assert {modalities.modality(f.name) for f in CATALOGUE} == set(modalities.DESCRIBED) - {"other"}
    assert modalities.modality("no_such_feature") == "other"
    assert modalities.modality("words_03") == "news"


def test_price_features_of_the_calendar_are_prices():
    """A momentum over calendar months is made of prices; the day of the week is not."""
    assert modalities.modality("reversal_month") == "prices"
    assert modalities.modality("weekday_sin") == "market"


def test_names_are_grouped_in_one_order():
    """Modalities come in the networks' order whatever the order of the names."""
    groups = modalities.by_modality(tuple(NAMES.values()))
    assert list(groups) == ["prices", "fundamentals", "market", "news"]
    assert groups["fundamentals"] == ("unexpected_earnings",)


def test_choice_takes_the_surest_and_few_of_a_cluster():
    """Features come by p, at most three of a cluster, none without a judgement but daily series."""
    choices = pd.DataFrame(
        {
            "fold": "this run",
            "name": [
                "rsi_6",
                "return_2",
                "return_5",
                "return_10",
                "kdj_k",
                "return_1",
                "roe",
                "roa",
                "sentiment_1",
                "vix",
            ],
            "reason": ["", "", "", "", "", "correlated", "", "unknown", "unknown", "same all day"],
            "cluster": [1.0, 1, 1, 1, 2, np.nan, 4, np.nan, np.nan, np.nan],
            "importance": [0.1, 0.4, 0.3, 0.2, 0.1, np.nan, 0.1, np.nan, np.nan, np.nan],
            "p": [0.1, 0.1, 0.1, 0.1, 0.2, np.nan, 0.5, np.nan, np.nan, np.nan],
        }
    )
    got = modalities.choose(choices, 5)
    assert got == {
        "prices": ["return_1", "return_2", "return_5", "return_10", "kdj_k"],
        "fundamentals": ["roe"],
        "news": ["sentiment_1"],  # hardly known in training, but known later perhaps
    }
    assert modalities.choose(choices, 2)["prices"] == ["return_1", "return_2"]
    with pytest.raises(InputError, match="fold"):
        modalities.choose(choices, 4, fold="another")


def test_a_modality_that_starts_late_is_not_judged(fused_set):
    """Known on the test days alone, a modality cannot be judged, and the table says from when."""
    features = fused_set.features.copy()
    start = fused_set.days[180]
    features.loc[features["date"] < start, "sentiment_5"] = np.nan
    table = modalities.judgeable(dataclasses.replace(fused_set, features=features))
    assert not table.loc["news", "judged"]
    assert table.loc["news", "first"] == start
    assert table.loc["news", "train"] == 0
    assert table.drop(index="news")["judged"].all()


def test_what_nobody_recorded_is_not_told(fused_set):
    """Zeros for every stock and day of a month say that nothing was recorded, not that all was."""
    features = fused_set.features.copy()
    start = fused_set.days[150]
    features.loc[features["date"] < start, "sentiment_5"] = 0.0
    table = modalities.judgeable(dataclasses.replace(fused_set, features=features))
    assert not table.loc["news", "judged"]
    assert table.loc["news", "first"].to_period("M") == start.to_period("M")


def test_statements_and_valuation_are_sources_of_their_own():
    """Fundamentals come from two tables; other sources are the modalities."""
    found = {name: modalities.source(name) for name in ("roe", "book_to_price", "altman_z")}
    assert found == {"roe": "statements", "book_to_price": "valuation", "altman_z": "valuation"}
    assert modalities.source("sentiment_5") == "news"
